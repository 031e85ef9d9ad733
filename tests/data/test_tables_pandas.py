"""Whatever ``DataFrame.to_csv`` writes reads back as the frame."""

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tszoo.data import load_dataset

pandas = pytest.importorskip("pandas")

LENGTH, SERIES = 6, 12
AXES = {
    "numbers": list(range(LENGTH)),
    "floats": [0.0, 0.25, 0.5, 1.0, 2.0, 4.0],
    "text": [str(k) for k in range(LENGTH)],
    "dates": pandas.date_range("2024-01-01", periods=LENGTH),
    "hours": pandas.date_range("2024-01-01", periods=LENGTH, freq="h"),
    "spans": pandas.timedelta_range("1s", periods=LENGTH, freq="s"),
    "names": [f"t{k}" for k in range(LENGTH)],
    "points": [f"point {k}" for k in range(LENGTH)],
    "words": ["mon", "tue", "wed", "thu", "fri", "sat"],
}
LABELS = {
    "words": ["walk", "run", "sit"],
    "numbers": [0, 1, 2],
    "flags": [True, False],
    "decimals": [1.0, 2.0],
}
INDICES = {
    "none": None,
    "counted": list(range(SERIES)),
    "text": [f"s-{k}" for k in range(SERIES)],
    "sampled": [(7 * k) % 31 for k in range(SERIES)],
}
names = st.one_of(
    st.sampled_from(["label", "state", "y", "species", "0", "is it", "Klasse", "target", "10"]),
    st.text("abcxyzäß _-,;", min_size=1, max_size=8).filter(lambda name: name == name.strip()),
)


@settings(
    deadline=None,
    derandomize=True,
    max_examples=200,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    name=names,
    axis=st.sampled_from(list(AXES)),
    kind=st.sampled_from(list(LABELS)),
    index=st.sampled_from(list(INDICES)),
    is_first=st.booleans(),
    seed=st.integers(0, 99),
)
def test_a_frame_reads_back(tmp_path, name, axis, kind, index, is_first, seed):
    X = np.random.default_rng(seed).standard_normal((SERIES, LENGTH)).astype(np.float32)
    classes = LABELS[kind]
    y = [classes[k % len(classes)] for k in range(SERIES)]
    frame = pandas.DataFrame(X, columns=AXES[axis], index=INDICES[index])
    # a number above numbers may as well be the class of a series
    assume(name not in map(str, frame.columns) and not (name.isdigit() and kind != "words"))
    at = 0 if is_first else LENGTH
    frame.columns = frame.columns.map(str)
    frame.insert(at, name, y)
    frame.to_csv(tmp_path / "a.csv", index=index != "none")
    position = at + 1 + (index != "none")
    dataset = load_dataset(tmp_path / "a.csv", label_column=position)
    np.testing.assert_array_equal(dataset.series[:, 0], X)
    assert [str(dataset.classes[k]) for k in dataset.labels] == [str(label) for label in y]
    ids = INDICES[index] if index in ("text", "sampled") else None
    assert dataset.ids == (None if ids is None else tuple(map(str, ids)))
