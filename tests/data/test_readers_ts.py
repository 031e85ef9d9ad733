"""What else .ts files have: commas behind rows, time stamps, classes that nobody reads."""

import numpy as np
import pytest

from tszoo.data import load_dataset
from tszoo.data.stream import stream_dataset
from tszoo.errors import DataError

HEAD = "@problemName x\n@equalLength true\n@seriesLength 3\n@classLabel true a b\n@data\n"
STAMPED = "@timeStamps true\n@classLabel true a b\n@data\n"


@pytest.fixture
def put(tmp_path):
    def write(text):
        path = tmp_path / "a.ts"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def values(path, **options):
    return load_dataset(path, **options).series[:, 0].tolist()


@pytest.mark.parametrize("head", [HEAD, HEAD.replace("@seriesLength 3\n", "")])
@pytest.mark.parametrize("end", [",", ", ", " ,"])
def test_a_comma_behind_every_row_is_no_value(put, head, end):
    path = put(f"{head}1,2,3{end}:a\n4,5,6{end}:b\n")
    assert values(path) == [[1, 2, 3], [4, 5, 6]]


def test_a_comma_behind_every_channel_is_no_value(put):
    path = put(f"{HEAD}1,2,3,:7,8,9,:a\n4,5,6,:1,1,1,:b\n")
    assert load_dataset(path).series.shape == (2, 2, 3)


def test_an_empty_end_is_a_missing_value_where_the_length_says_so(put):
    path = put(f"{HEAD}1,2,:a\n4,5,:b\n")
    dataset = load_dataset(path)
    assert dataset.series.shape == (2, 1, 3)
    assert dataset.n_missing == 2
    some = put(f"{HEAD}1,2,:a\n4,5,6:b\n")
    assert load_dataset(some).n_missing == 1


def test_the_length_that_the_header_promises_is_held_against_the_rows(put):
    path = put(f"{HEAD}1,2,3,4:a\n4,5,6,7:b\n")
    with pytest.raises(DataError, match=r"^a\.ts, line 6: 4 values, @seriesLength is 3\."):
        load_dataset(path)
    assert load_dataset(path, unequal=True).length == 4
    other = put(HEAD.replace("true\n@series", "false\n@series") + "1,2,3,4:a\n4,5:b\n")
    assert load_dataset(other).length == 4


def test_comments_stand_anywhere(put):
    path = put(f"% one\n{HEAD}# two\n1,2,3:a\n\n  % three\n#N/A,5,6:b\n")
    np.testing.assert_array_equal(values(path), [[1, 2, 3], [np.nan, 5, 6]])


DAYS = [f"2013-03-0{k}" for k in (1, 2, 3)]
STAMPS = [
    ("0", "1", "2"),
    ("10", "20", "30"),
    ("0.00", "0.33", "0.67"),
    ("1e3", "2e3", "3e3"),
    DAYS,
    [f"{day} 12:30:00" for day in DAYS],
    [f"{day}T00:00:00.5" for day in DAYS],
    [f"{day}T00:00:00Z" for day in DAYS],
]


@pytest.mark.parametrize("stamps", STAMPS, ids=lambda stamps: stamps[1])
@pytest.mark.parametrize("mark", [":", " : "])
def test_time_stamps_that_run_evenly_are_left_out(put, stamps, mark):
    first, second = (
        ",".join(f"({stamp},{value})" for stamp, value in zip(stamps, row, strict=True))
        for row in (("1", "?", "3"), ("4", "5", "6"))
    )
    path = put(f"{STAMPED}{first}{mark}{second}{mark}a\n{second}{mark}{second}{mark}b\n")
    np.testing.assert_array_equal(
        load_dataset(path).series, [[[1, np.nan, 3], [4, 5, 6]], [[4, 5, 6], [4, 5, 6]]]
    )
    assert load_dataset(path).classes == ("a", "b")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("(0,1),(1,2),(3,3):a\n", r"line 4: the time stamps do not run evenly \(near '1'\)"),
        ("(0,1),(0,2),(0,3):a\n", "line 4: the time stamps do not run evenly"),
        ("(2,1),(1,2),(0,3):a\n", "line 4: the time stamps do not run evenly"),
        ("(0,1),(1,2):a\n(0,1),(2,2):b\n", "line 5: the time stamps are 2 apart, .* 1"),
        ("(now,1),(then,2):a\n", r"line 4: .* neither numbers nor dates .*'now'"),
        ("(0,1),(1,2:a\n", r"line 4: '\(0,1\),\(1,2' is no row of time stamps"),
        ("(0,1),(1,2)\n", "line 4: no class behind a colon"),
        ("(0,1),(1,x):a\n", "line 4, column 2: 'x' is not a number"),
    ],
)
def test_time_stamps_that_are_refused(put, rows, message):
    with pytest.raises(DataError, match=message):
        load_dataset(put(STAMPED + rows))


@pytest.mark.parametrize("label", ["?", "c", ""])
def test_classes_that_nobody_reads_are_not_checked(put, label):
    path = put(f"{HEAD}1,2,3:{label}\n4,5,6:a\n")
    assert values(path, label_column="none") == [[1, 2, 3], [4, 5, 6]]
    assert sum(len(chunk) for chunk in stream_dataset(path)) == 2
    with pytest.raises(DataError, match=r"^a\.ts, line 6: (no class \(\??\)|class 'c')"):
        load_dataset(path)


def test_targets_that_nobody_reads_are_left_out(put):
    path = put("@targetLabel true\n@data\n1,2,3:0.5\n4,5,6:0.7\n")
    assert values(path, label_column="none") == [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize("tag", ["@targetLabel false", "@classLabel false"])
def test_series_without_labels_may_end_in_a_colon(put, tag):
    path = put(f"{tag}\n@data\n1,2,3:7,8,9:\n4,5,6:1,1,1:\n")
    dataset = load_dataset(path)
    assert dataset.labels is None
    assert dataset.series.tolist() == [[[1, 2, 3], [7, 8, 9]], [[4, 5, 6], [1, 1, 1]]]


def test_only_what_is_read_has_to_be_text(put):
    umlaut = "ü".encode("latin-1")
    head = HEAD.encode().replace(b"x", umlaut)
    path = put(b"# " + umlaut + b"\n" + head + b"1,2,3:a\n% " + umlaut + b"\n4,5,6:b\n")
    assert load_dataset(path).n_series == 2
    for text, line in ((head + b"1,2,3:" + umlaut, 6), (head.replace(b" a ", umlaut), 4)):
        with pytest.raises(DataError, match=rf"^a\.ts, line {line}: byte 0xfc is not UTF-8"):
            load_dataset(put(text))


@pytest.mark.parametrize(
    ("declared", "label"),
    [("walk fast run", "walk fast"), ("walk,run", "walk"), ("walk, run", "run"), ("1,2", "1.0")],
)
def test_classes_of_several_words_and_commas_between_classes(put, declared, label):
    path = put(f"@classLabel true {declared}\n@data\n1,2,3:{label}\n3,2,1:{label}\n")
    assert [str(name) for name in load_dataset(path).classes] == [label]
    with pytest.raises(DataError, match="class 'swim' is none of those"):
        load_dataset(put(f"@classLabel true {declared}\n@data\n1,2,3:swim\n"))


@pytest.mark.parametrize("tag", ["", "@timeStamps false\n"])
def test_time_stamps_are_seen_whatever_the_header_says(put, tag):
    rows = "(0,1.5),(1,2.5):a\n(0,2.5),(1,0.5):b\n"
    dataset = load_dataset(put(f"{tag}@classLabel true a b\n@data\n{rows}"))
    assert dataset.series[:, 0].tolist() == [[1.5, 2.5], [2.5, 0.5]]
