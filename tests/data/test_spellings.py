"""One table for all readers: missing values, missing labels, whole numbers however written."""

import numpy as np
import pytest

from tszoo.data import Dataset, load_dataset
from tszoo.data.spellings import MISSING, to_number
from tszoo.errors import DataError

pandas = pytest.importorskip("pandas")

HEAD = {
    "csv": "",
    "ts": "@classLabel true 1 2\n@data\n",
    "arff": "@relation x\n" + "@attribute a numeric\n" * 3 + "@attribute c {1,2}\n@data\n",
}
ROW = {"csv": "{1},{0}", "ts": "{0}:{1}", "arff": "{0},{1}"}


def put(tmp_path, suffix, rows):
    path = tmp_path / f"a.{suffix}"
    lines = [ROW[suffix].format(*row) for row in rows]
    path.write_text(HEAD[suffix] + "\n".join(lines) + "\n")
    return path


def labels_of(dataset):
    return [dataset.classes[k] for k in dataset.labels]


def test_all_that_pandas_takes_for_missing_is_in_the_table():
    from pandas._libs.parsers import STR_NA_VALUES

    assert {word.lower() for word in STR_NA_VALUES} <= MISSING


@pytest.mark.parametrize("word", ["#N/A", "N/A", "NULL", "None", "<NA>", "-NaN", "1.#QNAN", "?"])
@pytest.mark.parametrize("suffix", ["csv", "ts", "arff"])
def test_missing_values_in_files(tmp_path, word, suffix):
    path = put(tmp_path, suffix, [(f"5,{word},7", 1), ("1,2,3", 2), (f"{word},2,3", 2)])
    values = load_dataset(path).series[:, 0]
    np.testing.assert_array_equal(values, [[5, np.nan, 7], [1, 2, 3], [np.nan, 2, 3]])


@pytest.mark.parametrize(
    "X",
    [
        np.ma.masked_array([[1, 2, 3], [4, 5, 6]], [[0, 1, 0], [0, 0, 0]]),
        np.ma.masked_array(np.array([[1, 2, 3], [4, 5, 6]], dtype="f4"), [[0, 1, 0], [0, 0, 0]]),
        [np.ma.masked_array([1, 2, 3], [0, 1, 0]), [4, 5, 6]],
        [[1, pandas.NA, 3], [4, 5, 6]],
        [[1, None, 3], [4, 5, 6]],
        [["1", "N/A", "3"], ["4", "5", "6"]],
        pandas.DataFrame({"a": [1, 4], "b": pandas.array([None, 5], dtype="Int64"), "c": [3, 6]}),
    ],
)
def test_missing_values_in_memory(X):
    series = Dataset.from_arrays(X).series[:, 0]
    np.testing.assert_array_equal(series, [[1, np.nan, 3], [4, 5, 6]])


def test_what_is_no_number_in_memory_is_refused():
    for X in ([["1", "x"]], [[object(), 1]]):
        with pytest.raises(DataError, match="not numeric"):
            Dataset.from_arrays(X)


@pytest.mark.parametrize(
    "y",
    [
        ["a", pandas.NA],
        pandas.array([1, None], dtype="Int64"),
        np.ma.masked_array([1, 2], [0, 1]),
        ["a", "<NA>"],
        ["a", "#N/A"],
        pandas.Series(["a", None], dtype="string"),
    ],
)
def test_a_label_that_is_missing_is_none(y):
    with pytest.raises(DataError, match="series 1: no label"):
        Dataset.from_arrays([[1, 2], [3, 4]], y)


def test_words_may_be_classes():
    y = ["NA", "None", "null", "n/a", True, False]
    assert Dataset.from_arrays(np.eye(6), y).n_classes == 6


def test_a_mask_that_hides_nothing_changes_no_label():
    dataset = Dataset.from_arrays([[1, 2], [3, 4]], np.ma.masked_array([7, 8]))
    assert dataset.classes == (7, 8)
    assert [type(label) for label in dataset.classes] == [int, int]


@pytest.mark.parametrize("other", ["1.0", "1.", "+1", "1e0", "1.0000000e+00", "10e-1", '"1,0"'])
def test_a_whole_number_is_one_class_however_written(tmp_path, other):
    path = tmp_path / "a.csv"
    path.write_text(f"1,5,6\n{other},6,5\n2,5,6\n")
    assert labels_of(load_dataset(path)) == [1, 1, 2]


@pytest.mark.parametrize("other", ["01", "1.5", "1e-1", "v1", "1_0", "1.0.0"])
def test_codes_and_fractions_are_classes_of_their_own(tmp_path, other):
    path = tmp_path / "a.csv"
    path.write_text(f"1,5,6\n{other},6,5\n")
    assert labels_of(load_dataset(path)) == ["1", other]


@pytest.mark.parametrize("suffix", ["ts", "arff"])
def test_declared_classes_may_be_written_otherwise_in_rows(tmp_path, suffix):
    path = put(tmp_path, suffix, [("1,2,3", "1.0"), ("1,2,3", "2")])
    assert load_dataset(path).n_classes == 2


def test_labels_match_those_of_other_data_however_written():
    train = Dataset.from_arrays(np.eye(2), ["1", "2"])
    test = Dataset.from_arrays(np.eye(2), ["2,0", "1e0"]).with_classes(train.classes)
    assert labels_of(test) == ["2", "1"]


def test_a_cell_is_read_as_slowly_as_can_be():
    for cell, number in (("1e3", 1000.0), (" -2.5 ", -2.5), ("NULL", np.nan), ("", np.nan)):
        np.testing.assert_equal(to_number(cell), number)
    for cell in ("1_0", "١", "x", "1,5"):
        with pytest.raises(ValueError, match=cell):
            to_number(cell)
