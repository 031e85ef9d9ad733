"""Transfer matrices: how they are read, and what follows from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tszoo.errors import DataError
from tszoo.transfer.matrix_csv import read_matrix, save_columns, save_neighbours
from tszoo.transfer.matrix_table import comparisons, matrix_of

RUNS = """target,source,repeat,accuracy,seconds
x,none,0,0.5,1
x,none,1,0.7,1
x,a,0,0.75,1
x,a,1,0.75,1
x,b,0,0.3,1
x,y,0,0.6,1
y,none,0,0.8,1
y,a,0,0.9,1
y,b,0,0.8,1
"""
WIDE = "source,x,y\na,0.75,0.9\nb,0.3,0.8\ny,0.6,\n"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "runs.csv").write_text(RUNS)
    (tmp_path / "wide.csv").write_text(WIDE)
    (tmp_path / "scratch.csv").write_text("target,accuracy\nx,0.6\ny,0.8\n")
    save_neighbours({"x": ["b", "gone", "a", "y"], "y": ["a", "b"]}, tmp_path / "near.csv")
    return tmp_path


def test_both_kinds_of_file_are_the_same_matrix(files: Path) -> None:
    near = files / "near.csv"
    runs = read_matrix(files / "runs.csv", neighbours=near)
    wide = read_matrix(files / "wide.csv", files / "scratch.csv", near)
    for matrix in (runs, wide):
        assert sorted(matrix.sources) == ["a", "b", "y"]
        x, y = (matrix.targets.index(name) for name in "xy")
        a, b, last = (matrix.sources.index(name) for name in ("a", "b", "y"))
        assert matrix.accuracy[x, [a, b, last]] == pytest.approx([0.75, 0.3, 0.6])
        assert np.isnan(matrix.accuracy[y, last])
        assert matrix.scratch[[x, y]] == pytest.approx([0.6, 0.8])
        # a source without an accuracy has no rank
        assert matrix.ranks[x, [b, a, last]].tolist() == [1, 2, 3]
        assert matrix.ranks[y, [a, b]].tolist() == [1, 2]
        assert matrix.change[x, [a, b, last]] == pytest.approx([25, -50, 0])


def test_what_follows_is_counted_by_hand(files: Path) -> None:
    matrix = read_matrix(files / "wide.csv", files / "scratch.csv", files / "near.csv")
    columns = {name: values.tolist() for name, values in matrix.columns().items()}
    assert columns["minimum"] == [0.3, 0.8]
    assert columns["median"] == pytest.approx([0.6, 0.85])
    assert columns["maximum"] == [0.75, 0.9]
    assert columns["random"] == pytest.approx([0.55, 0.85])
    assert columns["nearest"] == [0.3, 0.9]
    assert columns["second"] == [0.75, 0.8]
    assert matrix.by_rank() == pytest.approx([0.6, 0.775])  # both targets have two
    found = comparisons(matrix)
    counts = {pair: (one.wins, one.ties, one.losses) for pair, one in found.items()}
    assert counts == {
        ("minimum", "scratch"): (0, 1, 1),
        ("median", "scratch"): (1, 1, 0),
        ("maximum", "scratch"): (2, 0, 0),
        ("nearest", "scratch"): (1, 0, 1),
        ("nearest", "random"): (1, 0, 1),
        ("second", "random"): (1, 0, 1),
    }
    save_columns(matrix, files / "columns.csv")
    header, first, _ = (files / "columns.csv").read_text().splitlines()
    assert header == "target,scratch,minimum,median,maximum,random,nearest,second"
    assert first == "x,0.600000,0.300000,0.600000,0.750000,0.550000,0.300000,0.750000"


def test_a_matrix_alone_has_nothing_to_compare() -> None:
    matrix = matrix_of({("x", "a"): 0.5}, {}, {})
    assert comparisons(matrix) == {}
    assert not len(matrix.by_rank())
    assert np.isnan(matrix.change).all()
    with pytest.raises(DataError, match="there is none"):
        matrix_of({}, {}, {})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("source,x\na,1.5\n", "line 2: '1.5' is no accuracy from 0 to 1"),
        ("source,x\na\n", "line 2: 1 cells where 2 are expected"),
        ("target,accuracy\nx,0.5\n", "no column source; target, source, accuracy are expected"),
        ("target,source,accuracy\nx,a\n", "line 2: 2 cells, and 3 are needed"),
        ("target,source,accuracy\nx,a,nan\n", "'nan' is no accuracy"),
        ("source,x\n", "no rows"),
        ('source,x\n"a', "cannot be read"),
    ],
)
def test_anything_else_is_told(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_matrix(path)
