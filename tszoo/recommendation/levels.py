"""Tell whether a target's classes differ by level: more than shape tells them apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tszoo.data.dataset import Dataset
from tszoo.data.levels import NUMBERS, level_numbers, were_normalised
from tszoo.data.weights import weigh_series
from tszoo.readout.score import RidgeScore, ridge_leave_one_out
from tszoo.recommendation.probe import MOST_POINTS, MOST_SERIES
from tszoo.recommendation.sample import sample_series

# Classes differ by level if the error of levels alone is this share of the shape's, or less.
MUCH_BETTER = 0.7
WHAT = f"{', '.join(NUMBERS[:-1])} and {NUMBERS[-1]} of each channel"


@dataclass(frozen=True)
class ByLevel:
    """How well levels alone tell classes apart, where they do so much better than the shape.

    Attributes
    ----------
    score, error : float
        Left-out accuracy and Brier score of a ridge readout of level numbers alone.
    why : str
        One sentence.
    """

    score: float
    error: float
    why: str


def score_levels(target: Dataset) -> RidgeScore | None:
    """Score a ridge readout of the level numbers alone, each series left out in turn.

    None where a class has one series, or where every channel has one mean and one deviation in all
    series, as after z-normalisation.

    Parameters
    ----------
    target : Dataset
        The training series, with labels of two classes or more.
    """
    from tszoo.readout.levels import level_knots, read

    sample = sample_series(target, MOST_SERIES, MOST_POINTS)
    labels, numbers = sample.require_labels(), level_numbers(sample)
    counts = np.bincount(labels)
    if were_normalised(numbers) or counts[counts > 0].min() < 2:
        return None
    levels = read(numbers, level_knots(numbers, sample.length))
    return ridge_leave_one_out(
        levels, labels, sample.n_classes, sample.group_codes, weights=weigh_series(sample)
    )


def by_level(target: Dataset, shape: float | None, accuracy: float | None) -> ByLevel | None:
    """Say that classes differ by level, where levels alone are much better than any body.

    Parameters
    ----------
    target : Dataset
    shape, accuracy : float or None
        The least left-out error, and the greatest accuracy, of frozen bodies, which see shape
        alone; None where nothing was probed.
    """
    if shape is None or accuracy is None:
        return None
    score = score_levels(target)
    if score is None or score.error > MUCH_BETTER * shape or score.accuracy <= accuracy:
        return None
    turn = "each"
    if target.group_codes is not None:
        turn = f"each of {int(target.group_codes.max()) + 1} groups"
    why = (
        f"your classes differ by level: {WHAT} get {score.accuracy:.0%} of your series right, "
        f"{turn} left out in turn, and the shape {accuracy:.0%}."
    )
    return ByLevel(score.accuracy, score.error, why)
