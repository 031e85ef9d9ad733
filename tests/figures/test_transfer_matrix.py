"""Transfer matrices, drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.pictures import is_cut_off, size_of, words_of
from tszoo.errors import OptionError
from tszoo.figures import plot_transfer_matrix
from tszoo.figures.transfer_matrix import rank_order
from tszoo.transfer.matrix_table import TransferMatrix, matrix_of


def matrix(n: int, *, scratch: bool = True, near: bool = True) -> TransferMatrix:
    rng, names = np.random.default_rng(n), [f"set_{k}$" for k in range(n)]
    accuracy = {(a, b): float(rng.uniform(0.5, 1)) for a in names for b in names if a != b}
    alone = dict.fromkeys(names, 0.8) if scratch else {}
    orders = {a: tuple(b for b in rng.permutation(names) if b != a) for a in names}
    return matrix_of(accuracy, alone, orders if near else {})


def test_it_says_how_sources_do(tmp_path: Path) -> None:
    text = words_of(lambda path: plot_transfer_matrix(matrix(3), path), tmp_path / "a.svg")
    for words in (
        "What a source changes: 3 target(s), 3 source(s)",
        "set_2$",
        "Worst, median, best source",
        "maximum: ",
        "nearest: ",
        "By the rank of the source",
        "change against scratch, per cent",
    ):
        assert words in text


def test_what_is_not_known_is_said(tmp_path: Path) -> None:
    some = matrix(3, scratch=False, near=False)
    text = words_of(lambda path: plot_transfer_matrix(some, path), tmp_path / "a.svg")
    assert text.count("not measured") == 2
    assert "not known how near sources are" in text


def test_it_grows_with_its_data_sets(tmp_path: Path) -> None:
    sizes = []
    for n in (3, 40):
        plot_transfer_matrix(matrix(n), tmp_path / f"{n}.png")
        sizes.append(size_of(tmp_path / f"{n}.png"))
    assert sizes[0][1] < sizes[1][1]
    with pytest.raises(OptionError, match=r"\.png, \.svg, \.pdf"):
        plot_transfer_matrix(matrix(3), tmp_path / "a.gif")


@pytest.mark.parametrize("n", [2, 3, 60])
def test_nothing_is_cut_off(n: int, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    plot_transfer_matrix(matrix(n), tmp_path / "a.png")
    assert not is_cut_off(tmp_path / "a.png")


def test_rows_that_rank_alike_stand_together() -> None:
    ranks = np.array([[1, 2, 3, 4], [4, 3, 2, 1], [1, 2, 4, 3], [4, 3, 1, np.nan]], dtype=float)
    order = rank_order(ranks).tolist()
    assert {frozenset(order[:2]), frozenset(order[2:])} == {frozenset({0, 2}), frozenset({1, 3})}
    assert rank_order(np.full((3, 2), np.nan)).tolist() == [0, 1, 2]
