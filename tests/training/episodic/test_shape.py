"""Shapes of episodes come as often as the recipe says."""

from __future__ import annotations

from collections import Counter

import pytest
import torch

from tests.support.episodes import tiny_recipe
from tszoo.errors import OptionError
from tszoo.training.episodic.shape import draw_shape


def shapes(most_classes: int, n: int = 400, **changes):
    generator = torch.Generator().manual_seed(0)
    recipe = tiny_recipe(**changes)
    return [draw_shape(recipe, most_classes, generator) for _ in range(n)]


def test_classes_lengths_and_sizes() -> None:
    drawn = shapes(9, class_shares=(0.75, 0.25))
    classes = Counter(shape.n_classes for shape in drawn)
    assert 260 < classes[2] < 340
    assert classes[2] + classes[4] == 400
    for shape in drawn:
        assert shape.n_classes * shape.per_class == 16
        assert shape.n_episodes * 16 * shape.length == 1 << 10


@pytest.mark.parametrize("synthetic", [0.0, 0.3, 1.0])
def test_the_share_that_is_made_up(synthetic: float) -> None:
    """It is right on average, also where a step has few episodes."""
    drawn = shapes(9, synthetic=synthetic, points=64, lengths=(8, 64))
    real, all_of_them = sum(s.n_real for s in drawn), sum(s.n_episodes for s in drawn)
    assert all_of_them == 400
    assert abs(real / all_of_them - (1 - synthetic)) < 0.07


def test_classes_that_no_data_set_has() -> None:
    assert all(shape.n_real == 0 for shape in shapes(3) if shape.n_classes == 4)
    assert {shape.n_classes for shape in shapes(3, synthetic=0)} == {2}
    with pytest.raises(OptionError, match=r"no data set has as many classes .* the most is 1"):
        shapes(1, synthetic=0)
