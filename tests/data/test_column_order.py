"""A series' values come in the order that their columns' names tell, and a model remembers it."""

import itertools

import numpy as np
import pandas as pd
import pytest

from tszoo.data import Dataset, load_dataset
from tszoo.data.table_reading import Like, TableReading
from tszoo.errors import ModelError
from tszoo.models.record.reading import reading_from_dict, reading_to_dict

LENGTH = 12
VALUES = np.random.default_rng(0).standard_normal((8, LENGTH)).round(4).astype(np.float32)
LABELS = ["walk", "run"] * 4
FAMILIES = {
    "names": [f"t{k}" for k in range(LENGTH)],
    "numbers": [str(k) for k in range(LENGTH)],
    "before and after": [str(k - 5) for k in range(LENGTH)],
    "seconds": [f"{k / 10:g}" for k in range(LENGTH)],
    "dates": [f"2024-{k + 1:02}-01" for k in range(LENGTH)],
    "several numbers": [f"day2_hour{k}" for k in range(LENGTH)],
}
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
TOLD = ", in the order of their names"


def frame_of(names, labels=LABELS):
    frame = pd.DataFrame(VALUES.astype(float).round(4), columns=names)
    if labels is not None:
        frame.insert(0, "label", labels)
    return frame


@pytest.fixture
def read(tmp_path):
    """Read a frame by each way in, after checking that all agree."""

    def reading(frame, like=None, label="label"):
        frame.to_csv(tmp_path / "a.csv", index=False)
        frame.to_parquet(tmp_path / "a.parquet")
        sets = [
            load_dataset(tmp_path / name, label_column=label, like=like)
            for name in ("a.csv", "a.parquet")
        ]
        if like is None:
            sets.append(Dataset.from_frame(frame, label=None if label == "none" else label))
        else:
            sets.append(Dataset.from_frame_like(frame, like))
        assert len({dataset.read_as for dataset in sets}) == 1
        assert all(np.array_equal(dataset.series, sets[0].series) for dataset in sets)
        assert len({dataset.reading for dataset in sets}) == 1
        return sets[0]

    return reading


@pytest.mark.parametrize("family", FAMILIES)
def test_columns_in_no_order_are_put_in_order(read, family):
    names = FAMILIES[family]
    for order in (sorted(names), np.random.default_rng(1).permutation(names).tolist()):
        frame = frame_of(names)[["label", *order]]
        dataset = read(frame)
        assert dataset.series[:, 0] == pytest.approx(VALUES)
        assert dataset.read_as.endswith(TOLD) == (order != names)
        assert dataset.reading.values == ()


@pytest.mark.parametrize("family", FAMILIES)
def test_columns_that_fall_stay_unless_those_of_training_rose(read, family):
    names = FAMILIES[family]
    rising, falling = frame_of(names), frame_of(names)[["label", *names[::-1]]]
    trained = {"rising": read(rising), "falling": read(falling)}
    assert trained["rising"].series[:, 0] == pytest.approx(VALUES)
    assert trained["falling"].series[:, 0] == pytest.approx(VALUES[:, ::-1])
    assert trained["falling"].reading.values == tuple(names[::-1])
    for way, frame in itertools.product(trained, (rising, falling)):
        again = read(frame, Like(trained[way].reading, LENGTH))
        assert np.array_equal(again.series, trained[way].series)


def test_columns_of_any_names_are_found_again(read):
    trained = read(frame_of(MONTHS))
    assert trained.reading.values == tuple(MONTHS)
    like = Like(trained.reading, LENGTH)
    unlabelled = frame_of(MONTHS, None)[MONTHS[::-1]]
    unlabelled.insert(3, "age", range(20, 28))
    found = read(unlabelled, like, "none")
    assert np.array_equal(found.series, trained.series)
    assert "left out: age" in found.read_as
    assert found.read_as.partition("; left out")[0].endswith(TOLD)


def test_columns_of_other_names_are_read_as_they_stand(read):
    trained = read(frame_of(MONTHS))
    others = frame_of([name.upper() for name in MONTHS])
    assert np.array_equal(read(others, Like(trained.reading, LENGTH)).series, trained.series)


def test_channels_are_found_again(read):
    names = [f"{axis}{k}" for axis in "xyz" for k in range(LENGTH // 3)]
    trained = read(frame_of(names))
    assert trained.series.shape == (8, 3, LENGTH // 3)
    assert trained.reading.firsts == ("x0", "y0", "z0")
    swapped = frame_of(names)[["label", *names[4:], *names[:4]]]
    assert not np.array_equal(read(swapped).series, trained.series)
    found = read(swapped, Like(trained.reading, LENGTH))
    assert np.array_equal(found.series, trained.series)


def test_every_column_is_a_value_in_its_place_where_that_is_said(tmp_path):
    frame_of(FAMILIES["names"]).iloc[:, ::-1].to_csv(tmp_path / "a.csv", index=False)
    shuffled = ["t3", "t1", "t2", *FAMILIES["names"][4:], "t0"]
    frame_of(FAMILIES["names"])[["label", *shuffled]].to_csv(tmp_path / "b.csv", index=False)
    kept = load_dataset(tmp_path / "b.csv", drop="none")
    assert kept.series[:, 0, 0] == pytest.approx(VALUES[:, 3])


def test_names_are_kept_in_a_model():
    reading = TableReading(label="label", values=("b", "a"))
    assert reading_from_dict(reading_to_dict(reading)) == reading
    several = TableReading(firsts=("y0", "x0"))
    assert reading_from_dict(reading_to_dict(several)) == several
    for wrong in ([3], [""], ["a\nb"], "ab"):
        with pytest.raises(ModelError, match="values"):
            reading_from_dict({"by_point": False, "header": True, "values": wrong})
