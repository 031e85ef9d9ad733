"""What is written reads back.

The same numbers to the bit, the same labels, gaps, lengths and channels.
"""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tszoo.data import Dataset, load_dataset, save_dataset
from tszoo.data.writers.lines import format_floats
from tszoo.errors import DataError

SUFFIXES = [".csv", ".tsv", ".txt", ".ts", ".arff", ".npz", ".csv.gz", ".ts.gz"]
thorough = settings(
    deadline=None,
    derandomize=True,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

values = st.floats(width=32, allow_nan=False, allow_infinity=False)
text = st.one_of(
    st.text(min_size=1, max_size=6),
    st.text("ab,;'\"\\ %@#:{}?1.-", min_size=1, max_size=4),
    st.sampled_from(["label", "class", "id", "index", "y", "NA", "0", "0.0", "1.0"]),
).filter(lambda name: name != "?" and name.lower() != "nan")
names = st.one_of(
    st.lists(st.integers(-(10**18) + 1, 10**18 - 1), min_size=1, max_size=4, unique=True),
    st.lists(text, min_size=1, max_size=4, unique=True),
)


@st.composite
def datasets(draw):
    n_channels, n_series = draw(st.integers(1, 3)), draw(st.integers(1, 5))
    unequal, gaps = draw(st.booleans()), draw(st.booleans())
    cell = st.one_of(values, st.just(math.nan)) if gaps else values
    longest = draw(st.integers(1, 6))
    rows = []
    for _ in range(n_series):
        length = draw(st.integers(1, longest)) if unequal else longest
        row = draw(
            st.lists(
                st.lists(cell, min_size=length, max_size=length),
                min_size=n_channels,
                max_size=n_channels,
            )
        )
        rows.append(np.array(row, dtype=np.float32))
        assume(not np.isnan(rows[-1]).all(axis=1).any())
    classes = draw(st.one_of(st.none(), names))
    y = None if classes is None else [draw(st.sampled_from(classes)) for _ in rows]
    return Dataset.from_arrays(rows, y, name="x", unequal=False, layout="NCT")


def as_read(label):
    """Text that is a plain integer comes back from text files as that integer."""
    text = str(label)
    try:
        return int(text) if str(int(text)) == text and len(text.lstrip("-")) <= 18 else text
    except ValueError:
        return text


def labels_of(dataset):
    return None if dataset.labels is None else [dataset.classes[k] for k in dataset.labels]


@pytest.mark.parametrize("suffix", SUFFIXES)
@thorough
@given(dataset=datasets())
def test_round_trip(tmp_path, suffix, dataset):
    path = tmp_path / f"x{suffix}"
    try:
        save_dataset(dataset, path)
    except DataError as error:
        refused = str(error)
    else:
        refused = ""
    if refused:
        # always a way out
        assert ".npz" in refused or "Give them different names" in refused
        assert suffix != ".npz"
        return
    back = load_dataset(
        path, label_column="none" if dataset.labels is None else "first", layout="NCT"
    )
    assert np.array_equal(back.lengths, dataset.lengths)
    assert back.series.shape == dataset.series.shape
    assert (
        back.series.tobytes()
        == np.where(np.isnan(dataset.series), np.float32(np.nan), dataset.series).tobytes()
    )
    labels = labels_of(dataset)
    if labels is not None and suffix != ".npz":
        kept = [as_read(label) for label in labels]
        labels = (
            kept
            if all(isinstance(label, int) for label in kept)
            else [str(label) for label in labels]
        )
    assert labels_of(back) == labels


@given(st.lists(values, min_size=1, max_size=50))
@settings(deadline=None, derandomize=True, max_examples=300)
def test_every_number_survives_its_text(numbers):
    X = np.array(numbers, dtype=np.float32)
    cells = format_floats(X, "?")
    assert np.array([float(cell) for cell in cells]).astype(np.float32).tobytes() == X.tobytes()


def test_random_bit_patterns_survive_their_text():
    bits = np.random.default_rng(0).integers(0, 2**32, 200_000, dtype=np.uint32)
    X = bits.view(np.float32)
    X = X[np.isfinite(X)]
    back = np.array([float(cell) for cell in format_floats(X, "?")]).astype(np.float32)
    assert back.tobytes() == X.tobytes()


def test_numbers_are_written_short():
    assert format_floats(np.array([0.1, 1, -2.5, np.nan, 1e-7], dtype=np.float32), "?") == [
        "0.1",
        "1",
        "-2.5",
        "?",
        "1e-07",
    ]


def test_channels_need_a_format_that_has_them(tmp_path):
    dataset = Dataset.from_arrays(np.ones((2, 3, 4)), [1, 2])
    for suffix in (".csv", ".tsv"):
        with pytest.raises(
            DataError, match=r"3 channels, and this format holds one\. Use \.ts, \.arff or \.npz\.$"
        ):
            save_dataset(dataset, tmp_path / f"x{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_gaps_that_would_read_back_as_padding_are_refused(tmp_path):
    ends = Dataset.from_arrays([[1, 2, np.nan], [1, 2, 3]], [1, 2], unequal=False)
    both = Dataset.from_arrays([[1, np.nan, 3, np.nan], [1, 2, 3, 4]], [1, 2], unequal=True)
    for dataset in (ends, both):
        for suffix in (".csv", ".tsv", ".arff"):
            with pytest.raises(
                DataError, match="cannot tell missing values at the ends of series from"
            ):
                save_dataset(dataset, tmp_path / f"x{suffix}")
        for suffix in (".ts", ".npz"):
            assert (
                load_dataset(save_dataset(dataset, tmp_path / f"x{suffix}")).sha256
                == dataset.sha256
            )


@pytest.mark.parametrize(
    ("suffix", "label"),
    [
        (".ts", "a b"),
        (".ts", "a:b"),
        (".ts", "a,b"),
        (".tsv", 'a"b'),
        (".arff", "a\\b"),
        (".csv", " a"),
        (".csv", "a\nb"),
        (".csv", (1, 2)),
        (".tsv", "a\tb"),
        (".npz", (1, 2)),
        (".npz", "a\0"),
    ],
)
def test_labels_that_a_format_cannot_hold(tmp_path, suffix, label):
    dataset = Dataset.from_arrays([[1, 2], [3, 4]], [label, label])
    with pytest.raises(DataError, match=r"cannot be written in this format|must all be text"):
        save_dataset(dataset, tmp_path / f"x{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_a_first_series_that_would_read_as_a_header_is_refused(tmp_path):
    dataset = Dataset.from_arrays([[1, 2, 3], [3, 1, 2]], ["label", "b"])
    with pytest.raises(
        DataError,
        match=r"rises or falls behind its class 'label', which reads as a header\. Use",
    ):
        save_dataset(dataset, tmp_path / "x.tsv")
    assert list(tmp_path.iterdir()) == []
    for other, suffix in ((dataset, ".csv"), (dataset.take([1, 0]), ".tsv")):
        assert load_dataset(save_dataset(other, tmp_path / f"x{suffix}")).n_series == 2


def test_labels_that_would_become_one(tmp_path):
    spelled = Dataset.from_arrays([[1, 2], [3, 4]], ["1.0", "1"])
    with pytest.raises(DataError, match=r"two classes are both written 1\."):
        save_dataset(spelled, tmp_path / "x.csv")
    dataset = Dataset.from_arrays([[1, 2], [3, 4]], [1, "1.0"])
    with pytest.raises(DataError, match=r"two classes are both written 1\."):
        save_dataset(dataset, tmp_path / "x.csv")
    with pytest.raises(DataError, match="labels must all be text, or all be numbers"):
        save_dataset(dataset, tmp_path / "x.npz")


def test_an_existing_file_is_replaced_whole_or_not_at_all(tmp_path):
    good, bad = Dataset.from_arrays([[1, 2]], [1]), Dataset.from_arrays(np.ones((2, 3, 4)), [1, 2])
    path = save_dataset(good, tmp_path / "x.csv")
    before = path.read_bytes()
    with pytest.raises(DataError):
        save_dataset(bad, path)
    assert path.read_bytes() == before
    assert [own.name for own in tmp_path.iterdir()] == ["x.csv"]


def test_places_that_cannot_be_written(tmp_path):
    dataset = Dataset.from_arrays([[1, 2]], [1])
    with pytest.raises(DataError, match="cannot be written"):
        save_dataset(dataset, tmp_path / "no" / "x.csv")
    with pytest.raises(
        DataError, match=r"x\.xls: not a format that is written here\. Known are \.csv, \.tsv"
    ):
        save_dataset(dataset, tmp_path / "x.xls")
    (tmp_path / "x.csv").mkdir()
    with pytest.raises(DataError, match="cannot be written"):
        save_dataset(dataset, tmp_path / "x.csv")
    assert [own.name for own in tmp_path.iterdir()] == ["x.csv"]


def test_the_same_data_make_the_same_bytes(tmp_path):
    dataset = Dataset.from_arrays([[1, 2], [3, 4]], [1, 2])
    for suffix in (".csv.gz", ".npz"):
        one, two = (save_dataset(dataset, tmp_path / f"{k}{suffix}").read_bytes() for k in "ab")
        assert one == two
