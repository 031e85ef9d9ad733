"""Draw fewer series of a target, where all of them would take too long to probe."""

from __future__ import annotations

import numpy as np

from tszoo.data.dataset import Dataset
from tszoo.data.holdout import draw_share
from tszoo.errors import OptionError

SEED = 0
# With fewer series than this in all, or a class, leaving one out says little, however long they
# are.
LEAST_SERIES = 20
LEAST_A_CLASS = 2


def sample_series(target: Dataset, most_series: int, most_points: int) -> Dataset:
    """Draw series from a labelled data set, each class in proportion, until there are few enough.

    Parameters
    ----------
    target : Dataset
    most_series : int
        Series at most.
    most_points : int
        Points (series times channels times length) at most, unless ``LEAST_SERIES``, or
        ``LEAST_A_CLASS`` a class, have more.

    Returns
    -------
    Dataset
        The target itself, if it is small enough. Otherwise the same series every time, in the order
        they had, one of every class at least.

    Raises
    ------
    OptionError
        If either number is below 1.
    DataError
        If there are no labels, or only one class.
    """
    if most_series < 1 or most_points < 1:
        msg = f"most_series and most_points must be 1 or more, not {most_series} and {most_points}."
        raise OptionError(msg)
    n_present = len(np.unique(target.require_labels()))
    within_points = most_points // (target.n_channels * target.length)
    most = min(most_series, max(within_points, LEAST_SERIES, LEAST_A_CLASS * n_present))
    if target.n_series <= max(most, n_present):
        return target
    is_kept = np.ones(target.n_series, dtype=bool)
    share = 1 - most / target.n_series
    is_kept[draw_share(target.require_labels(), target.n_classes, share, SEED)] = False
    return target.take(is_kept)
