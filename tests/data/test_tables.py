"""Tables as people have them: what the first lines show decides, and is told."""

import numpy as np
import pytest

from tszoo.data import load_dataset
from tszoo.data.stream import stream_dataset
from tszoo.errors import DataError, OptionError

LENGTH = 8


def noise(n_series=12, length=LENGTH, seed=0):
    """Values of so many series, with three decimals, none of them running."""
    values = np.random.default_rng(seed).standard_normal((n_series, length)).round(3) + 0.0005
    return [[f"{value:.4f}" for value in row] for row in values.tolist()]


def labelled(label="walk", other="run", **options):
    return [[(label, other)[i % 2], *row] for i, row in enumerate(noise(**options))]


def last(rows):
    return [[*row[1:], row[0]] for row in rows]


AXES = {
    "counting": list(range(LENGTH)),
    "from one": list(range(1, LENGTH + 1)),
    "even": [0, 10, 20, 30, 40, 50, 60, 70],
    "uneven": [0, 1, 3, 7, 12, 20, 21, 40],
    "falling": [70, 60, 50, 40, 30, 20, 10, 0],
    "falling in decimals": [9.9975, 9.7975, 9.5975, 9.3975, 9.1, 9.0, 8.5, 8.1],
    "logarithmic": [2**k for k in range(LENGTH)],
    "seconds since 1970": [1704067200 + 60 * k for k in range(LENGTH)],
    "years": [1990, 1991, 1992, 1993, 1994, 1996, 1999, 2001],
    "dates": [f"2024-01-{k + 1:02}" for k in range(LENGTH)],
    "moments": [f"2024-01-01 00:0{k}:00" for k in range(LENGTH)],
    "hours": [f"{k:02}:00" for k in range(LENGTH)],
    "names": [f"t{k}" for k in range(LENGTH)],
    "words": ["mon", "tue", "wed", "thu", "fri", "sat", "sun", "all"],
}
NAMES = ["label", "state", "activity", "species", "y", "what is it", "Klasse", "classification"]


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("suffix", ["csv", "tsv"])
def test_a_header_is_never_a_series(put, axis, name, suffix):
    mark = {"csv": ",", "tsv": "\t"}[suffix]
    rows = labelled()
    for table, column in (([[name, *AXES[axis]], *rows], "first"), (None, "last")):
        if table is None:
            table = [[*AXES[axis], name], *last(rows)]
        for label_column in (column, name):
            path = put(table, f"a.{suffix}", mark)
            dataset = load_dataset(path, label_column=label_column)
            assert (dataset.n_series, dataset.length) == (12, LENGTH)
            assert dataset.classes == ("run", "walk")
            assert dataset.read_as.startswith("header; label: column")


@pytest.mark.parametrize("first", [0, 1, 0.25, 400])
@pytest.mark.parametrize("step", [1, 0.1, 2.5, -1])
@pytest.mark.parametrize("width", [0, 2])
def test_a_header_of_steps_is_no_series_where_there_are_no_labels(put, first, step, width):
    names = [f"{first + step * k:0{width}g}" for k in range(LENGTH)]
    rising = np.cumsum(np.abs(np.array(noise(), dtype=float)), axis=1).round(3) + 0.0005
    for rows in (noise(), [[f"{value:.4f}" for value in row] for row in rising.tolist()]):
        dataset = load_dataset(put([names, *rows]), label_column="none")
        assert (dataset.n_series, dataset.length) == (12, LENGTH)
        assert dataset.read_as == f"header; no labels; values: columns 1 to {LENGTH}"


def test_steps_among_such_values_are_asked_about(put):
    rows = np.cumsum(np.random.default_rng(0).integers(0, 4, (12, LENGTH)), axis=1).tolist()
    path = put([list(range(1, LENGTH + 1)), *rows])
    with pytest.raises(DataError, match=r"^a\.csv, line 1: a header, or a series\? Its numbers"):
        load_dataset(path, label_column="none")
    assert load_dataset(path, label_column="none", header=True).n_series == 12
    assert load_dataset(path, label_column="none", header=False).n_series == 13


def test_a_ramp_among_ramps_stays_a_series(put):
    rows = [[f"{a + b * k:.4f}" for k in range(LENGTH)] for a, b in ((0.5, 0.25), (0, 1), (3, 2))]
    for first in (list(range(1, LENGTH + 1)), rows[2]):
        assert load_dataset(put([first, *rows]), label_column="none").n_series == 4


@pytest.mark.parametrize("axis", ["counting", "uneven", "falling"])
def test_numbers_are_names_above_labels_that_are_numbers(put, axis):
    rows = labelled(label=1, other=2)
    assert load_dataset(put([["state", *AXES[axis]], *rows])).n_series == 12


@pytest.mark.parametrize("suffix", ["csv", "tsv"])
@pytest.mark.parametrize("first", [AXES["counting"], AXES["uneven"], AXES["falling"]])
@pytest.mark.parametrize("labels", [("1", "2"), ("walk", "run")])
def test_a_first_series_that_is_a_ramp_stays_a_series(put, suffix, first, labels):
    mark = {"csv": ",", "tsv": "\t"}[suffix]
    rows = [[labels[0], *first], *labelled(*labels)]
    dataset = load_dataset(put(rows, f"a.{suffix}", mark))
    assert dataset.n_series == 13
    assert dataset.series[0, 0].tolist() == first
    assert dataset.read_as == f"no header; label: column 1; values: columns 2 to {LENGTH + 1}"


def test_a_line_that_may_be_either_is_asked_about(put):
    ramp = [f"{0.1 * k**2:.4f}" for k in range(LENGTH)]
    path = put([["up", *ramp], *labelled()])
    with pytest.raises(
        DataError, match=r"^a\.csv, line 1: a header, or a series of class 'up'\?.*header=True or"
    ):
        load_dataset(path)
    assert load_dataset(path, header=True).n_series == 12
    assert load_dataset(path, header=False).classes == ("run", "up", "walk")


def test_a_header_can_be_said(put):
    assert load_dataset(put([["a", *"12312312"], *labelled()]), header=True).n_series == 12
    path = put(labelled())
    assert load_dataset(path, header=False).n_series == 12
    with pytest.raises(DataError, match="no header line, so there is no label column 'walk'"):
        load_dataset(path, header=False, label_column="walk")
    with pytest.raises(OptionError, match=r"header=\.\.\. is for tables"):
        load_dataset(put(["@data"], "a.ts"), header=True)


FAMILY = [f"t{k}" for k in range(LENGTH)]


@pytest.mark.parametrize("axis", ["names", "counting", "uneven", "dates"])
@pytest.mark.parametrize("extra", ["subject", "age", "recorded by", "Unnamed: 0", "trial_no"])
def test_a_column_of_another_kind_is_no_point(put, axis, extra):
    rows = [[i // 4, *row] for i, row in enumerate(last(labelled()))]
    path = put([[extra, *AXES[axis], "label"], *rows])
    dataset = load_dataset(path, label_column="last")
    assert dataset.length == LENGTH
    if extra != "Unnamed: 0":
        assert dataset.read_as == (
            f"header; label: column {LENGTH + 2} (label); values: columns 2 to {LENGTH + 1}; "
            f"left out: {extra}"
        )
    behind = put(
        [["label", *AXES[axis], extra], *([*row, i // 4] for i, row in enumerate(labelled()))]
    )
    assert load_dataset(behind).length == LENGTH
    assert load_dataset(behind, drop="none").length == LENGTH + 1


def test_columns_of_several_kinds_are_asked_about(put):
    header = ["label", "x0", "x1", "x2", "x3", "y0", "y1", "y2", "y4"]
    path = put([header, *labelled()])
    with pytest.raises(DataError, match=r"several kinds, which begin with .*'y0'.*drop=\"none\""):
        load_dataset(path)
    assert load_dataset(path, drop="none").length == LENGTH
    dataset = load_dataset(path, drop=["y0", "y1", 8, "9"])
    assert dataset.length == 4
    assert dataset.read_as.endswith("left out: y0, y1, y2, y4")


WIDE = {
    "one behind the other": ["x0", "x1", "x2", "x3", "y0", "y1", "y2", "y3"],
    "from one": ["acc_1", "acc_2", "acc_3", "acc_4", "gyr_1", "gyr_2", "gyr_3", "gyr_4"],
    "numbered channels": [f"ch{k}_t{t}" for k in range(2) for t in range(4)],
}


@pytest.mark.parametrize("names", WIDE)
def test_families_of_columns_that_are_alike_are_channels(put, names):
    rows = labelled()
    header = ["label", *WIDE[names]]
    values = np.array([row[1:] for row in rows], dtype=np.float32)
    dataset = load_dataset(put([header, *rows]))
    np.testing.assert_array_equal(dataset.series, values.reshape(12, 2, 4))
    assert f"2 channels: 4 values each from column 2 ({WIDE[names][0]}), column 6" in (
        dataset.read_as
    )
    beside = put([["subject", *header], *([i // 4, *row] for i, row in enumerate(rows))])
    with_subject = load_dataset(beside, label_column="label")
    assert with_subject.sha256 == dataset.sha256
    assert with_subject.read_as.endswith("left out: subject")
    mixed = [0, *(1 + k for pair in zip(range(4), range(4, 8), strict=True) for k in pair)]
    turned = put([[row[k] for k in mixed] for row in [header, *rows]])
    assert load_dataset(turned).sha256 == dataset.sha256
    chunks = list(stream_dataset(put([header, *rows])))
    assert [chunk.series.shape for chunk in chunks] == [(12, 2, 4)]


def test_names_that_may_be_meant_the_other_way_round_are_asked_about(put):
    header = ["label", *(f"t{t}_ch{k}" for t in range(4) for k in range(2))]
    with pytest.raises(DataError, match="the columns are of several kinds"):
        load_dataset(put([header, *labelled()]))


def test_advice_is_tried_on_the_line_before_it_is_given(put):
    rows = [["walk", *row[1:]] for row in labelled()]
    rows[3][3] = "broken"
    rows[4][3] = "broken"
    for n_rows in (5, 12):
        with pytest.raises(
            DataError, match=r"line 4, column 4: 'broken' is not a number"
        ) as raised:
            load_dataset(put(rows[3 - 3 : n_rows]), header=False)
        assert "label_column" not in str(raised.value)
    middle = [[k, "ab"[k % 2], *row[1:]] for k, row in enumerate(labelled())]
    with pytest.raises(DataError, match=r"pass label_column=2\.$"):
        load_dataset(put(middle), header=False)
    assert load_dataset(put(middle), header=False, label_column=2).n_classes == 2


def test_a_column_of_whole_numbers_without_a_name_is_asked_about(put):
    path = put([[i // 4, *row] for i, row in enumerate(last(labelled()))])
    with pytest.raises(DataError, match=r"column 1 holds whole numbers .* drop=1, or"):
        load_dataset(path, label_column="last")
    assert load_dataset(path, label_column="last", drop=1).length == LENGTH
    assert load_dataset(path, label_column="last", drop="none").length == LENGTH + 1


def test_lines_that_are_counted_without_a_header(put):
    dataset = load_dataset(
        put([[i, *row] for i, row in enumerate(last(labelled()))]), label_column="last"
    )
    assert dataset.length == LENGTH
    assert dataset.read_as.endswith("left out: column 1")


def test_text_that_is_no_label_is_the_ids(put):
    rows = [[f"s{i}", *row] for i, row in enumerate(last(labelled()))]
    for table in (
        [["name", *FAMILY, "label"], *rows],
        [["name", *range(LENGTH), "kind"], *rows],
        rows,
    ):
        dataset = load_dataset(put(table), label_column="last")
        assert dataset.length == LENGTH
        assert dataset.ids == tuple(f"s{i}" for i in range(12))
        assert "; ids: column 1" in dataset.read_as
        assert dataset.take([3, 1]).ids == ("s3", "s1")
        chunks = list(stream_dataset(put(table), label_column="last"))
        assert [name for chunk in chunks for name in chunk.ids] == list(dataset.ids)
        assert chunks[0].read_as == dataset.read_as


def test_the_ids_can_be_said(put):
    rows = [[f"{100 + 7 * i}.5", *row] for i, row in enumerate(last(labelled()))]
    path = put([["key", *FAMILY, "label"], *rows])
    for column in ("key", 1, "1"):
        dataset = load_dataset(path, label_column="last", id_column=column)
        assert dataset.ids[0] == "100.5"
        assert dataset.length == LENGTH
    with pytest.raises(DataError, match="no column 'kee' in the header"):
        load_dataset(path, label_column="last", id_column="kee")
    with pytest.raises(DataError, match="id_column=99, but there are only 10 columns"):
        load_dataset(path, label_column="last", id_column=99)
    with pytest.raises(OptionError, match="id_column=label: the labels are in that column"):
        load_dataset(path, label_column="label", id_column="label")


def test_labels_that_stand_elsewhere_are_pointed_at(put):
    rows = [[i // 2, *row] for i, row in enumerate(last(labelled()))]
    path = put([["subject", *FAMILY, "label"], *rows])
    with pytest.raises(DataError, match=r"column 10 \('label'\) is named .* Pass label_column=10"):
        load_dataset(path)
    assert load_dataset(path, label_column=10).n_classes == 2
    with pytest.raises(DataError, match=r"'walk' is not a number\. .* label_column=\"last\"\.$"):
        load_dataset(put([["size", *FAMILY, "kind"], *rows]))


def points(labels=("normal", "fault"), n_series=6, length=10):
    """Rows of id, time, value, label."""
    values = np.random.default_rng(0).standard_normal((n_series, length)).round(3)
    rows = [
        [name, time, value, labels[name % 2]]
        for name, series in enumerate(values.tolist())
        for time, value in enumerate(series)
    ]
    return rows, values.astype(np.float32)


@pytest.mark.parametrize("labels", [("normal", "fault"), (0, 1)])
@pytest.mark.parametrize("header", [["id", "time", "value", "label"], ["case", "k", "v", "class"]])
@pytest.mark.parametrize("label_column", ["first", "last"])
def test_one_line_a_point(put, labels, header, label_column):
    rows, values = points(labels)
    dataset = load_dataset(put([header, *rows]), label_column=label_column)
    np.testing.assert_array_equal(dataset.series[:, 0], values)
    assert [dataset.classes[k] for k in dataset.labels] == [labels[i % 2] for i in range(6)]
    assert dataset.ids == ("0", "1", "2", "3", "4", "5")
    assert dataset.read_as.startswith("one line a point; header; label: column 4")
    assert dataset.read_as.endswith("; 6 series of 10 points")


def test_one_line_a_point_with_channels_stamps_and_people(put):
    rows, values = points()
    header = ["", "subject", "id", "stamp", "a", "b", "note", "label"]
    table = [
        [i, 7 + name // 3, f"w{name}", f"2024-01-01 00:{time:02}:00", v, -v, "ok", label]
        for i, (name, time, v, label) in enumerate(rows)
    ]
    dataset = load_dataset(put([header, *table]), label_column="label")
    np.testing.assert_array_equal(dataset.series, np.stack([values, -values], axis=1))
    assert dataset.read_as == (
        "one line a point; header; label: column 8 (label); ids: column 3 (id); times: column 4 "
        "(stamp); channels: columns 5 to 6; left out: column 1, subject, note; 6 series of 10 "
        "points"
    )


def test_points_are_brought_in_order(put):
    rows, values = points()
    order = np.random.default_rng(1).permutation(len(rows))
    path = put([["id", "time", "value", "label"], *(rows[i] for i in order)])
    dataset = load_dataset(path, label_column="last", id_column="id", time_column="time")
    by_name = np.argsort(np.array(dataset.ids, dtype=int))
    np.testing.assert_array_equal(dataset.series[by_name, 0], values)


def test_series_of_points_may_differ_in_length(put):
    rows, values = points()
    dataset = load_dataset(put([["id", "time", "value", "label"], *rows[:-3]]), label_column="last")
    assert dataset.lengths.tolist() == [10, 10, 10, 10, 10, 7]
    np.testing.assert_array_equal(dataset.series[5, 0, :7], values[5, :7])
    assert dataset.read_as.endswith("6 series of 7 to 10 points")


def test_points_without_times_stand_in_order(put):
    rows, values = points()
    table = [["id", "value", "label"], *([name, v, label] for name, _, v, label in rows)]
    dataset = load_dataset(put(table), label_column="last", id_column="id")
    np.testing.assert_array_equal(dataset.series[:, 0], values)


def test_points_that_do_not_make_series(put):
    rows, _ = points()
    header = ["id", "time", "value", "label"]
    says = {"label_column": "last", "id_column": "id", "time_column": "time"}
    changed = [*rows[:5], [0, 5, 0.1, "other"], *rows[6:]]
    with pytest.raises(DataError, match=r"line 7: label 'other', but the series '0' began with"):
        load_dataset(put([header, *changed]), **says)
    with pytest.raises(DataError, match="a time occurs twice in the series '0'"):
        load_dataset(put([header, *rows, rows[0]]), **says)
    with pytest.raises(DataError, match=r"line 3, column 3: 'x' is not a number"):
        load_dataset(put([header, rows[0], [0, 1, "x", "normal"], *rows[2:]]), **says)
    kinds = ["id", "time", "value", "kind"]
    with pytest.raises(
        DataError, match=r"column 1 \('id'\) holds the ids, not labels\. .* label_column="
    ):
        load_dataset(put([kinds, *rows]))


RECORDING = r"rises from line to line, so a line looks like a point of one recording"


@pytest.mark.parametrize("label_column", ["first", "last"])
def test_a_recording_is_not_many_series(put, label_column):
    values = noise(60, 3)
    rows = [[f"2024-01-01 00:00:{k:02}.016", *row, int(k > 30)] for k, row in enumerate(values)]
    path = put([["stamp", "ch0", "ch1", "ch2", "is_event"], *rows])
    with pytest.raises(DataError, match=RECORDING):
        load_dataset(path, label_column=label_column)
    counted = [[k, row[1], row[-1]] for k, row in enumerate(rows)]
    with pytest.raises(DataError, match=RECORDING):
        load_dataset(put([["n", "value", "is_event"], *counted]), label_column=label_column)


def test_rows_of_a_sensor_are_not_series(put):
    rows = [[*row, (i // 10) % 2] for i, row in enumerate(noise(60, 3))]
    for table in ([["x", "y", "z", "label"], *rows], rows):
        path = put(table)
        with pytest.raises(DataError, match="3 values a line, and labels that stay for many lines"):
            load_dataset(path, label_column="last")
        assert load_dataset(path, label_column="last", drop="none").n_series == 60


def test_a_table_on_its_side(put):
    rows = [list(column) for column in zip(*labelled(), strict=True)]
    with pytest.raises(DataError, match=r"2 names stand over 11 columns.* Transpose the table"):
        load_dataset(put(rows))


@pytest.mark.parametrize("suffix", ["csv", "tsv"])
def test_what_stands_above_a_table(put, suffix):
    rows = [["label", *FAMILY], *labelled()]
    plain = load_dataset(put(rows))
    above = {
        "a comment": ["# recorded 2024-05-01 with device A", "# fs=50Hz"],
        "a comment with cells": ["# recorded, device A, 50 Hz"],
        "a separator": ["sep=;"],
    }
    for name, lines in above.items():
        mark = ";" if name == "a separator" else {"csv": ",", "tsv": "\t"}[suffix]
        dataset = load_dataset(put([*lines, *rows], f"a.{suffix}", mark))
        assert dataset.sha256 == plain.sha256
    marked = [["# label", *FAMILY], *rows[1:]]
    assert load_dataset(put(marked)).sha256 == plain.sha256


def test_a_class_may_begin_with_a_hash(put):
    rows = labelled("#1", "#2")
    assert load_dataset(put(rows)).n_series == 12
    assert load_dataset(put(rows)).classes == ("#1", "#2")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            lambda: [["label", *FAMILY], ["", *["mV"] * LENGTH], *labelled()],
            r"^a\.txt, line 2: no cell is a number, .* second header or a row of units\. Remove",
        ),
        (
            lambda: [["label", *FAMILY], ["walk", "NIX", *noise()[0][1:]], *labelled()],
            r"line 2, column 2: 'NIX' is not a number\. Leave the cell empty if the value",
        ),
        (
            lambda: ["@problemName x", "@classLabel true a b", "@data", "1,2,3:a", "2,1,3:b"],
            r"^a\.txt: the lines that begin with @ are those of \.ts\. Name the file \.ts\.$",
        ),
        (
            lambda: ["@relation x", "@attribute a numeric", "@data", "1,2,3"],
            r"those of \.arff\. Name",
        ),
    ],
)
def test_advice_fits_the_lines(put, rows, message):
    with pytest.raises(DataError, match=message):
        load_dataset(put(rows(), "a.txt"))


def test_a_label_with_a_space_among_spaces(put):
    path = put(labelled("slow walk"), "a.txt", " ")
    with pytest.raises(DataError, match=r"line 1: 10 cells, and other lines have 9: the label"):
        load_dataset(path)


def test_the_encoding_can_be_said(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("Läufer,1,2\nGeher,2,1\n".encode("latin-1"))
    with pytest.raises(DataError, match=r'byte 0xe4 is not UTF-8 text\. .* encoding="latin-1"'):
        load_dataset(path)
    assert load_dataset(path, encoding="latin-1").classes == ("Geher", "Läufer")
    path.write_bytes("Läufer,1,2\nGeher,2,1\n".encode("utf-16"))
    assert load_dataset(path, encoding="utf-16").classes == ("Geher", "Läufer")
    with pytest.raises(OptionError, match="encoding='klingon': no such encoding"):
        load_dataset(path, encoding="klingon")


@pytest.mark.parametrize("cell", ["[1.5, 2.5, 3.5]", "(1.5,2.5)", "[1.5 2.5 nan]"])
@pytest.mark.parametrize("header", [["label,series"], []])
def test_lists_in_text_are_refused(put, cell, header):
    rows = [f'{label},"{cell}"' for label in ("walk", "run") * 6]
    with pytest.raises(DataError, match=r"column 2: a list of numbers in one cell\..*\.parquet"):
        load_dataset(put([*header, *rows]))


def test_columns_of_one_name_are_values(put):
    dataset = load_dataset(put([["label", *["v"] * LENGTH], *labelled()]))
    assert (dataset.n_series, dataset.length) == (12, LENGTH)
    with pytest.raises(DataError, match="2 names stand over 8 columns"):
        load_dataset(put([["label", *["v", "w"] * 4], *labelled()]))
