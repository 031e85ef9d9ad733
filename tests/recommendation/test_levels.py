from __future__ import annotations

import numpy as np
import pytest

from tests.support.levels import make_levels
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.data.preprocess import znormalize
from tszoo.recommendation.levels import by_level, score_levels


@pytest.mark.parametrize("kind", ["level", "scale", "slope"])
def test_it_is_said_that_classes_differ_by_level(kind: str) -> None:
    level = by_level(make_levels(kind), 0.4, 0.6)
    assert level is not None
    assert level.score > 0.9
    assert level.error < 0.2
    assert level.why.startswith("your classes differ by level: mean, deviation, least, greatest")
    assert level.why.endswith("left out in turn, and the shape 60%.")


def test_it_is_not_said_where_the_shape_is_as_good_or_nothing_was_probed() -> None:
    target = make_levels("level")
    assert by_level(target, 0.01, 0.6) is None
    assert by_level(target, 0.4, 1.0) is None
    assert by_level(target, None, None) is None
    assert by_level(make_levels("nothing"), 0.5, 0.5) is None


def test_normalised_series_and_single_ones_have_no_score() -> None:
    toy = make_toy(16)
    labels = [toy.classes[k] for k in toy.require_labels()]
    assert score_levels(Dataset.from_arrays(znormalize(toy.series), labels, name="X")) is None
    assert score_levels(make_levels("level", n_series=2)) is None


def test_levels_alone_are_scored() -> None:
    score = score_levels(make_levels("level", n_classes=3, n_channels=2))
    assert score is not None
    assert score.accuracy == pytest.approx(1)
    assert np.isfinite(score.error)
