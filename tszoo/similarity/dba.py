"""The typical series of a set: its medoid, and its barycentre under DTW."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tszoo.errors import OptionError
from tszoo.similarity._jobs import in_threads
from tszoo.similarity.dtw import _require_same_channels, pairwise_costs
from tszoo.similarity.series import Stack, as_series, as_stack, window_code

# Sums are taken over chunks of this many series, so that they do not depend on how many threads share the work.
CHUNK = 64

Ties = Literal["diagonal", "straight"]


def medoid(
    series: ArrayLike | Sequence[ArrayLike] | Stack,
    window: int | None = None,
    n_jobs: int | None = None,
    on_comparisons: Callable[[int], None] | None = None,
) -> int:
    """Find the index of the series with the least sum of squared DTW distances to the others; of equals, the first.

    Parameters
    ----------
    series, window, n_jobs
        As for `cdist_dtw`.
    on_comparisons : callable or None
        Called with the number of comparisons done since the last call.
    """
    costs = pairwise_costs(as_stack(series), None, window, n_jobs, on_comparisons)
    return int(costs.sum(axis=1).argmin())


def dba(
    series: ArrayLike | Sequence[ArrayLike] | Stack,
    init: ArrayLike,
    n_iterations: int = 10,
    window: int | None = None,
    n_jobs: int | None = None,
    on_comparisons: Callable[[int], None] | None = None,
    ties: Ties = "diagonal",
) -> NDArray[np.float64]:
    """DTW barycentre averaging (Petitjean et al. 2011, "A global averaging method for dynamic time warping").

    Each iteration warps every series onto the barycentre and moves each of its points to the mean of the points
    that meet it.

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
        Which of equally cheap steps a path takes: the one that moves in both series, then the one that moves in the
        series alone, as in tslearn; or the one that moves in the barycentre alone, then the series, then both, as in
        the 2018 transfer paper's own code. It matters where series have plateaus.

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
    from tszoo.similarity._kernels import DIAGONAL, STRAIGHT, add_aligned

    if ties not in ("diagonal", "straight"):
        msg = f"ties must be 'diagonal' or 'straight', not {ties!r}."
        raise OptionError(msg)
    order = STRAIGHT if ties == "straight" else DIAGONAL
    if n_iterations < 0:
        msg = f"n_iterations must be 0 or more, not {n_iterations}."
        raise OptionError(msg)
    stack, center, radius = as_stack(series), as_series(init, "init"), window_code(window)
    _require_same_channels(stack.n_channels, center.shape[0])
    for _ in range(n_iterations):
        backwards = np.ascontiguousarray(center[:, ::-1])

        def align(start: int, backwards: NDArray[np.float64] = backwards) -> tuple[NDArray[np.float64], ...]:
            stop = min(start + CHUNK, len(stack))
            sums, counts = np.zeros_like(backwards), np.zeros(backwards.shape[1])
            add_aligned(stack.values, stack.lengths, start, stop, backwards, radius, order, sums, counts)
            return sums, counts, np.float64(stop - start)

        sums, counts = np.zeros_like(center), np.zeros(center.shape[1])
        for part, met, done in in_threads(align, range(0, len(stack), CHUNK), n_jobs):
            sums += part
            counts += met
            if on_comparisons is not None:
                on_comparisons(int(done))
        center = sums / counts
    return center
