"""Tables as R, spreadsheets, MATLAB and statistical offices write them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tszoo.data import load_dataset
from tszoo.data.readers.table.marks import has_decimal_commas
from tszoo.data.readers.table.periods import period_of
from tszoo.errors import DataError

LENGTH = 8
X = np.random.default_rng(3).standard_normal((12, LENGTH)).round(3) + 0.0005
Y = ["walk", "run"] * 6
NAMES = [f"t{k}" for k in range(LENGTH)]


def spell(value):
    return f"{value:.4f}"


def comma(value):
    return spell(value).replace(".", ",")


def table(write=spell, values=X):
    return [[label, *map(write, row)] for label, row in zip(Y, values.tolist(), strict=True)]


def assert_read(dataset, values=X, labels=Y):
    np.testing.assert_allclose(dataset.series[:, 0], values, rtol=1e-6)
    assert [dataset.classes[k] for k in dataset.require_labels()] == labels


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize(
    ("name", "mark"), [("a.csv", ","), ("a.csv", ";"), ("a.tsv", "\t"), ("a.txt", " ")]
)
@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("prefix", ["", "s"])
def test_row_names_of_r_have_no_name_of_their_own(put, name, mark, quote, is_first, prefix):
    def quoted(text):
        return f"{quote}{text}{quote}"

    head, rows = list(map(quoted, ["label", *NAMES])), []
    for i, (label, *values) in enumerate(table()):
        rows.append([quoted(label), *values])
        if not is_first:
            rows[-1] = [*values, quoted(label)]
        rows[-1].insert(0, quoted(f"{prefix}{i + 1}"))
    if not is_first:
        head = [*head[1:], head[0]]
    dataset = load_dataset(put([head, *rows], name, mark), label_column="label")
    assert_read(dataset)
    if prefix:
        assert dataset.ids == tuple(f"s{i + 1}" for i in range(12))
    if not is_first:
        assert_read(load_dataset(put([head, *rows], name, mark), label_column="last"))
        unlabelled = [[cell for cell in row if cell not in map(quoted, Y)] for row in rows]
        dataset = load_dataset(put([head[:-1], *unlabelled], name, mark), label_column="none")
        np.testing.assert_allclose(dataset.series[:, 0], X, rtol=1e-6)


def test_labels_in_quotes_may_have_spaces_where_spaces_separate(put):
    rows = [[f'"{label} fast"', *values] for label, *values in table()]
    rows[0][3] = '""'
    dataset = load_dataset(put([['"label"', *NAMES], *rows], "a.txt", " "))
    assert dataset.classes == ("run fast", "walk fast")
    assert np.isnan(dataset.series[0, 0, 2])
    assert dataset.n_missing == 1


def test_names_are_as_many_as_columns(put):
    rows = [["label", *NAMES[:-2]], *table()]
    with pytest.raises(DataError, match=r"^a\.csv, line 1: 7 names, and the lines below have 9"):
        load_dataset(put(rows))
    ends = [["label", *NAMES], *([*row, ""] for row in table())]
    assert_read(load_dataset(put(ends)))


@pytest.mark.parametrize(("name", "mark"), [("a.csv", ","), ("a.csv", ";"), ("a.tsv", "\t")])
def test_lines_of_separators_at_the_top_and_the_end_are_blank(put, name, mark):
    blank = mark * LENGTH
    assert_read(load_dataset(put([blank, "", *table(), blank, blank], name, mark)))
    assert_read(load_dataset(put([blank, ["label", *NAMES], *table(), blank], name, mark)))


@pytest.mark.parametrize("mark", [",", ";"])
def test_a_line_of_separators_between_series_is_a_series_without_values(put, mark):
    rows = table()
    rows.insert(4, ["walk", *[""] * LENGTH])
    with pytest.raises(DataError, match="series 4: every value is missing"):
        load_dataset(put(rows, mark=mark))
    rows = [row[1:] for row in table()]
    rows.insert(4, [""] * LENGTH)  # it must not vanish, since predictions are counted
    with pytest.raises(DataError, match="series 4: every value is missing"):
        load_dataset(put(rows, mark=mark), label_column="none")


@pytest.mark.parametrize(
    "above",
    [
        ["My measurements"],
        ["My measurements", ",,,,,,,,", "made on,2024-01-05"],
        [",acceleration,,,,,,,"],
    ],
)
def test_titles_above_the_names_are_passed_over_and_told(put, above):
    dataset = load_dataset(put([*above, ["label", *NAMES], *table()]))
    assert_read(dataset)
    lines = "line" if len(above) == 1 else "lines"
    assert dataset.read_as.endswith(f"; {len(above)} {lines} above the header passed over")


def test_a_series_of_few_points_is_no_title(put):
    rows = [["walk", "0.5"], *table()]
    dataset = load_dataset(put(rows), unequal=True)
    assert dataset.lengths.tolist() == [1, *[LENGTH] * 12]


@pytest.mark.parametrize("quote_all", [True, False])
def test_decimal_commas_in_quotes(put, quote_all):
    def quoted(value):
        return f'"{comma(value)}"'

    head = ["label", *NAMES]
    rows = table(quoted)
    if quote_all:
        head, rows = [f'"{name}"' for name in head], [[f'"{y}"', *x] for y, *x in rows]
    assert_read(load_dataset(put([head, *rows])))


@pytest.mark.parametrize(
    ("write", "mark"),
    [
        ("{:,.0f}".format, ";"),
        ("{:,.0f}".format, "\t"),
        ('"{:,.0f}"'.format, ","),
        (lambda value: f"{value:,.0f}".replace(",", "."), ";"),
    ],
)
def test_marks_for_thousands_are_no_decimal_marks(put, write, mark):
    rows = [["label", *NAMES], *table(write, X * 2000)]
    with pytest.raises(DataError, match=r"a mark for thousands|marks for thousands, and with a"):
        load_dataset(put(rows, "a.csv", mark))


@pytest.mark.parametrize("gap", [",", ".", "'", " ", "\u00a0", "\u202f", "\u2019"])
def test_numbers_with_marks_for_thousands_are_told_how_to_be_written(put, gap):
    point = "." if gap == "," else ","

    def write(value):
        return f"{value:,.2f}".replace(".", "#").replace(",", gap).replace("#", point)

    rows = [["label", *NAMES], *table(write, np.abs(X) * 1e5 + 1000)]
    with pytest.raises(DataError, match=r"^a\.csv, line 2.*(no mark|without marks) for thousands"):
        load_dataset(put(rows, "a.csv", ";"))


@given(
    decimals=st.integers(1, 4),
    scale=st.sampled_from([0.1, 1.0, 100.0, 5000.0]),
    strips=st.booleans(),
    seed=st.integers(0, 20),
)
@settings(max_examples=60, deadline=None)
def test_decimals_are_never_taken_for_thousands(decimals, scale, strips, seed):
    values = np.random.default_rng(seed).standard_normal((20, 6)) * scale
    rows = [[f"{value:.{decimals}f}" for value in row] for row in values.tolist()]
    if strips:
        rows = [[cell.rstrip("0").rstrip(".") for cell in row] for row in rows]
    swapped = [[cell.replace(".", ",") for cell in row] for row in rows]
    lines = range(1, 21)
    assert not has_decimal_commas(rows, ";", "a.csv", lines)
    assert has_decimal_commas(swapped, ";", "a.csv", lines)


@pytest.mark.parametrize(("outer", "inner"), [("\t", " "), (";", ","), ("\t", ";")])
def test_two_separators_are_refused(put, outer, inner):
    rows = [outer.join([*row[:4], inner.join(row[4:])]) for row in table()]
    with pytest.raises(DataError, match=r"column 5: '.*' are several numbers, so two separators"):
        load_dataset(put(rows, "a.tsv"))


PERIODS = {
    "quarters": [f"{2020 + k // 4}Q{1 + k % 4}" for k in range(LENGTH)],
    "quarters last": [f"Q{1 + k % 4} {2020 + k // 4}" for k in range(LENGTH)],
    "months": [f"{2020 + k // 4}M{1 + k % 4}" for k in range(LENGTH)],
    "months of R": [f"X{2020 + k // 4}.M{1 + k % 4:02}" for k in range(LENGTH)],
    "months in digits": [f"{2020 + k // 4}_{1 + k % 4:02}" for k in range(LENGTH)],
    "months in words": [f"{('Jan', 'Feb')[k % 2]}-{2020 + k // 2}" for k in range(LENGTH)],
    "weeks": ["2020W50", "2020W51", "2020W52", "2020W53", *(f"2021W{k}" for k in range(1, 5))],
    "days and hours": [f"d{1 + k // 4}h{k % 4 * 6}" for k in range(LENGTH)],
    "days and hours in words": [f"day{1 + k // 4}_hour{k % 4}" for k in range(LENGTH)],
    "hours and minutes": [f"h{1 + k // 4}_m{k % 4 * 15:02}" for k in range(LENGTH)],
}


@pytest.mark.parametrize("periods", PERIODS)
def test_periods_are_points_of_time_and_no_channels(put, periods):
    names = PERIODS[periods]
    dataset = load_dataset(put([["label", *names], *table()]))
    assert dataset.n_channels == 1
    assert_read(dataset)
    points = [period_of(name) for name in names]
    assert points == sorted(set(points))
    order = np.random.default_rng(1).permutation(LENGTH)
    shuffled = [[row[0], *(row[1 + k] for k in order)] for row in table()]
    dataset = load_dataset(put([["label", *(names[k] for k in order)], *shuffled]))
    assert_read(dataset)
    assert "in the order of their names" in dataset.read_as


@pytest.mark.parametrize(
    "name", ["ch1_t0", "x1_y2", "s1_m2", "m1_s1", "2020", "202001", "market 2020"]
)
def test_names_that_are_no_periods(name):
    assert period_of(name) is None


@pytest.mark.parametrize("where", ["first", "last"])
@pytest.mark.parametrize("named", [True, False])
def test_classes_spread_over_columns_are_refused(put, where, named):
    bits = [[str(int(k % 3 == j)) for j in range(3)] for k in range(12)]
    rows = [[*bit, *row[1:]] for bit, row in zip(bits, table(), strict=True)]
    head = ["idle", "run", "walk", *NAMES]
    if where == "last":
        rows, head = [[*row[3:], *row[:3]] for row in rows], [*head[3:], *head[:3]]
    with pytest.raises(DataError, match="a single 1 stands in each line of column"):
        load_dataset(put([head, *rows] if named else rows), label_column=where)


def test_series_of_bits_are_no_classes(put):
    bits = np.eye(LENGTH, dtype=int)[np.arange(12) % LENGTH].tolist()
    rows = [[k % 2, *bit] for k, bit in enumerate(bits)]
    assert load_dataset(put(rows)).length == LENGTH


@pytest.mark.parametrize("line", [3, 8])
def test_a_point_without_an_id_is_refused_where_others_have_one(put, line):
    rows = [[f"s{i // 4}", i % 4, i * 0.5, Y[i // 4]] for i in range(16)]
    rows[line][0] = ""
    path = put([["id", "time", "x", "label"], *rows])
    with pytest.raises(DataError, match=rf"^a\.csv, line {line + 2}: no id, and other lines"):
        load_dataset(path, id_column="id", time_column="time", label_column="label")


def test_the_minus_of_typesetters_is_read(put):
    rows = table(lambda value: spell(value).replace("-", "\u2212"))
    assert_read(load_dataset(put(rows)))


def test_a_line_of_labels_under_a_header_shows_a_table_on_its_side(put):
    columns = np.array(table(), dtype=object).T.tolist()
    path = put([["", *range(12)], *([f"t{k}", *row] for k, row in enumerate(columns))])
    with pytest.raises(DataError, match="Transpose the table"):
        load_dataset(path)


@pytest.mark.parametrize("cell", ["#DIV/0!", "-", ".", "12%", "1.5 kg", "0x10", "\u221e", "1/2"])
def test_a_cell_that_is_no_number_is_told_what_to_write(put, cell):
    rows = table()
    rows[3][4] = cell
    with pytest.raises(DataError, match=r"line 4, column 5: .* is not a number\. Write one such"):
        load_dataset(put(rows))


@pytest.mark.parametrize("suffix", ["csv", "tsv", "ts"])
def test_letters_with_their_accents_apart_are_the_same_letters(put, suffix):
    rows = [
        [("caf\u00e9", "cafe\u0301", "th\u00e9")[k % 3], *row[1:]] for k, row in enumerate(table())
    ]
    lines = ["\t".join(row) for row in rows]
    if suffix == "ts":
        lines = ["@classLabel true", "@data", *(f"{','.join(row[1:])}:{row[0]}" for row in rows)]
    dataset = load_dataset(put(lines, f"a.{suffix}"))
    assert dataset.classes == ("caf\u00e9", "th\u00e9")
    other = load_dataset(put(["\t".join(["cafe\u0301", *row[1:]]) for row in rows], "b.tsv"))
    assert other.with_classes(dataset.classes).require_labels().tolist() == [0] * 12


@pytest.mark.parametrize(
    "names", [NAMES, range(LENGTH), [f"2024-01-0{k + 1}" for k in range(LENGTH)]]
)
@pytest.mark.parametrize("where", ["first", "last"])
def test_a_header_that_comes_again_is_refused(put, names, where):
    head, rows = ["label", *names], table()
    if where == "last":
        head, rows = [*head[1:], head[0]], [[*row[1:], row[0]] for row in rows]
    path = put([head, *rows[:7], head, *rows[7:]])
    with pytest.raises(DataError, match=r"^a\.csv, line 9: the header again\. Remove the line"):
        load_dataset(path, label_column=where)


def test_a_class_may_be_called_as_its_column(put):
    rows = [["walk", *NAMES], *table()]
    assert_read(load_dataset(put(rows)))


@pytest.mark.parametrize("name", ["channel", "dim", "axis"])
@pytest.mark.parametrize("has_id", [True, False])
def test_a_line_a_channel_is_refused(put, name, has_id):
    ids = [["id"] * has_id, *([f"s{i}"] * has_id for i in range(12) for _ in "xy")]
    rows = [[channel, *row] for row in table() for channel in "xy"]
    rows = [[*one, *row] for one, row in zip(ids, [[name, "label", *NAMES], *rows], strict=True)]
    at = 1 + has_id
    with pytest.raises(DataError, match=f"one channel of a series, which column {at} .'{name}'"):
        load_dataset(put(rows), label_column="label")
    assert load_dataset(put(rows), label_column="label", drop=at).n_series == 24


def test_a_channel_that_each_series_has_one_of_is_left_out(put):
    rows = [["xyz"[k * k % 3], *row] for k, row in enumerate(table())]
    dataset = load_dataset(put([["channel", "label", *NAMES], *rows]), label_column="label")
    assert "left out: channel" in dataset.read_as


@pytest.mark.parametrize("summary", [np.mean, np.sum, np.median, np.std])
@pytest.mark.parametrize("write", [spell, "{:.2f}".format])
def test_a_last_row_that_sums_up_is_no_series(put, summary, write):
    values = summary(X, axis=0).tolist()
    rows = [*table(), ["Total", *map(write, values)]]
    with pytest.raises(DataError, match=r"series 12: the last series, alone in its class .Total"):
        load_dataset(put(rows))
    rows[-1][0] = "walk"
    assert load_dataset(put(rows)).n_series == 13


@settings(max_examples=40, deadline=None)
@given(kind=st.sampled_from(["noise", "bits", "steps", "copies"]), seed=st.integers(0, 99))
def test_a_last_series_of_its_own_class_stays(tmp_path_factory, kind, seed):
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((9, LENGTH))
    if kind == "bits":
        values = rng.integers(0, 2, (9, LENGTH)).astype(float)
    elif kind == "steps":
        values = np.cumsum(rng.integers(0, 3, (9, LENGTH)), axis=1).astype(float)
    elif kind == "copies":
        values[:] = values[0]
    labels = ["a"] * 4 + ["b"] * 4 + ["c"]
    lines = [",".join([y, *map(spell, x)]) for y, x in zip(labels, values.tolist(), strict=True)]
    path = tmp_path_factory.mktemp("own") / "a.csv"
    path.write_text("\n".join(lines) + "\n")
    assert load_dataset(path).n_series == 9


def test_months_and_days_in_the_order_of_the_alphabet_are_put_in_their_own(put):
    for names in (
        ["Apr", "Aug", "Feb", "Jan", "Jul", "Jun", "Mar", "May"],
        ["Fri", "Mon", "Thu", "Tue", "Wed"],
    ):
        rows = [row[: len(names) + 1] for row in table()]
        dataset = load_dataset(put([["label", *names], *rows]))
        calendar = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug"]
        calendar += ["Mon", "Tue", "Wed", "Thu", "Fri"]
        order = sorted(range(len(names)), key=lambda k: calendar.index(names[k]))
        assert_read(dataset, X[:, order])
        assert "in the order of their names" in dataset.read_as
    season = ["Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb", "Mar"]
    assert_read(load_dataset(put([["label", *season], *table()])))


def test_marks_without_width_make_no_class(put):
    rows = [[row[0] + "\u200b" * (k % 3 == 0), *row[1:]] for k, row in enumerate(table())]
    rows[6][0] = f"\ufeff{rows[6][0]}"  # of files that were joined
    assert_read(load_dataset(put(rows)))


def test_labels_behind_ids_are_found_by_the_advice(put):
    rows = [["unit", "condition", *(f"t{k}" for k in range(6))]]
    rows += [[f"m{k}", "worn" if k % 2 else "fine", *range(k, k + 6)] for k in range(8)]
    path = put(rows)
    with pytest.raises(DataError, match=r"\('condition'\) may hold them. Pass label_column=2, or"):
        load_dataset(str(path))
    found = load_dataset(str(path), label_column=2)
    assert found.classes == ("fine", "worn")
    assert found.ids == tuple(f"m{k}" for k in range(8))
    assert found.length == 6
