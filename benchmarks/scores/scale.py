"""Put features on one scale, and find the directions in which they vary."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tszoo.readout.arrays import check_matrix

# Spread of a feature, relative to its size, below which it is constant: float32 has seven digits.
CONSTANT = 1e-6


def standardise(features: ArrayLike) -> NDArray[np.float64]:
    """Bring every feature to mean 0 and standard deviation 1 over the series.

    Parameters
    ----------
    features : array-like, shape (n_series, n_features)

    Returns
    -------
    ndarray of float64, shape (n_series, n_varying)
        Features that are constant, to six digits, are left out; there may be none left.

    Raises
    ------
    DataError
        If the features are no matrix of finite numbers.
    """
    wide = check_matrix(features, "features")
    size = np.abs(wide).max(axis=0)
    wide /= np.where(size > 0, size, 1.0)  # so that the squares of no feature overflow or vanish
    wide -= wide.mean(axis=0)
    spread = np.sqrt(np.square(wide).mean(axis=0))
    varying = spread > CONSTANT
    standard: NDArray[np.float64] = wide[:, varying] / spread[varying]
    return standard


def spectrum(standard: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return squared singular values and left singular vectors of standardised features.

    They are computed from the smaller Gram matrix.

    Parameters
    ----------
    standard : ndarray of float64, shape (n_series, n_varying)

    Returns
    -------
    squared : ndarray of float64, shape (rank,)
        All above 0, to the precision of the matrix; ``rank`` is ``n_series - 1`` at most, for the
        mean is taken out.
    left : ndarray of float64, shape (n_series, rank)
        Orthonormal columns.
    """
    n_series, n_varying = standard.shape
    tall = n_series > n_varying
    gram = standard.T @ standard if tall else standard @ standard.T
    values, vectors = np.linalg.eigh(gram)
    largest = float(values.max(initial=0.0))
    kept = values > max(n_series, n_varying) * np.finfo(np.float64).eps * largest
    squared, vectors = values[kept], vectors[:, kept]
    if tall:
        vectors = (standard @ vectors) / np.sqrt(squared)
    return squared, vectors
