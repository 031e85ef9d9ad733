"""The table of distances."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from tszoo.errors import DataError, OptionError
from tszoo.similarity.matrix_csv import save_matrix_csv


def test_matrix_is_saved_in_full(tmp_path: Path) -> None:
    points = np.array([0.0, 1 / 3, 7.0])
    matrix = np.abs(points[:, None] - points)
    save_matrix_csv(["a", 'b "c", d', "e"], matrix, tmp_path / "m.csv")
    with (tmp_path / "m.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header == ["dataset", "a", 'b "c", d', "e"]
    assert [row[0] for row in rows] == header[1:]
    assert_array_equal(np.array([row[1:] for row in rows], dtype=float), matrix)


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"m\.csv: cannot be written"):
        save_matrix_csv(["a"], np.zeros((1, 1)), tmp_path / "missing" / "m.csv")


def test_matrix_must_fit_its_names(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"distances of shape \(2, 2\) for 3 data set\(s\)"):
        save_matrix_csv(["a", "b", "c"], np.zeros((2, 2)), tmp_path / "m.csv")


def test_no_matplotlib_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    save_matrix_csv(["a"], np.zeros((1, 1)), tmp_path / "m.csv")
