"""The regularised H-score: how much of the features' variance lies between classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tszoo.readout.arrays import check_labels, one_hot

from .scale import standardise


def h_score(features: ArrayLike, labels: ArrayLike) -> float:
    """Shrinkage-based H-score (Ibrahim, Ponomareva & Mazumder, 2022, "Newer is not always better").

    ``trace(S^-1 (1 - a) B)``, with B the covariance of the features' class means, ``S = (1 - a) C +
    a tr(C) / p I`` the features' covariance C shrunk as Ledoit & Wolf (2004) have it, and a their
    shrinkage. Features are standardised. Everything is computed from the series' inner products,
    their way for p > n written in the eigenvectors of the Gram matrix.

    Parameters
    ----------
    features : array-like, shape (n_series, n_features)
        May have more columns than rows.
    labels : array-like of int, shape (n_series,)
        Class indices from 0; classes that do not occur do not matter.

    Returns
    -------
    float
        From 0 to the number of classes that occur less one, higher is better. 0 where no feature
        varies.

    Raises
    ------
    DataError
        If the features are not finite, or the labels are of one class or do not go with them.
    """
    standard = standardise(features)
    y = check_labels(labels, len(standard))
    n_series, n_varying = standard.shape
    if n_varying == 0:
        return 0.0
    gram = standard @ standard.T
    shrinkage = _ledoit_wolf(gram, n_varying)
    values, vectors = np.linalg.eigh(gram)
    values = np.maximum(values, 0.0) / n_series
    own = one_hot(y)
    between = np.square((own / np.sqrt(own.sum(axis=0))).T @ vectors).sum(axis=0)
    mean_variance = float(np.trace(gram)) / n_series / n_varying
    shrunk = (1 - shrinkage) * values + shrinkage * mean_variance
    seen = values > n_series * n_varying * np.finfo(np.float64).eps * values.max()
    return float((1 - shrinkage) * (between[seen] * values[seen] / shrunk[seen]).sum())


def _ledoit_wolf(gram: NDArray[np.float64], n_features: int) -> float:
    """Find how much to shrink the covariance of centred features (Ledoit & Wolf 2004).

    It is computed from their Gram matrix.
    """
    n_series = len(gram)
    size = float(np.square(gram).sum()) / n_series**2  # |C|^2
    mean_variance = float(np.trace(gram)) / n_series / n_features
    distance = size - n_features * mean_variance**2  # from the multiple of the identity
    noise = (float(np.square(gram.diagonal()).sum()) / n_series - size) / n_series
    if distance <= np.finfo(np.float64).eps * size:
        return 0.0
    return float(min(max(noise, 0.0), distance) / distance)
