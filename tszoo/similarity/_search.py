"""The compiled part of the search for the nearest source; importing it loads numba, so others import it on first use.

Two ideas keep the work small, and neither changes the answer.

*Bounds.* A series is outlined by the least and the greatest value of `BLOCKS` stretches of time. A warping path visits
every point of either series, in order, so the points of a stretch cost at least their number times the squared gap
between its range and that of a stretch that they meet. The cheapest way to let all points of one series meet
stretches of the other, never going back in time, bounds the DTW cost from below, and so does the same with the roles
exchanged; first and last points always meet, and are counted exactly.

*Pruning.* Costs only grow along a path: a cell beyond the limit cannot be on a path within it. Cells beyond the limit
at either end of an anti-diagonal are cut off and nothing is computed from them alone; when none are left, the pair is
given up.

Series hold float32 numbers, so that float32 arithmetic misses a cost by the rounding of its operations alone: all terms
are sums of squares, none is subtracted, and a path of k steps is off by a factor of (1 + 2^-24)^k at most (the least
of rounded sums is the rounded sum of some path). Pairs are sifted in float32 with that much to spare, and what is
left is computed in float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tszoo.similarity._kernels import band, compiled

Floats = NDArray[np.float32]
Whole = NDArray[np.int64]

# Stretches of time in an outline; more make bounds tighter and dearer, with the square of their number.
BLOCKS = 64
# Series whose bounds are computed side by side.
LANES = 64
# Cells that are computed at a time; arrays have room for as many behind their end.
STRIDE = 16
# Beyond this a square may leave float32's range; such series go to float64 at once.
LARGE = 1e15
# What squares may lose to float32's smallest numbers, in all of the longest path.
TINY = 1e-30
ROUNDING = 1.01 * 2.0**-24

# Arrays that may lie in a file; any array may stand for them.
FLOATS, WHOLE = "Array(float32, 1, 'C', True)", "Array(int64, 1, 'C', True)"


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
    """Compute the least total squared cost of warping ``a`` onto ``b``, or infinity if it is beyond ``limit``.

    Parameters
    ----------
    a : float (channels, >= n + STRIDE), its first n points, zeros behind them
    b : float (channels, >= m + STRIDE), its first m points, which hold the series backwards, zeros behind them
    window : radius of the band, negative for none
    rows : float (3, >= n + 2 + STRIDE), workspace; anti-diagonal k is in row k % 3, its cell of row i at column i + 1
    work : int64 (1,), grows by the cells that were computed
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
            # no cell here, as on every second anti-diagonal of a window of 0: nothing is reached from it
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
    "Tuple((float64, int64))(float64[:, ::1], int64, float64[:, ::1], int64, int64, float64, float64[:, ::1],"
    " int64[:, ::1], int64[::1])"
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
    """Compute as ``pruned`` does, with the number of steps (cells) of the cheapest path; of several, the shortest.

    ``steps`` is workspace of the shape of ``rows``.
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
            # no cell here, as on every second anti-diagonal of a window of 0: nothing is reached from it
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
                other, its = rows[before, i + step], steps[before, i + step]
                if other < least or (other == least and its < taken):
                    least, taken = other, its
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


@compiled(
    f"int64({FLOATS}, {WHOLE}, {WHOLE}, int64, int64, int64, float32[:, :, :, ::1], float32[:, ::1],"
    " float32[:, :, ::1])"
)
def outline(
    values: Floats,
    starts: Whole,
    lengths: Whole,
    first: int,
    stop: int,
    n_channels: int,
    ranges: Floats,
    weights: Floats,
    ends: Floats,
) -> int:
    """Outline the series from ``first`` to ``stop``, at most LANES; return the first with a value that is not finite.

    Parameters
    ----------
    ranges : (2, n_channels, BLOCKS, LANES), filled with the least and the greatest value of each stretch
    weights : (BLOCKS, LANES), filled with its number of points, the series' first and last ones not counted
    ends : (2, n_channels, LANES), filled with first and last values

    Returns
    -------
    int
        -1 if all values are finite.
    """
    ranges[:] = 0.0
    weights[:] = 0.0
    ends[:] = 0.0
    for lane in range(stop - first):
        n, start = lengths[first + lane], starts[first + lane]
        for block in range(BLOCKS):
            begin, end = block * n // BLOCKS, (block + 1) * n // BLOCKS
            weights[block, lane] = np.float32(min(end, n - 1) - max(begin, 1)) if min(end, n - 1) > max(begin, 1) else 0
            # a series of fewer points than stretches has empty ones: they are given the range of the next point
            end = max(end, begin + 1)
            for channel in range(n_channels):
                least = greatest = values[start + channel * n + begin]
                finite = True
                for at in range(start + channel * n + begin, start + channel * n + end):
                    value = values[at]
                    finite &= np.isfinite(value)
                    least, greatest = min(least, value), max(greatest, value)
                if not finite:
                    return first + lane
                ranges[0, channel, block, lane] = least
                ranges[1, channel, block, lane] = greatest
        for channel in range(n_channels):
            ends[0, channel, lane] = values[start + channel * n]
            ends[1, channel, lane] = values[start + channel * n + n - 1]
    return -1


@compiled(f"void(float32[::1], int64, int64, int64, {WHOLE}, int64)")
def _close(gaps: Floats, block: int, other: int, n: int, other_lengths: Whole, window: int) -> None:
    """Forbid two stretches to meet whose points are all out of the band."""
    for s in range(other_lengths.shape[0]):
        m = other_lengths[s]
        below, above = band(n, m, window)
        begin, other_begin = block * n // BLOCKS, other * m // BLOCKS
        end, other_end = max((block + 1) * n // BLOCKS, begin + 1), max((other + 1) * m // BLOCKS, other_begin + 1)
        if other_begin - (end - 1) > above or other_end - 1 - begin < below:
            gaps[s] = 1e24


@compiled(
    "void(float32[:, :, :, ::1], float32[:, ::1], float32[:, :, ::1], int64, int64, float32[:, :, :, ::1],"
    f" float32[:, ::1], float32[:, :, ::1], {WHOLE}, int64, float32[:, ::1], float32[:, ::1], float32[:, ::1],"
    " float32[::1])"
)
def bound(
    ranges: Floats,
    weights: Floats,
    ends: Floats,
    lane: int,
    n: int,
    other_ranges: Floats,
    other_weights: Floats,
    other_ends: Floats,
    other_lengths: Whole,
    window: int,
    by_points: Floats,
    by_others: Floats,
    space: Floats,
    out: Floats,
) -> None:
    """Bound the costs of one outlined series, ``lane`` of the first outlines, to all others, from below.

    ``by_points`` and ``by_others``, (BLOCKS, LANES), and ``space``, (3, LANES), are workspace: the least cost of all
    points of this series (of the others) up to a stretch, when the last of them meets stretch J or an earlier one.
    """
    n_channels = ranges.shape[1]
    gaps, points_before, others_before = space[0], space[1], space[2]
    by_points[:] = 0.0
    by_others[:] = np.float32(1e30)
    for block in range(BLOCKS):
        weight = weights[block, lane]
        points_before[:] = np.float32(1e30)
        others_before[:] = 0.0
        for stretch in range(BLOCKS):
            other = np.uint64(stretch)
            gaps[:] = 0.0
            for channel in range(n_channels):
                least, greatest = ranges[0, channel, block, lane], ranges[1, channel, block, lane]
                for s in range(LANES):
                    over = least - other_ranges[1, channel, other, s]
                    under = other_ranges[0, channel, other, s] - greatest
                    gap = min(max(max(over, under), np.float32(0.0)), np.float32(1e12))  # squares stay finite
                    gaps[s] += gap * gap
            if window >= 0:
                _close(gaps, block, stretch, n, other_lengths, window)
            # loops of few arrays each: of many, they are not known to be apart in memory, and not made vectors
            for s in range(LANES):
                least_here = min(points_before[s], weight * gaps[s] + by_points[other, s])
                points_before[s] = least_here
                by_points[other, s] = least_here
            for s in range(LANES):
                least_here = min(by_others[other, s], other_weights[other, s] * gaps[s] + others_before[s])
                others_before[s] = least_here
                by_others[other, s] = least_here
    for s in range(other_lengths.shape[0]):
        total = max(by_points[BLOCKS - 1, s], by_others[BLOCKS - 1, s])
        for end in range(2 if n + other_lengths[s] > 2 else 1):
            for channel in range(n_channels):
                gap = ends[end, channel, lane] - other_ends[end, channel, s]
                total += gap * gap
        out[s] = min(total, np.float32(1e30))


@compiled(
    f"int64({FLOATS}, {WHOLE}, {WHOLE}, int64, {FLOATS}, {WHOLE}, {WHOLE}, int64, int64, int64, int64, float32[:, ::1])"
)
def bound_all(
    target: Floats,
    target_starts: Whole,
    target_lengths: Whole,
    n_channels: int,
    values: Floats,
    starts: Whole,
    lengths: Whole,
    first: int,
    stop: int,
    step: int,
    window: int,
    out: Floats,
) -> int:
    """Bound the cost of every series of the target to those from ``first`` on, in steps of ``step`` times LANES.

    ``out``, (n_series, n of the target), is filled. Return the first series with a value that is not finite, -1 if
    all are; the target's are taken to be.
    """
    n_own = target_starts.shape[0]
    shape = (2, n_channels, BLOCKS, LANES)
    own_ranges, ranges = np.empty(shape, np.float32), np.empty(shape, np.float32)
    own_weights, weights = np.empty((BLOCKS, LANES), np.float32), np.empty((BLOCKS, LANES), np.float32)
    own_ends, ends = np.empty((2, n_channels, LANES), np.float32), np.empty((2, n_channels, LANES), np.float32)
    by_points, by_others = np.empty((BLOCKS, LANES), np.float32), np.empty((BLOCKS, LANES), np.float32)
    space, bounds = np.empty((3, LANES), np.float32), np.empty(LANES, np.float32)
    for own_first in range(0, n_own, LANES):
        own_stop = min(own_first + LANES, n_own)
        outline(
            target, target_starts, target_lengths, own_first, own_stop, n_channels, own_ranges, own_weights, own_ends
        )
        for begin in range(first, stop, step * LANES):
            end = min(begin + LANES, stop)
            bad = outline(values, starts, lengths, begin, end, n_channels, ranges, weights, ends)
            if bad >= 0:
                return bad
            for q in range(own_first, own_stop):
                bound(
                    own_ranges, own_weights, own_ends, q - own_first, target_lengths[q], ranges, weights, ends,
                    lengths[begin:end], window, by_points, by_others, space, bounds,
                )  # fmt: skip
                out[begin:end, q] = bounds[: end - begin]
    return -1


@compiled("float64(float32, int64, int64, int64, boolean)")
def least_cost(bound: float, n: int, m: int, n_channels: int, normalized: bool) -> float:
    """Say what a cost (a mean cost a step if ``normalized``) cannot be below, by its bound, which may be rounded up."""
    low = float(bound) / np.exp((2 * BLOCKS + n_channels + 16) * ROUNDING) - TINY
    return float(low / (n + m - 1) if normalized else low)


@compiled(f"float64[::1](float32[:, ::1], {WHOLE}, {WHOLE}, int64[::1], int64, boolean)")
def least_of(
    bounds: Floats, target_lengths: Whole, lengths: Whole, offsets: Whole, n_channels: int, normalized: bool
) -> NDArray[np.float64]:
    """Say for each source what the costs of its series, from ``offsets[i]`` to ``offsets[i + 1]``, cannot be below."""
    lows = np.full(offsets.shape[0] - 1, np.inf)
    for i in range(lows.shape[0]):
        for j in range(offsets[i], offsets[i + 1]):
            for q in range(target_lengths.shape[0]):
                low = least_cost(bounds[j, q], target_lengths[q], lengths[j], n_channels, normalized)
                lows[i] = min(lows[i], low)
    return lows


@compiled(f"void({FLOATS}, int64, int64, int64, boolean, float32[:, ::1])")
def unpack(values: Floats, start: int, n: int, n_channels: int, backwards: bool, out: Floats) -> None:
    """Copy a series of a pool to ``out``, (n_channels, >= n + STRIDE), with zeros behind it."""
    out[:, :] = 0.0
    for channel in range(n_channels):
        at = start + channel * n
        for i in range(n):
            out[channel, i] = values[at + n - 1 - i] if backwards else values[at + i]


@compiled(
    f"Tuple((float64, int64, int64))({FLOATS}, {WHOLE}, {WHOLE}, int64, {FLOATS}, {WHOLE}, {WHOLE}, int64, int64,"
    " float32[:, ::1], float64[::1], int64, boolean, int64[::1])"
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
    """Find the pair of least cost (mean cost a step, if ``normalized``) of the target and the series of one source.

    Parameters
    ----------
    first, stop : the source's series
    bounds : (n_series, n of the target), of the costs, from below
    cutoff : (1,), read again and again while others lower it: what is beyond it need not be known
    work : int64 (2,), grows by the pairs whose warping was computed, even in part, and by the cells that it took

    Returns
    -------
    The least cost, and the positions of the two series, in the target and in the source; of equal pairs the first.
    If all are beyond the cutoff, infinity.
    """
    n_own, n_others = target_starts.shape[0], stop - first
    n_pairs = n_own * n_others
    lows, slacks = np.empty(n_pairs), np.empty(n_pairs)
    for pair in range(n_pairs):
        n, m = target_lengths[pair // n_others], lengths[first + pair % n_others]
        slacks[pair] = np.exp((n + m + n_channels + 16) * ROUNDING)
        lows[pair] = least_cost(bounds[first + pair % n_others, pair // n_others], n, m, n_channels, normalized)
    order = np.argsort(lows)
    longest = max(target_lengths.max(), lengths[first:stop].max())
    a = np.empty((n_channels, longest + STRIDE), np.float32)
    b = np.empty((n_channels, longest + STRIDE), np.float32)
    rows = np.empty((3, longest + 2 + STRIDE), np.float32)
    cells = np.zeros(1, np.int64)

    # sift in float32: costs that may be the least
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

    # and compute those in float64
    a64, b64 = np.empty((n_channels, longest + STRIDE)), np.empty((n_channels, longest + STRIDE))
    rows64, steps = np.empty((3, longest + 2 + STRIDE)), np.empty((3, longest + 2 + STRIDE), np.int64)
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
