"""Confusion matrices, of few and of many classes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.pictures import words_of
from tszoo.errors import DataError
from tszoo.figures.confusions import draw_confusions


@pytest.mark.parametrize("n", [2, pytest.param(12, marks=pytest.mark.slow), 60])
def test_every_class_is_named_and_nothing_is_cut_off(n: int, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from matplotlib.image import imread

    counts = np.random.default_rng(n).poisson(2.0, (n, n))
    classes = [f"class number {k}" for k in range(n)]

    def draw(path: Path) -> None:
        draw_confusions({"training": counts, "a $b$ test": counts.T}, classes, path, title="x")

    text = words_of(draw, tmp_path / "a.svg")
    assert all(text.count(f">{name}<") == 4 for name in classes)
    accuracy = np.trace(counts) / counts.sum()
    assert f"training: {accuracy:.3f} of {counts.sum()}" in text
    assert f"a $b$ test: {accuracy:.3f}" in text
    draw(tmp_path / "a.png")
    picture = imread(tmp_path / "a.png")[..., :3]
    for edge in (picture[0], picture[-1], picture[:, 0], picture[:, -1]):
        assert (edge == 1.0).all()


def test_matrices_without_a_row_a_class_are_refused(tmp_path: Path) -> None:
    for matrices in ({}, {"a": np.zeros((2, 3), dtype=np.int64)}):
        with pytest.raises(DataError, match=r"expected \(2, 2\), a row a class"):
            draw_confusions(matrices, ["a", "b"], tmp_path / "a.png")
