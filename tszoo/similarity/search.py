"""The sources of a pool that are nearest to a target.

This is Algorithm 1 of Ismail Fawaz et al. (2018), lines 9 to 15, without computing every distance.
"""

from __future__ import annotations

import bisect
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tszoo.errors import DataError, OptionError
from tszoo.similarity._jobs import in_threads, n_threads
from tszoo.similarity.comparison import Comparison
from tszoo.similarity.dtw import pairwise_costs
from tszoo.similarity.pool import PrototypePool
from tszoo.similarity.prototypes import Prototypes
from tszoo.similarity.series import joined, window_code

# Up to this many cells of cost matrices (tens of milliseconds), every pair is compared outright.
# Bounds could save little, and their kernels take ten seconds to compile on a new machine.
FEW_CELLS = 200_000_000


class Work(NamedTuple):
    """What a search took.

    Attributes
    ----------
    pairs : int
        Pairs of prototypes, one of the target and one of a source.
    compared : int
        Pairs whose warping was computed, even in part; the others were too far by their bounds.
    cells : int
        Cells of all pairs' cost matrices, without a window.
    computed : int
        Cells that were computed.
    """

    pairs: int
    compared: int
    cells: int
    computed: int


@dataclass(frozen=True, eq=False)
class Ranking:
    """Sources from nearest to farthest, and how the target is nearest to each.

    Attributes
    ----------
    sources : ndarray of int64, shape (n,)
        Positions in the pool; equally near sources are in the order of their names.
    distances : ndarray of float64, shape (n,)
    target_classes, source_classes : ndarray of int64, shape (n,)
        Positions of the two nearest prototypes; of equal pairs the first.
    work : Work
    """

    sources: NDArray[np.int64]
    distances: NDArray[np.float64]
    target_classes: NDArray[np.int64]
    source_classes: NDArray[np.int64]
    work: Work


def search(
    target: Prototypes,
    pool: PrototypePool,
    comparison: Comparison | None = None,
    top: int | None = None,
    n_jobs: int | None = None,
    on_source: Callable[[], None] | None = None,
) -> Ranking:
    """Rank a pool's sources by their distance to a target.

    That distance is the least DTW distance of any prototype of the source and any of the target.
    The answer is that of computing all distances in float64. Most are not computed, because cheap
    bounds show that they cannot be the least of their source, or that their source cannot be among
    the first ``top``.

    Parameters
    ----------
    target : Prototypes
    pool : PrototypePool
        Sources with the target's number of channels.
    comparison : Comparison or None
        How prototypes are compared; None for plain DTW.
    top : int or None
        How many sources to find; None for all. Few are found faster.
    n_jobs : int or None
        Number of threads; None is one, -1 is one for every core. The answer does not depend on it.
    on_source : callable or None
        Called after each source that was looked at.

    Raises
    ------
    DataError
        If a source has another number of channels than the target, or values that are not finite.
    OptionError
        If ``top`` is below 1.
    """
    if top is not None and top < 1:
        msg = f"top must be 1 or more, not {top}."
        raise OptionError(msg)
    _require_same_channels(target, pool)
    query = _query(target, pool, comparison or Comparison())
    if not query.comparison.normalized and 0 < query.cells <= FEW_CELLS:
        return _compare_all(query, top, n_jobs, on_source)
    bounds = _bounds(query, n_jobs)
    order = _order(query, bounds)
    leaders = _Leaders(top)

    def take_turns(_: int) -> tuple[list[_Candidate], NDArray[np.int64]]:
        return _take_turns(query, bounds, order, leaders, on_source)

    turns = list(in_threads(take_turns, range(n_threads(n_jobs)), n_jobs))
    candidates = sorted(candidate for turn, _ in turns for candidate in turn)
    compared, computed = (int(sum(work[k] for _, work in turns)) for k in range(2))
    return _ranking(candidates[:top], Work(bounds.size, compared, query.cells, computed))


def _require_same_channels(target: Prototypes, pool: PrototypePool) -> None:
    for k in np.flatnonzero(pool.channels != target.n_channels)[:1]:
        msg = (
            f"{pool.names[pool.owners[k]]}: series of {target.n_channels} and of "
            f"{pool.channels[k]} channels cannot be compared; give both the same number."
        )
        raise DataError(msg)


class _Query(NamedTuple):
    """What is searched for, where, and how prototypes are compared."""

    target: PrototypePool
    pool: PrototypePool
    comparison: Comparison

    @property
    def n_channels(self) -> int:
        return int(self.target.channels[0])

    @property
    def window(self) -> int:
        return window_code(self.comparison.window)

    @property
    def cells(self) -> int:
        """Cells of all pairs' cost matrices, without a window."""
        return int(self.target.lengths.sum() * self.pool.lengths.sum())


def _query(target: Prototypes, pool: PrototypePool, comparison: Comparison) -> _Query:
    """Bring both sides to the length at which they are compared."""
    target_pool = PrototypePool.of({"target": target})
    if comparison.length is None:
        return _Query(target_pool, pool, comparison)
    length = comparison.length
    return _Query(target_pool.resampled(length), pool.resampled(length), comparison)


class _Candidate(NamedTuple):
    """A source and its distance, in the order of the answer."""

    distance: float
    name: str
    source: int
    target_class: int
    source_class: int


def _ranking(candidates: Sequence[_Candidate], work: Work) -> Ranking:
    def positions(field: str) -> NDArray[np.int64]:
        return np.array([getattr(candidate, field) for candidate in candidates], dtype=np.int64)

    return Ranking(
        sources=positions("source"),
        distances=np.array([candidate.distance for candidate in candidates], dtype=np.float64),
        target_classes=positions("target_class"),
        source_classes=positions("source_class"),
        work=work,
    )


def _compare_all(
    query: _Query, top: int | None, n_jobs: int | None, on_source: Callable[[], None] | None
) -> Ranking:
    """Rank sources by the costs of all pairs."""
    target, pool, comparison = query
    sources = joined([pool.source(i).stack() for i in range(len(pool))])
    costs = pairwise_costs(target.source(0).stack(), sources, comparison.window, n_jobs)
    candidates = []
    for i, name in enumerate(pool.names):
        source_costs = costs[:, pool.offsets[i] : pool.offsets[i + 1]]
        nearest = np.unravel_index(int(source_costs.argmin()), source_costs.shape)
        distance = math.sqrt(float(source_costs[nearest]))
        candidates.append(_Candidate(distance, name, i, int(nearest[0]), int(nearest[1])))
        if on_source is not None:
            on_source()
    work = Work(costs.size, costs.size, query.cells, query.cells)
    return _ranking(sorted(candidates)[:top], work)


class _Leaders:
    """The least costs so far, and the cost that a source must not exceed to be among the first."""

    def __init__(self, top: int | None) -> None:
        self.top = top
        self.costs: list[float] = []
        self.cutoff = np.array([np.inf])
        self.lock = threading.Lock()

    def add(self, cost: float) -> None:
        """Take note of a source's least cost."""
        if self.top is None:
            return
        with self.lock:
            bisect.insort(self.costs, cost)
            del self.costs[self.top :]
            if len(self.costs) == self.top:
                self.cutoff[0] = self.costs[-1]


def _take_turns(
    query: _Query,
    bounds: NDArray[np.float32],
    order: Iterator[tuple[float, int]],
    leaders: _Leaders,
    on_source: Callable[[], None] | None,
) -> tuple[list[_Candidate], NDArray[np.int64]]:
    """Look at one source after the other, as several threads do side by side.

    Return the candidates, and the numbers of pairs compared and of cells computed.
    """
    from tszoo.similarity._search import nearest_pair

    target, pool, comparison = query
    candidates = []
    work = np.zeros(2, dtype=np.int64)
    for least_cost, source in order:
        if least_cost > leaders.cutoff[0]:
            break
        cost, target_class, source_class = nearest_pair(
            target.values,
            target.starts,
            target.lengths,
            query.n_channels,
            pool.values,
            pool.starts,
            pool.lengths,
            int(pool.offsets[source]),
            int(pool.offsets[source + 1]),
            bounds,
            leaders.cutoff,
            query.window,
            comparison.normalized,
            work,
        )
        if target_class >= 0:
            leaders.add(cost)
            name = pool.names[source]
            candidates.append(_Candidate(math.sqrt(cost), name, source, target_class, source_class))
        if on_source is not None:
            on_source()
    return candidates, work


def _order(query: _Query, bounds: NDArray[np.float32]) -> Iterator[tuple[float, int]]:
    """Sort sources by what their costs cannot be below; yield that, and their positions."""
    from tszoo.similarity._bounds import least_of

    target, pool, comparison = query
    least_costs = least_of(
        bounds,
        target.lengths,
        pool.lengths,
        pool.offsets,
        query.n_channels,
        comparison.normalized,
    )
    order = np.argsort(least_costs, kind="stable")
    return iter(list(zip(least_costs[order].tolist(), order.tolist(), strict=True)))


def _bounds(query: _Query, n_jobs: int | None) -> NDArray[np.float32]:
    """Bound the costs of all pairs from below, shape (n_prototypes of the pool, of the target)."""
    from tszoo.similarity._bounds import LANES, bound_all

    target, pool, _ = query
    bounds = np.empty((len(pool.starts), len(target.starts)), dtype=np.float32)
    threads = n_threads(n_jobs)

    def fill(thread: int) -> int:
        return bound_all(
            target.values,
            target.starts,
            target.lengths,
            query.n_channels,
            pool.values,
            pool.starts,
            pool.lengths,
            thread * LANES,
            len(pool.starts),
            threads,
            query.window,
            bounds,
        )

    for first_bad in in_threads(fill, range(threads), n_jobs):
        if first_bad >= 0:
            owner = int(pool.owners[first_bad])
            pool.source(owner)  # raises, and says which class has the value
            msg = f"{pool.names[owner]}: values that changed while they were read."
            raise DataError(msg)
    return bounds
