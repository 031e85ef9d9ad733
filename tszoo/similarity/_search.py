"""The compiled part of the search for the nearest source.

Importing it loads numba, so others import it on first use.

Two ideas keep the work small, and neither changes the answer. Pairs that are too far by their
bounds (`_bounds`) are passed over, and the warping of the others is pruned. Costs only grow along a
path: a cell beyond the limit cannot be on a path within it. Cells beyond the limit at either end of
an anti-diagonal are cut off, and nothing is computed from them alone. If no cells are left, the
pair is given up.

Series hold float32 numbers, so that float32 arithmetic misses a cost only by the rounding of its
operations. All terms are sums of squares, none is subtracted, and a path of k steps is off by a
factor of (1 + 2^-24)^k at most (the least of rounded sums is the rounded sum of some path). Pairs
are sifted in float32 with that much to spare, and the pairs that are left are computed in float64.

numba compiles anew when this file changes, but not when `_bounds` does: whoever changes
`least_cost` must change this file too.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tszoo.similarity._bounds import FLOATS, ROUNDING, TINY, WHOLE, Floats, Whole, least_cost
from tszoo.similarity._kernels import band, compiled

# Cells that are computed at a time; arrays have room for as many behind their end.
STRIDE = 16
# Beyond this a square may leave float32's range; such series go to float64 at once.
LARGE = 1e15


def pruned(
    a: NDArray[Any],
    n: int,
    b: NDArray[Any],
    m: int,
    window: int,
    limit: float,
    rows: NDArray[Any],
    work: Whole,
) -> float:
    """Compute the least total squared cost of warping ``a`` onto ``b``.

    The answer is infinity if the cost is beyond ``limit``.

    Parameters
    ----------
    a : float (channels, >= n + STRIDE)
        The series in the first n points, zeros behind them.
    b : float (channels, >= m + STRIDE)
        The series backwards in the first m points, zeros behind them.
    window : int
        Radius of the band, negative for none.
    rows : float (3, >= n + 2 + STRIDE)
        Workspace. Anti-diagonal k is in row k % 3, its cell of row i in column i + 1.
    work : int64 (1,)
        Grows by the number of cells that were computed.
    """
    one = np.uint64(1)
    below, above = band(n, m, window)
    rows[:, : n + 2 + STRIDE] = np.inf
    rows[1, 0] = 0.0  # anti-diagonal -2: where every path comes from
    cells = 0
    # rows of the cells within the limit, on the anti-diagonals before this one and before that
    near_first, near_last = n, -2
    far_first, far_last = -1, -1
    for k in range(n + m - 1):
        first = max(min(near_first, far_first + 1), max(0, k - m + 1), (k - above + 1) >> 1)
        last = min(max(near_last, far_last) + 1, min(n - 1, k), (k - below) >> 1)
        far_first, far_last = near_first, near_last
        near_first, near_last = n, -2
        if first > last:
            if far_first > far_last:
                break
            # an anti-diagonal without a cell, like every second one with a window of 0: no path
            # comes from it
            rows[k % 3, far_first + 1 : far_last + 3] = np.inf
            continue
        here, before, corner = np.uint64(k % 3), np.uint64((k + 2) % 3), np.uint64((k + 1) % 3)
        start, against = np.uint64(first), np.uint64(m - 1 - k + first)
        # whole vectors: what lies behind the last cell is computed too, and never read as a cell
        count = np.uint64(((last - first) // STRIDE + 1) * STRIDE)
        if a.shape[0] == 1:
            for t in range(count):
                i = start + t
                gap = a[0, i] - b[0, against + t]
                rows[here, i + one] = (
                    min(min(rows[corner, i], rows[before, i]), rows[before, i + one]) + gap * gap
                )
        else:
            for t in range(count):
                rows[here, start + t + one] = 0.0
            for channel in range(a.shape[0]):
                for t in range(count):
                    gap = a[channel, start + t] - b[channel, against + t]
                    rows[here, start + t + one] += gap * gap
            for t in range(count):
                i = start + t
                rows[here, i + one] += min(
                    min(rows[corner, i], rows[before, i]), rows[before, i + one]
                )
        cells += last - first + 1
        # what borders this anti-diagonal is out of reach for the next two
        rows[here, first] = np.inf
        rows[here, last + 2] = np.inf
        while first <= last and rows[here, first + 1] > limit:
            first += 1
        while first <= last and rows[here, last + 1] > limit:
            last -= 1
        if first <= last:
            near_first, near_last = first, last
        elif far_first > far_last:
            break
    work[0] += cells
    return float(rows[(n + m - 2) % 3, n]) if near_first <= near_last else np.inf


_PRUNED = "float64({0}[:, ::1], int64, {0}[:, ::1], int64, int64, float64, {0}[:, ::1], int64[::1])"
pruned_single = compiled(_PRUNED.format("float32"))(pruned)
pruned_double = compiled(_PRUNED.format("float64"))(pruned)


@compiled(
    "Tuple((float64, int64))(float64[:, ::1], int64, float64[:, ::1], int64, int64, float64, "
    "float64[:, ::1], int64[:, ::1], int64[::1])"
)
def pruned_steps(
    a: NDArray[np.float64],
    n: int,
    b: NDArray[np.float64],
    m: int,
    window: int,
    limit: float,
    rows: NDArray[np.float64],
    steps: Whole,
    work: Whole,
) -> tuple[float, int]:
    """Compute the cost as ``pruned`` does, and the number of steps (cells) of the cheapest path.

    Of several cheapest paths, the shortest counts. ``steps`` is workspace of the shape of ``rows``.
    """
    below, above = band(n, m, window)
    rows[:, : n + 2 + STRIDE] = np.inf
    steps[:, : n + 2 + STRIDE] = 0
    rows[1, 0] = 0.0
    near_first, near_last = n, -2
    far_first, far_last = -1, -1
    for k in range(n + m - 1):
        first = max(min(near_first, far_first + 1), max(0, k - m + 1), (k - above + 1) >> 1)
        last = min(max(near_last, far_last) + 1, min(n - 1, k), (k - below) >> 1)
        far_first, far_last = near_first, near_last
        near_first, near_last = n, -2
        if first > last:
            if far_first > far_last:
                break
            # an anti-diagonal without a cell, like every second one with a window of 0: no path
            # comes from it
            rows[k % 3, far_first + 1 : far_last + 3] = np.inf
            continue
        here, before, corner = k % 3, (k + 2) % 3, (k + 1) % 3
        for i in range(first, last + 1):
            gap = 0.0
            for channel in range(a.shape[0]):
                apart = a[channel, i] - b[channel, m - 1 - k + i]
                gap += apart * apart
            least, taken = rows[corner, i], steps[corner, i]
            for step in range(2):
                other, other_taken = rows[before, i + step], steps[before, i + step]
                if other < least or (other == least and other_taken < taken):
                    least, taken = other, other_taken
            rows[here, i + 1] = least + gap
            steps[here, i + 1] = taken + 1
        work[0] += last - first + 1
        rows[here, first] = np.inf
        rows[here, last + 2] = np.inf
        while first <= last and rows[here, first + 1] > limit:
            first += 1
        while first <= last and rows[here, last + 1] > limit:
            last -= 1
        if first <= last:
            near_first, near_last = first, last
        elif far_first > far_last:
            break
    if near_first > near_last:
        return np.inf, 1
    end = (n + m - 2) % 3
    return rows[end, n], steps[end, n]


@compiled(f"void({FLOATS}, int64, int64, int64, boolean, float32[:, ::1])")
def unpack(
    values: Floats, start: int, n: int, n_channels: int, backwards: bool, out: Floats
) -> None:
    """Copy a series of a pool to ``out``, (n_channels, >= n + STRIDE), with zeros behind it."""
    out[:, :] = 0.0
    for channel in range(n_channels):
        at = start + channel * n
        for i in range(n):
            out[channel, i] = values[at + n - 1 - i] if backwards else values[at + i]


@compiled(
    f"Tuple((float64, int64, int64))({FLOATS}, {WHOLE}, {WHOLE}, int64, "
    f"{FLOATS}, {WHOLE}, {WHOLE}, int64, int64, "
    "float32[:, ::1], float64[::1], int64, boolean, int64[::1])"
)
def nearest_pair(
    target: Floats,
    target_starts: Whole,
    target_lengths: Whole,
    n_channels: int,
    values: Floats,
    starts: Whole,
    lengths: Whole,
    first: int,
    stop: int,
    bounds: Floats,
    cutoff: NDArray[np.float64],
    window: int,
    normalized: bool,
    work: Whole,
) -> tuple[float, int, int]:
    """Find the pair of least cost among the target's series and those of one source.

    If ``normalized``, the cost is the mean cost a step.

    Parameters
    ----------
    first, stop : int
        The source's series.
    bounds : (n_series, n of the target)
        Lower bounds of the costs.
    cutoff : (1,)
        Costs beyond it need not be known. It is read again and again, because other threads lower
        it.
    work : int64 (2,)
        Grows by the number of pairs whose warping was computed, even in part, and by the number of
        cells that this took.

    Returns
    -------
    cost : float
        The least cost; infinity if all are beyond the cutoff.
    target_class, source_class : int
        Positions of the two series in the target and in the source; of equal pairs the first.
    """
    n_own, n_others = target_starts.shape[0], stop - first
    n_pairs = n_own * n_others
    lows, slacks = np.empty(n_pairs), np.empty(n_pairs)
    for pair in range(n_pairs):
        n, m = target_lengths[pair // n_others], lengths[first + pair % n_others]
        slacks[pair] = np.exp((n + m + n_channels + 16) * ROUNDING)
        lows[pair] = least_cost(
            bounds[first + pair % n_others, pair // n_others], n, m, n_channels, normalized
        )
    order = np.argsort(lows)
    longest = max(target_lengths.max(), lengths[first:stop].max())
    a = np.empty((n_channels, longest + STRIDE), np.float32)
    b = np.empty((n_channels, longest + STRIDE), np.float32)
    rows = np.empty((3, longest + 2 + STRIDE), np.float32)
    cells = np.zeros(1, np.int64)

    # sift in float32: which costs may be the least?
    best = np.inf
    n_left = 0
    left, costs = np.empty(n_pairs, np.int64), np.empty(n_pairs)
    for at in range(n_pairs):
        pair = order[at]
        limit = min(best, cutoff[0])
        if lows[pair] > limit:
            break
        i, j = pair // n_others, first + pair % n_others
        n, m, slack = target_lengths[i], lengths[j], slacks[pair]
        most, fewest = (n + m - 1, max(n, m)) if normalized else (1, 1)
        work[0] += 1
        unpack(target, target_starts[i], n, n_channels, False, a)
        unpack(values, starts[j], m, n_channels, True, b)
        if max(np.abs(a).max(), np.abs(b).max()) > LARGE:
            left[n_left], costs[n_left] = pair, max(lows[pair] * most, 0.0)
            n_left += 1
            continue
        cost = pruned_single(a, n, b, m, window, limit * most * slack + TINY, rows, cells)
        if cost <= limit * most * slack + TINY:
            left[n_left], costs[n_left] = pair, cost
            n_left += 1
            best = min(best, (cost * slack + TINY) / fewest)

    # compute these in float64
    a64, b64 = np.empty((n_channels, longest + STRIDE)), np.empty((n_channels, longest + STRIDE))
    rows64 = np.empty((3, longest + 2 + STRIDE))
    steps = np.empty((3, longest + 2 + STRIDE), np.int64)
    least, chosen = np.inf, n_pairs
    order = np.argsort(costs[:n_left])
    for at in range(n_left):
        pair = left[order[at]]
        i, j = pair // n_others, first + pair % n_others
        n, m, slack = target_lengths[i], lengths[j], slacks[pair]
        most = n + m - 1 if normalized else 1
        limit = min(min(best, least), cutoff[0]) * most * (1 + 1e-9)
        if (costs[order[at]] - TINY) / slack > limit:
            continue
        unpack(target, target_starts[i], n, n_channels, False, a)
        unpack(values, starts[j], m, n_channels, True, b)
        a64[:], b64[:] = a, b
        if normalized:
            cost, taken = pruned_steps(a64, n, b64, m, window, limit, rows64, steps, cells)
            cost /= taken
        else:
            cost = pruned_double(a64, n, b64, m, window, limit, rows64, cells)
        if cost < least or (cost == least and pair < chosen):
            least, chosen = cost, pair
    work[1] += cells[0]
    if chosen == n_pairs:
        return np.inf, -1, -1
    return least, chosen // n_others, chosen % n_others
