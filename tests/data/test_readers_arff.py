"""How Weka and MOA write .arff: comments, weights, commas at the ends of rows."""

import numpy as np
import pytest

from tszoo.data import load_dataset
from tszoo.data.stream import stream_dataset
from tszoo.errors import DataError

HEAD = (
    "@relation x\n@attribute t0 numeric\n@attribute t1 numeric\n@attribute c {up,'50 % off'}\n"
    "@data\n"
)


@pytest.fixture
def put(tmp_path):
    def write(text):
        path = tmp_path / "a.arff"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def content(path):
    dataset = load_dataset(path)
    return dataset.series[:, 0].tolist(), [dataset.classes[k] for k in dataset.labels]


@pytest.mark.parametrize(
    "row",
    [
        "1,2,up",
        "1,2,up,",
        "1,2,up , ",
        "1,2,up % a comment, with a comma",
        "1,2,up,{5}",
        "1,2,up, {0.5} % twice",
        "1,2,'up',",
        "1,2,'up', {1e-3}",
        "1\t2\tup",
        " 1,\t2 ,\tup\t",
        "'1','2','up',% near",
    ],
)
def test_ends_of_rows(put, row):
    path = put(f"{HEAD}% alone\n{row}\n  % indented\n3,4,'50 % off'\n")
    assert content(path) == ([[1, 2], [3, 4]], ["up", "50 % off"])


@pytest.mark.parametrize(
    "line",
    [
        "@attribute c {up, '50 % off'} % a comment {with} braces",
        "@attribute c {up,'50 % off'} {2.5}",
        '@attribute "c" { up , "50 % off" }',
    ],
)
def test_ends_of_header_lines(put, line):
    head = HEAD.replace("t0 numeric", "t0 numeric {3} % first")
    head = head.replace("@attribute c {up,'50 % off'}", line).replace("@data", "@data % go")
    assert content(put(f"{head}1,2,up\n3,4,'50 % off'\n"))[1] == ["up", "50 % off"]


def test_an_empty_end_behind_the_class_is_a_missing_value(put):
    head = "@relation x\n@attribute c {a,b}\n@attribute t0 real\n@attribute t1 real\n@data\n"
    np.testing.assert_array_equal(content(put(f"{head}a,1,\nb,2,3,\n"))[0], [[1, np.nan], [2, 3]])


def test_a_comma_behind_channels(put):
    text = (
        "@relation x\n@attribute s relational\n@attribute t0 numeric\n@attribute t1 numeric\n"
        "@end s\n@attribute c {a,b}\n@data\n'1,2\\n3,4',a,\n'5,6\\n7,8',b, {2}\n"
    )
    assert load_dataset(put(text)).series.tolist() == [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]


@pytest.mark.parametrize("label", ["?", "'?'", "c"])
def test_classes_that_nobody_reads_are_not_checked(put, label):
    path = put(f"{HEAD}1,2,{label}\n3,4,up\n")
    assert load_dataset(path, label_column="none").n_series == 2
    assert sum(len(chunk) for chunk in stream_dataset(path)) == 2
    with pytest.raises(DataError, match=r"^a\.arff, line 6: (no class \(\?\)|class 'c')"):
        load_dataset(path)


def test_only_what_is_read_has_to_be_text(put):
    umlaut = "ü".encode("latin-1")
    head = HEAD.encode().replace(b"x", umlaut).replace(b"t0", b"t" + umlaut)
    path = put(b"% " + umlaut + b"\n" + head + b"1,2,up % " + umlaut + b"\n")
    assert load_dataset(path).n_series == 1
    for text, line in ((head + b"1,2," + umlaut, 6), (head.replace(b"up", umlaut), 4)):
        with pytest.raises(DataError, match=rf"^a\.arff, line {line}: byte 0xfc is not UTF-8"):
            load_dataset(put(text))
