"""What each format may look like, and what is read from it."""

import functools
import gzip
import io
import time

import numpy as np
import pytest

from tszoo.data import load_dataset
from tszoo.data.readers import ReadOptions, read_file
from tszoo.data.readers.lines import read_blocks
from tszoo.data.readers.numbers import _parse_exactly, parse_rows
from tszoo.data.spellings import MISSING


@pytest.fixture
def put(tmp_path):
    """Write a file and return its path."""

    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def labels_of(dataset):
    return [dataset.classes[k] for k in dataset.labels]


SERIES = [[0.5, -1.25, 3e2], [1.0, 2.0, -0.0]]
SAME = {
    "tabs.tsv": "1\t0.5\t-1.25\t3e2\n2\t1\t2\t-0\n",
    "spaces.txt": (
        "  1.0000000e+00   5.0000000e-01  -1.2500000e+00 3.0e+02\n  2.0000000e+00 1 2 -0\n"
    ),
    "commas2015.txt": "1,0.5,-1.25,3e2\n2,1,2,-0\n",
    "plain.csv": "1,0.5,-1.25,3e2\n2,1,2,-0\n",
    "header.csv": "label,t0,t1,t2\n1,0.5,-1.25,3e2\n2,1,2,-0\n",
    "semicolons.csv": "label;t0;t1;t2\n1;0.5;-1.25;3e2\n2;1;2;-0\n",
    "decimal_commas.csv": "1;0,5;-1,25;3e2\n2;1,0;2;-0\n",
    "decimal_commas.tsv": "1\t0,5\t-1,25\t3e2\n2\t1,0\t2\t-0\n",
    "tabs.csv": "label\tt0\tt1\tt2\n1\t0.5\t-1.25\t3e2\n2\t1\t2\t-0\n",
    "quoted.csv": '"label","t0","t1","t2"\n"1","0.5","-1.25","3e2"\n"2",1,2,-0\n',
    "spaced.csv": "1, 0.5 , -1.25, 3e2\n2,\t1, 2, -0\n",
    "blank_lines.csv": "\n\n1,0.5,-1.25,3e2\n\n2,1,2,-0\n\n\n",
    "no_last_newline.csv": "1,0.5,-1.25,3e2\n2,1,2,-0",
    "crlf.csv": "1,0.5,-1.25,3e2\r\n2,1,2,-0\r\n",
    "cr.csv": "1,0.5,-1.25,3e2\r2,1,2,-0\r",
    "bom.csv": "\ufeff1,0.5,-1.25,3e2\n2,1,2,-0\n",
    "trailing.csv": "1,0.5,-1.25,3e2,\n2,1,2,-0,\n",
    "trailing.tsv": "1\t0.5\t-1.25\t3e2\t\n2\t1\t2\t-0\t\n",
    "numbered.csv": "label,0,1,2\n1,0.5,-1.25,3e2\n2,1,2,-0\n",
    "frame.csv": "0,1,2,3\n1,0.5,-1.25,3e2\n2,1,2,-0\n",
    "plain.ts": "@problemName x\n@classLabel true 1 2\n@data\n0.5,-1.25,3e2:1\n1,2,-0:2\n",
    "full.ts": "#hello\n%hi\n@ProblemName x\n@TIMESTAMPS False\n@missing false\n@univariate "
    "true\n@equallength true\n"
    "@serieslength 3\n@classlabel true 1 2\n@DATA\n\n0.5, -1.25, 3e2 : 1\r\n1,2,-0:2\n",
    "nominal.arff": "% hello\n@relation x\n\n@attribute a1 numeric\n@attribute a2 REAL\n"
    "@attribute a3 integer\n"
    "@attribute target {1,2}\n\n@data\n0.5,-1.25,3e2,1\n1,2,-0,2\n",
    "numeric.arff": "@RELATION 'x y'\n@ATTRIBUTE a1 NUMERIC\n@ATTRIBUTE 'a 2' numeric\n"
    "@ATTRIBUTE a3 numeric\n"
    "@ATTRIBUTE Class numeric\n@DATA\n0.5,-1.25,3e2,1\n1,2,-0,2\n",
    "class_first.arff": "@relation x\n@attribute c {'1', \"2\"}\n@attribute a1 numeric\n"
    "@attribute a2 numeric\n"
    "@attribute a3 numeric\n@data\n1,0.5,-1.25,3e2\n'2',1,2,-0\n",
}


@pytest.mark.parametrize("name", SAME)
@pytest.mark.parametrize("packed", [False, True])
def test_every_spelling_reads_the_same(put, name, packed):
    path = (
        put(f"{name}.gz", gzip.compress(SAME[name].encode())) if packed else put(name, SAME[name])
    )
    dataset = load_dataset(path)
    assert dataset.series[:, 0].tolist() == SERIES
    assert [float(label) for label in labels_of(dataset)] == [1, 2]
    assert dataset.name == name.split(".")[0]
    assert dataset.provenance == str(path)
    assert dataset.split is None
    assert not dataset.is_unequal


@pytest.mark.parametrize("name", SAME)
def test_block_boundaries_do_not_show(put, name, monkeypatch):
    monkeypatch.setattr("tszoo.data.readers.lines.BLOCK_BYTES", 3)
    assert load_dataset(put(name, SAME[name])).series[:, 0].tolist() == SERIES


@pytest.mark.parametrize(
    ("tokens", "labels"),
    [
        (["-1", "1"], [-1, 1]),
        (["10", "20"], [10, 20]),
        (["1", "a"], ["1", "a"]),
        (["01", "2"], ["01", "2"]),
        (["+1", "2"], ["+1", "2"]),
        (["1.0", "2.0"], ["1.0", "2.0"]),
        (["-0", "1"], ["-0", "1"]),
        ([" walk ", "run"], ["walk", "run"]),
        (["Ärger", "日本"], ["Ärger", "日本"]),
        (["9" * 30, "1"], ["9" * 30, "1"]),
    ],
)
def test_labels_stay_as_written(put, tokens, labels):
    dataset = load_dataset(put("a.tsv", "".join(f"{token}\t1\t2\n" for token in tokens)))
    assert labels_of(dataset) == labels
    assert {type(label) for label in dataset.classes} == {type(label) for label in labels}


@pytest.mark.parametrize(
    ("label_column", "labels", "first"),
    [
        ("first", [5, 6], [7, 8, 9]),
        ("last", [9, 0], [5, 7, 8]),
        (3, [8, 8], [5, 7, 9]),
        ("3", [8, 8], [5, 7, 9]),
        ("b", [7, 7], [5, 8, 9]),
        ("none", None, [5, 7, 8, 9]),
    ],
)
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_label_column(put, label_column, labels, first, mark):
    text = "a,b,c,d\n5,7,8,9\n6,7,8,0\n".replace(",", mark)
    dataset = load_dataset(put("a.csv", text), label_column=label_column)
    assert dataset.series[0, 0].tolist() == first
    assert (dataset.labels is None) if labels is None else (labels_of(dataset) == labels)


@pytest.mark.parametrize("label_column", ["first", "last", 2, "none"])
def test_label_column_among_spaces(put, label_column):
    dataset = load_dataset(put("a.txt", " 1  2 3\n 4 5  6\n"), label_column=label_column)
    expected = {"first": [2, 3], "last": [1, 2], 2: [1, 3], "none": [1, 2, 3]}[label_column]
    assert dataset.series[0, 0].tolist() == expected


def test_labels_in_quotes_may_hold_the_delimiter(put):
    dataset = load_dataset(put("a.csv", '"up, then ""down""",1,2\nflat,3,4\n'))
    assert labels_of(dataset) == ['up, then "down"', "flat"]


@pytest.mark.parametrize("word", ["", "?", "NaN", "nan", "NA", "na", " "])
@pytest.mark.parametrize("suffix", ["csv", "ts", "arff"])
def test_missing_values(put, word, suffix):
    head = {
        "csv": "",
        "ts": "@classLabel true 1 2\n@data\n",
        "arff": "@relation x\n" + "@attribute a numeric\n" * 3 + "@attribute c {1,2}\n@data\n",
    }[suffix]
    row = {"csv": "{1},{0}", "ts": "{0}:{1}", "arff": "{0},{1}"}[suffix]
    text = head + "\n".join([row.format(f"5,{word},7", 1), row.format("1,2,3", 2)])
    dataset = load_dataset(put(f"a.{suffix}", text))
    np.testing.assert_array_equal(dataset.series[:, 0], [[5, np.nan, 7], [1, 2, 3]])
    assert dataset.n_missing == 1


def test_empty_cells_at_the_ends_of_rows_are_shorter_series(put):
    dataset = load_dataset(put("a.csv", "1,5,6,,\n2,1,2,3,4\n"))
    assert dataset.lengths.tolist() == [2, 4]
    assert load_dataset(put("b.csv", "1,5,6,,\n2,1,2,3,4\n"), unequal=False).n_missing == 2


def test_ragged_rows_with_unequal(put):
    dataset = load_dataset(put("a.csv", "1,5,6\n2,1,2,3,4\n3,7\n"), unequal=True)
    assert dataset.lengths.tolist() == [2, 4, 1]
    assert dataset.series[0, 0, :2].tolist() == [5, 6]


def test_a_first_line_that_counts_up_is_a_header_under_a_name_alone(put):
    text = "y,1,2,3\n1,5,6,7\n2,6,7,8\n"
    assert load_dataset(put("a.csv", text)).n_series == 2
    assert load_dataset(put("a.tsv", text.replace(",", "\t"))).n_series == 2
    assert load_dataset(put("b.csv", "7,1,2,3\n1,5,6,7\n2,6,7,8\n")).n_series == 3


@pytest.mark.parametrize("mark", [",", "\t", ";", " "])
@pytest.mark.parametrize(
    ("first", "header"),
    [
        ("label|0|10|20", True),
        ("label|1|2|3", True),
        ("Class|0.0|0.01|0.02", True),
        ("target|0.1|0.2|0.30000000000000004", True),
        ("label|0|0.33|0.67", True),
        ("label|-5|0|5", True),
        ("label|1e-3|2e-3|3e-3", True),
        ("label|1600000000|1600003600|1600007200", True),
        ("label|0|10|21", True),
        ("label|3|2|1", True),
        ("label|0.1|0.2|0.4", True),
        ("label|-1e308|0|1e308", True),
        ("label|1|1|1", False),
        ("label|1|?|3", False),
        ("walk|0|10|20", False),
        ("y|0|10|20", False),
        ("1|0|10|20", False),
    ],
)
def test_points_of_time_under_a_labels_name_are_a_header(put, mark, first, header):
    text = f"{first}\nwalk|5|6|7\nrun|6|7|8\n".replace("|", mark)
    dataset = load_dataset(put("a.csv" if mark in ",;" else "a.tsv", text))
    assert dataset.n_series == (2 if header else 3)
    assert "walk" in dataset.classes


@pytest.mark.parametrize("last", [1_600_000_002, 1_600_000_003])
def test_points_of_time_may_be_as_large_as_they_are(put, last):
    text = f"label,1600000000,1600000001,{last}\nwalk,5,6,7\nrun,6,7,8\n"
    assert load_dataset(put("a.csv", text)).n_series == 2


def test_points_of_time_under_the_name_that_is_asked_for_are_a_header(put):
    assert (
        load_dataset(put("a.csv", "0,10,20,what\n5,6,7,a\n6,7,8,b\n"), label_column="what").n_series
        == 2
    )
    assert load_dataset(put("b.tsv", "y\t0\t10\t20\na\t6\t7\t8\n"), label_column="y").n_series == 1
    text = "0,10,25,what\n5,6,7,a\n6,7,8,b\n"
    assert load_dataset(put("c.csv", text), label_column="what").n_series == 2


INDEXED = [
    (",t0,t1,t2,y", "y"),
    (",t0,t1,t2,y", "last"),
    (",t0,t1,t2,y", 5),
    (",0,1,2,y", "y"),
    (",0,1,2,3", "last"),
    (",0,10,20,label", "last"),
    ("Unnamed: 0,t0,t1,t2,y", "y"),
    ("id,t0,t1,t2,y", "last"),
    ("Index,0,1,2,label", "last"),
    ("ID,0,0.5,1,label", "label"),
]


@pytest.mark.parametrize(("header", "label_column"), INDEXED)
@pytest.mark.parametrize("index", ["01", ["a7", "b7"], ['"a, 7"', "b"], ["", ""]])
def test_an_index_is_left_out(put, header, label_column, index):
    text = f"{header}\n{index[0]},0.5,-1.25,3e2,walk\n{index[1]},1,2,-0,run\n"
    dataset = load_dataset(put("a.csv", text), label_column=label_column)
    assert dataset.series[:, 0].tolist() == SERIES
    assert labels_of(dataset) == ["walk", "run"]
    assert not dataset.is_unequal


@pytest.mark.parametrize(
    ("text", "label_column", "values"),
    [
        (",t0,t1\n0,5,6\n1,7,8\n", "none", [[5, 6], [7, 8]]),
        ("t0,t1,id\n5,6,a\n7,8,b\n", "none", [[5, 6], [7, 8]]),
        ("label,id,t0,t1\n1,a,5,6\n2,b,7,8\n", "first", [[5, 6], [7, 8]]),
        ("index,id,t0,t1,y\n0,a,5,6,1\n1,b,7,8,2\n", "y", [[5, 6], [7, 8]]),
        ("id\tlabel\tt0\tt1\na\tu\t5\t6\nb\tv\t7\t8\n", 2, [[5, 6], [7, 8]]),
        ("id t0 t1 label\n  a 5 6 u\nb 7 8 v\n", "last", [[5, 6], [7, 8]]),
        ("id;t0;t1;y\na,b;5,5;6;u\nc.d;7;8,5;v\n", "y", [[5.5, 6], [7, 8.5]]),
        (",t0,t1,y,\n0,5,6,u,\n1,7,8,v,\n", "y", [[5, 6], [7, 8]]),
        (
            "id,t0,t1\n1,5,6\n1,7,8\n",
            "first",
            [[5, 6], [7, 8]],
        ),  # the label column is the label column
        ("0,5,6,u\n1,7,8,v\n", "last", [[0, 5, 6], [1, 7, 8]]),  # no header tells
        (",5,6,u\n1,7,8,v\n", "last", [[None, 5, 6], [1, 7, 8]]),
    ],
)
def test_where_an_index_may_stand(put, text, label_column, values):
    dataset = load_dataset(put("a.csv", text), label_column=label_column)
    np.testing.assert_array_equal(dataset.series[:, 0], np.array(values, dtype=np.float32))


def test_a_frame_with_its_index_reads_as_pandas_writes_it(tmp_path):
    pandas = pytest.importorskip("pandas")
    X = np.array(SERIES)
    named = pandas.DataFrame(X, columns=["t0", "t1", "t2"], index=["s1", "s2"]).assign(
        y=["walk", "run"]
    )
    numbered = pandas.DataFrame(X).assign(label=["walk", "run"])
    for frame, column in ((named, "y"), (named, "last"), (numbered, "label"), (numbered, "last")):
        frame.to_csv(tmp_path / "a.csv")
        dataset = load_dataset(tmp_path / "a.csv", label_column=column)
        assert dataset.series[:, 0].tolist() == SERIES
        assert labels_of(dataset) == ["walk", "run"]


@pytest.mark.parametrize(
    ("tokens", "labels"),
    [
        (["0", "0.0", "1"], [0, 0, 1]),
        (["1.0", "1.00", "2"], [1, 1, 2]),
        (["-1.0", "-1", "a"], ["-1", "-1", "a"]),
        (["1.0", "2", "v2.0"], ["1.0", "2", "v2.0"]),
        (["01", "1", "1.5"], ["01", "1", "1.5"]),
    ],
)
def test_a_number_written_in_two_ways_is_one_class(put, tokens, labels):
    dataset = load_dataset(put("a.csv", "".join(f"{token},1,2\n" for token in tokens)))
    assert labels_of(dataset) == labels


@pytest.mark.parametrize("suffix", ["csv", "tsv"])
def test_a_country_may_be_a_class(put, suffix):
    mark = "," if suffix == "csv" else "\t"
    dataset = load_dataset(put(f"a.{suffix}", "NA,1,2\nDE,3,4\n".replace(",", mark)))
    assert labels_of(dataset) == ["NA", "DE"]


TS = "@problemName x\n@timeStamps false\n@univariate false\n@classLabel true a b\n"


def test_ts_channels(put):
    dataset = load_dataset(
        put("a.ts", TS + "@equalLength true\n@data\n1,2,3:4,?,6:b\n7,8,9:1,2,3:a\n")
    )
    np.testing.assert_array_equal(
        dataset.series, [[[1, 2, 3], [4, np.nan, 6]], [[7, 8, 9], [1, 2, 3]]]
    )
    assert labels_of(dataset) == ["b", "a"]


def test_ts_unequal_lengths_keep_missing_values_at_the_ends(put):
    dataset = load_dataset(
        put("a.ts", TS + "@equalLength false\n@data\n1,2,?:4,5,6:b\n7:8:a\n?,1:1,?:a\n")
    )
    assert dataset.lengths.tolist() == [3, 1, 2]
    assert dataset.n_missing == 3


def test_ts_equal_lengths_make_gaps_at_the_ends_missing_values(put):
    assert (
        load_dataset(
            put("a.ts", TS + "@equalLength true\n@data\n1,2,?:4,5,?:b\n1,2,3:1,2,3:a\n")
        ).n_missing
        == 2
    )


def test_ts_padded_rows_are_unequal(put):
    dataset = load_dataset(
        put("a.ts", TS + "@equalLength false\n@data\n1,2,NaN:4,5,NaN:b\n1,2,3:1,2,3:a\n")
    )
    assert dataset.lengths.tolist() == [2, 3]


def test_ts_without_labels(put):
    assert load_dataset(put("a.ts", "@classLabel false\n@data\n1,2:3,4\n")).series.shape == (
        1,
        2,
        2,
    )
    assert load_dataset(put("b.ts", TS + "@data\n1,2:3,4:a\n"), label_column="none").labels is None


RELATIONAL = (
    "@relation x\n@attribute series relational\n@attribute t0 numeric\n@attribute t1 "
    "numeric\n@attribute t2 numeric\n"
    "@end series\n@attribute class {up,'down hill'}\n@data\n"
)


@pytest.mark.parametrize("quote", ["'", '"'])
def test_relational_arff(put, quote):
    text = RELATIONAL + "'1,2,3\\n4,?,6',up\n'7,8,9\\n1,2,3', 'down hill'\n".replace("'", quote)
    dataset = load_dataset(put("a.arff", text))
    np.testing.assert_array_equal(
        dataset.series, [[[1, 2, 3], [4, np.nan, 6]], [[7, 8, 9], [1, 2, 3]]]
    )
    assert labels_of(dataset) == ["up", "down hill"]


def test_arff_without_class(put):
    text = "@relation x\n@attribute a numeric\n@attribute b numeric\n@data\n1,2\n"
    assert load_dataset(put("a.arff", text)).series.tolist() == [[[1, 2]]]


def test_arff_against_scipy(put):
    from scipy.io import arff

    rng = np.random.default_rng(0)
    X = rng.standard_normal((30, 20)).astype(np.float32)
    text = (
        "@relation x\n"
        + "".join(f"@attribute a{t} numeric\n" for t in range(20))
        + "@attribute c {a,b,c}\n@data\n"
    )
    text += "\n".join(
        ",".join([*map(repr, row), "abc"[i % 3]]) for i, row in enumerate(X.astype(float).tolist())
    )
    data, _ = arff.loadarff(io.StringIO(text))
    theirs = np.array([list(row)[:-1] for row in data.tolist()])
    ours = load_dataset(put("a.arff", text))
    assert np.array_equal(ours.series[:, 0], theirs.astype(np.float32))
    assert [label.encode() for label in labels_of(ours)] == data["c"].tolist()


def test_npz_keeps_the_types_of_labels(tmp_path):
    X = np.arange(6.0).reshape(3, 2)
    for y, labels in (
        (np.array([3, 1, 1], dtype=np.uint8), [3, 1, 1]),
        (np.array(["1", "2", "1"]), ["1", "2", "1"]),
        (np.array([b"a", b"b", b"a"]), ["a", "b", "a"]),
        (np.array([[1.0], [2.0], [1.0]]), [1.0, 2.0, 1.0]),
        (np.array([True, False, True]), [True, False, True]),
    ):
        np.savez(tmp_path / "a.npz", X=X, y=y)
        dataset = load_dataset(tmp_path / "a.npz")
        assert labels_of(dataset) == labels
        assert type(dataset.classes[0]) is type(labels[0])


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["<f4", ">f8", "<i2", "?", "<f2"])
def test_npz_arrays(tmp_path, order, dtype):
    X = np.array(np.arange(24).reshape(2, 3, 4) % 2, dtype=dtype, order=order)
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "a.npz", X=X)
        dataset = load_dataset(tmp_path / "a.npz")
        assert np.array_equal(dataset.series, X.astype(np.float32))
        assert dataset.labels is None


def test_npz_lengths(tmp_path):
    np.savez(tmp_path / "a.npz", X=np.ones((2, 1, 5)), lengths=[5, 3])
    assert load_dataset(tmp_path / "a.npz").lengths.tolist() == [5, 3]


def test_labels_of_a_format_that_has_its_place_for_them_can_be_left_out(tmp_path):
    np.savez(tmp_path / "a.npz", X=np.ones((2, 5)), y=[1, 2])
    assert load_dataset(tmp_path / "a.npz", label_column="none").labels is None


@pytest.mark.parametrize("seed", range(20))
def test_fast_and_exact_parsing_agree(seed):
    rng = np.random.default_rng(seed)
    words = [
        *MISSING,
        "NaN",
        "1",
        "-2.5",
        "1e-3",
        " 7 ",
        "+.5",
        "5.",
        "1e-50",
        "0.1",
        "123456789.123456789",
    ]
    usual = words[len(MISSING) + 1 :]
    rows = [",".join(rng.choice(words if seed % 2 else usual, 6)) for _ in range(5)]
    fast = parse_rows(rows, ",", lambda i, j: f"{i},{j}")
    slow = _parse_exactly(rows, ",", lambda i, j: f"{i},{j}")
    assert isinstance(fast, np.ndarray)
    np.testing.assert_array_equal(fast, slow)


def test_lines_are_numbered_and_split_at_line_ends_alone(put):
    path = put("a.txt", "a\x0b\x1cb\u2028c\r\nd\re\n\nf")
    assert list(read_blocks(path)) == [(1, ["a\x0b\x1cb\u2028c", "d", "e", ""]), (5, ["f"])]


@functools.lru_cache
def large():
    X = np.random.default_rng(0).standard_normal((1000, 1024), dtype=np.float32)
    return X, [[f"{v:.8g}" for v in row] for row in X.tolist()]


def written(kind):
    X, rows = large()
    y = [str(i % 3) for i in range(len(X))]
    if kind == "ts":
        body = "\n".join(f"{','.join(row)}:{label}" for row, label in zip(rows, y, strict=True))
        return f"@classLabel true 0 1 2\n@data\n{body}"
    if kind == "arff":
        head = "".join(f"@attribute a{t} numeric\n" for t in range(X.shape[1]))
        body = "\n".join(",".join([*row, label]) for row, label in zip(rows, y, strict=True))
        return f"@relation x\n{head}@attribute c {{0,1,2}}\n@data\n{body}"
    mark = {"tsv": "\t", "txt": "  ", "csv": ","}[kind]
    return "\n".join(mark.join([label, *row]) for row, label in zip(rows, y, strict=True))


@pytest.mark.parametrize("kind", ["tsv", "txt", "csv", "ts", "arff"])
def test_a_thousand_series_of_a_thousand_values_take_under_a_second(put, kind):
    path = put(f"a.{kind}", written(kind))
    start = time.process_time()
    raw = read_file(path, ReadOptions())
    assert time.process_time() - start < 1
    np.testing.assert_allclose(raw.series[:, 0], large()[0], rtol=1e-7)


def test_the_archives_unequal_and_incomplete_sets(archive):
    for name, unequal, missing in (
        ("PLAID", True, False),
        ("PickupGestureWiimoteZ", True, False),
        ("DodgerLoopDay", False, True),
        ("DodgerLoopWeekend", False, True),
        ("MelbournePedestrian", False, False),
        ("GunPoint", False, False),
    ):
        for split in ("train", "test"):
            dataset = load_dataset(name, archive=archive, split=split)
            assert (dataset.is_unequal, dataset.n_missing > 0) == (unequal, missing)
            assert dataset.split == split
            assert dataset.name == name
