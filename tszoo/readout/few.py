"""Say what stands in for leaving out where classes have one or two series."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# With one series a class the fit to the others has not seen its class; with two it has half of it.
FEW = 2
PENALTY_A_FEATURE = 0.1


def is_few(labels: NDArray[np.int64], groups: NDArray[np.int64] | None = None) -> bool:
    """Tell whether half the series or more are of classes of at most ``FEW`` series.

    Leaving out one of those says little of the fit to all. Where groups are left out, those are
    classes that come from one group.

    Parameters
    ----------
    labels : ndarray of int64, shape (n_series,)
        Class indices.
    groups : ndarray of int64, shape (n_series,), or None
    """
    if groups is not None:
        pairs = np.unique(np.stack((labels, groups)), axis=1)
        groups_of_class = np.bincount(pairs[0])
        if np.median(groups_of_class[labels]) <= 1:
            return True
    series_of_class = np.bincount(labels)
    return bool(np.median(series_of_class[labels]) <= FEW)


def can_be_left_out(labels: NDArray[np.int64], groups: NDArray[np.int64] | None = None) -> bool:
    """Tell whether something of a class is left when a series, or a group of them, is left out.

    Where each class has one, every left-out answer is wrong, which says nothing.
    """
    if groups is None:
        groups = np.arange(len(labels))
    pairs = np.unique(np.stack((labels, groups)), axis=1)
    return bool(np.bincount(pairs[0]).max() > 1)


def usual_penalty(n_features: int) -> float:
    """Return the ridge penalty for few series: a tenth of the mean squared length of one.

    A series of n standardised features has a squared length of n in the mean.
    """
    return PENALTY_A_FEATURE * n_features


def usual_temperature(n_classes: int) -> float:
    """Return the temperature of decision values for few series, which falls with the classes.

    With more classes the decision values of a fit to few series lie closer together. The figures
    are those with about the least log loss on series that were not drawn, for draws of one and two
    series a class from training splits of the UCR archive.
    """
    return 2.0 * float(n_classes**-0.75)
