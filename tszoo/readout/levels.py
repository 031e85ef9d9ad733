"""Put level numbers beside the features of a body, with the weight that suits the series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from tszoo.data.dataset import Dataset
from tszoo.data.levels import level_numbers, says_nothing
from tszoo.nets.levels import KNOTS, read_levels
from tszoo.nets.network import Network
from tszoo.readout.few import is_few
from tszoo.readout.ridge import gram_of_series, left_out_residuals
from tszoo.readout.spread import Prior

# What levels weigh beside features: the mean squared length of the one, as a share of the other.
SHARES = (0.01, 0.1, 1.0, 10.0)
USUAL_SHARE = 0.1
# Series that the weight is chosen by, at most.
MOST_SERIES = 500
# Levels are worth reading if the left-out error falls by this share of it, and by this many
# standard errors of its fall.
LEAST_FALL = 0.05
STANDARD_ERRORS = 2.0


class Weighed(NamedTuple):
    """What reading levels beside features comes to.

    Attributes
    ----------
    spread : float
        What levels are divided by, for the least error.
    without, error : float
        Mean squared left-out residual of the features alone, and with levels beside them.
    helps : bool
        Whether the error falls clearly.
    """

    spread: float
    without: float
    error: float
    helps: bool


def learn_levels(network: Network, target: Dataset) -> NDArray[np.float32]:
    """Give a network whose head reads levels, in place, the quantiles of a target's.

    Returns what the head reads of the target's series, float32 of shape (n_series, n_read).
    """
    numbers = level_numbers(target)
    knots = level_knots(numbers, target.length)
    with torch.no_grad():
        network.level_knots.copy_(knots)
    return read(numbers, knots)


def levels_for(
    networks: Sequence[Network], dataset: Dataset, device: torch.device
) -> torch.Tensor | None:
    """Measure the level numbers of series where a network reads them; None where none does."""
    if not any(network.level for network in networks):
        return None
    return torch.from_numpy(level_numbers(dataset)).to(device)


def level_knots(numbers: NDArray[np.float32], length: int) -> torch.Tensor:
    """Compute the quantiles of every level number over training series.

    Those of a number that says nothing are all its median: its rank is then always one half.

    Parameters
    ----------
    numbers : ndarray of float32, shape (n_series, n_numbers)
        What ``tszoo.data.levels.level_numbers`` gives.
    length : int
        Points of the longest series.

    Returns
    -------
    Tensor, shape (KNOTS * n_numbers,), float32
        The least of every number first.
    """
    quantiles = np.quantile(numbers.astype(np.float64), np.linspace(0, 1, KNOTS), axis=0)
    nothing = says_nothing(numbers, length)
    quantiles[:, nothing] = quantiles[KNOTS // 2, nothing]
    return torch.from_numpy(quantiles.astype(np.float32).reshape(-1))


def read(numbers: NDArray[np.float32], knots: torch.Tensor) -> NDArray[np.float32]:
    """Compute what a head reads of level numbers, see ``tszoo.nets.levels.read_levels``."""
    levels: NDArray[np.float32] = read_levels(torch.from_numpy(numbers), knots).numpy()
    return levels


def weigh_levels(
    features: NDArray[np.float32],
    levels: NDArray[np.float32],
    labels: NDArray[np.int64],
    n_classes: int,
    prior: Prior,
    groups: NDArray[np.int64] | None = None,
) -> Weighed:
    """Choose the weight of levels beside features by the left-out error of a ridge classifier.

    Many features would leave a few levels no say, for the ridge penalty counts all alike. Gram
    matrices of the two are computed once, and every weight is tried with their sum.

    Parameters
    ----------
    features : ndarray of float32, shape (n_series, n_features)
        Of all stages, not standardised.
    levels : ndarray of float32, shape (n_series, n_read)
        What a head reads of level numbers.
    labels : ndarray of int64, shape (n_series,)
    n_classes : int
    prior : Prior
        What is known of the features, see ``tszoo.readout.spread``.
    groups : ndarray of int64, shape (n_series,), or None
        As for ``fit_ridge``.
    """
    some = _some(labels)
    usual = _spread(levels, features.shape[1], USUAL_SHARE)
    if is_few(labels, groups):
        return Weighed(usual, np.nan, np.nan, False)
    labels = labels[some]
    if groups is not None:
        groups = groups[some]
    of_features = gram_of_series(features[some], prior)
    of_levels = gram_of_series(levels[some], Prior((levels.shape[1],), 1.0))
    residuals = left_out_residuals(of_features, labels, n_classes, groups=groups)
    without = np.square(residuals).mean(axis=1)
    tried = []
    for share in SHARES:
        spread = _spread(levels, features.shape[1], share)
        both = of_features + of_levels / spread**2
        residuals = left_out_residuals(both, labels, n_classes, groups=groups)
        tried.append((np.square(residuals).mean(axis=1), spread))
    errors, spread = min(tried, key=lambda errors_spread: float(errors_spread[0].mean()))
    fall = without - errors
    least = max(LEAST_FALL * without.mean(), STANDARD_ERRORS * fall.std() / np.sqrt(len(fall)))
    helps = bool(fall.mean() > least)
    return Weighed(spread, float(without.mean()), float(errors.mean()), helps)


def _some(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Choose series to try weights with: all of few, evenly spaced ones of every class of many."""
    by_class = np.argsort(labels, kind="stable")
    n_chosen = min(len(labels), MOST_SERIES)
    chosen: NDArray[np.int64] = by_class[np.arange(n_chosen) * len(labels) // n_chosen]
    return np.sort(chosen)


def _spread(levels: NDArray[np.float32], n_features: int, share: float) -> float:
    """Compute what levels are divided by for a share of the features' mean squared length."""
    variance = float(levels.var(axis=0, dtype=np.float64).sum())
    if variance == 0:
        return 1.0
    return float(np.sqrt(variance / (share * n_features)))
