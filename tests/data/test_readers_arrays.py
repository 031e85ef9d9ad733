"""Arrays as people save them: .npy, labels in a second file, both splits in one .npz."""

import numpy as np
import pytest

from tszoo.data import load_dataset
from tszoo.data.load import load_test_split
from tszoo.data.stream import stream_dataset
from tszoo.errors import DataError, OptionError

X = np.arange(12.0).reshape(4, 3) ** 2
Y = np.array([1, 2, 1, 2])


def labels_of(dataset):
    return [dataset.classes[k] for k in dataset.labels]


@pytest.fixture
def series(tmp_path):
    np.save(tmp_path / "X.npy", X)
    return tmp_path / "X.npy"


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["<f4", ">f8", "<i2", "<f2"])
def test_npy(tmp_path, order, dtype):
    values = np.array(np.arange(24).reshape(2, 3, 4), dtype=dtype, order=order)
    np.save(tmp_path / "a.npy", values)
    dataset = load_dataset(tmp_path / "a.npy")
    assert np.array_equal(dataset.series, values.astype(np.float32))
    assert dataset.labels is None
    assert sum(len(chunk) for chunk in stream_dataset(tmp_path / "a.npy")) == 2


def test_npy_that_is_none(tmp_path):
    path = tmp_path / "a.npy"
    with pytest.raises(DataError, match=r"a\.npy: no such file\.$"):
        load_dataset(path)
    for content in (b"", b"\x93NUMPY", b"1,2,3\n"):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"^a\.npy: not a NumPy array"):
            load_dataset(path)
    np.save(path, X)
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(DataError, match=r"^a\.npy: (shape|\d+ bytes or more)"):
        load_dataset(path)
    np.save(path, X.astype(object))
    with pytest.raises(DataError, match=r"^a\.npy: values of type .O, expected numbers\."):
        load_dataset(path)


@pytest.mark.parametrize(
    "y", [Y, Y[:, None], Y.astype(str), Y.astype("S1"), Y.astype(float), Y == 2]
)
def test_labels_in_an_npy(series, y):
    np.save(series.with_name("y.npy"), y)
    dataset = load_dataset(series, labels=series.with_name("y.npy"))
    assert np.array_equal(dataset.series[:, 0], X)
    assert list(map(str, labels_of(dataset))) == list(map(str, y.astype(str).ravel()))


@pytest.mark.parametrize("head", ["", "label\n", '"label"\n\n'])
@pytest.mark.parametrize("name", ["y.txt", "y.csv"])
def test_labels_in_text(series, head, name):
    path = series.with_name(name)
    path.write_text(f'{head}up\n"down"\nup\r\ndown')
    assert labels_of(load_dataset(series, labels=path)) == ["up", "down", "up", "down"]


def test_labels_of_any_format(tmp_path):
    (tmp_path / "a.csv").write_text("1,2,3\n4,5,7\n")
    (tmp_path / "y.txt").write_text("1\n2\n")
    dataset = load_dataset(tmp_path / "a.csv", labels=tmp_path / "y.txt")
    assert dataset.series[:, 0].tolist() == [[1, 2, 3], [4, 5, 7]]
    assert labels_of(dataset) == [1, 2]
    (chunk,) = stream_dataset(tmp_path / "a.csv", labels=tmp_path / "y.txt")
    assert np.array_equal(chunk.series, dataset.series)


def test_labels_that_are_refused(series, tmp_path):
    np.save(tmp_path / "three.npy", [1, 2, 3])
    np.save(tmp_path / "objects.npy", np.array(["a", "b", "a", None], dtype=object))
    (tmp_path / "two.txt").write_text("a\nb\n")
    for name, message in (
        ("three.npy", r"^three\.npy: labels has shape \(3,\), expected \(4,\) as there are 4"),
        ("objects.npy", r"^objects\.npy: values of type .O.* Save y\.astype\(str\)"),
        ("two.txt", r"^two\.txt: 2 labels for 4 series\.$"),
        ("y.json", r"^y\.json: not a file of labels"),
        ("gone.npy", r"gone\.npy: no such file\.$"),
    ):
        with pytest.raises(DataError, match=message):
            load_dataset(series, labels=tmp_path / name)
    with pytest.raises(OptionError, match=r"label_column=last and labels=.*: give only one"):
        load_dataset(series, labels=tmp_path / "two.txt", label_column="last")
    with pytest.raises(DataError, match=r"give their file with labels=\.\.\."):
        load_dataset(series).require_labels()


def test_labels_of_the_test_split_lie_beside_those_of_the_training_split(tmp_path):
    for split, values in (("TRAIN", X), ("TEST", X + 1)):
        np.save(tmp_path / f"A_{split}.npy", values)
    train, labels = tmp_path / "A_TRAIN.npy", tmp_path / "train_y_train.npy"
    np.save(labels, Y)
    assert load_test_split(train, labels=labels) is None
    np.save(tmp_path / "train_y_test.npy", Y[::-1])
    assert labels_of(load_test_split(train, labels=labels)) == [2, 1, 2, 1]


@pytest.mark.parametrize("names", ["Xy", "xy", "XY", "xY"])
def test_npz_in_any_case(tmp_path, names):
    np.savez(tmp_path / "a.npz", **dict(zip(names, (X, Y), strict=True)))
    assert labels_of(load_dataset(tmp_path / "a.npz")) == Y.tolist()


def test_npz_that_holds_both_splits(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, X_train=X, y_train=Y, X_test=X[:2] + 1, y_test=Y[:2])
    train, test = load_dataset(path), load_test_split(path)
    assert (train.split, train.n_series, train.name) == ("train", 4, "a")
    assert (test.split, test.n_series, labels_of(test)) == ("test", 2, [1, 2])
    assert load_dataset(path, split="test").sha256 == test.sha256
    assert load_dataset(path, default_split="test").sha256 == test.sha256
    assert sum(len(chunk) for chunk in stream_dataset(path)) == 2


def test_npz_that_holds_one_split(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x_train=X, y_train=Y, other=Y)
    assert load_dataset(path, default_split="test").split == "train"
    assert load_test_split(path) is None
    with pytest.raises(DataError, match=r"^a\.npz: no test split, only X_train\.$"):
        load_dataset(path, split="test")
    np.savez(path, X_test=X)
    assert load_dataset(path).split == "test"
    np.savez(path, X=X, X_test=X[:1])
    assert (load_dataset(path).split, load_dataset(path).n_series) == (None, 4)


def test_the_training_split_decides_on_padding_inside_a_file_too(tmp_path):
    path, gap = tmp_path / "a.npz", X.copy()
    gap[0, 2] = np.nan
    inner = X.copy()
    inner[0, 1] = np.nan
    np.savez(path, X_train=inner, y_train=Y, X_test=gap, y_test=Y)
    assert load_test_split(path).n_missing == 1
    np.savez(path, X_train=gap, y_train=Y, X_test=gap, y_test=Y)
    assert load_test_split(path).is_unequal


def test_labels_that_nobody_reads_may_be_anything(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, X=X, y=np.array(["a", None, "b", 1], dtype=object))
    assert load_dataset(path, label_column="none").n_series == 4
    assert sum(len(chunk) for chunk in stream_dataset(path)) == 4
