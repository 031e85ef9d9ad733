"""What all scores ask of their arrays, and the scale that they compare features on."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tszoo.errors import DataError

# Spread of a feature, relative to its size, below which it is constant: float32 has seven digits.
CONSTANT = 1e-6


def check_labels(labels: ArrayLike, n_series: int) -> NDArray[np.int64]:
    """Return class indices as int64, shape (n_series,).

    DataError if they are none, or all of one class.
    """
    y = np.asarray(labels)
    if y.ndim != 1 or y.dtype.kind not in "iu" or len(y) != n_series:
        msg = (
            f"labels of shape {y.shape} and type {y.dtype}; expected one class index for each of "
            f"{n_series} series."
        )
        raise DataError(msg)
    if n_series < 2 or (y == y[0]).all():
        msg = (
            f"{n_series} series of one class: there is nothing to tell apart, so no score. Two "
            "classes are needed."
        )
        raise DataError(msg)
    if y.min() < 0:
        msg = f"series {int(y.argmin())}: class index {int(y.min())}; indices count from 0."
        raise DataError(msg)
    return y.astype(np.int64)


def check_matrix(values: ArrayLike, what: str) -> NDArray[np.float64]:
    """Return ``values`` as float64 of shape (n_series, columns).

    DataError if they are not finite or no matrix.
    """
    matrix = np.asarray(values)
    if matrix.ndim != 2 or 0 in matrix.shape or matrix.dtype.kind not in "biuf":
        msg = (
            f"{what} of shape {matrix.shape} and type {matrix.dtype}; expected numbers, one row a "
            "series."
        )
        raise DataError(msg)
    wide = matrix.astype(np.float64)
    odd = np.flatnonzero(~np.isfinite(wide).all(axis=1))
    if len(odd):
        msg = (
            f"{what} of series {odd[0]} are not finite; the network's weights or the series are "
            "too large."
        )
        raise DataError(msg)
    return wide


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


def one_hot(labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Indicators of the classes that occur, in their order.

    Float64 of shape (n_series, n_present).
    """
    return np.asarray(labels[:, None] == np.unique(labels), dtype=np.float64)


def spectrum(standard: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Squared singular values and left singular vectors of standardised features, from the smaller Gram matrix.

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
    values, vectors = np.linalg.eigh(standard.T @ standard if tall else standard @ standard.T)
    largest = float(values[-1]) if len(values) else 0.0
    kept = values > max(n_series, n_varying) * np.finfo(np.float64).eps * largest
    squared, vectors = values[kept], vectors[:, kept]
    return squared, (standard @ vectors) / np.sqrt(squared) if tall else vectors
