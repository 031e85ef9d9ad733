"""Turn a ridge classifier's decision values into probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TEMPERATURES = np.geomspace(0.01, 10.0, 61)


def choose_temperature(
    decisions: NDArray[np.float64],
    labels: NDArray[np.int64],
    weights: NDArray[np.float64] | None = None,
) -> float:
    """Choose the temperature that gives the softmax of decision values the least log loss.

    Decision values are divided by the temperature. As in Platt's scaling (1999), a series counts as
    its own class with a share of ``(n + 1) / (n + 2)`` for ``n`` series, not with all of it: a
    classifier that makes no error on few series is not certain.

    Parameters
    ----------
    decisions : ndarray of float64, shape (n_series, n_classes)
        Of series that the classifier was not fitted to.
    labels : ndarray of int64, shape (n_series,)
    weights : ndarray of float64, shape (n_series,), or None
        How much each series counts.

    Returns
    -------
    float
        One of ``TEMPERATURES``.
    """
    n_series, n_classes = decisions.shape
    doubt = 1 / (n_series + 2)
    shares = np.full((n_series, n_classes), doubt / (n_classes - 1))
    shares[np.arange(n_series), labels] = 1 - doubt
    if weights is not None:
        shares *= weights[:, None]
    losses = [
        -np.sum(shares * log_softmax(decisions / temperature)) for temperature in TEMPERATURES
    ]
    return float(TEMPERATURES[int(np.argmin(losses))])


def softmax(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute probabilities (n_series, n_classes) of decision values of that shape."""
    probabilities: NDArray[np.float64] = np.exp(log_softmax(values))
    return probabilities


def log_softmax(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the logarithm of ``softmax``."""
    below: NDArray[np.float64] = values - values.max(axis=1, keepdims=True)
    logarithms: NDArray[np.float64] = below - np.log(np.exp(below).sum(axis=1, keepdims=True))
    return logarithms
