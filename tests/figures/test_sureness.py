"""How often a model is right, by how sure it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.pictures import words_of
from tszoo.errors import OptionError
from tszoo.figures import sureness
from tszoo.figures.sureness import plot_sureness


def test_a_dot_is_where_its_series_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sure = np.array([0.91, 0.91, 0.91, 1.0, 0.61])
    probabilities = np.stack([sure, 1 - sure], axis=1)
    labels = np.array([0, 0, 1, 0, 1])
    figures = []
    monkeypatch.setattr(sureness, "save_figure", lambda figure, _: figures.append(figure))
    plot_sureness(probabilities, labels, tmp_path / "a.png")
    (dots,) = figures[0].axes[0].collections
    wanted = [(0.61, 0.0), (0.91, 2 / 3), (1.0, 1.0)]
    assert np.asarray(dots.get_offsets()) == pytest.approx(np.array(wanted))
    sizes = dots.get_sizes()
    assert sizes[1] == sizes.max() > sizes[0] == sizes[2]


def test_it_says_what_its_sides_are(tmp_path: Path) -> None:
    probabilities, labels = np.array([[0.8, 0.2]]), np.array([0])
    draw = lambda path: plot_sureness(probabilities, labels, path)  # noqa: E731
    assert "how often it is right" in words_of(draw, tmp_path / "a.svg")
    with pytest.raises(OptionError, match=r"\.png, \.svg, \.pdf"):
        draw(tmp_path / "a.gif")
