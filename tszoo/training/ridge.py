"""A linear head in closed form: ridge regression on labels, with the penalty that leaving one series out likes best."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tszoo.errors import OptionError, TrainingError

PENALTIES: tuple[float, ...] = tuple(np.logspace(-3, 3, 10).tolist())
# A feature whose spread is this small beside its mean varies by the rounding of float32, not by the series.
CONSTANT = 1e-5


@dataclass(frozen=True, eq=False)
class RidgeFit:
    """A ridge classifier: decision values are ``features @ weight.T + bias``, the largest one's class is predicted.

    Attributes
    ----------
    weight : ndarray of float64, shape (n_classes, n_features)
        For features as they come: the standardisation is folded in. 0 for a feature that is constant.
    bias : ndarray of float64, shape (n_classes,)
    penalty : float
        The chosen one.
    left_out : ndarray of float64, shape (n_series, n_classes)
        Decision values of each series by the fit to all others, with this penalty and the standardisation of all.
    centre, spread : ndarray of float64, shape (n_features,)
        Mean and standard deviation that features were standardised by; the spread of a constant feature is 1.
    """

    weight: NDArray[np.float64]
    bias: NDArray[np.float64]
    penalty: float
    left_out: NDArray[np.float64]
    centre: NDArray[np.float64]
    spread: NDArray[np.float64]


def fit_ridge(
    features: NDArray[np.floating[Any]],
    labels: NDArray[np.int64],
    n_classes: int,
    penalties: Sequence[float] = PENALTIES,
) -> RidgeFit:
    """Fit one class against the rest by ridge regression on -1 and +1, as scikit-learn's ``RidgeClassifierCV`` does.

    Features are standardised, the intercept is not penalised. One eigen-decomposition of the smaller Gram matrix, that
    of the series or that of the features, gives the left-out decision values for every penalty: a left-out residual is
    the residual divided by one minus the series' leverage (Hastie, Tibshirani & Friedman 2009, "The elements of
    statistical learning", equation 7.64). The penalty with the least mean squared left-out residual is taken, of
    equals the first.

    Parameters
    ----------
    features : ndarray of floats, shape (n_series, n_features)
        Finite; computed with as float64.
    labels : ndarray of int64, shape (n_series,)
        From 0 to ``n_classes - 1``; a class may have no series.
    n_classes : int
    penalties : sequence of float
        Above 0.

    Raises
    ------
    OptionError
        If there is no penalty, or one is not above 0.
    TrainingError
        If there are fewer than two series, or a feature is not finite.
    """
    _check(features, penalties)
    x = np.array(features, dtype=np.float64)
    centre, spread = _standardize(x)
    targets = np.where(labels[:, None] == np.arange(n_classes), 1.0, -1.0)
    level = targets.mean(axis=0)
    fits = (
        (penalty, residual, residual / left[:, None])
        for penalty, (residual, left) in zip(penalties, _residuals(x, targets - level, penalties), strict=True)
    )
    penalty, residual, error = min(fits, key=lambda fit: float(np.mean(fit[2] * fit[2])))
    weight = (x.T @ residual).T / (penalty * spread)
    return RidgeFit(weight, level - weight @ centre, float(penalty), targets - error, centre, spread)


def _check(features: NDArray[np.floating[Any]], penalties: Sequence[float]) -> None:
    if not len(penalties) or not all(penalty > 0 for penalty in penalties):
        msg = f"penalties must be numbers above 0, not {list(penalties)}."
        raise OptionError(msg)
    if len(features) < 2:
        msg = f"{len(features)} series: a ridge classifier needs two or more."
        raise TrainingError(msg)
    odd = np.flatnonzero(~np.isfinite(features).all(axis=1))
    if len(odd):
        msg = f"the features of series {odd[0]} are not finite; the network's weights overflow on it."
        raise TrainingError(msg)


def _standardize(x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Standardise features in place, constant ones to zeros; return what was subtracted and divided by."""
    centre = x.mean(axis=0)
    x -= centre
    spread = np.sqrt(np.mean(x * x, axis=0))
    constant = spread <= CONSTANT * np.abs(centre)
    spread[constant] = 1.0
    x[:, constant] = 0.0
    x /= spread
    return centre, spread


def _residuals(
    x: NDArray[np.float64], y: NDArray[np.float64], penalties: Sequence[float]
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Yield residuals (n_series, n_classes) and one minus leverages (n_series,) for every penalty.

    The columns of ``x`` and ``y`` have mean 0.
    """
    n_series, n_features = x.shape
    if n_series <= n_features:
        gram = x @ x.T
        # the intercept's direction, the constant one, is lifted above all others, where it is found and left out
        values, vectors = np.linalg.eigh(gram + (2 * np.trace(gram) + 1) / n_series)
        values, vectors = values[:-1].clip(min=0), vectors[:, :-1]
        projected, squares = vectors.T @ y, vectors * vectors
        for penalty in penalties:
            kept = penalty / (values + penalty)
            yield vectors @ (kept[:, None] * projected), squares @ kept
        return
    values, vectors = np.linalg.eigh(x.T @ x)
    scores = x @ vectors
    projected, squares = scores.T @ y, scores * scores
    for penalty in penalties:
        inverse = 1 / (values.clip(min=0) + penalty)
        left = 1 - 1 / n_series - squares @ inverse
        yield y - scores @ (inverse[:, None] * projected), left.clip(min=np.finfo(np.float64).eps)
