"""How sure a model is, beside how often it is right."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BINS = 15


class Bin(NamedTuple):
    """Series of which the predicted class is about equally probable.

    Attributes
    ----------
    low, high : float
        Probabilities above the first and up to the second belong to it.
    n_series : int
    probability : float
        Mean probability of the predicted class.
    accuracy : float
        Share of series whose predicted class is their own.
    """

    low: float
    high: float
    n_series: int
    probability: float
    accuracy: float


def reliability(
    probabilities: NDArray[np.floating], labels: NDArray[np.int64], n_bins: int = BINS
) -> tuple[Bin, ...]:
    """Put series into bins of equal width by the probability of the predicted class.

    Guo et al. 2017, "On calibration of modern neural networks", section 2.

    Parameters
    ----------
    probabilities : ndarray of float, shape (n_series, n_classes)
    labels : ndarray of int64, shape (n_series,)
    n_bins : int

    Returns
    -------
    tuple of Bin
        Those that are not empty, from unsure to sure.
    """
    sure = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    # a bin holds its upper end
    place = np.clip(np.ceil(sure * n_bins).astype(np.int64), 1, n_bins) - 1
    bins = []
    for k in np.unique(place).tolist():
        inside = place == k
        bins.append(
            Bin(
                k / n_bins,
                (k + 1) / n_bins,
                int(inside.sum()),
                float(sure[inside].mean()),
                float(right[inside].mean()),
            )
        )
    return tuple(bins)


def calibration_error(probabilities: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """Compute the expected calibration error (Guo et al. 2017, equation 3), with 15 bins.

    It is the mean over series of the distance between their bin's accuracy and its mean
    probability.

    Parameters
    ----------
    probabilities : ndarray of float, shape (n_series, n_classes)
    labels : ndarray of int64, shape (n_series,)
    """
    bins = reliability(probabilities, labels)
    gaps = [inside.n_series * abs(inside.accuracy - inside.probability) for inside in bins]
    return float(sum(gaps) / len(labels))
