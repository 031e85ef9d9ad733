"""The sources of a pool that are nearest to a target.

Algorithm 1, lines 9 to 15, without computing every distance.
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

# Up to this many cells of cost matrices (tens of milliseconds) every pair is compared outright:
# bounds could save little, and a machine that has not compiled their kernels yet is spared ten
# seconds of that.
FEW_CELLS = 200_000_000


class Work(NamedTuple):
    """What a search took.

    Attributes
    ----------
    pairs : int
        Pairs of prototypes, one of the target and one of a source.
    compared : int
        Those whose warping was computed, even in part; the others were too far by their bounds.
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
        Positions in the pool; equally near ones by name.
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
    """Rank a pool's sources by the least DTW distance of any prototype of theirs and any of the target.

    The answer is that of computing all distances in float64; most are not computed, because cheap
    bounds show that they cannot be the least of their source, or that their source cannot be among
    the first ``top``.

    Parameters
    ----------
    target : Prototypes
    pool : PrototypePool
        Of sources with the target's number of channels.
    comparison : Comparison or None
        How prototypes are compared; None for plain DTW.
    top : int or None
        How many sources to find; None for all. Few are found faster.
    n_jobs : int or None
        Threads: None is one, -1 one a core. The answer does not depend on it.
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
    comparison = comparison or Comparison()
    own = PrototypePool.of({"target": target})
    for k in np.flatnonzero(pool.channels != target.n_channels)[:1]:
        msg = (
            f"{pool.names[pool.owners[k]]}: series of {target.n_channels} and of "
            f"{pool.channels[k]} channels cannot be compared; give both the same number."
        )
        raise DataError(msg)
    if comparison.length is not None:
        own, pool = own.resampled(comparison.length), pool.resampled(comparison.length)
    if not comparison.normalized and 0 < own.lengths.sum() * pool.lengths.sum() <= FEW_CELLS:
        return _compare_all(own, pool, comparison, top, n_jobs, on_source)
    bounds = _bounds(own, pool, comparison, n_jobs)
    order = _order(own, pool, comparison, bounds)
    leaders = _Leaders(top)

    def take_turns(_: int) -> tuple[list[_Candidate], NDArray[np.int64]]:
        return _take_turns(own, pool, comparison, bounds, order, leaders, on_source)

    turns = list(in_threads(take_turns, range(n_threads(n_jobs)), n_jobs))
    rows = sorted(row for found, _ in turns for row in found)[:top]
    compared, computed = (int(sum(work[k] for _, work in turns)) for k in range(2))
    return _ranking(
        rows, Work(bounds.size, compared, int(own.lengths.sum() * pool.lengths.sum()), computed)
    )


def _ranking(rows: Sequence[_Candidate], work: Work) -> Ranking:
    return Ranking(
        sources=np.array([row.source for row in rows], dtype=np.int64),
        distances=np.array([row.distance for row in rows], dtype=np.float64),
        target_classes=np.array([row.target_class for row in rows], dtype=np.int64),
        source_classes=np.array([row.source_class for row in rows], dtype=np.int64),
        work=work,
    )


def _compare_all(
    own: PrototypePool,
    pool: PrototypePool,
    comparison: Comparison,
    top: int | None,
    n_jobs: int | None,
    on_source: Callable[[], None] | None,
) -> Ranking:
    """Rank sources by the costs of all pairs."""
    target, sources = own.source(0).stack(), [pool.source(i).stack() for i in range(len(pool))]
    costs = pairwise_costs(target, joined(sources), comparison.window, n_jobs)
    rows = []
    for i, (start, stop) in enumerate(zip(pool.offsets[:-1], pool.offsets[1:], strict=True)):
        least = costs[:, start:stop]
        target_class, source_class = np.unravel_index(int(least.argmin()), least.shape)
        cost = float(least[target_class, source_class])
        rows.append(
            _Candidate(math.sqrt(cost), pool.names[i], i, int(target_class), int(source_class))
        )
        if on_source is not None:
            on_source()
    cells = int(own.lengths.sum() * pool.lengths.sum())
    return _ranking(sorted(rows)[:top], Work(costs.size, costs.size, cells, cells))


class _Candidate(NamedTuple):
    """A source and its distance, in the order of the answer."""

    distance: float
    name: str
    source: int
    target_class: int
    source_class: int


class _Leaders:
    """The least costs so far, and what a source must not exceed to be among the first."""

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
    own: PrototypePool,
    pool: PrototypePool,
    comparison: Comparison,
    bounds: NDArray[np.float32],
    order: Iterator[tuple[float, int]],
    leaders: _Leaders,
    on_source: Callable[[], None] | None,
) -> tuple[list[_Candidate], NDArray[np.int64]]:
    """Look at sources, one after the other, as several threads do side by side.

    Give what was found, and the work.
    """
    from tszoo.similarity._search import nearest_pair

    found = []
    work = np.zeros(2, dtype=np.int64)
    for low, source in order:
        if low > leaders.cutoff[0]:
            break
        cost, target_class, source_class = nearest_pair(
            own.values,
            own.starts,
            own.lengths,
            int(own.channels[0]),
            pool.values,
            pool.starts,
            pool.lengths,
            int(pool.offsets[source]),
            int(pool.offsets[source + 1]),
            bounds,
            leaders.cutoff,
            window_code(comparison.window),
            comparison.normalized,
            work,
        )
        if target_class >= 0:
            leaders.add(cost)
            found.append(
                _Candidate(math.sqrt(cost), pool.names[source], source, target_class, source_class)
            )
        if on_source is not None:
            on_source()
    return found, work


def _order(
    own: PrototypePool, pool: PrototypePool, comparison: Comparison, bounds: NDArray[np.float32]
) -> Iterator[tuple[float, int]]:
    """Sort the sources by what their costs cannot be below; give that and their positions."""
    from tszoo.similarity._bounds import least_of

    lows = least_of(
        bounds, own.lengths, pool.lengths, pool.offsets, int(own.channels[0]), comparison.normalized
    )
    order = np.argsort(lows, kind="stable")
    return iter(list(zip(lows[order].tolist(), order.tolist(), strict=True)))


def _bounds(
    own: PrototypePool, pool: PrototypePool, comparison: Comparison, n_jobs: int | None
) -> NDArray[np.float32]:
    """Bound the costs of all pairs from below, shape (n_prototypes of the pool, of the target)."""
    from tszoo.similarity._bounds import LANES, bound_all

    bounds = np.empty((len(pool.starts), len(own.starts)), dtype=np.float32)
    threads = n_threads(n_jobs)

    def fill(thread: int) -> int:
        return bound_all(
            own.values,
            own.starts,
            own.lengths,
            int(own.channels[0]),
            pool.values,
            pool.starts,
            pool.lengths,
            thread * LANES,
            len(pool.starts),
            threads,
            window_code(comparison.window),
            bounds,
        )

    for bad in in_threads(fill, range(threads), n_jobs):
        if bad >= 0:
            pool.source(int(pool.owners[bad]))  # says which class
            msg = f"{pool.names[pool.owners[bad]]}: values that changed while they were read."
            raise DataError(msg)
    return bounds
