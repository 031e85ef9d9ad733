"""Fit a linear head in closed form: ridge regression on labels.

The penalty is the one with the least error when each series, or each group, is left out in turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
        directions are damped; None leaves each feature to itself.
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
    fits = _fits(x, x.rooted(targets - level), penalties, groups)
    penalty, residual, error = min(fits, key=lambda fit: float(np.mean(fit[2] * fit[2])))
    weight = x.damping.damp(x.transposed_times(residual).T) / (penalty * x.spread)
    bias = level - weight @ x.centre
    residual, error = x.unrooted(residual), x.unrooted(error)
    return RidgeFit(
        weight, bias, float(penalty), targets - residual, targets - error, x.centre, x.spread
    )


def gram_of_series(
    features: NDArray[np.floating[Any]], prior: Prior | None = None
) -> NDArray[np.float64]:
    """Multiply every series by every other, standardised and damped as ``fit_ridge`` does.

    Parameters
    ----------
    features, prior
        As for ``fit_ridge``.

    Returns
    -------
    ndarray of float64, shape (n_series, n_series)
    """
    return Standardized.of(np.asarray(features), prior).gram_of_series()


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
    errors = (error for _, error in _residuals_by_gram(gram.copy(), y, penalties, groups))
    return min(errors, key=lambda error: float(np.mean(error * error)))


def _fits(
    x: Standardized,
    y: NDArray[np.float64],
    penalties: Sequence[float],
    groups: NDArray[np.int64] | None,
) -> Iterator[tuple[float, NDArray[np.float64], NDArray[np.float64]]]:
    """Yield every penalty with its residuals and left-out residuals, each (n_series, n_classes)."""
    both = _residuals(x, y, penalties, groups)
    for penalty, (residual, error) in zip(penalties, both, strict=True):
        yield penalty, residual, error


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

    All at once would fill gigabytes, for thousands of series by thousands of features.

    Attributes
    ----------
    features : ndarray of floats, shape (n_series, n_features)
        As they come.
    centre, spread : ndarray of float64, shape (n_features,)
    scale : ndarray of float64, shape (n_features,)
        One over the spread, and 0 for a constant feature.
    damping : Damping
        Of standardised features.
    roots : ndarray of float64, shape (n_series, 1), or None
        Square roots of the series' weights, which rows are multiplied by.
    """

    features: NDArray[np.floating[Any]]
    centre: NDArray[np.float64]
    spread: NDArray[np.float64]
    scale: NDArray[np.float64]
    damping: Damping
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
        roots = None
        if weights is not None:
            roots = np.sqrt(weights)[:, None]
        centre = _mean(features, weights)
        variances = np.zeros(n_features)
        for some in blocks(n_series):
            gaps = features[some] - centre
            if roots is not None:
                gaps = gaps * roots[some]
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
        return cls(features, centre, spread, scale, damping, roots)

    @property
    def intercept(self) -> NDArray[np.float64] | None:
        """The direction of the intercept's column, of length 1; None for the constant one."""
        if self.roots is None:
            return None
        direction: NDArray[np.float64] = self.roots[:, 0] / np.linalg.norm(self.roots)
        return direction

    def rooted(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Multiply rows of all series by the square roots of their weights."""
        return values if self.roots is None else values * self.roots

    def unrooted(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Undo ``rooted``."""
        return values if self.roots is None else values / self.roots

    def rows(self, some: slice | NDArray[np.int64]) -> NDArray[np.float64]:
        """Standardise and damp some series, shape (len, n_features)."""
        return self.damping.damp(self._undamped(some))

    def _undamped(self, some: slice | NDArray[np.int64]) -> NDArray[np.float64]:
        values: NDArray[np.float64] = (self.features[some] - self.centre) * self.scale
        if self.roots is not None:
            values *= self.roots[some]
        return values

    def columns(self, some: slice) -> NDArray[np.float64]:
        """Standardise some features, not damped, shape (n_series, len)."""
        centred = self.features[:, some] - self.centre[some]
        values: NDArray[np.float64] = centred * self.scale[some]
        return self.rooted(values)

    def transposed_times(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Multiply the transposed features by y of shape (n_series, k): shape (n_features, k)."""
        product = np.zeros((self.features.shape[1], y.shape[1]))
        for some in blocks(len(y)):
            product += self.rows(some).T @ y[some]
        return product

    def gram_of_series(self) -> NDArray[np.float64]:
        """Multiply every series by every other, shape (n_series, n_series)."""
        n_series, n_features = self.features.shape
        gram = np.zeros((n_series, n_series))
        for some in blocks(n_features):
            part = self.columns(some)
            gram += part @ part.T
        if self.damping.bases:
            shares = [self.damping.shares(self._undamped(some)) for some in blocks(n_series)]
            lost = np.concatenate(shares)
            gram -= (1 - KEPT) * lost @ lost.T
        return gram

    def gram_of_features(self) -> NDArray[np.float64]:
        """Multiply every feature by every other, shape (n_features, n_features)."""
        n_series, n_features = self.features.shape
        gram = np.zeros((n_features, n_features))
        for some in blocks(n_series):
            part = self.rows(some)
            gram += part.T @ part
        return gram


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
    """Compute residuals and left-out residuals, both (n_series, n_classes), by penalty.

    The columns of ``y`` have mean 0, as those of ``x`` have; both are rooted.
    """
    n_series, n_features = x.features.shape
    if n_series <= n_features:
        return _residuals_by_gram(x.gram_of_series(), y, penalties, groups, x.intercept)
    return _residuals_by_features(x, y, penalties, groups)


def _residuals_by_gram(
    gram: NDArray[np.float64],
    y: NDArray[np.float64],
    penalties: Sequence[float],
    groups: NDArray[np.int64] | None,
    intercept: NDArray[np.float64] | None = None,
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Yield what ``_residuals`` does, from the Gram matrix of the series, which is overwritten."""
    n_series = len(y)
    # the intercept's direction is lifted above all others, found there, and left out
    height = 2 * np.trace(gram) + 1
    if intercept is None:
        gram += height / n_series
    else:
        gram += height * np.outer(intercept, intercept)
    values, vectors = decomposed(gram)
    values, vectors = values[:-1].clip(min=0), vectors[:, :-1]
    shares = [penalty / (values + penalty) for penalty in penalties]
    left = np.concatenate(
        [np.square(vectors[some]) @ np.stack(shares, axis=1) for some in blocks(n_series)]
    )
    projected = vectors.T @ y
    for k, share in enumerate(shares):
        residual = vectors @ (share[:, None] * projected)
        if groups is None:
            yield residual, residual / left[:, k, None]
        else:
            yield residual, by_series(vectors, share, residual, groups)


def _residuals_by_features(
    x: Standardized,
    y: NDArray[np.float64],
    penalties: Sequence[float],
    groups: NDArray[np.int64] | None,
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Yield what ``_residuals`` does, from the Gram matrix of the features."""
    n_series = len(y)
    intercept = np.full(n_series, n_series**-0.5) if x.intercept is None else x.intercept
    values, vectors = decomposed(x.gram_of_features())
    inverses = [1 / (values.clip(min=0) + penalty) for penalty in penalties]
    projected = vectors.T @ x.transposed_times(y)
    weights = np.concatenate(
        [vectors @ (inverse[:, None] * projected) for inverse in inverses], axis=1
    )
    fitted, leverages = np.empty((n_series, weights.shape[1])), np.empty((n_series, len(penalties)))
    for some in blocks(n_series):
        part = x.rows(some)
        fitted[some] = part @ weights
        leverages[some] = np.square(part @ vectors) @ np.stack(inverses, axis=1)
    for k, fitted_by_penalty in enumerate(np.split(fitted, len(penalties), axis=1)):
        residual = y - fitted_by_penalty
        if groups is None:
            left = (1 - np.square(intercept) - leverages[:, k]).clip(min=np.finfo(np.float64).eps)
            yield residual, residual / left[:, None]
        else:

            def project(some: NDArray[np.int64]) -> NDArray[np.float64]:
                return x.rows(some) @ vectors

            yield residual, by_features(project, inverses[k], residual, groups, intercept)
