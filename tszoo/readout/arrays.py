"""Check the arrays that scores are computed from."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tszoo.errors import DataError


def check_labels(labels: ArrayLike, n_series: int) -> NDArray[np.int64]:
    """Return class indices as int64, shape (n_series,).

    Raises
    ------
    DataError
        If they are not one whole number from 0 up a series, or all of one class.
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

    Raises
    ------
    DataError
        If they are no matrix of numbers, or not finite.
    """
    matrix = np.asarray(values)
    if matrix.ndim != 2 or 0 in matrix.shape or matrix.dtype.kind not in "biuf":
        msg = (
            f"{what} of shape {matrix.shape} and type {matrix.dtype}; expected numbers, one row a "
            "series."
        )
        raise DataError(msg)
    wide = matrix.astype(np.float64)
    not_finite = np.flatnonzero(~np.isfinite(wide).all(axis=1))
    if len(not_finite):
        msg = (
            f"{what} of series {not_finite[0]} are not finite; the network's weights or the series "
            "are too large."
        )
        raise DataError(msg)
    return wide


def one_hot(labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mark each series' class among those that occur: float64, shape (n_series, n_present)."""
    return np.asarray(labels[:, None] == np.unique(labels), dtype=np.float64)
