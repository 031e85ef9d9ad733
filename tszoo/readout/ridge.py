"""Fit a linear head in closed form: ridge regression on labels.

The penalty is the one with the least error when each series, or each group, is left out in turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tszoo.errors import OptionError, TrainingError
from tszoo.readout.leave_out import by_features, by_series
from tszoo.readout.nuisance import KEPT, Damping
from tszoo.readout.spread import Prior, shared_variances

PENALTIES: tuple[float, ...] = tuple(np.logspace(-3, 3, 10).tolist())
# A feature whose spread is this small beside its mean varies by the rounding of float32, not by the
# series.
CONSTANT = 1e-5
# What all tangents together count, as a share of all series.
TANGENTS_COUNT = 0.3
# Series, or features, that are standardised at a time.
BLOCK = 512


@dataclass(frozen=True, eq=False)
class RidgeFit:
    """A ridge classifier.

    Decision values are ``features @ weight.T + bias``, the largest one's class is predicted.

    Attributes
    ----------
    weight : ndarray of float64, shape (n_classes, n_features)
        For features that are not standardised: the standardisation is folded in. 0 for a constant
        feature.
    bias : ndarray of float64, shape (n_classes,)
    penalty : float
        The one that was chosen.
    fitted : ndarray of float64, shape (n_series, n_classes)
        Decision values of the series.
    left_out : ndarray of float64, shape (n_series, n_classes)
        Decision values of each series by the fit to all others, or to all of other groups, with
        this penalty and the standardisation of all.
    centre, spread : ndarray of float64, shape (n_features,)
        What features were standardised by: their mean, and their standard deviation or what it is
        drawn to. The spread of a constant feature is 1.
    rows : ndarray of int64, or None
        The series that ``fitted`` and ``left_out`` speak of, of many (``tszoo.readout.many``); None
        for all.
    """

    weight: NDArray[np.float64]
    bias: NDArray[np.float64]
    penalty: float
    fitted: NDArray[np.float64]
    left_out: NDArray[np.float64]
    centre: NDArray[np.float64]
    spread: NDArray[np.float64]
    rows: NDArray[np.int64] | None = None

    def of_rows(self, values: NDArray[Any]) -> NDArray[Any]:
        """Take the values, one a series, of the series that ``left_out`` speaks of."""
        return values if self.rows is None else values[self.rows]


def fit_ridge(
    features: NDArray[np.floating[Any]],
    labels: NDArray[np.int64],
    n_classes: int,
    penalties: Sequence[float] = PENALTIES,
    prior: Prior | None = None,
    groups: NDArray[np.int64] | None = None,
    weights: NDArray[np.float64] | None = None,
) -> RidgeFit:
    """Fit each class against the rest by ridge regression on -1 and +1.

    This is what scikit-learn's ``RidgeClassifierCV`` does. Features are standardised, and the
    intercept is not penalised. One eigen-decomposition of the smaller Gram matrix, that of the
    series or that of the features, gives the left-out decision values for every penalty: a left-out
    residual is the residual divided by one minus the series' leverage (Hastie, Tibshirani &
    Friedman 2009, "The elements of statistical learning", equation 7.64). The penalty with the
    least mean squared left-out residual is taken, and the first of equal ones. Where series come in
    groups, all of a group are left out at once: see ``tszoo.readout.leave_out``.

    With weights, means, spreads and squared residuals are weighted ones, those by which the penalty
    is chosen as well. Rows of features and labels times the square roots of their weights make an
    ordinary regression of it, whose intercept has those roots as its column.

    Tangents of the prior are rows behind those of the series, without an intercept and with the
    target 0: a head that answers them pays for it. They are never left out with a series. Where
    there are penalties to choose from, each is tried without tangents as well.

    Parameters
    ----------
    features : ndarray of floats, shape (n_series, n_features)
        Finite; computed with as float64.
    labels : ndarray of int64, shape (n_series,)
        From 0 to ``n_classes - 1``; a class may have no series.
    n_classes : int
    penalties : sequence of float
        Above 0.
    prior : Prior or None
        What is known of the features beforehand, by which their spreads are drawn together and
        directions are damped, and what the head is to be blind to; None leaves each feature to
        itself.
    groups : ndarray of int64, shape (n_series,), or None
        The group of each series; None where each is one by itself.
    weights : ndarray of float64, shape (n_series,), or None
        How much each series counts: above 0, with a mean of 1. None counts all the same.

    Raises
    ------
    OptionError
        If there is no penalty, or one is not above 0; if kinds do not add up to the features.
    TrainingError
        If there are fewer than two series, or a feature is not finite.
    """
    check_fit(features, penalties, prior)
    x = Standardized.of(np.asarray(features), prior, weights)
    targets = np.where(labels[:, None] == np.arange(n_classes), 1.0, -1.0)
    level = _mean(targets, weights)
    ways = [x]
    if len(x.tangents) and len(penalties) > 1:
        ways.append(x.without_tangents())
    fits = (fit for way in ways for fit in _fits(way, targets - level, penalties, groups))
    x, penalty, residual, error = min(fits, key=lambda fit: float(np.mean(fit[3] * fit[3])))
    weight = x.damping.damp(x.transposed_times(residual).T) / (penalty * x.spread)
    bias = level - weight @ x.centre
    residual, error = x.unrooted(residual[: x.n_series]), x.unrooted(error)
    return RidgeFit(
        weight, bias, float(penalty), targets - residual, targets - error, x.centre, x.spread
    )


def gram_of_series(
    features: NDArray[np.floating[Any]], prior: Prior | None = None
) -> NDArray[np.float64]:
    """Multiply every series by every other, standardised and damped as ``fit_ridge`` does.

    Tangents of the prior are left aside.

    Parameters
    ----------
    features, prior
        As for ``fit_ridge``.

    Returns
    -------
    ndarray of float64, shape (n_series, n_series)
    """
    if prior is not None:
        prior = replace(prior, tangents=None)
    return Standardized.of(np.asarray(features), prior).gram_of_rows()


def left_out_residuals(
    gram: NDArray[np.float64],
    labels: NDArray[np.int64],
    n_classes: int,
    penalties: Sequence[float] = PENALTIES,
    groups: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Compute left-out residuals by the penalty that gives the least of them.

    Gram matrices of features side by side add up, so that weights of kinds can be tried without
    their features.

    Parameters
    ----------
    gram : ndarray of float64, shape (n_series, n_series)
        A sum of what ``gram_of_series`` gives.
    labels, n_classes, penalties, groups
        As for ``fit_ridge``.

    Returns
    -------
    ndarray of float64, shape (n_series, n_classes)
    """
    targets = np.where(labels[:, None] == np.arange(n_classes), 1.0, -1.0)
    y = targets - targets.mean(axis=0)
    n_series = len(labels)
    intercept = np.full(n_series, n_series**-0.5)
    residuals = _residuals_by_gram(gram.copy(), y, penalties, groups, n_series, intercept)
    errors = (error for _, error in residuals)
    return min(errors, key=lambda error: float(np.mean(error * error)))


def _fits(
    x: Standardized,
    y: NDArray[np.float64],
    penalties: Sequence[float],
    groups: NDArray[np.int64] | None,
) -> Iterator[tuple[Standardized, float, NDArray[np.float64], NDArray[np.float64]]]:
    """Yield ``x``, every penalty, and its residuals and left-out residuals, see ``_residuals``."""
    both = _residuals(x, x.of_all_rows(y), penalties, groups)
    for penalty, (residual, error) in zip(penalties, both, strict=True):
        yield x, penalty, residual, error


def check_fit(
    features: NDArray[np.floating[Any]], penalties: Sequence[float], prior: Prior | None
) -> None:
    """Raise what ``fit_ridge`` raises where features, penalties and prior do not go together."""
    if not len(penalties) or not all(penalty > 0 for penalty in penalties):
        msg = f"penalties must be numbers above 0, not {list(penalties)}."
        raise OptionError(msg)
    if prior is not None and not prior.suits(features.shape[1]):
        n_features = features.shape[1]
        msg = f"prior.kinds must be numbers above 0 that add up to {n_features}, the features."
        raise OptionError(msg)
    if len(features) < 2:
        msg = f"{len(features)} series: a ridge classifier needs two or more."
        raise TrainingError(msg)
    not_finite = np.flatnonzero(~np.isfinite(features).all(axis=1))
    if len(not_finite):
        msg = (
            f"the features of series {not_finite[0]} are not finite; the network's weights "
            "overflow on it."
        )
        raise TrainingError(msg)


@dataclass(frozen=True, eq=False)
class Standardized:
    """Standardises and damps features in float64, a few series or features at a time.

    All at once would fill gigabytes, for thousands of series by thousands of features. Behind the
    rows of the series come those of tangents, if there are any.

    Attributes
    ----------
    features : ndarray of floats, shape (n_series, n_features)
        As they come.
    centre, spread : ndarray of float64, shape (n_features,)
    scale : ndarray of float64, shape (n_features,)
        One over the spread, and 0 for a constant feature.
    damping : Damping
        Of standardised features.
    tangents : ndarray of floats, shape (n_tangents, n_features)
        As they come.
    roots : ndarray of float64, shape (n_series + n_tangents, 1), or None
        Square roots of the weights, which rows are multiplied by.
    """

    features: NDArray[np.floating[Any]]
    centre: NDArray[np.float64]
    spread: NDArray[np.float64]
    scale: NDArray[np.float64]
    damping: Damping
    tangents: NDArray[np.floating[Any]]
    roots: NDArray[np.float64] | None = None

    @classmethod
    def of(
        cls,
        features: NDArray[np.floating[Any]],
        prior: Prior | None = None,
        weights: NDArray[np.float64] | None = None,
    ) -> Standardized:
        """Measure what features are standardised and damped by."""
        n_series, n_features = features.shape
        centre = _mean(features, weights)
        variances = np.zeros(n_features)
        for some in blocks(n_series):
            gaps = features[some] - centre
            if weights is not None:
                gaps *= np.sqrt(weights[some, None])
            variances += np.einsum("ij,ij->j", gaps, gaps)
        variances /= n_series
        constant = np.sqrt(variances) <= CONSTANT * np.abs(centre)
        if prior is not None:
            variances = shared_variances(variances, n_series, prior.kinds)
        spread = np.sqrt(variances)
        if prior is not None and prior.last_spread is not None:
            spread[n_features - prior.kinds[-1] :] = prior.last_spread
        spread[constant] = 1.0
        scale = np.where(constant, 0.0, 1 / spread)
        damping = Damping.of(prior, variances, scale)
        tangents = features[:0]
        if prior is not None and prior.tangents is not None:
            tangents = prior.tangents
        roots = _roots(weights, n_series, len(tangents))
        return cls(features, centre, spread, scale, damping, tangents, roots)

    def without_tangents(self) -> Standardized:
        """Leave the rows of tangents aside."""
        roots = None if self.roots is None else self.roots[: self.n_series]
        return replace(self, tangents=self.tangents[:0], roots=roots)

    @property
    def n_series(self) -> int:
        """Rows of series."""
        return len(self.features)

    @property
    def n_rows(self) -> int:
        """Rows of series and of tangents."""
        return len(self.features) + len(self.tangents)

    @property
    def intercept(self) -> NDArray[np.float64]:
        """The direction of the intercept's column, of length 1."""
        column = np.zeros(self.n_rows)
        column[: self.n_series] = 1.0
        if self.roots is not None:
            column *= self.roots[:, 0]
        direction: NDArray[np.float64] = column / np.linalg.norm(column)
        return direction

    def of_all_rows(self, of_series: NDArray[np.float64]) -> NDArray[np.float64]:
        """Put zeros for the tangents behind rows of the series, times the roots of weights."""
        values = np.zeros((self.n_rows, of_series.shape[1]))
        values[: self.n_series] = of_series
        return values if self.roots is None else values * self.roots

    def unrooted(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Divide rows of the series by the square roots of their weights."""
        return values if self.roots is None else values / self.roots[: self.n_series]

    def rows(self, some: slice | NDArray[np.int64]) -> NDArray[np.float64]:
        """Standardise and damp some rows, shape (len, n_features)."""
        return self.damping.damp(self._undamped(some))

    def _undamped(self, some: slice | NDArray[np.int64]) -> NDArray[np.float64]:
        values: NDArray[np.float64] = self._centred(some) * self.scale
        if self.roots is not None:
            values *= self.roots[some]
        return values

    def _centred(self, some: slice | NDArray[np.int64]) -> NDArray[np.float64]:
        """Take the centre from series; tangents are differences, and have none."""
        if not isinstance(some, slice) or some.stop <= self.n_series:
            return np.asarray(self.features[some] - self.centre)
        first = self.features[some] - self.centre
        n_before = max(0, some.start - self.n_series)
        second = self.tangents[n_before : some.stop - self.n_series]
        return np.concatenate((first, second))

    def columns(self, some: slice) -> NDArray[np.float64]:
        """Standardise some features, not damped, shape (n_rows, len)."""
        centred = self.features[:, some] - self.centre[some]
        values = np.concatenate((centred, self.tangents[:, some])) * self.scale[some]
        return values if self.roots is None else values * self.roots

    def transposed_times(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Multiply the transposed rows by y of shape (n_rows, k): shape (n_features, k)."""
        product = np.zeros((self.features.shape[1], y.shape[1]))
        for some in blocks(len(y)):
            product += self.rows(some).T @ y[some]
        return product

    def gram_of_rows(self) -> NDArray[np.float64]:
        """Multiply every row by every other, shape (n_rows, n_rows)."""
        gram = np.zeros((self.n_rows, self.n_rows))
        for some in blocks(self.features.shape[1]):
            part = self.columns(some)
            gram += part @ part.T
        if self.damping.bases:
            shares = [self.damping.shares(self._undamped(some)) for some in blocks(self.n_rows)]
            lost = np.concatenate(shares)
            gram -= (1 - KEPT) * lost @ lost.T
        return gram

    def gram_of_features(self) -> NDArray[np.float64]:
        """Multiply every feature by every other, shape (n_features, n_features)."""
        n_features = self.features.shape[1]
        gram = np.zeros((n_features, n_features))
        for some in blocks(self.n_rows):
            part = self.rows(some)
            gram += part.T @ part
        return gram


def _roots(
    weights: NDArray[np.float64] | None, n_series: int, n_tangents: int
) -> NDArray[np.float64] | None:
    """Compute the square roots of the weights of series and tangents; None where all count 1."""
    if weights is None and not n_tangents:
        return None
    of_series = np.ones(n_series) if weights is None else weights
    of_tangents = np.full(n_tangents, TANGENTS_COUNT * n_series / max(n_tangents, 1))
    roots: NDArray[np.float64] = np.sqrt(np.concatenate((of_series, of_tangents)))[:, None]
    return roots


def _mean(
    values: NDArray[np.floating[Any]], weights: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    """Compute the mean over series, weighted or not, in float64."""
    if weights is None:
        mean: NDArray[np.float64] = values.mean(axis=0, dtype=np.float64)
        return mean
    weighted = np.zeros(values.shape[1])
    for some in blocks(len(values)):
        weighted += weights[some] @ values[some]
    weighted /= weights.sum()
    return weighted


def blocks(n: int) -> Iterator[slice]:
    """Cut n rows into blocks of ``BLOCK``."""
    return (slice(start, start + BLOCK) for start in range(0, n, BLOCK))


def decomposed(gram: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute eigenvalues, from the least to the greatest, and eigenvectors, as columns.

    The matrix is overwritten.
    """
    from scipy.linalg import eigh  # takes a third less memory than NumPy's

    values, vectors = eigh(gram.T, overwrite_a=True, check_finite=False, driver="evd")
    return values, vectors


def _residuals(
    x: Standardized,
    y: NDArray[np.float64],
    penalties: Sequence[float],
    groups: NDArray[np.int64] | None,
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Compute the residuals of all rows and the left-out ones of the series, by penalty.

    They have a column for each class. The columns of ``y`` are at right angles to the intercept, as
    those of ``x`` are; both are rooted.
    """
    if x.n_rows <= x.features.shape[1]:
        gram, intercept = x.gram_of_rows(), x.intercept
        return _residuals_by_gram(gram, y, penalties, groups, x.n_series, intercept)
    return _residuals_by_features(x, y, penalties, groups)


def _residuals_by_gram(
    gram: NDArray[np.float64],
    y: NDArray[np.float64],
    penalties: Sequence[float],
    groups: NDArray[np.int64] | None,
    n_series: int,
    intercept: NDArray[np.float64],
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Yield what ``_residuals`` does, from the Gram matrix of the rows, which is overwritten.

    The first ``n_series`` rows are those of series.
    """
    # the intercept's direction is lifted above all others, found there, and left out
    gram += (2 * np.trace(gram) + 1) * np.outer(intercept, intercept)
    values, vectors = decomposed(gram)
    values, vectors = values[:-1].clip(min=0), vectors[:, :-1]
    shares = [penalty / (values + penalty) for penalty in penalties]
    of_series = vectors[:n_series]
    left = np.concatenate(
        [np.square(of_series[some]) @ np.stack(shares, axis=1) for some in blocks(n_series)]
    )
    projected = vectors.T @ y
    for k, share in enumerate(shares):
        residual = vectors @ (share[:, None] * projected)
        if groups is None:
            yield residual, residual[:n_series] / left[:, k, None]
        else:
            yield residual, by_series(of_series, share, residual[:n_series], groups)


def _residuals_by_features(
    x: Standardized,
    y: NDArray[np.float64],
    penalties: Sequence[float],
    groups: NDArray[np.int64] | None,
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Yield what ``_residuals`` does, from the Gram matrix of the features."""
    n_series, intercept = x.n_series, x.intercept[: x.n_series]
    values, vectors = decomposed(x.gram_of_features())
    inverses = [1 / (values.clip(min=0) + penalty) for penalty in penalties]
    projected = vectors.T @ x.transposed_times(y)
    weights = np.concatenate(
        [vectors @ (inverse[:, None] * projected) for inverse in inverses], axis=1
    )
    fitted = np.empty((x.n_rows, weights.shape[1]))
    leverages = np.empty((x.n_rows, len(penalties)))
    for some in blocks(x.n_rows):
        part = x.rows(some)
        fitted[some] = part @ weights
        leverages[some] = np.square(part @ vectors) @ np.stack(inverses, axis=1)
    for k, fitted_by_penalty in enumerate(np.split(fitted, len(penalties), axis=1)):
        residual = y - fitted_by_penalty
        if groups is None:
            left = 1 - np.square(intercept) - leverages[:n_series, k]
            left = left.clip(min=np.finfo(np.float64).eps)
            yield residual, residual[:n_series] / left[:, None]
        else:

            def project(some: NDArray[np.int64]) -> NDArray[np.float64]:
                return x.rows(some) @ vectors

            of_series = residual[:n_series]
            yield residual, by_features(project, inverses[k], of_series, groups, intercept)
