"""Fit a ridge classifier to many series of many classes, without a table of the two.

It is the classifier of ``tszoo.readout.ridge``. What is left out are some of the series: they
choose the penalty, and stand for all of them in what is told of the fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tszoo.readout.leave_out import by_features
from tszoo.readout.ridge import RidgeFit, Standardized, blocks, decomposed
from tszoo.readout.spread import Prior

# Decision values, of series and classes, that are kept at most.
MOST_DECISIONS = 1 << 23
SEED = 0


def is_many(n_series: int, n_classes: int) -> bool:
    """Tell whether a decision value for each series and class would fill the memory."""
    return n_series * n_classes > MOST_DECISIONS


def choose_rows(
    labels: NDArray[np.int64], n_classes: int, groups: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """Choose which of many series are left out: evenly spaced ones of all classes, or whole groups.

    Parameters
    ----------
    labels : ndarray of int64, shape (n_series,)
    n_classes : int
    groups : ndarray of int64, shape (n_series,), or None

    Returns
    -------
    ndarray of int64, shape (n_chosen,)
        Rising; one at least.
    """
    n_series = len(labels)
    most = min(n_series, max(1, MOST_DECISIONS // n_classes))
    if groups is None:
        by_class = np.argsort(labels, kind="stable")
        return np.sort(by_class[np.arange(most) * n_series // most])
    counts = np.bincount(groups)
    order = np.random.default_rng(SEED).permutation(len(counts))
    n_groups = max(1, int(np.searchsorted(np.cumsum(counts[order]), most, side="right")))
    return np.flatnonzero(np.isin(groups, order[:n_groups]))


def fit_many(
    features: NDArray[np.floating[Any]],
    labels: NDArray[np.int64],
    n_classes: int,
    penalties: Sequence[float],
    prior: Prior | None = None,
    groups: NDArray[np.int64] | None = None,
    weights: NDArray[np.float64] | None = None,
) -> RidgeFit:
    """Fit as ``tszoo.readout.ridge.fit_ridge`` does, from the Gram matrix of the features.

    Tangents of the prior are left aside: so many series show by themselves what means nothing.

    Parameters
    ----------
    features, labels, n_classes, penalties, prior, groups, weights
        As for ``fit_ridge``, which has checked them.

    Returns
    -------
    RidgeFit
        Its ``rows`` are the series that were left out.
    """
    if prior is not None:
        prior = replace(prior, tangents=None)
    x = Standardized.of(np.asarray(features), prior, weights)
    rows = choose_rows(labels, n_classes, groups)
    chosen = None if groups is None else groups[rows]
    counts = np.bincount(labels, weights, minlength=n_classes)
    level = 2 * counts / counts.sum() - 1
    values, vectors = decomposed(x.gram_of_features())
    projected = vectors.T @ _times_targets(x, labels, n_classes)  # the largest: one at a time
    roots = np.ones((len(rows), 1)) if x.roots is None else x.roots[rows]
    targets = np.where(labels[rows, None] == np.arange(n_classes), 1.0, -1.0)
    along = x.rows(rows) @ vectors
    found: tuple[float, float, NDArray[np.float64], NDArray[np.float64]] | None = None
    for penalty in penalties:
        inverse = 1 / (values.clip(min=0) + penalty)
        residual = roots * (targets - level) - (along * inverse) @ projected
        error = _left_out(along, inverse, residual, x.intercept[rows], chosen)
        mean = float(np.mean(error * error))
        if found is None or mean < found[0]:
            found = mean, penalty, residual / roots, error / roots
    assert found is not None  # noqa: S101  # there is a penalty
    _, penalty, residual, error = found
    inverse = 1 / (values.clip(min=0) + penalty)
    projected *= inverse[:, None]
    weight = x.damping.damp((vectors @ projected).T) / x.spread
    bias = level - weight @ x.centre
    return RidgeFit(
        weight, bias, float(penalty), targets - residual, targets - error, x.centre, x.spread, rows
    )


def _times_targets(
    x: Standardized, labels: NDArray[np.int64], n_classes: int
) -> NDArray[np.float64]:
    """Multiply the transposed features by the centred targets, shape (n_features, n_classes).

    Targets are +1 for a series' class and -1 for others, and weighted features sum up to zero: that
    leaves twice the sum over each class.
    """
    sums = np.zeros((n_classes, x.features.shape[1]))
    for some in blocks(len(labels)):
        rows = x.rows(some)
        if x.roots is not None:
            rows *= x.roots[some]
        np.add.at(sums, labels[some], rows)
    sums *= 2
    transposed: NDArray[np.float64] = sums.T
    return transposed


def _left_out(
    along: NDArray[np.float64],
    inverse: NDArray[np.float64],
    residual: NDArray[np.float64],
    intercept: NDArray[np.float64],
    groups: NDArray[np.int64] | None,
) -> NDArray[np.float64]:
    """Compute left-out residuals of series along the eigenvectors."""
    if groups is None:
        left = 1 - np.square(intercept) - np.square(along) @ inverse
        error: NDArray[np.float64] = residual / left.clip(min=np.finfo(np.float64).eps)[:, None]
        return error

    def project(some: NDArray[np.int64]) -> NDArray[np.float64]:
        return along[some]

    return by_features(project, inverse, residual, groups, intercept)
