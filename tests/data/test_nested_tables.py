"""Tables whose cells hold whole series, as Parquet files and data frames often do."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather
import pytest

from tszoo.data import Dataset, load_dataset
from tszoo.data.table_reading import Like
from tszoo.errors import DataError, OptionError

N, LENGTH = 12, 10
VALUES = np.random.default_rng(0).standard_normal((N, 2, LENGTH)).astype(np.float32)
LABELS = ["walk", "run", "sit"] * 4
X, Y = ([row.tolist() for row in VALUES[:, k]] for k in (0, 1))
TABLE = pd.DataFrame({"label": LABELS, "x": X})
RICH = pd.DataFrame(
    {
        "subject": np.arange(N) // 3,
        "trial": np.arange(N) % 3,
        "x": X,
        "name": [f"s{i}" for i in range(N)],
        "y": Y,
        "label": LABELS,
        "age": np.arange(20, 20 + N),
    }
)


@pytest.mark.parametrize("kind", ["parquet", "feather", "pandas", "polars", "pyarrow", "arrays"])
def test_every_kind_of_table(tmp_path, kind):
    arrow = pa.Table.from_pandas(TABLE)
    if kind == "parquet":
        TABLE.to_parquet(tmp_path / "a.parquet")
        dataset = load_dataset(tmp_path / "a.parquet")
    elif kind == "feather":
        pyarrow.feather.write_feather(arrow, tmp_path / "a.feather")
        dataset = load_dataset(tmp_path / "a.feather")
    else:
        frames = {
            "pandas": TABLE,
            "polars": pl.from_arrow(arrow),
            "pyarrow": arrow,
            "arrays": TABLE.assign(x=list(VALUES[:, 0])),
        }
        dataset = Dataset.from_frame(frames[kind], label="label")
    assert np.array_equal(dataset.series, VALUES[:, :1])
    assert [dataset.classes[k] for k in dataset.labels] == LABELS
    assert dataset.read_as == (
        "header; label: column 1 (label); values: column 2 (x); a series in each cell"
    )


def test_what_stands_beside_the_series(tmp_path):
    dataset = Dataset.from_frame(RICH, label="label", group="subject")
    assert np.array_equal(dataset.series, VALUES)
    assert dataset.ids == tuple(RICH["name"])
    assert len(set(dataset.groups)) == 4
    assert dataset.read_as == (
        "header; label: column 6 (label); ids: column 4 (name); groups: column 1 (subject); "
        "values: 2 columns from 3 to 5; left out: trial, age; a series in each cell"
    )
    RICH.to_parquet(tmp_path / "a.parquet")
    by_number = load_dataset(tmp_path / "a.parquet", label_column=6, id_column=4, group=1)
    assert np.array_equal(by_number.series, VALUES)
    assert by_number.read_as == dataset.read_as


@pytest.mark.parametrize("options", [{"channels": "y"}, {"channels": ["y"]}, {"drop": "x"}])
def test_lists_that_are_no_channel(options, tmp_path):
    RICH.to_parquet(tmp_path / "a.parquet")
    dataset = load_dataset(tmp_path / "a.parquet", label_column="label", **options)
    assert np.array_equal(dataset.series, VALUES[:, 1:])
    assert "x" in dataset.reading.left_out
    again = load_dataset(tmp_path / "a.parquet", like=Like(dataset.reading, LENGTH))
    assert np.array_equal(again.series, VALUES[:, 1:])
    assert again.read_as == dataset.read_as


def test_channels_are_found_again_by_their_names():
    trained = Dataset.from_frame(RICH, label="label")
    other = RICH[["label", "y", "name", "x"]]
    assert np.array_equal(Dataset.from_frame(other, label="label").series, VALUES[:, ::-1])
    found = Dataset.from_frame_like(other, Like(trained.reading, LENGTH))
    assert np.array_equal(found.series, VALUES)
    assert [found.classes[k] for k in found.labels] == LABELS


def test_lengths_that_differ_and_values_that_are_missing(tmp_path):
    ragged = [row[: 5 + i % 4] for i, row in enumerate(X)]
    ragged[2] = [None, *ragged[2][1:]]
    dataset = Dataset.from_frame(TABLE.assign(x=ragged), label="label")
    assert dataset.lengths.tolist() == [5 + i % 4 for i in range(N)]
    assert np.isnan(dataset.series[2, 0, 0])
    TABLE.assign(x=ragged).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match="6 values, the line before it has 5"):
        load_dataset(tmp_path / "a.parquet", unequal=False)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (None, r"^frame, row 4, 'x': no series\.$"),
        ([], r"^frame, row 4, 'x': no series\.$"),
        (["a", "b"], r"^frame, row 4, 'x': .* is no list of numbers\.$"),
        ("text", r"^frame, row 4, 'x': 'text' is no list of numbers\.$"),
        ([[1.0, 2.0], [3.0, 4.0]], r"^frame, row 4, 'x': .* is no list of numbers\.$"),
        ([[1.0], [3.0, 4.0]], r"^frame, row 4, 'x': .* is no list of numbers\.$"),
        ([1.0] * 7 + [{}], r"^frame, row 4, 'x': .* is no list of numbers\.$"),
    ],
)
def test_cells_that_are_no_series(cell, message):
    cells = list(X)
    cells[4] = cell
    with pytest.raises(DataError, match=message):
        Dataset.from_frame(TABLE.assign(x=cells), label="label")


def test_channels_of_one_series_are_equally_long():
    short = RICH.assign(y=[row[1:] for row in Y])
    with pytest.raises(DataError, match="row 0, 'y': 9 values, 'x' has 10"):
        Dataset.from_frame(short, label="label")


def test_what_is_said_is_held_against_the_table(tmp_path):
    RICH.to_parquet(tmp_path / "a.parquet")

    def refuse(kind, message, **options):
        with pytest.raises(kind, match=message):
            load_dataset(tmp_path / "a.parquet", **options)

    refuse(OptionError, "^label_column=x: that column holds series", label_column="x")
    refuse(OptionError, "^id_column=3: that column holds series", id_column=3)
    refuse(OptionError, "^time_column=... is for tables of one line a point", time_column="trial")
    refuse(OptionError, "^window=... is for tables of one line a point", window=5)
    refuse(DataError, r"a\.parquet: 'age' holds no series\. Columns that do: x, y", channels="age")
    refuse(DataError, "no column 'z' in the header", channels="z")
    # where the labels are is asked by the table's own numbers
    refuse(DataError, r"column 6 \('label'\) is named as labels are.*Pass label_column=6")


def test_an_empty_table(tmp_path):
    TABLE.iloc[:0].to_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match="the table has no rows"):
        load_dataset(tmp_path / "a.parquet")
