"""Clusters of series under DTW, each around a barycentre."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tszoo.errors import OptionError
from tszoo.similarity.dba import Ties, barycenters
from tszoo.similarity.dtw import pairwise_costs
from tszoo.similarity.series import Stack, as_stack


@dataclass(frozen=True, eq=False)
class Clusters:
    """Series grouped around centres.

    Attributes
    ----------
    centers : tuple of ndarray of float64, each of shape (n_channels, length)
        A centre has the length of the series that it began as.
    labels : ndarray of int64, shape (n_series,)
        The cluster of each series in the last round; every cluster has at least one.
    """

    centers: tuple[NDArray[np.float64], ...]
    labels: NDArray[np.int64]


def kmeans(
    series: ArrayLike | Sequence[ArrayLike] | Stack,
    n_clusters: int,
    n_iterations: int = 10,
    window: int | None = None,
    n_jobs: int | None = None,
    on_comparisons: Callable[[int], None] | None = None,
    ties: Ties = "diagonal",
    candidates: ArrayLike | None = None,
) -> Clusters:
    """Cluster series by k-means under DTW, with barycentres for means (Petitjean et al. 2014).

    The paper is "Dynamic time warping averaging of time series allows faster and more accurate
    classification". Nothing is left to chance: the first centre begins as the medoid, and each
    further one as the series that lowers the sum of squared distances to the nearest centre the
    most (BUILD of Kaufman and Rousseeuw's PAM, 1990). Each round assigns every series to the
    nearest centre, and moves every centre by one iteration of `dba` over its series; neither raises
    that sum. A centre without series begins anew as the series that is farthest from its centre.
    With one cluster this is `dba` from the medoid.

    Parameters
    ----------
    series, window, n_jobs, on_comparisons, ties
        As for `dba`.
    n_clusters : int
        The most clusters there may be; there are fewer if there are fewer different series.
    n_iterations : int
        Rounds; they end early once no centre moves.
    candidates : array-like of int or None
        Indices of the series that centres may begin as; None for all. The distances of every two
        candidates are computed.

    Raises
    ------
    DataError
        As `dtw` does.
    OptionError
        If ``n_clusters`` is less than 1, ``n_iterations`` or the window is negative, or ``ties`` is
        neither.
    """
    if n_clusters < 1:
        msg = f"n_clusters must be 1 or more, not {n_clusters}."
        raise OptionError(msg)
    if n_iterations < 0:
        msg = f"n_iterations must be 0 or more, not {n_iterations}."
        raise OptionError(msg)
    stack = as_stack(series)

    def assign(
        centers: list[NDArray[np.float64]],
    ) -> tuple[NDArray[np.int64], list[NDArray[np.float64]]]:
        if len(centers) == 1:
            return np.zeros(len(stack), dtype=np.int64), centers
        costs = pairwise_costs(stack, as_stack(centers), window, n_jobs, on_comparisons)
        labels, new_starts = nearest_centers(costs)
        centers = list(centers)
        for c, start in new_starts.items():
            centers[c] = stack.series(start)
        used = np.unique(labels)
        return np.searchsorted(used, labels), [centers[c] for c in used]

    if candidates is None:
        candidates = np.arange(len(stack))
    candidates = np.asarray(candidates, dtype=np.int64)
    within = pairwise_costs(stack.take(candidates), None, window, n_jobs, on_comparisons)
    centers = [stack.series(int(candidates[i])) for i in first_centers(within, n_clusters)]
    if n_iterations == 0:
        labels, centers = assign(centers)
    for _ in range(n_iterations):
        labels, before = assign(centers)
        centers = barycenters(stack, labels, before, 1, window, n_jobs, on_comparisons, ties)
        # once nothing moves, every round to come is the same
        if all(map(np.array_equal, centers, before)):
            break
    return Clusters(tuple(centers), labels)


def first_centers(costs: NDArray[np.float64], n_clusters: int) -> list[int]:
    """Choose the series that centres begin as, by the costs of all pairs of series.

    Each one is the series that lowers the sum of costs to the nearest chosen series the most.
    """
    chosen: list[int] = []
    nearest = np.full(len(costs), np.inf)
    while len(chosen) < n_clusters and nearest.any():
        sums = np.minimum(nearest[:, None], costs).sum(axis=0)
        chosen.append(int(sums.argmin()))
        nearest = np.minimum(nearest, costs[chosen[-1]])
    return chosen


def nearest_centers(costs: NDArray[np.float64]) -> tuple[NDArray[np.int64], dict[int, int]]:
    """Assign each series to the first of its nearest centres, and a series to each empty centre.

    Returns
    -------
    labels : ndarray of int64, shape (n_series,)
        The centre of each series.
    new_starts : dict
        For a centre that no series is nearest to, the series that it begins anew as. Of the series
        that share their centre with others, that is the one farthest from its centre. If all lie on
        their centres, the empty centre stays empty.
    """
    labels = costs.argmin(axis=1)
    distances = costs.min(axis=1)
    sizes = np.bincount(labels, minlength=costs.shape[1])
    new_starts: dict[int, int] = {}
    for c in np.flatnonzero(sizes == 0):
        farthest = int(np.where(sizes[labels] > 1, distances, 0.0).argmax())
        if distances[farthest] == 0 or sizes[labels[farthest]] == 1:
            break
        sizes[labels[farthest]] -= 1
        labels[farthest], distances[farthest], sizes[c] = c, 0.0, 1
        new_starts[int(c)] = farthest
    return labels, new_starts
