"""Every way in which data are refused, by what it says: one line, with the place and the remedy."""

import contextlib
import gzip
import zipfile

import numpy as np
import pytest

from tszoo.data import load_dataset
from tszoo.data.stream import stream_dataset
from tszoo.errors import DataError, OptionError


def refuse(path, message, **options):
    with pytest.raises((DataError, OptionError), match=message) as caught:
        load_dataset(path, **options)
    assert "\n" not in str(caught.value)
    with contextlib.suppress(
        DataError, OptionError
    ):  # labels apart, a stream refuses the same; nothing else is raised
        list(stream_dataset(path, **options))


TS = "@timeStamps false\n@univariate true\n@classLabel true a b\n@data\n"
ARFF = "@relation x\n@attribute t0 numeric\n@attribute t1 numeric\n@attribute c {a,b}\n@data\n"
REL = (
    "@relation x\n@attribute s relational\n@attribute t0 numeric\n@attribute t1 numeric\n@end s\n"
    "@attribute c {a,b}\n@data\n"
)

BAD = [
    # empty
    ("a.csv", "", {}, r"^a\.csv: the file is empty\.$"),
    ("a.tsv", "\n \n\r\n", {}, r"^a\.tsv: the file is empty\.$"),
    ("a.ts", "", {}, r"^a\.ts: the file is empty\.$"),
    ("a.arff", "% only this\n", {}, r"^a\.arff: the file is empty\.$"),
    ("a.csv", "label,t0,t1\n", {}, r"^a\.csv: no series below the header\.$"),
    ("a.ts", TS, {}, r"^a\.ts: no series below @data\.$"),
    ("a.arff", ARFF, {}, r"^a\.arff: no series below @data\.$"),
    # text in a number cell
    ("a.csv", "1,2,3\n\n1,2,abc\n", {}, r"^a\.csv, line 3, column 3: 'abc' is not a number\. If"),
    (
        "a.csv",
        "5,6,walk\n7,8,run\n",
        {},
        "'walk' is not a number. If the labels .* label_column=\"last\".$",
    ),
    (
        "a.csv",
        "5,walk,6\n7,run,8\n",
        {},
        "'walk' is not a number. If the labels stand there, pass label_column=2.$",
    ),
    (
        "a.csv",
        "id,t0,t1\na,1,up\n",
        {"label_column": "none"},
        "line 2, column 3: 'up' is .* label_column=\"last\".$",
    ),
    (
        "a.csv",
        "id,t0,t1\na,up,1\n",
        {"label_column": "none"},
        "line 2, column 2: 'up' is .* pass label_column=2.$",
    ),
    ("a.csv", "1,2,3\n1,2x,3\n", {}, r"^a\.csv, line 2, column 2: '2x' is not a number\. W"),
    (
        "a.csv",
        "1,2,3\n1,2x,3\n",
        {"label_column": "last"},
        r"^a\.csv, line 2, column 2: '2x' is not a number\. W",
    ),
    (
        "a.csv",
        "id,t0,t1,y\n7,1,2,3\n7,1,z,3\n",
        {"label_column": "y"},
        r"^a\.csv, line 3, column 3: 'z' is not",
    ),
    (
        "a.csv",
        "a,id,b,c\n7,1,2,3\n7,1,2,z\n",
        {"label_column": "b"},
        r"^a\.csv, line 3, column 4: 'z' is not",
    ),
    ("a.csv", "1,2,3\n1,2,abc\n", {"label_column": "none"}, r"^a\.csv, line 2, column 3: 'abc'"),
    ("a.csv", "1,2,3\n1,abc,2\n", {"label_column": "last"}, r"^a\.csv, line 2, column 2: 'abc'"),
    ("a.csv", "5,1,2,3\n5,1,2,abc\n", {"label_column": 2}, r"^a\.csv, line 2, column 4: 'abc'"),
    ("a.csv", "5,1,2,3\nabc,1,2,3\n", {"label_column": 2}, r"^a\.csv, line 2, column 1: 'abc'"),
    (
        "a.tsv",
        "1\t2\t3\n1\t2\t3x\n",
        {},
        r"^a\.tsv, line 2, column 3: '3x' is not a number\. If the labels",
    ),
    ("a.txt", "1 2 3\n1 2 1_000\n", {}, r"^a\.txt, line 2, column 3: '1_000' is not a number\."),
    ("a.txt", "1 2 3\n1 2 ١\n", {}, "column 3: '١' is not a number"),
    ("a.csv", "1,2,3\n1,2," + "x" * 999 + "\n", {}, "column 3: 'x{39}…' is not a number"),
    ("a.csv", '1,2,3\n1,"2,5",3\n', {}, r"^a\.csv, line 2, column 2: '2,5' is not a number\. W"),
    ("a.ts", TS + "1,2:a\n1,z:b\n", {}, r"^a\.ts, line 6, column 2: 'z' is not a number\. W"),
    ("a.ts", TS + "1,2:1,2:a\n1,2:z,3:b\n", {}, r"^a\.ts, line 6, channel 2, column 1: 'z'"),
    ("a.arff", ARFF + "1,2,a\n1,z,b\n", {}, r"^a\.arff, line 7, column 2: 'z' is not a number\. W"),
    (
        "a.arff",
        REL + "'1,2\\n3,4',a\n'1,2\\n3,z',b\n",
        {},
        r"^a\.arff, line 9, channel 2, column 2: 'z'",
    ),
    # infinite
    (
        "a.csv",
        "1,2,3\n1,inf,3\n",
        {},
        r"^a\.csv, line 2, column 2: 'inf' is infinite\. Leave the cell empty",
    ),
    (
        "a.tsv",
        "1\t2\t3\n1\t2\t-Infinity\n",
        {},
        r"^a\.tsv, line 2, column 3: '-Infinity' is infinite",
    ),
    (
        "a.csv",
        "1,2,3\n1,1e39,3\n",
        {},
        r"^a\.csv, line 2, column 2: '1e39' is beyond 32-bit floating point",
    ),
    ("a.ts", TS + "1,2:a\n1,inf:b\n", {}, r"^a\.ts, line 6, column 2: 'inf' is infinite"),
    # rows of different lengths
    (
        "a.csv",
        "1,2,3,4\n\n2,2,3\n",
        {},
        r"^a\.csv, line 3: 2 values, the line before it has 3\. "
        r"Pass unequal=True to allow series of different lengths\.$",
    ),
    (
        "a.txt",
        "1 2 3\n1 2 3 4\n",
        {},
        r"^a\.txt, line 2: 3 values, the line before it has 2\. Pass unequal=True",
    ),
    (
        "a.ts",
        TS + "1,2:a\n1:b\n",
        {},
        r"^a\.ts, line 6: 1 values, the line before it has 2\. Pass unequal=True",
    ),
    (
        "a.ts",
        TS + "1,2:1:a\n",
        {},
        r"^a\.ts, line 5, channel 2: 1 values, channel 1 has 2\. The channels",
    ),
    (
        "a.ts",
        TS + "1,2:a\n1,2:1,2:b\n",
        {},
        r"^a\.ts, line 6: 2 channels, the first series has 1\.$",
    ),
    ("a.arff", ARFF + "1,2,a\n1,a\n", {}, r"^a\.arff, line 7: 1 values, the header declares 2\.$"),
    (
        "a.arff",
        ARFF + "1,2,a\nb\n",
        {},
        r"^a\.arff, line 7: 1 values, the header declares 2 and a class\.$",
    ),
    (
        "a.arff",
        REL + "'1,2\\n3,4',a\n'1,2',b\n",
        {},
        r"^a\.arff, line 9: 1 channels, the first series has 2\.$",
    ),
    ("a.arff", REL + "'1,2\\n3',a\n", {}, r"^a\.arff, line 8: 1 values, the header declares 2\.$"),
    ("a.txt", "1 2 3\n4\n", {}, r"^a\.txt, line 2: a label without values\.$"),
    (
        "a.csv",
        "1,2,3\n4\n",
        {"label_column": "last"},
        r"^a\.csv, line 2: a label without values\.$",
    ),
    # labels
    (
        "a.csv",
        "".join(f"{0.37 * i + 0.1},1,2\n" for i in range(9)),
        {},
        r"^a\.csv: the label column looks like measurements, not classes "
        r"\(9 different fractions in 9 series, such as 0\.1\)\. "
        r"Say where the labels are with label_column=",
    ),
    ("a.csv", "".join(f"{i % 30 + 0.5},1,2\n" for i in range(300)), {}, "looks like measurements"),
    (
        "a.ts",
        "@classLabel true\n@data\n1:0.1\n2:0.2\n3:0.3\n",
        {},
        r"^a\.ts: the label column looks like measurements",
    ),
    (
        "a.csv",
        ",a,b\n0,1,2\n1,1,2\n2,1,2\n",
        {},
        r"^a\.csv: the label column has no name and counts the rows",
    ),
    (
        "a.csv",
        "id,a,b\n1,1,2\n2,1,2\n3,1,2\n",
        {},
        r"^a\.csv: the label column is called 'id' and counts the rows",
    ),
    ("a.csv", "id\n1\n", {"label_column": "none"}, "no column is left for values"),
    ("a.csv", "1,2,3\n,2,3\n", {}, r"^a, series 1: no label\. Give the series one"),
    (
        "a.csv",
        "1,2,3\n?,2,3\n",
        {},
        r"^a, series 1: no label \(\?\)\. Give the series one, or leave it out\.$",
    ),
    ("a.csv", "1,2,3\nNaN,2,3\n", {}, r"^a, series 1: no label \(NaN\)"),
    ("a.ts", "@classLabel true a ?\n@data\n1,2:?\n1,2:a\n", {}, r"^a, series 0: no label \(\?\)"),
    ("a.csv", "a\nb\n", {}, r"^a\.csv: one column only, expected a label and values"),
    (
        "a.csv",
        "1,2\n3,4\n",
        {"label_column": 3},
        r"^a\.csv: label column 3, but there are only 2 columns\.$",
    ),
    (
        "a.csv",
        "1,2,3\n3,4,5\n1\n",
        {"label_column": 2},
        r"^a\.csv, line 3: 1 columns, but the labels are in column 2",
    ),
    ("a.csv", "1,2\n3,4\n", {"label_column": 0}, "label_column=0: columns count from 1"),
    ("a.csv", "1,2\n3,4\n", {"label_column": "-1"}, "label_column=-1: columns count from 1"),
    (
        "a.csv",
        "1,2\n3,4\n",
        {"label_column": "kind"},
        r"^a\.csv: no header line, so there is no label column 'kind'",
    ),
    (
        "a.csv",
        "a,b\n3,4\n",
        {"label_column": "kind"},
        r"^a\.csv: no column 'kind' in the header \(a, b\)\.$",
    ),
    (
        "a.csv",
        "kind,b,kind\n3,4,5\n",
        {"label_column": "kind"},
        r"^a\.csv: the header has 'kind' twice \(columns 1 and 3\)\. Give the number\.$",
    ),
    (
        "a.ts",
        TS + "1,2:a\n1,2:c\n",
        {},
        r"^a\.ts, line 6: class 'c' is none of those that @classLabel declares",
    ),
    (
        "a.arff",
        ARFF + "1,2,a\n1,2,c\n",
        {},
        r"^a\.arff, line 7: class 'c' is none of those that the header declares",
    ),
    # all missing
    (
        "a.csv",
        "1,2,3\n2,?,NaN\n",
        {},
        r"^a, series 1: every value is missing\. Remove the series\.$",
    ),
    (
        "a.ts",
        TS + "1,2:1,2:a\n1,2:?,?:b\n",
        {},
        "^a, series 1: every value is missing in channel 1",
    ),
    # decimal commas
    (
        "a.csv",
        "1;2,5;3\n1;2.5;3\n",
        {},
        r"^a\.csv, line 2: decimal commas and decimal points mixed",
    ),
    ("a.csv", "1;1.234,5;3\n", {}, r"^a\.csv, line 1: decimal commas and decimal points mixed"),
    # quotes
    ("a.csv", '"a,1,2\nb,1,2\n', {}, r"^a\.csv, line 1: the quotes do not match"),
    ("a.csv", 'a,1,2\n"b,1,2\n', {}, r"^a\.csv, line 2: the quotes do not match"),
    (
        "a.csv",
        'a,1,2\n"b\nc",1,2\n',
        {},
        r"^a\.csv, line 2: the quotes do not match .* must end on its line: no line",
    ),
    ("a.arff", ARFF + "1,2,'a\n", {}, r"^a\.arff, line 6: a quote without its end"),
    ("a.arff", ARFF + "1,2,'a'b\n", {}, r"^a\.arff, line 6: text behind a quote"),
    # headers
    (
        "a.ts",
        "1,2:a\n",
        {},
        r"^a\.ts, line 1: '1,2:a' before @data, expected a line that starts with @ or #",
    ),
    ("a.ts", "@problemName x\n", {}, r"^a\.ts: no @data line, so this is not a \.ts file"),
    (
        "a.ts",
        "@timeStamps true\n@data\n1,2:a\n",
        {},
        r"^a\.ts, line 3: '1,2' is no row of time stamps and values",
    ),
    (
        "a.ts",
        "@timeStamps maybe\n@data\n",
        {},
        r"^a\.ts: @timestamps is 'maybe', expected true or false",
    ),
    (
        "a.ts",
        "@classLabel\n@data\n1:2\n",
        {},
        r"^a\.ts: @classLabel is '', expected true and the classes, or false\.$",
    ),
    (
        "a.ts",
        "@targetLabel true\n@data\n1:2\n",
        {},
        r"^a\.ts: @targetLabel is true, a regression target",
    ),
    (
        "a.arff",
        "1,2\n",
        {},
        r"^a\.arff, line 1: '1,2' before @data, expected @relation, @attribute or %",
    ),
    ("a.arff", "@relation x\n", {}, r"^a\.arff: no @data line, so this is not an \.arff file"),
    (
        "a.arff",
        "@attribute d date\n@data\n",
        {},
        r"^a\.arff, line 1: attribute 'd' is 'date', expected numeric",
    ),
    ("a.arff", "@attribute\n@data\n", {}, r"^a\.arff, line 1: attribute '' is ''"),
    (
        "a.arff",
        "@attribute a {x}\n@attribute b {y}\n@data\n",
        {},
        r"^a\.arff: more than one attribute that is not",
    ),
    (
        "a.arff",
        "@attribute a {x}\n@data\nx\n",
        {},
        r"^a\.arff: expected numeric attributes or one relational",
    ),
    ("a.arff", ARFF + "{1 5}\n", {}, r"^a\.arff, line 6: a sparse row, which is not read"),
    # not text
    (
        "a.csv",
        b"1,2,3\n1,\x00,3\n",
        {},
        r"^a\.csv, line 2: a NUL byte, so this is not UTF-8 text\. Save the file",
    ),
    (
        "a.csv",
        "1,2\n3,4\n".encode("utf-16"),
        {},
        r"^a\.csv: UTF-16 or UTF-32 text, expected UTF-8\. Save the file as",
    ),
    ("a.csv", "1,2\n3,4\n".encode("utf-16-le"), {}, r"^a\.csv, line 1: a NUL byte"),
    (
        "a.csv",
        "1,2\n\nÄ,4\n".encode("latin-1"),
        {},
        r"^a\.csv, line 3: byte 0xc4 is not UTF-8 text\. Save the file",
    ),
    ("a.csv", "1,2\rÄ,4\r".encode("latin-1"), {}, r"^a\.csv, line 2: byte 0xc4"),
    ("a.csv", "1,2\nÄ".encode()[:-1], {}, r"^a\.csv, line 2: byte 0xc3 is not UTF-8"),
    # packed
    (
        "a.csv.gz",
        gzip.compress(b"1,2,3\n" * 999, mtime=0)[:-9],
        {},
        r"^a\.csv\.gz: a damaged or incomplete gzip file",
    ),
    ("a.csv.gz", b"1,2,3\n", {}, r"^a\.csv\.gz: a damaged or incomplete gzip file"),
    (
        "a.csv.gz",
        gzip.compress(b"1,2,x\n1,2,y\n", mtime=0),
        {},
        r"^a\.csv\.gz, line 1, column 3: 'x' is not a number",
    ),
    ("a.npz", b"", {}, r"^a\.npz: a damaged file, or not an \.npz"),
    ("a.npz", b"PK\x03\x04 and so on", {}, r"^a\.npz: a damaged file, or not an \.npz"),
    # names
    ("a.xlsx", "", {}, r"^a\.xlsx: not a format that is read here\. Known are \.tsv, \.txt, \.csv"),
    ("a.npz.gz", "", {}, r"^a\.npz\.gz: not a format that is read here"),
]


@pytest.mark.parametrize(
    ("name", "content", "options", "message"), BAD, ids=lambda value: str(value)[:40]
)
def test_refused(tmp_path, name, content, options, message):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    refuse(path, message, **options)


@pytest.mark.parametrize(
    "labels",
    [
        ["0.0", "1.0"] * 5,
        ["0.5", "1.5", "0.5", "1.5"],
        [str(k) for k in range(60)] * 2,
        list("abcdefghi"),
        list("abcdefghij") + list("abcde"),
    ],
)
def test_unusual_labels_are_not_refused(tmp_path, labels):
    path = tmp_path / "a.csv"
    path.write_text("".join(f"{label},1,2\n" for label in labels))
    assert load_dataset(path).n_classes == len(set(labels))


def test_a_gzip_bomb_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr("tszoo.data.readers.lines.MAX_DECOMPRESSED_BYTES", 10**6)
    monkeypatch.setattr("tszoo.data.readers.lines.BLOCK_BYTES", 10**5)
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"1,2,3,4\n" * 10**6))
    refuse(path, r"^a\.csv\.gz: unpacks to more than 1000000 bytes\. Unpack it first\.$")


def test_an_endless_line_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("tszoo.data.readers.lines.MAX_LINE_CHARACTERS", 10**5)
    monkeypatch.setattr("tszoo.data.readers.lines.BLOCK_BYTES", 10**4)
    path = tmp_path / "a.csv"
    path.write_bytes(b"1,2\n" + b"1," * 10**6)
    refuse(path, r"^a\.csv, line 2: longer than 100000 characters")


def test_places(tmp_path):
    refuse(tmp_path / "no.csv", r"no\.csv: no such file\.$")
    refuse(tmp_path / "no.npz", r"no\.npz: no such file\.$")
    refuse(tmp_path / "sub" / "no", "no: no such file or folder")
    refuse(tmp_path, r": no data here, expected .*_TRAIN\.tsv")
    (tmp_path / "folder.csv").mkdir()
    refuse(tmp_path / "folder.csv", "no data here")
    refuse(
        "GunPoint",
        r"GunPoint: no such file or folder\. Say with archive=\.\.\. where the archive is, if "
        r"this is a name in it\.",
    )
    refuse("../GunPoint", "no such file or folder", archive=tmp_path)
    refuse("..", "no data here", archive=tmp_path / "nowhere")
    refuse("", "no data here|no such file")
    refuse("x" * 5000, "cannot be read|no such file")
    refuse("nul\0", "holds a NUL character")


def npz(path, **arrays):
    np.savez(path, **arrays)
    return path


def test_npz_contents(tmp_path):
    path = tmp_path / "a.npz"
    X = np.ones((3, 4))
    refuse(npz(path, A=X), r"^a\.npz: no array X, expected X and y; it holds 'A'\.$")
    refuse(npz(path, X=np.ones(3)), r"^a\.npz: X has shape \(3,\), expected \(n_series, length\)")
    refuse(npz(path, X=np.ones((0, 3))), r"^a\.npz: X has shape \(0, 3\)")
    refuse(npz(path, X=np.array([["a"]])), r"^a\.npz, X: values of type <U1, expected numbers\.$")
    refuse(npz(path, X=X * 1j), r"^a\.npz, X: values of type <c16, expected numbers\.$")
    refuse(
        npz(path, X=X.astype(object)),
        r"^a\.npz, X: values of type .O, expected numbers\. Save it as numbers, with \.astype",
    )
    refuse(
        npz(path, X=X, y=np.array([1, "a", None], dtype=object)),
        r"^a\.npz, y: values of type .O, expected numbers or text\. Save y\.astype\(str\) in its",
    )
    refuse(
        npz(path, X=X, y=[1, 2]),
        r"^a\.npz: y has shape \(2,\), expected \(3,\) as X has 3 series\.$",
    )
    refuse(npz(path, X=X, y=[b"\xff", b"a", b"b"]), r"^a\.npz: y holds bytes that are not UTF-8")
    refuse(
        npz(path, X=X, lengths=[1, 2, 9]), r"^a\.npz: lengths must be 3 whole numbers from 1 to 4"
    )
    refuse(npz(path, X=np.full((2, 2), np.inf)), "^a, series 0: infinite value")


def test_npz_sizes_are_checked_before_anything_is_allocated(tmp_path):
    path = tmp_path / "a.npz"
    huge = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 1000000000), }"
    for header, message in (
        (
            huge,
            r"^a\.npz, X: shape \(1000000000, 1000000000\) of float64 does not fit the \d+ bytes",
        ),
        (huge.replace(b"(1000000000, 1", b"(-1, -1"), "not a NumPy array"),
        (b"{'descr': '|O', 'fortran_order': False, 'shape': (1, 1), }", "values of type .O"),
        (b"{'descr': '<V0', 'fortran_order': False, 'shape': (1, 1), }", "values of type"),
        (b"__import__('os')", "not a NumPy array"),
        (b"(" * 500, "not a NumPy array"),
        (
            b"{'descr': '<U999999999', 'fortran_order': False, 'shape': (2, 2), }",
            "values of type <U999999999",
        ),
        (
            b"{'descr': '<f3', 'fortran_order': False, 'shape': (2, 2), }",
            "values of type <f3, expected numbers",
        ),
        (
            b"{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (2, 2), }",
            "not a NumPy array",
        ),
        (
            b"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }",
            r"does not fit|bytes or more, expected 32",
        ),
    ):
        header += b" " * (-(len(header) + 11) % 64) + b"\n"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(
                "X.npy",
                b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + b"\0" * 8,
            )
        refuse(path, message)


def test_a_truncated_npz(tmp_path):
    path = npz(tmp_path / "a.npz", X=np.ones((30, 40)), y=np.arange(30))
    whole = path.read_bytes()
    for end in (10, 100, len(whole) // 2, len(whole) - 10):
        path.write_bytes(whole[:end])
        refuse(path, r"^a\.npz: a damaged file, or not an \.npz")
    broken = bytearray(whole)
    broken[len(whole) // 4] ^= 255
    path.write_bytes(bytes(broken))
    refuse(path, r"^a\.npz: a damaged file")
