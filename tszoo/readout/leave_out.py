"""Leave out whole groups of series, such as the windows of one machine, in closed form.

With H the matrix that turns targets into fitted values, the residuals of a group by the fit to all
others are ``(I - H_gg)^-1 r_g``, of its rows and columns in H and its residuals by the fit to all.
For a group of one that is the residual divided by one minus the leverage (Hastie, Tibshirani &
Friedman 2009, "The elements of statistical learning", equation 7.64).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

# What a group leaves of itself is at least this share, so that rounding makes no matrix singular.
LEAST = 1e-12


def by_series(
    vectors: NDArray[np.float64],
    shares: NDArray[np.float64],
    residual: NDArray[np.float64],
    groups: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Compute left-out residuals from eigenvectors of the Gram matrix of the series.

    Parameters
    ----------
    vectors : ndarray of float64, shape (n_series, n_vectors)
        All but the constant one.
    shares : ndarray of float64, shape (n_vectors,)
        Of each, what the fit leaves: the penalty over eigenvalue and penalty.
    residual : ndarray of float64, shape (n_series, n_classes)
    groups : ndarray of int64, shape (n_series,)

    Returns
    -------
    ndarray of float64, shape (n_series, n_classes)
    """
    left_out = np.empty_like(residual)
    for some in _members(groups):
        of_group = vectors[some]
        left = (of_group * shares) @ of_group.T
        left_out[some] = _solved(left, residual[some])
    return left_out


def by_features(
    project: Callable[[NDArray[np.int64]], NDArray[np.float64]],
    inverses: NDArray[np.float64],
    residual: NDArray[np.float64],
    groups: NDArray[np.int64],
    intercept: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Compute left-out residuals from eigenvectors of the Gram matrix of the features.

    A group of more series than features is solved for the features (Woodbury).

    Parameters
    ----------
    project : callable
        Gives the standardised features of some series along the eigenvectors, float64 of shape
        (len, n_features).
    inverses : ndarray of float64, shape (n_features,)
        One over eigenvalue and penalty.
    residual, groups
        As for ``by_series``.
    intercept : ndarray of float64, shape (n_series,)
        Its column, of length 1.
    """
    weights = np.append(inverses, 1.0)  # the intercept is one more direction
    left_out = np.empty_like(residual)
    for some in _members(groups):
        along = np.column_stack((project(some), intercept[some]))
        if len(some) <= len(weights):
            left = np.eye(len(some)) - (along * weights) @ along.T
            left_out[some] = _solved(left, residual[some])
            continue
        left = np.diag(1 / weights) - along.T @ along
        left_out[some] = residual[some] + along @ np.linalg.solve(left, along.T @ residual[some])
    return left_out


def _members(groups: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Yield the positions of each group's series."""
    order = np.argsort(groups, kind="stable")
    ends = np.flatnonzero(np.diff(groups[order])) + 1
    yield from np.split(order, ends)


def _solved(left: NDArray[np.float64], residual: NDArray[np.float64]) -> NDArray[np.float64]:
    left[np.diag_indices(len(left))] += LEAST
    return np.asarray(np.linalg.solve(left, residual), dtype=np.float64)
