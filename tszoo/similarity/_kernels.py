"""The compiled part of dynamic time warping; importing it loads numba, so others import it on first use.

One kernel fills the accumulated cost matrix anti-diagonal by anti-diagonal: its cells do not depend on one another,
so the inner loop is plain arithmetic on neighbouring memory, which the compiler turns into vector instructions.
Only three anti-diagonals are kept. Indices of the inner loops are unsigned: a signed index could mean "from the
end", which would cost a test a cell.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

Function = TypeVar("Function", bound=Callable[..., Any])
Matrix = NDArray[np.float64]

FORGET, DIAGONAL, STRAIGHT = 0, 1, 2


def compiled(signature: str) -> Callable[[Function], Function]:
    """Compile for one signature, keeping the machine code on disk where there is a place for it."""

    def decorate(function: Function) -> Function:
        try:
            return cast(Function, njit(signature, nogil=True, cache=True)(function))
        except (OSError, RuntimeError):  # nowhere to write (or a full disk): compile again in every process
            return cast(Function, njit(signature, nogil=True)(function))

    return decorate


@compiled("UniTuple(int64, 2)(int64, int64, int64)")
def band(n: int, m: int, window: int) -> tuple[int, int]:
    """Lowest and highest j - i that a path may visit: the Sakoe-Chiba band along the longer side's extra points.

    A negative ``window`` means none.
    """
    if window < 0:
        return -n, m
    radius = min(window, n + m)
    return -radius - max(0, n - m), radius + max(0, m - n)


@compiled(
    "float64(float64[:, ::1], int64, float64[:, ::1], int64, int64, float64[:, ::1], uint8[::1], int64[::1], int64)"
)
def accumulate(
    a: Matrix,
    n: int,
    b: Matrix,
    m: int,
    window: int,
    rows: Matrix,
    steps: NDArray[np.uint8],
    bases: NDArray[np.int64],
    keep_steps: int,
) -> float:
    """Compute the least total squared cost of warping ``a`` onto ``b``.

    Parameters
    ----------
    a : (channels, >= n), its first n points
    b : (channels, >= m), its first m points, which hold the series backwards
    window : radius of the band, negative for none
    rows : (3, >= n + 2), workspace; anti-diagonal k is in row k % 3, its cell of row i at column i + 1
    steps, bases : where to note how the best path reaches a cell: the step of cell (i, k - i) is
        ``steps[bases[k] + i]``, 0 from (i - 1, j - 1), 1 from (i - 1, j), 2 from (i, j - 1)
    keep_steps : FORGET to note none; of equally cheap steps, DIAGONAL notes the lowest, STRAIGHT the highest
    """
    one = np.uint64(1)
    below, above = band(n, m, window)
    rows[:, : n + 2] = np.inf
    rows[1, 0] = 0.0  # anti-diagonal -2: where every path comes from
    used = 0
    for k in range(n + m - 1):
        first = max(0, k - m + 1, (k - above + 1) >> 1)
        last = min(n - 1, k, (k - below) >> 1)
        count = np.uint64(max(0, last - first + 1))
        here, before, corner = np.uint64(k % 3), np.uint64((k + 2) % 3), np.uint64((k + 1) % 3)
        start, against = np.uint64(first), np.uint64(m - 1 - k + first)
        if keep_steps != FORGET:
            bases[k] = used - first
            base = np.uint64(used)
            straight = keep_steps == STRAIGHT
            for t in range(count):
                i = start + t
                both, first_alone, second_alone = rows[corner, i], rows[before, i], rows[before, i + one]
                step = np.uint8(1) if (first_alone < both) | (straight & (first_alone == both)) else np.uint8(0)
                least = min(both, first_alone)
                if (second_alone < least) | (straight & (second_alone == least)):
                    step = np.uint8(2)
                steps[base + t] = step
            used += last - first + 1
        if a.shape[0] == 1:
            for t in range(count):
                i = start + t
                gap = a[0, i] - b[0, against + t]
                rows[here, i + one] = min(min(rows[corner, i], rows[before, i]), rows[before, i + one]) + gap * gap
        else:
            for t in range(count):
                rows[here, start + t + one] = 0.0
            for channel in range(a.shape[0]):
                for t in range(count):
                    gap = a[channel, start + t] - b[channel, against + t]
                    rows[here, start + t + one] += gap * gap
            for t in range(count):
                i = start + t
                rows[here, i + one] += min(min(rows[corner, i], rows[before, i]), rows[before, i + one])
        # what borders this anti-diagonal is out of reach for the next two
        rows[here, start] = np.inf
        rows[here, start + count + one] = np.inf
    return float(rows[(n + m - 2) % 3, n])


@compiled("void(float64[:, ::1], int64, float64[:, :, ::1], int64[::1], int64, int64, float64[::1])")
def costs_to_many(
    a: Matrix,
    n: int,
    backwards: NDArray[np.float64],
    lengths: NDArray[np.int64],
    first: int,
    window: int,
    out: NDArray[np.float64],
) -> None:
    """Fill ``out[first:]`` with the cost (the squared distance) of ``a`` to each series from ``first`` on."""
    rows = np.empty((3, n + 2))
    no_steps, no_bases = np.empty(0, np.uint8), np.empty(0, np.int64)
    for j in range(first, lengths.shape[0]):
        out[j] = accumulate(a, n, backwards[j], lengths[j], window, rows, no_steps, no_bases, FORGET)


@compiled("UniTuple(int64, 2)(int64, int64, uint8[::1], int64[::1])")
def previous(i: int, j: int, steps: NDArray[np.uint8], bases: NDArray[np.int64]) -> tuple[int, int]:
    """Step back along the best path from cell (i, j), which is not its start."""
    if i == 0:
        return 0, j - 1
    if j == 0:
        return i - 1, 0
    step = steps[bases[i + j] + i]
    return i - (step != 2), j - (step != 1)


@compiled("Tuple((int64[:, ::1], float64))(float64[:, ::1], int64, float64[:, ::1], int64, int64)")
def path_and_cost(a: Matrix, n: int, backwards: Matrix, m: int, window: int) -> tuple[NDArray[np.int64], float]:
    """Return the best path, (n_steps, 2), from its start to its end, and its cost."""
    steps, bases = np.empty(n * m, np.uint8), np.empty(n + m - 1, np.int64)
    cost = accumulate(a, n, backwards, m, window, np.empty((3, n + 2)), steps, bases, DIAGONAL)
    path = np.empty((n + m - 1, 2), np.int64)
    at = n + m - 1
    i, j = n - 1, m - 1
    while True:
        at -= 1
        path[at, 0], path[at, 1] = i, j
        if i == 0 and j == 0:
            return path[at:].copy(), cost
        i, j = previous(i, j, steps, bases)


@compiled(
    "void(float64[:, :, ::1], int64[::1], int64, int64, float64[:, ::1], int64, int64, float64[:, ::1], float64[::1])"
)
def add_aligned(
    series: NDArray[np.float64],
    lengths: NDArray[np.int64],
    first: int,
    stop: int,
    center_backwards: Matrix,
    window: int,
    ties: int,
    sums: Matrix,
    counts: NDArray[np.float64],
) -> None:
    """Add to each point of a barycentre (``sums``, ``counts``) the points that series ``first:stop`` align with it.

    ``ties`` is DIAGONAL or STRAIGHT.
    """
    n_channels, m = center_backwards.shape
    width = series.shape[2]
    rows = np.empty((3, width + 2))
    steps, bases = np.empty(width * m, np.uint8), np.empty(width + m - 1, np.int64)
    for k in range(first, stop):
        n = lengths[k]
        accumulate(series[k], n, center_backwards, m, window, rows, steps, bases, ties)
        i, j = n - 1, m - 1
        while True:
            for channel in range(n_channels):
                sums[channel, j] += series[k, channel, i]
            counts[j] += 1.0
            if i == 0 and j == 0:
                break
            i, j = previous(i, j, steps, bases)
