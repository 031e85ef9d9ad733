"""Tables whose labels are not where they are looked for, or whose header is not one line."""

from __future__ import annotations

import numpy as np
import pytest

from tszoo.data import Dataset, load_dataset
from tszoo.errors import DataError

RNG = np.random.default_rng(0)
N, LENGTH = 24, 15
VALUES = RNG.standard_normal((N, LENGTH)).round(3)
LABELS = [("idle", "wash", "spin")[i % 3] for i in range(N)]
NAMES = [f"ECG_{t}" for t in range(LENGTH)]


@pytest.mark.parametrize("owner", ["patient_id", "Subject", "user", "cowID", "machineId", "sex"])
@pytest.mark.parametrize("numbered", [True, False])
def test_an_id_is_not_taken_for_the_label(put, owner, numbered):
    """Patients come twice each, so as labels they would be classes like any others."""
    who = [i // 2 if numbered else f"P{i // 2}" for i in range(N)]
    rows = [
        [who[i], 20 + i % 7, *VALUES[i], label] for i, label in enumerate(map(LABELS.index, LABELS))
    ]
    header = [owner, "age", *NAMES, "diagnosis"]
    path = put([header, *rows])
    with pytest.raises(
        DataError, match=rf"'{owner}'.* .* whose a series is.*'diagnosis'"
    ) as caught:
        load_dataset(path)
    assert f"label_column={len(header)}, or label_column=1" in str(caught.value)
    read = load_dataset(path, label_column=len(header))
    assert (read.n_classes, read.length) == (3, LENGTH)
    assert load_dataset(path, label_column=1).n_classes == N // 2


@pytest.mark.parametrize("label", ["class_id", "covid", "state", "gesture"])
def test_a_label_beside_values_alone_needs_no_word(put, label):
    rows = [[LABELS[i], *VALUES[i]] for i in range(N)]
    assert load_dataset(put([[label, *NAMES], *rows])).n_classes == 3


def test_of_two_columns_of_texts_neither_is_taken_for_the_label(put):
    """A pump, and behind the values its state: one of them is the class, and nothing says which."""
    rows = [[f"P{i % 7}", *VALUES[i], LABELS[i], f"note {i}"] for i in range(N)]
    path = put([["pump", *NAMES, "state", "remark"], *rows])
    with pytest.raises(DataError, match=r"'pump'\), and column 17 \('state'\) may hold"):
        load_dataset(path)
    assert load_dataset(path, label_column=17).n_classes == 3
    assert load_dataset(path, label_column=1).n_classes == 7
    assert load_dataset(path, drop=["state"]).n_classes == 7


def test_dates_are_not_taken_for_labels(put):
    """Dates that are not ISO's cannot be put in order, and came as 12 classes of 2 series."""
    rows = [[f"03/{i // 2 + 10}/2024", f"TK{i % 2}", *VALUES[i, :4]] for i in range(N)]
    path = put([["Date", "Ticker", "Open", "High", "Low", "Close"], *rows])
    with pytest.raises(DataError, match=r"column 1 \('Date'\), which holds times"):
        load_dataset(path)


def test_a_time_is_no_value_of_a_series(put):
    """Points in no order of two recordings that have the same times, and no ids of their own."""
    rows = [
        [label, session, 1000 + 20 * t, *RNG.standard_normal(2).round(3)]
        for label in ("walk", "run")
        for session in range(2)
        for t in range(20)
    ]
    twice = [*rows, *rows]
    mixed = [twice[i] for i in RNG.permutation(len(twice))]
    path = put([["activity", "session", "timestamp", "x", "y"], *mixed])
    with pytest.raises(DataError, match=r"column 3 \('timestamp'\) is named as times are"):
        load_dataset(path)


def test_advice_names_all_columns_that_may_hold_labels(put):
    rows = [[*VALUES[i], f"S{i // 3}", LABELS[i]] for i in range(N)]
    path = put([[*NAMES, "subject", "activity"], *rows])
    with pytest.raises(DataError, match=r"column 16 \('subject'\), column 17 \('activity'\): pass"):
        load_dataset(path)
    assert load_dataset(path, label_column=17).n_classes == 3


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("index", [False, True])
@pytest.mark.parametrize("named", [False, True])
def test_columns_of_several_levels(tmp_path, swapped, index, named):
    pandas = pytest.importorskip("pandas")
    columns = pandas.MultiIndex.from_product(
        [["temp", "hum"], range(LENGTH)], names=["sensor", "t"] if named else None
    )
    frame = pandas.DataFrame(np.hstack([VALUES, VALUES]), columns=columns)
    if index:
        frame.index = pandas.Index([f"r{i}" for i in range(N)], name="run")
    if swapped:
        frame = frame.swaplevel(axis=1)
    frame[("label", "")] = LABELS
    path = tmp_path / "a.csv"
    frame.to_csv(path, index=index)
    for label_column in ("first", "last"):
        with pytest.raises(DataError, match=r"line 2: a second line of names.*one name"):
            load_dataset(path, label_column=label_column)
    frame.columns = ["_".join(map(str, name)) for name in frame.columns]
    frame.to_csv(path, index=index)
    if not swapped:
        assert load_dataset(path, label_column="last").n_channels == 2


def test_marks_for_thousands_are_no_second_header(put):
    rows = [[LABELS[i], *(f'"{1e4 * value:,.1f}"' for value in VALUES[i])] for i in range(N)]
    with pytest.raises(DataError, match=r"is not a number. Write numbers without marks"):
        load_dataset(put([["state", *NAMES], *rows]))


def test_titles_above_decimal_commas(put):
    rows = [[i, LABELS[i], "", *(f"{v}".replace(".", ",") for v in VALUES[i])] for i in range(N)]
    path = put(["Machine log", "", ["Run", "State", "", *NAMES], *rows], mark=";")
    read = load_dataset(path, label_column="State")
    np.testing.assert_array_equal(read.series[:, 0], VALUES.astype(np.float32))
    assert "1 line above the header passed over" in read.read_as


def test_many_lines_above_a_table_are_named(put):
    above = ["LabVIEW Measurement", *(f"Key{i}\tvalue" for i in range(6)), "Samples\t600\t600"]
    rows = [[f"{t * 0.1:.1f}", *VALUES[t % N, :3]] for t in range(60)]
    path = put([*above, "X_Value\tA\tB\tC", *("\t".join(map(str, row)) for row in rows)])
    with pytest.raises(DataError, match=r"lines 1 to 8: .* begin with line 9"):
        load_dataset(path)


LABELS_BY_ID = "id,target\n" + "".join(f"{i + 100},{LABELS[i]}\n" for i in reversed(range(N)))


@pytest.mark.parametrize("header", [True, False])
def test_labels_in_a_second_file_are_found_by_their_ids(put, tmp_path, header):
    path = put([["id", *NAMES], *([i + 100, *VALUES[i]] for i in range(N))])
    labels = tmp_path / "y.csv"
    labels.write_text(LABELS_BY_ID if header else LABELS_BY_ID.partition("\n")[2])
    read = load_dataset(path, labels=labels)
    assert [read.classes[k] for k in read.require_labels()] == LABELS
    for text, message in (
        (LABELS_BY_ID.replace("105,", "999,"), "no label for the series '105'"),
        (LABELS_BY_ID + "100,idle\n", "an id stands twice"),
        (LABELS_BY_ID.replace(",", ",0,"), "3 cells a line"),
    ):
        labels.write_text(text)
        with pytest.raises(DataError, match=message):
            load_dataset(path, labels=labels)


def test_labels_beside_a_count_or_beside_ids_of_nothing(tmp_path):
    np.save(tmp_path / "X.npy", VALUES)
    labels = tmp_path / "y.csv"
    labels.write_text(",y\n" + "".join(f"{i},{label}\n" for i, label in enumerate(LABELS)))
    read = load_dataset(tmp_path / "X.npy", labels=labels)
    assert [read.classes[k] for k in read.require_labels()] == LABELS
    labels.write_text(LABELS_BY_ID)
    with pytest.raises(DataError, match="ids beside labels, and the series have none"):
        load_dataset(tmp_path / "X.npy", labels=labels)


def test_frames_with_text_or_fields_in_place_of_values(tmp_path):
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(VALUES, schema=NAMES).with_columns(state=polars.Series(LABELS))
    frame.write_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"'state'\) holds text, .* pass label_column=\"last\"\.$"):
        load_dataset(tmp_path / "a.parquet")
    assert load_dataset(tmp_path / "a.parquet", label_column="last").n_classes == 3
    fields = polars.DataFrame({"label": LABELS, "s": [{"x": 1.0, "y": 2.0}] * N})
    with pytest.raises(DataError, match=r"the cells of 's' hold fields.*df.unnest\('s'\)"):
        Dataset.from_frame(fields, label="label")


def test_a_line_of_millions_of_cells_is_refused_at_once(put):
    path = put([f"walk{',0.25' * 2_000_000}"] * 2)
    with pytest.raises(DataError, match="line 1: 2000001 cells, and a table's line may have"):
        load_dataset(path)


def test_bars_in_place_of_commas(put):
    rows = [[LABELS[i], *VALUES[i]] for i in range(N)]
    with pytest.raises(DataError, match=r"separates the cells\. Write commas"):
        load_dataset(put([["state", *NAMES], *rows], mark="|"))
