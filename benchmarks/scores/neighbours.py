"""Nearest neighbours in the space of features."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tszoo.errors import OptionError
from tszoo.readout.arrays import check_labels, one_hot

from .scale import standardise

# Two distances are equal if their squares differ by less than this share of the mean square: sums
# round differently.
EQUAL = 1e-9


def knn_leave_one_out(features: ArrayLike, labels: ArrayLike, k: int = 1) -> float:
    """Share of the series whose k nearest others have their class.

    Distances are Euclidean between standardised features. All series as near as the k-th are
    neighbours; a class voted for as often as m - 1 others counts 1/m, so that the answer does not
    depend on the order of the series.

    Parameters
    ----------
    features : array-like, shape (n_series, n_features)
    labels : array-like of int, shape (n_series,)
        Class indices from 0; classes that do not occur do not matter.
    k : int
        Neighbours; all others, where there are fewer.

    Returns
    -------
    float
        From 0 to 1, higher is better. A series that is alone in its class counts 0, unless all
        classes are equally near; where no feature varies, every series has all others as
        neighbours.

    Raises
    ------
    DataError
        If the features are not finite, or the labels are of one class or do not go with them.
    OptionError
        If k is below 1.
    """
    if k < 1:
        msg = f"k must be 1 or more, not {k}."
        raise OptionError(msg)
    standard = standardise(features)
    y = check_labels(labels, len(standard))
    n_series, n_varying = standard.shape
    norms = np.square(standard).sum(axis=1)
    squares = norms[:, None] + norms - 2 * (standard @ standard.T)
    np.fill_diagonal(squares, np.inf)
    farthest = np.partition(squares, min(k, n_series - 1) - 1, axis=1)[:, min(k, n_series - 1) - 1]
    near = (squares <= farthest[:, None] + EQUAL * n_varying) & np.isfinite(squares)
    own = one_hot(y)
    votes = near @ own
    winners = votes == votes.max(axis=1, keepdims=True)
    return float(((winners * own).sum(axis=1) / winners.sum(axis=1)).mean())
