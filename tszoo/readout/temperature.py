"""From a ridge classifier's decision values to probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TEMPERATURES = np.geomspace(0.01, 10.0, 61)


def choose_temperature(decisions: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """Choose what decision values are divided by, so that their softmax has the least log loss.

    As in Platt's scaling (1999), a series counts as its class not fully, but with a share of ``(n +
    1) / (n + 2)`` for ``n`` series: series that are told apart without an error do not make for
    certainty.

    Parameters
    ----------
    decisions : ndarray of float64, shape (n_series, n_classes)
        Of series that the classifier was not fitted to.
    labels : ndarray of int64, shape (n_series,)

    Returns
    -------
    float
        One of ``TEMPERATURES``.
    """
    n_series, n_classes = decisions.shape
    doubt = 1 / (n_series + 2)
    shares = np.full((n_series, n_classes), doubt / (n_classes - 1))
    shares[np.arange(n_series), labels] = 1 - doubt
    losses = [-np.sum(shares * log_softmax(decisions / one)) for one in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])


def softmax(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities (n_series, n_classes) of decision values of that shape."""
    probabilities: NDArray[np.float64] = np.exp(log_softmax(values))
    return probabilities


def log_softmax(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithms of ``softmax``."""
    below: NDArray[np.float64] = values - values.max(axis=1, keepdims=True)
    logarithms: NDArray[np.float64] = below - np.log(np.exp(below).sum(axis=1, keepdims=True))
    return logarithms
