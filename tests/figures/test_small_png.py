"""Pictures of few colours."""

from __future__ import annotations

import io

import numpy as np
import pytest

from tszoo.figures.figure import new_figure
from tszoo.figures.small_png import small_png


def test_rare_colours_stay_what_they_are_where_that_is_asked_for() -> None:
    pytest.importorskip("matplotlib")
    from PIL import Image

    figure = new_figure(2.0, 1.0)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.imshow(np.linspace(0.0, 1.0, 200)[None, :], cmap="gray", aspect="auto")
    axes.scatter([100], [0], s=30, c="#009e73")

    def farthest(*, keep_rare: bool) -> int:
        """How far the greenest pixel is from the mark's colour."""
        picture = Image.open(io.BytesIO(small_png(figure, 16, keep_rare=keep_rare)))
        assert len(picture.getcolors()) <= 16
        gaps = np.abs(np.asarray(picture.convert("RGB")).astype(int) - (0x00, 0x9E, 0x73))
        return int(gaps.sum(axis=2).min())

    assert farthest(keep_rare=True) <= 12 < farthest(keep_rare=False)
