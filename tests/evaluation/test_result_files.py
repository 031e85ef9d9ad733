"""Tables of results, wide and long."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.support.results import reference_tables
from tszoo.errors import DataError, OptionError
from tszoo.evaluation.published import published_results
from tszoo.evaluation.read_results import read_results
from tszoo.evaluation.result_files import Wanted, read_file
from tszoo.evaluation.results import Result

WIDE = "dataset,A,B\nCoffee,0.9,1\nWine,0.5,0.25\n"
LONG = (
    "seed,classifier,dataset,accuracy\n0,A,Coffee,0.9\n0,B,Coffee,1\n0,A,Wine,0.5\n1,B,Wine,0.25\n"
)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("text", [WIDE, LONG, "\ufeff" + WIDE, WIDE.replace("dataset", "")])
def test_wide_and_long_tables_say_the_same(text: str, tmp_path: Path) -> None:
    table = read_results([write(tmp_path / "a.csv", text)])
    assert table.classifiers == ("A", "B")
    assert table.datasets == ("Coffee", "Wine")
    assert table.accuracy.tolist() == [[0.9, 1.0], [0.5, 0.25]]
    assert table.left_out == {}
    assert table.most_repeats == 1


def test_repeated_rows_count_by_their_median(tmp_path: Path) -> None:
    more = "classifier,dataset,accuracy\nA,Coffee,0.3\nA,Coffee,0.4\nB,Wine,0.75\n"
    table = read_results([write(tmp_path / "a.csv", WIDE), write(tmp_path / "b.csv", more)])
    assert table.accuracy.tolist() == [[0.4, 1.0], [0.5, 0.5]]
    assert table.most_repeats == 3


def test_a_data_set_that_a_classifier_lacks_is_left_out_and_told(tmp_path: Path) -> None:
    text = "dataset,A,B,C\nCoffee,0.9,,0.8\nWine,nan,-,0.1\nBeef,0.5,0.5,0.5\n"
    table = read_results([write(tmp_path / "a.csv", text)])
    assert table.datasets == ("Beef",)
    assert table.left_out == {"Coffee": ("B",), "Wine": ("A", "B")}


def test_a_long_table_without_classifiers_is_of_one_by_the_name_of_its_file(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.csv", "dataset,accuracy,seconds\nCoffee,0.5,1666.7\n")
    assert read_file(path, Wanted()) == [Result("mine", "Coffee", 0.5)]


def test_names_say_what_is_read(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.csv", "dataset,A1,A2,B,seconds\nCoffee,0.1,0.2,0.3,99\nWine,1,1,1,9\n"
    )
    table = read_results([path], Wanted(exclude=("sec*", "Wine")))
    assert (table.classifiers, table.datasets) == (("A1", "A2", "B"), ("Coffee",))
    assert read_results([path], Wanted(only=("A*",))).classifiers == ("A1", "A2")
    assert read_results([path], Wanted(names=("B", "A1"))).classifiers == ("A1", "B")


def test_published_results_stand_beside_ones_own(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "classifier,dataset,accuracy\nROCKET,GunPoint,0.5\n")
    table = read_results([path], published="ucr")
    assert table.datasets == ("GunPoint",)
    assert len(table.left_out) == 127
    assert table.classifiers[0] == "ROCKET"
    assert "ROCKET (published)" in table.classifiers
    assert len(table.classifiers) == 9
    with pytest.raises(OptionError, match='published="uea": only figures of "ucr" are known'):
        published_results("uea")


def test_published_results_are_those_that_were_released() -> None:
    released = read_file(reference_tables() / "ucr128-published-accuracy.csv", Wanted())
    assert published_results("ucr") == [
        result._replace(accuracy=pytest.approx(result.accuracy, abs=1e-6)) for result in released
    ]
    assert len(released) == 128 * 8


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a.csv: empty; a line of column names and lines of results are expected."),
        ("source,A\nx,1\n", "a.csv: columns source, A. Either dataset, classifier and accuracy"),
        ("dataset,A\nx,1,2\n", "a.csv, line 2: 3 cells, and the first line has 2."),
        ("dataset,A,B\n\nx,93.2,1\n", "a.csv, line 3: 93.2 for A is no accuracy, a share from 0"),
        ("dataset,A,B\nx,good,1\n", "line 2: good for A is no accuracy"),
        ("dataset,A\nx,1\n", r"1 classifier\(s\) in the results; two or more can be compared."),
        (
            "dataset,A,B,C\nx,1,,\ny,,1,1\n",
            r"none of 2 data sets has results of all 3 classifiers \(B lacks 1, C lacks 1, A",
        ),
    ],
)
def test_what_cannot_be_compared(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        read_results([write(tmp_path / "a.csv", text)])


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_bytes(b"dataset,A\n\xff\xfe,1\n")
    for name in ("a.csv", "b.csv"):
        with pytest.raises(DataError, match=f"{name}: cannot be read"):
            read_results([tmp_path / name])


def test_an_unknown_cell_is_no_number(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "dataset,A\nx,NaN\ny,?\n")
    assert [math.isnan(result.accuracy) for result in read_file(path, Wanted())] == [True, True]
