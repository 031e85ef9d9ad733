"""The typical series of a set: its medoid, and its barycentre under DTW."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tszoo.errors import OptionError
from tszoo.similarity._jobs import threads
from tszoo.similarity.dtw import _require_same_channels, costs_within
from tszoo.similarity.series import Stack, as_series, as_stack, window_code

# Sums are taken over this many series at a time, so that rounding does not depend on the number of
# threads.
CHUNK = 64
# Steps of paths, two bytes each, that a thread keeps in memory. Series of 5000 points need no more;
# longer ones are warped twice instead.
MOST_STEPS = 1 << 25

Ties = Literal["diagonal", "straight"]


def medoid(
    series: ArrayLike | Sequence[ArrayLike] | Stack,
    window: int | None = None,
    n_jobs: int | None = None,
    on_comparisons: Callable[[int], None] | None = None,
) -> int:
    """Find the series with the least sum of squared DTW distances to the others.

    Parameters
    ----------
    series, window, n_jobs
        As for `cdist_dtw`.
    on_comparisons : callable or None
        Called with the number of comparisons done since the last call.

    Returns
    -------
    int
        The index of the series; of equals, the first.

    Raises
    ------
    DataError, OptionError
        As `dtw` does.
    """
    return medoids([as_stack(series)], window, n_jobs, on_comparisons)[0]


def medoids(
    sets: Sequence[Stack],
    window: int | None = None,
    n_jobs: int | None = None,
    on_comparisons: Callable[[int], None] | None = None,
) -> list[int]:
    """Find the `medoid` of each of several sets; the threads share the work of all."""
    tables = costs_within(sets, window, n_jobs, on_comparisons)
    return [int(costs.sum(axis=1).argmin()) for costs in tables]


def dba(
    series: ArrayLike | Sequence[ArrayLike] | Stack,
    init: ArrayLike,
    n_iterations: int = 10,
    window: int | None = None,
    n_jobs: int | None = None,
    on_comparisons: Callable[[int], None] | None = None,
    ties: Ties = "diagonal",
) -> NDArray[np.float64]:
    """Compute the DTW barycentre of series (Petitjean et al. 2011).

    Each iteration warps every series onto the barycentre, and moves each point of the barycentre to
    the mean of the points that meet it ("A global averaging method for dynamic time warping").

    Parameters
    ----------
    series : as for `cdist_dtw`
    init : array-like, shape (length,) or (n_channels, length)
        Where to start; its length is the barycentre's.
    n_iterations : int
        All of them are done: there is no early stop.
    window, n_jobs
        As for `cdist_dtw`; the answer does not depend on ``n_jobs``.
    on_comparisons : callable or None
        Called with the number of comparisons done since the last call.
    ties : {"diagonal", "straight"}
        Which of equally cheap steps a path takes. "diagonal", as in tslearn, prefers the step in
        both series, then the step in the series alone. "straight", as in the code of the 2018
        transfer paper, prefers the step in the barycentre alone, then the step in the series alone.
        It matters where series have plateaus.

    Returns
    -------
    ndarray of float64, shape (n_channels, length of init)

    Raises
    ------
    DataError
        As `dtw` does.
    OptionError
        If ``n_iterations`` or the window is negative, or ``ties`` is neither.
    """
    stack, center = as_stack(series), as_series(init, "init")
    owners = np.zeros(len(stack), dtype=np.int64)
    (barycenter,) = barycenters(
        stack, owners, [center], n_iterations, window, n_jobs, on_comparisons, ties
    )
    return barycenter


def barycenters(
    stack: Stack,
    owners: NDArray[np.int64],
    inits: Sequence[NDArray[np.float64]],
    n_iterations: int = 10,
    window: int | None = None,
    n_jobs: int | None = None,
    on_comparisons: Callable[[int], None] | None = None,
    ties: Ties = "diagonal",
) -> list[NDArray[np.float64]]:
    """Compute the `dba` barycentre of each of several sets; the threads share the work of all.

    Parameters
    ----------
    stack : Stack
        The series of all sets.
    owners : ndarray of int64, shape (n_series,)
        The set of each series; every set has one.
    inits : sequence of ndarray of float64, each of shape (n_channels, length)
        Where each set's barycentre starts.
    n_iterations, window, n_jobs, on_comparisons, ties
        As for `dba`.
    """
    if ties not in ("diagonal", "straight"):
        msg = f"ties must be 'diagonal' or 'straight', not {ties!r}."
        raise OptionError(msg)
    if n_iterations < 0:
        msg = f"n_iterations must be 0 or more, not {n_iterations}."
        raise OptionError(msg)
    radius = window_code(window)
    centers = as_stack(inits, "init")
    owners = np.array(owners, dtype=np.int64)  # the kernel takes no array that is read-only
    _require_same_channels(stack.n_channels, centers.n_channels)
    averaging = _Averaging(stack, owners, centers, radius, ties)
    chunks = averaging.chunks()
    moving = np.ones(len(centers), dtype=bool)
    by_length = np.lexsort((stack.lengths, centers.lengths[owners]))
    with threads(n_jobs) as spread:
        for iteration in range(n_iterations):
            members = by_length[moving[owners[by_length]]]
            for n_comparisons in spread(averaging.align, _batches(members)):
                if on_comparisons is not None:
                    on_comparisons(n_comparisons)
            moving_chunks = [chunk for chunk in chunks if moving[chunk.center]]
            means = _means(spread(averaging.add, moving_chunks))
            for k, mean in means.items():
                # a centre that stays where it is will do so in every iteration to come
                moving[k] = not np.array_equal(mean, centers.series(k))
                centers.series(k)[:] = mean
            n_still = int((~moving[owners[members]]).sum())
            if on_comparisons is not None and n_still > 0:
                on_comparisons(n_still * (n_iterations - 1 - iteration))
    return [centers.series(k).copy() for k in range(len(centers))]


class _Chunk(NamedTuple):
    """Series of one set, whose sums are taken together."""

    center: int
    members: NDArray[np.int64]


class _Sums(NamedTuple):
    """The sums of the points that meet each point of a centre, and their numbers."""

    center: int
    sums: NDArray[np.float64]
    counts: NDArray[np.float64]


class _Averaging:
    """One iteration's work, cut into pieces that threads may do in any order."""

    def __init__(
        self, stack: Stack, owners: NDArray[np.int64], centers: Stack, radius: int, ties: Ties
    ) -> None:
        self.stack = stack
        self.owners = owners
        self.centers = centers
        self.radius = radius
        self.ties = ties
        # the first and the last point of a series that meet each point of its centre
        self.spans = np.empty((len(stack), centers.values.shape[2], 2), dtype=np.int64)

    def chunks(self) -> list[_Chunk]:
        """Cut every set into chunks."""
        chunks: list[_Chunk] = []
        for k in range(len(self.centers)):
            members = np.flatnonzero(self.owners == k)
            chunks += [
                _Chunk(k, members[start : start + CHUNK]) for start in range(0, len(members), CHUNK)
            ]
        return chunks

    def align(self, members: NDArray[np.int64]) -> int:
        """Warp series onto their centres; return their number."""
        from tszoo.similarity._kernels import DIAGONAL, STRAIGHT, align

        align(
            self.stack.values,
            self.stack.lengths,
            members,
            self.centers.values,
            self.centers.lengths,
            self.owners,
            self.radius,
            STRAIGHT if self.ties == "straight" else DIAGONAL,
            MOST_STEPS,
            self.spans,
        )
        return len(members)

    def add(self, chunk: _Chunk) -> _Sums:
        """Sum the points of a chunk's series that meet each point of their centre."""
        from tszoo.similarity._kernels import add_aligned

        sums = np.zeros_like(self.centers.series(chunk.center))
        counts = np.zeros(self.centers.lengths[chunk.center])
        add_aligned(self.stack.values, chunk.members, self.spans, sums, counts)
        return _Sums(chunk.center, sums, counts)


def _batches(members: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Cut series into batches, each as many as the kernel's vectors have lanes."""
    from tszoo.similarity._lanes import WIDTH

    return [members[start : start + WIDTH] for start in range(0, len(members), WIDTH)]


def _means(parts: Iterable[_Sums]) -> dict[int, NDArray[np.float64]]:
    """Divide the sums of each set by the number of points in them."""
    totals: dict[int, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
    for k, sums, counts in parts:
        before = totals.get(k, (0.0, 0.0))
        totals[k] = before[0] + sums, before[1] + counts
    return {k: sums / counts for k, (sums, counts) in totals.items()}
