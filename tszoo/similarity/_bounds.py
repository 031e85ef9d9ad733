"""The compiled part of bounding DTW costs from below.

Importing it loads numba, so others import it on first use.

The outline of a series is the least and the greatest value of each of `BLOCKS` stretches of time. A
warping path visits every point of either series, in order. So the points of a stretch cost at least
their number times the squared gap between its range and that of a stretch that they meet. The
cheapest way to let all points of one series meet stretches of the other, never going back in time,
bounds the DTW cost from below. The same holds with the roles exchanged. First and last points
always meet, and are counted exactly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tszoo.similarity._kernels import band, compiled

Floats = NDArray[np.float32]
Whole = NDArray[np.int64]

# Stretches of time in an outline. More make bounds tighter; their work grows with the square of the
# number.
BLOCKS = 64
# Series whose bounds are computed side by side.
LANES = 64
# What the squares of the longest path may lose, in all, to float32's smallest numbers.
TINY = 1e-30
ROUNDING = 1.01 * 2.0**-24

# Types of read-only arrays, which may lie in a file; writable arrays fit too.
FLOATS, WHOLE = "Array(float32, 1, 'C', True)", "Array(int64, 1, 'C', True)"


@compiled(
    f"int64({FLOATS}, {WHOLE}, {WHOLE}, int64, int64, int64, "
    "float32[:, :, :, ::1], float32[:, ::1], float32[:, :, ::1])"
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
    """Outline the series from ``first`` to ``stop``, at most LANES.

    Parameters
    ----------
    ranges : (2, n_channels, BLOCKS, LANES)
        Filled with the least and the greatest value of each stretch.
    weights : (BLOCKS, LANES)
        Filled with the number of points of each stretch; the series' first and last are not
        counted.
    ends : (2, n_channels, LANES)
        Filled with the first and the last values.

    Returns
    -------
    int
        The first series with a value that is not finite, or -1 if all values are finite.
    """
    ranges[:] = 0.0
    weights[:] = 0.0
    ends[:] = 0.0
    for lane in range(stop - first):
        n, start = lengths[first + lane], starts[first + lane]
        for block in range(BLOCKS):
            begin, end = block * n // BLOCKS, (block + 1) * n // BLOCKS
            weights[block, lane] = (
                np.float32(min(end, n - 1) - max(begin, 1))
                if min(end, n - 1) > max(begin, 1)
                else 0
            )
            # a series of fewer points than stretches has empty stretches: each is given the range
            # of the next point
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
    """Forbid two stretches to meet if the band holds none of their pairs of points."""
    for s in range(other_lengths.shape[0]):
        m = other_lengths[s]
        below, above = band(n, m, window)
        begin, other_begin = block * n // BLOCKS, other * m // BLOCKS
        end = max((block + 1) * n // BLOCKS, begin + 1)
        other_end = max((other + 1) * m // BLOCKS, other_begin + 1)
        if other_begin - (end - 1) > above or other_end - 1 - begin < below:
            gaps[s] = 1e24


@compiled(
    "void(float32[:, :, :, ::1], float32[:, ::1], float32[:, :, ::1], int64, int64, "
    f"float32[:, :, :, ::1], float32[:, ::1], float32[:, :, ::1], {WHOLE}, int64, "
    "float32[:, ::1], float32[:, ::1], float32[:, ::1], float32[::1])"
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
    """Bound from below the costs of one outlined series to all others.

    The series is ``lane`` of the first outlines. ``by_points`` and ``by_others``, (BLOCKS, LANES),
    and ``space``, (3, LANES), are workspace: the least cost of all points of this series (of the
    others) up to a stretch, if the last of them meets stretch J or an earlier one.
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
                    # the upper limit keeps squares finite
                    gap = min(max(max(over, under), np.float32(0.0)), np.float32(1e12))
                    gaps[s] += gap * gap
            if window >= 0:
                _close(gaps, block, stretch, n, other_lengths, window)
            # Two loops with few arrays each. The compiler cannot tell that many arrays lie apart in
            # memory, and makes no vector instructions of a loop over them.
            for s in range(LANES):
                least_here = min(points_before[s], weight * gaps[s] + by_points[other, s])
                points_before[s] = least_here
                by_points[other, s] = least_here
            for s in range(LANES):
                least_here = min(
                    by_others[other, s], other_weights[other, s] * gaps[s] + others_before[s]
                )
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
    f"int64({FLOATS}, {WHOLE}, {WHOLE}, int64, {FLOATS}, {WHOLE}, {WHOLE}, "
    "int64, int64, int64, int64, float32[:, ::1])"
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
    """Bound from below the cost of every series of the target to every ``step``-th LANES series.

    These begin at ``first``. Their rows of ``out``, (n_series, n of the target), are filled. Return
    the first series with a value that is not finite, or -1 if all are finite. The target's values
    must be.
    """
    n_own = target_starts.shape[0]
    shape = (2, n_channels, BLOCKS, LANES)
    own_ranges, ranges = np.empty(shape, np.float32), np.empty(shape, np.float32)
    own_weights = np.empty((BLOCKS, LANES), np.float32)
    weights = np.empty((BLOCKS, LANES), np.float32)
    own_ends = np.empty((2, n_channels, LANES), np.float32)
    ends = np.empty((2, n_channels, LANES), np.float32)
    by_points = np.empty((BLOCKS, LANES), np.float32)
    by_others = np.empty((BLOCKS, LANES), np.float32)
    space, bounds = np.empty((3, LANES), np.float32), np.empty(LANES, np.float32)
    for own_first in range(0, n_own, LANES):
        own_stop = min(own_first + LANES, n_own)
        outline(
            target,
            target_starts,
            target_lengths,
            own_first,
            own_stop,
            n_channels,
            own_ranges,
            own_weights,
            own_ends,
        )
        for begin in range(first, stop, step * LANES):
            end = min(begin + LANES, stop)
            first_bad = outline(
                values, starts, lengths, begin, end, n_channels, ranges, weights, ends
            )
            if first_bad >= 0:
                return first_bad
            for q in range(own_first, own_stop):
                bound(
                    own_ranges,
                    own_weights,
                    own_ends,
                    q - own_first,
                    target_lengths[q],
                    ranges,
                    weights,
                    ends,
                    lengths[begin:end],
                    window,
                    by_points,
                    by_others,
                    space,
                    bounds,
                )
                out[begin:end, q] = bounds[: end - begin]
    return -1


@compiled("float64(float32, int64, int64, int64, boolean)")
def least_cost(bound: float, n: int, m: int, n_channels: int, normalized: bool) -> float:
    """Return what a cost cannot be below, by its bound, which may have been rounded up.

    If ``normalized``, the cost is the mean cost a step.
    """
    low = float(bound) / np.exp((2 * BLOCKS + n_channels + 16) * ROUNDING) - TINY
    return float(low / (n + m - 1) if normalized else low)


@compiled(f"float64[::1](float32[:, ::1], {WHOLE}, {WHOLE}, int64[::1], int64, boolean)")
def least_of(
    bounds: Floats,
    target_lengths: Whole,
    lengths: Whole,
    offsets: Whole,
    n_channels: int,
    normalized: bool,
) -> NDArray[np.float64]:
    """Return what the costs of each source's series cannot be below.

    Source i has the series from ``offsets[i]`` to ``offsets[i + 1]``.
    """
    lows = np.full(offsets.shape[0] - 1, np.inf)
    for i in range(lows.shape[0]):
        for j in range(offsets[i], offsets[i + 1]):
            for q in range(target_lengths.shape[0]):
                low = least_cost(
                    bounds[j, q], target_lengths[q], lengths[j], n_channels, normalized
                )
                lows[i] = min(lows[i], low)
    return lows
