"""The typical series of a set: its medoid, and its barycentre under DTW."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tszoo.errors import OptionError
from tszoo.similarity._jobs import threads
from tszoo.similarity.dtw import _require_same_channels, costs_within
from tszoo.similarity.series import Stack, as_series, as_stack, window_code

# Sums are taken over this many series at a time, so that they do not depend on how many threads
# share the work.
CHUNK = 64
# Steps of paths, two bytes each, that a thread holds at a time; series of 5000 points need no more.
# Longer ones are warped twice instead.
MOST_STEPS = 1 << 25

Ties = Literal["diagonal", "straight"]


def medoid(
    series: ArrayLike | Sequence[ArrayLike] | Stack,
    window: int | None = None,
    n_jobs: int | None = None,
    on_comparisons: Callable[[int], None] | None = None,
) -> int:
    """Find the index of the series with the least sum of squared DTW distances to the others.

    Of equals, the first.

    Parameters
    ----------
    series, window, n_jobs
        As for `cdist_dtw`.
    on_comparisons : callable or None
        Called with the number of comparisons done since the last call.
    """
    return medoids([as_stack(series)], window, n_jobs, on_comparisons)[0]


def medoids(
    sets: Sequence[Stack],
    window: int | None = None,
    n_jobs: int | None = None,
    on_comparisons: Callable[[int], None] | None = None,
) -> list[int]:
    """The `medoid` of each of several sets; the threads share the work of all."""
    return [
        int(costs.sum(axis=1).argmin())
        for costs in costs_within(sets, window, n_jobs, on_comparisons)
    ]


def dba(
    series: ArrayLike | Sequence[ArrayLike] | Stack,
    init: ArrayLike,
    n_iterations: int = 10,
    window: int | None = None,
    n_jobs: int | None = None,
    on_comparisons: Callable[[int], None] | None = None,
    ties: Ties = "diagonal",
) -> NDArray[np.float64]:
    """DTW barycentre averaging (Petitjean et al.

    2011, "A global averaging method for dynamic time warping").

    Each iteration warps every series onto the barycentre and moves each of its points to the mean
    of the points that meet it.

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
        Which of equally cheap steps a path takes: the one that moves in both series, then the one
        that moves in the series alone, as in tslearn; or the one that moves in the barycentre
        alone, then the series, then both, as in the 2018 transfer paper's own code. It matters
        where series have plateaus.

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
    return barycenters(stack, owners, [center], n_iterations, window, n_jobs, on_comparisons, ties)[
        0
    ]


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
    """Compute the `dba` barycentre of each of several sets, the threads sharing the work of all.

    Parameters
    ----------
    stack : Stack
        The series of all sets.
    owners : ndarray of int64, shape (n_series,)
        The set of each series; every set has one.
    inits : sequence of ndarray of float64, each of shape (n_channels, length)
        Where each set's barycentre starts.
    """
    from tszoo.similarity._kernels import DIAGONAL, STRAIGHT, add_aligned, align
    from tszoo.similarity._lanes import WIDTH

    if ties not in ("diagonal", "straight"):
        msg = f"ties must be 'diagonal' or 'straight', not {ties!r}."
        raise OptionError(msg)
    if n_iterations < 0:
        msg = f"n_iterations must be 0 or more, not {n_iterations}."
        raise OptionError(msg)
    order, radius = STRAIGHT if ties == "straight" else DIAGONAL, window_code(window)
    centers = as_stack(inits, "init")
    owners = np.array(owners, dtype=np.int64)  # the kernel takes no array that is read-only
    _require_same_channels(stack.n_channels, centers.n_channels)
    spans = np.empty((len(stack), centers.values.shape[2], 2), dtype=np.int64)
    chunks = [
        (k, members[start : start + CHUNK])
        for k in range(len(centers))
        for members in (np.flatnonzero(owners == k),)
        for start in range(0, len(members), CHUNK)
    ]

    def meet(members: NDArray[np.int64]) -> int:
        align(
            stack.values,
            stack.lengths,
            members,
            centers.values,
            centers.lengths,
            owners,
            radius,
            order,
            MOST_STEPS,
            spans,
        )
        return len(members)

    def add(
        chunk: tuple[int, NDArray[np.int64]],
    ) -> tuple[int, NDArray[np.float64], NDArray[np.float64]]:
        k, members = chunk
        sums, counts = np.zeros_like(centers.own(k)), np.zeros(centers.lengths[k])
        add_aligned(stack.values, members, spans, sums, counts)
        return k, sums, counts

    moving = np.ones(len(centers), dtype=bool)
    by_length = np.lexsort((stack.lengths, centers.lengths[owners]))
    with threads(n_jobs) as spread:
        for iteration in range(n_iterations):
            left = by_length[moving[owners[by_length]]]
            for done in spread(
                meet, [left[start : start + WIDTH] for start in range(0, len(left), WIDTH)]
            ):
                if on_comparisons is not None:
                    on_comparisons(done)
            means = _means(spread(add, [chunk for chunk in chunks if moving[chunk[0]]]))
            for k, mean in means.items():
                moving[k] = not np.array_equal(
                    mean, centers.own(k)
                )  # or else every iteration to come gives the same
                centers.own(k)[:] = mean
            if on_comparisons is not None and not moving[owners[left]].all():
                on_comparisons(int((~moving[owners[left]]).sum()) * (n_iterations - 1 - iteration))
    return [centers.own(k).copy() for k in range(len(centers))]


def _means(
    parts: Iterable[tuple[int, NDArray[np.float64], NDArray[np.float64]]],
) -> dict[int, NDArray[np.float64]]:
    """Divide the sums of each set by how many points they are of."""
    totals: dict[int, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
    for k, sums, counts in parts:
        before = totals.get(k, (0.0, 0.0))
        totals[k] = before[0] + sums, before[1] + counts
    return {k: sums / counts for k, (sums, counts) in totals.items()}
