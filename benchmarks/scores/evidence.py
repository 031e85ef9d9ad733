"""LogME: how probable the labels are under a linear model of the features.

The model's coefficients are integrated out.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tszoo.readout.arrays import check_labels, one_hot

from .scale import spectrum, standardise

# The ratio of the precisions of coefficients and noise, in units of the features' mean squared
# singular value.
LEAST, MOST = 1e-8, 1e8
STARTS = np.geomspace(LEAST, MOST, 33)
TOLERANCE = 1e-9
MOST_ITERATIONS = 200


def log_me(features: ArrayLike, labels: ArrayLike) -> float:
    """Compute the logarithm of maximum evidence (You, Liu, Wang & Long, ICML 2021, section 4).

    Each class against the rest is a linear regression with Gaussian coefficients (precision alpha)
    and noise (precision beta); the log evidence of the labels, maximised over both, is taken a
    series and averaged over classes. Features are standardised, and the intercept is integrated out
    under a flat prior: features and labels lose their mean, and n series count as n - 1. The
    paper's fixed point is sought from the best of a grid, for the evidence may have several maxima.
    ``alpha / beta`` is kept within 1e-8 and 1e8 of the features' mean squared singular value: where
    fewer features than series explain the labels exactly, the evidence would have no bound.

    Parameters
    ----------
    features : array-like, shape (n_series, n_features)
        May have more columns than rows; what is computed grows with the smaller of the two.
    labels : array-like of int, shape (n_series,)
        Class indices from 0; classes that do not occur are left out of the mean.

    Returns
    -------
    float
        Any finite number, higher is better. It compares features of the same series only. Where no
        feature varies, it is the evidence of noise alone.

    Raises
    ------
    DataError
        If the features are not finite, or the labels are of one class or do not go with them.
    """
    standard = standardise(features)
    y = check_labels(labels, len(standard))
    n_free = len(y) - 1
    squared, left = spectrum(standard)
    scaled = squared / (squared.sum() / n_free) if len(squared) else squared
    targets = one_hot(y)
    targets -= targets.mean(axis=0)
    along = np.square(left.T @ targets)
    outside = np.maximum(np.square(targets).sum(axis=0) - along.sum(axis=0), 0.0)
    on_grid = np.array(
        [
            _evidence(np.full(targets.shape[1], start), scaled, along, outside, n_free)
            for start in STARTS
        ]
    )
    start = STARTS[on_grid.argmax(axis=0)]
    reached = _evidence(
        _fixed_point(start, scaled, along, outside, n_free), scaled, along, outside, n_free
    )
    return float(np.maximum(reached, on_grid.max(axis=0)).mean() / n_free)


def _evidence(
    ratio: NDArray[np.float64],
    squared: NDArray[np.float64],
    along: NDArray[np.float64],
    outside: NDArray[np.float64],
    n_free: int,
) -> NDArray[np.float64]:
    """Compute each class's log evidence, shape (n_classes,), at ``ratio = alpha / beta``.

    Beta is the best one for that ratio.

    ``squared`` (rank,) are the features' squared singular values, ``along`` (rank, n_classes) the
    squares of the labels along their left singular vectors, ``outside`` (n_classes,) the sums of
    squares that are along none.
    """
    shrunk = ratio / (ratio + squared[:, None])
    misfit = outside + (along * shrunk).sum(axis=0)  # |y - F m|^2 + ratio |m|^2
    evidence = (
        n_free / 2 * (np.log(n_free / misfit) - math.log(2 * math.pi) - 1)
        + np.log(shrunk).sum(axis=0) / 2
    )
    return np.asarray(evidence, dtype=np.float64)


def _fixed_point(
    ratio: NDArray[np.float64],
    squared: NDArray[np.float64],
    along: NDArray[np.float64],
    outside: NDArray[np.float64],
    n_free: int,
) -> NDArray[np.float64]:
    """Iterate until the ratio of alpha and beta stays.

    ``alpha = gamma / |m|^2`` and ``beta = (n - gamma) / |y - F m|^2``.

    One ratio a class, shape (n_classes,); see ``_evidence`` for the arguments.
    """
    for _ in range(MOST_ITERATIONS):
        whole = ratio + squared[:, None]
        gamma = (squared[:, None] / whole).sum(axis=0)
        coefficients = (along * squared[:, None] / whole**2).sum(axis=0)
        residual = outside + (along * (ratio / whole) ** 2).sum(axis=0)
        # labels that no feature follows have no coefficients, and their ratio no bound
        upper, lower = gamma * residual, coefficients * (n_free - gamma)
        unbounded = np.full_like(ratio, MOST)
        changed = np.clip(
            np.divide(upper, lower, out=unbounded, where=lower > upper / MOST), LEAST, MOST
        )
        settled = bool((np.abs(changed - ratio) <= TOLERANCE * ratio).all())
        ratio = np.asarray(changed, dtype=np.float64)
        if settled:
            break
    return ratio
