"""The compiled part of dynamic time warping.

Importing it loads numba, so others import it on first use.

`warp` fills the accumulated cost matrices of several pairs side by side, a pair a lane, a few rows
at a time (see `_lanes`). `accumulate` fills the matrix of a pair that comes alone, anti-diagonal by
anti-diagonal: the cells of one do not depend on one another, so the inner loop is plain arithmetic
on neighbouring memory, which the compiler turns into vector instructions, but short anti-diagonals,
those of short series and narrow bands, leave it idle. Both do the same operations for a cell, in
the same order, and agree to the last bit.

numba renews what it keeps on disk when this file changes, not when `_lanes` does: whoever changes
that touches this.

Indices of `accumulate`'s inner loops are unsigned: a signed index could mean "from the end", which
would cost a test a cell.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tszoo.similarity._lanes import (
    ROWS,
    WIDTH,
    add_square_gaps,
    advance,
    begin,
    enter_band,
    keep_within,
    leave_band,
    load,
    load_rows,
    note_nearer,
    note_no_farther,
    row_of,
    spread,
    square_gaps,
    store,
)

Function = TypeVar("Function", bound=Callable[..., Any])
Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Values = NDArray[np.float64]
Indices = NDArray[np.int64]

FORGET, DIAGONAL, STRAIGHT = 0, 1, 2
MARGIN = ROWS - 1  # how many columns the last row of a tile is behind the first
ANYWHERE = 2**40  # farther from the diagonal than any cell
# Lanes take this many times as long as it would take to do their pairs one by one, if these are
# long
LANES_TO_ONE = 3
LONG = 64  # points along the anti-diagonal that keep `accumulate` busy
WORDS_A_VECTOR = 4 * WIDTH  # of two bytes, as steps are noted in


def compiled(signature: str) -> Callable[[Function], Function]:
    """Compile for one signature, keeping the machine code on disk where there is a place for it."""

    def decorate(function: Function) -> Function:
        try:
            return cast(Function, njit(signature, nogil=True, cache=True)(function))
        except (
            OSError,
            RuntimeError,
        ):  # nowhere to write (or a full disk): compile again in every process
            return cast(Function, njit(signature, nogil=True)(function))

    return decorate


@compiled("UniTuple(int64, 2)(int64, int64, int64)")
def band(n: int, m: int, window: int) -> tuple[int, int]:
    """Lowest and highest j - i that a path may visit.

    The Sakoe-Chiba band along the longer side's extra points.

    A negative ``window`` means none.
    """
    if window < 0:
        return -n, m
    radius = min(window, n + m)
    return -radius - max(0, n - m), radius + max(0, m - n)


# --- one pair


@compiled(
    "float64(float64[:, ::1], int64, float64[:, ::1], int64, int64, float64[:, ::1], uint8[::1], "
    "int64[::1], boolean)"
)
def accumulate(
    a: Matrix,
    n: int,
    b: Matrix,
    m: int,
    window: int,
    rows: Matrix,
    steps: NDArray[np.uint8],
    bases: Indices,
    keep_steps: bool,
) -> float:
    """Compute the least total squared cost of warping ``a`` onto ``b``.

    Parameters
    ----------
    a : (channels, >= n), its first n points
    b : (channels, >= m), its first m points, which hold the series backwards
    window : radius of the band, negative for none
    rows : (3, >= n + 2), workspace; anti-diagonal k is in row k % 3, its cell of row i at column i + 1
    steps, bases : where to note how the best path reaches a cell, if ``keep_steps``: the step of cell (i, k - i) is
        ``steps[bases[k] + i]``, 0 from (i - 1, j - 1), 1 from (i - 1, j), 2 from (i, j - 1); of
        equally cheap ones the lowest
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
        if keep_steps:
            bases[k] = used - first
            base = np.uint64(used)
            for t in range(count):
                i = start + t
                both, first_alone = rows[corner, i], rows[before, i]
                step = np.uint8(1) if first_alone < both else np.uint8(0)
                if rows[before, i + one] < min(both, first_alone):
                    step = np.uint8(2)
                steps[base + t] = step
            used += last - first + 1
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
        # what borders this anti-diagonal is out of reach for the next two
        rows[here, start] = np.inf
        rows[here, start + count + one] = np.inf
    return float(rows[(n + m - 2) % 3, n])


@compiled("Tuple((int64[:, ::1], float64))(float64[:, ::1], int64, float64[:, ::1], int64, int64)")
def path_and_cost(
    a: Matrix, n: int, backwards: Matrix, m: int, window: int
) -> tuple[Indices, float]:
    """Return the best path, (n_steps, 2), from its start to its end, and its cost."""
    steps, bases = np.empty(n * m, np.uint8), np.empty(n + m - 1, np.int64)
    cost = accumulate(a, n, backwards, m, window, np.empty((3, n + 2)), steps, bases, True)
    path = np.empty((n + m - 1, 2), np.int64)
    at = n + m - 1
    i, j = n - 1, m - 1
    while True:
        at -= 1
        path[at, 0], path[at, 1] = i, j
        if i == 0 and j == 0:
            return path[at:].copy(), cost
        step = steps[bases[i + j] + i]
        if i == 0 or (j > 0 and step == 2):
            j -= 1
        elif j == 0 or step == 1:
            i -= 1
        else:
            i, j = i - 1, j - 1


# --- several pairs


@compiled("float64[::1](int64)")
def workspace(n_vectors: int) -> Vector:
    """Zeros for so many vectors, laid where none of them crosses a cache line."""
    numbers = np.zeros((n_vectors + 1) * WIDTH)
    misplaced = (numbers.ctypes.data >> 3) % WIDTH
    return numbers[WIDTH - misplaced :]


@compiled("void(float64[:, :, ::1], int64[::1], int64[::1], int64[::1], int64, float64[::1])")
def fill_lanes(
    values: Values, lengths: Indices, wanted: Indices, held: Indices, margin: int, lanes: Vector
) -> None:
    """Put the series ``wanted`` into the lanes, where they are not the ones ``held`` already.

    Point t in channel c of lane l goes to ``lanes[((margin + t) * channels + c) * WIDTH + l]``.
    """
    n_channels = values.shape[1]
    alike, changed = True, False
    for lane in range(WIDTH):
        alike &= wanted[lane] == wanted[0]
        changed |= wanted[lane] != held[lane]
    if alike and changed:
        for t in range(lengths[wanted[0]]):
            for channel in range(n_channels):
                store(
                    lanes,
                    (margin + t) * n_channels + channel,
                    spread(values[wanted[0], channel, t]),
                )
    elif changed:
        for lane in range(WIDTH):
            if wanted[lane] != held[lane]:
                for channel in range(n_channels):
                    at = (margin * n_channels + channel) * WIDTH + lane
                    for t in range(lengths[wanted[lane]]):
                        lanes[at] = values[wanted[lane], channel, t]
                        at += n_channels * WIDTH
    for lane in range(WIDTH):
        held[lane] = wanted[lane]


@compiled("UniTuple(int64, 2)(int64[::1])")
def extremes(numbers: Indices) -> tuple[int, int]:
    """The least and the greatest number."""
    least = greatest = numbers[0]
    for number in numbers:
        least, greatest = min(least, number), max(greatest, number)
    return least, greatest


@compiled("UniTuple(int64, 4)(int64[::1], int64[::1], int64, float64[::1], float64[::1])")
def find_bands(
    n: Indices, m: Indices, window: int, below: Vector, above: Vector
) -> tuple[int, int, int, int]:
    """Write every lane's band.

    Return the least and greatest lower end, and the least and greatest upper end.
    """
    lowest, low, high, highest = ANYWHERE, -ANYWHERE, ANYWHERE, -ANYWHERE
    for lane in range(WIDTH):
        start, end = band(n[lane], m[lane], window)
        if window < 0:
            start, end = -ANYWHERE, ANYWHERE
        below[lane], above[lane] = start, end
        lowest, low, high, highest = (
            min(lowest, start),
            max(low, start),
            min(high, end),
            max(highest, end),
        )
    return lowest, low, high, highest


@compiled("UniTuple(int64, 2)(int64[::1], int64[::1], int64, int64)")
def step_layout(n: Indices, m: Indices, window: int, start: int) -> tuple[int, int]:
    """Pitch and shift of the steps noted from row ``start`` on.

    Cell (i, j) has the word ``i * pitch + j + shift``.

    Rows are as wide as the matrix or as the band, whichever is less, and what a tile reaches beyond
    it.
    """
    lowest, _, _, highest = find_bands(n, m, window, np.empty(WIDTH), np.empty(WIDTH))
    _, n_columns = extremes(m)
    pitch, shift = n_columns + 2 * MARGIN, MARGIN
    if highest - lowest + 2 * MARGIN < n_columns:
        pitch, shift = highest - lowest + 4 * MARGIN, 2 * MARGIN - lowest
    return pitch, shift - start * pitch - max(0, start + lowest)


@compiled(
    "void(float64[::1], int64[::1], float64[::1], int64[::1], int64, int64, int64, int64, "
    "float64[::1], uint16[::1], int64, float64[::1])"
)
def warp(
    a: Vector,
    n: Indices,
    b: Vector,
    m: Indices,
    n_channels: int,
    window: int,
    start: int,
    stop: int,
    row: Vector,
    steps: NDArray[np.uint16],
    keep_steps: int,
    costs: Vector,
) -> None:
    """Compute the least total squared cost of warping ``a`` onto ``b``, lane by lane.

    Parameters
    ----------
    a : as `fill_lanes` lays series, without a margin in front, and with one behind
    b : with a margin in front that holds infinities, and one behind; what lies beyond a series' end is of no account
    n, m : (WIDTH,), the lengths of both
    window : radius of the band, negative for none
    start, stop : the rows (points of ``a``) to fill, all of them or those that follow on what ``row`` holds
    row : a vector for each column of the longest b and of both margins; workspace, which holds the last row in the end
    steps : where to note how the best path reaches a cell, see `step_layout` and `note_nearer`
    keep_steps : FORGET, or DIAGONAL or STRAIGHT: of equally cheap steps, note the one in both series, then the one in
        ``b`` alone, then the one in ``a`` alone; or the other way round
    costs : (WIDTH,), the answer for those lanes whose last row is among the rows
    """
    starts, ends = np.empty(WIDTH), np.empty(WIDTH)
    lowest, low, high, highest = find_bands(n, m, window, starts, ends)
    below, above = load(starts, 0), load(ends, 0)
    pitch, shift = step_layout(n, m, window, start)
    _, n_columns = extremes(m)
    if start == 0:
        for column in range(n_columns + 2 * MARGIN):
            store(row, column, spread(np.inf))
    i = start
    while i < stop:
        count = min(
            ROWS, stop - i
        )  # of rows that go to the end of the tile: one ends where a lane does
        for lane in range(WIDTH):
            if i < n[lane]:
                count = min(count, n[lane] - i)
        first = max(0, i + lowest)
        last = min(n_columns - 1, i + count - 1 + highest) + count - 1
        corner = spread(np.inf)
        if i == 0:
            corner = spread(0.0)
        elif first > 0:
            corner = load(row, first - 1 + MARGIN)
        state = begin(corner)
        rows = load_rows(a, i * n_channels, n_channels)
        # from here to there every row is in every lane's band, or so far right that it does not
        # matter
        free = max(first, i + low + 2 * MARGIN)
        bound = i + high if i + high < n_columns - 1 else last
        plain = count == ROWS and n_channels == 1 and free <= bound
        shared = plain and keep_steps == FORGET and lowest == low and highest == high
        t = first
        if shared and i + low >= 0:
            state = enter_band(state, rows, b, t + MARGIN, row, t + MARGIN)
            t = free
        while t <= last:
            if plain and t == free:
                for at in range(free, bound + 1):
                    up = load(row, at + MARGIN)
                    if keep_steps == DIAGONAL:
                        note_nearer(state, up, steps, i * pitch + at + shift, pitch - 1)
                    elif keep_steps == STRAIGHT:
                        note_no_farther(state, up, steps, i * pitch + at + shift, pitch - 1)
                    state = advance(state, up, square_gaps(rows, b, at + MARGIN, 1))
                    store(row, at, row_of(state, MARGIN))
                t = bound + 1
                if shared and bound < last:
                    leave_band(state, rows, b, t + MARGIN, row, t)
                    t = last + 1
                continue
            up = load(row, t + MARGIN)
            if keep_steps == DIAGONAL:
                note_nearer(state, up, steps, i * pitch + t + shift, pitch - 1)
            elif keep_steps == STRAIGHT:
                note_no_farther(state, up, steps, i * pitch + t + shift, pitch - 1)
            gaps = square_gaps(rows, b, (t + MARGIN) * n_channels, n_channels)
            for channel in range(1, n_channels):
                more = load_rows(a, i * n_channels + channel, n_channels)
                gaps = add_square_gaps(
                    gaps, more, b, (t + MARGIN) * n_channels + channel, n_channels
                )
            state = advance(state, up, gaps)
            if (t < free) | (t > bound):
                state = keep_within(state, t - i, below, above)
            store(row, t - count + 1 + MARGIN, row_of(state, count - 1))
            t += 1
        i += count
        for lane in range(WIDTH):
            if n[lane] == i:
                costs[lane] = row[(m[lane] - 1 + MARGIN) * WIDTH + lane]


@compiled("boolean(int64[::1], int64[::1], int64, int64)")
def better_alone(n: Indices, m: Indices, window: int, filled: int) -> bool:
    """Tell whether the pairs of the first lanes are done sooner one by one."""
    (shortest, n_rows), (other, n_columns) = extremes(n), extremes(m)
    shortest = min(shortest, other)
    if min(shortest, window if window >= 0 else shortest) < LONG:
        return False
    cells = 0
    for lane in range(filled):
        cells += n[lane] * m[lane]
    return bool(WIDTH * n_rows * n_columns > LANES_TO_ONE * cells)


@compiled("float64(float64[:, ::1], int64, float64[:, ::1], int64, int64)")
def cost_alone(a: Matrix, n: int, b: Matrix, m: int, window: int) -> float:
    """Cost of one pair, the first n points of ``a`` and the first m of ``b``."""
    backwards = np.empty((b.shape[0], m))
    for channel in range(b.shape[0]):
        for t in range(m):
            backwards[channel, t] = b[channel, m - 1 - t]
    nothing, nowhere = np.empty(0, np.uint8), np.empty(0, np.int64)
    return accumulate(a, n, backwards, m, window, np.empty((3, n + 2)), nothing, nowhere, False)


@compiled("float64[::1](int64, int64)")
def workspace_behind_margin(n_points: int, n_channels: int) -> Vector:
    """Workspace for ``b`` of `warp`."""
    b = workspace((n_points + 2 * MARGIN) * n_channels)
    for at in range(MARGIN * n_channels):
        store(b, at, spread(np.inf))
    return b


@compiled(
    "void(float64[:, :, ::1], int64[::1], float64[:, :, ::1], int64[::1], int64[::1], int64[::1], "
    "int64, float64[:, ::1])"
)
def costs_of_pairs(
    A: Values,
    a_lengths: Indices,
    B: Values,
    b_lengths: Indices,
    first: Indices,
    second: Indices,
    window: int,
    costs: Matrix,
) -> None:
    """Write the cost (the squared distance) of the pairs ``A[first], B[second]`` to ``costs[first, second]``.

    Pairs side by side should be alike in length; and where one series comes again in the same place
    of the next few pairs, it need not be laid out anew.
    """
    n_pairs, n_channels = len(first), A.shape[1]
    a, b = (
        workspace((A.shape[2] + MARGIN) * n_channels),
        workspace_behind_margin(B.shape[2], n_channels),
    )
    row, no_steps = workspace(B.shape[2] + 2 * MARGIN), np.empty(0, np.uint16)
    rows, columns = np.empty(WIDTH, np.int64), np.empty(WIDTH, np.int64)
    rows_held, columns_held = np.empty(WIDTH, np.int64), np.empty(WIDTH, np.int64)
    for lane in range(WIDTH):
        rows_held[lane] = columns_held[lane] = -1
    n, m, found = np.empty(WIDTH, np.int64), np.empty(WIDTH, np.int64), np.empty(WIDTH)
    for start in range(0, n_pairs, WIDTH):
        filled = min(WIDTH, n_pairs - start)
        for lane in range(WIDTH):
            pair = start + min(lane, filled - 1)
            rows[lane], columns[lane] = first[pair], second[pair]
            n[lane], m[lane] = a_lengths[rows[lane]], b_lengths[columns[lane]]
        if better_alone(n, m, window, filled):
            for lane in range(filled):
                found[lane] = cost_alone(A[rows[lane]], n[lane], B[columns[lane]], m[lane], window)
        else:
            fill_lanes(A, a_lengths, rows, rows_held, 0, a)
            fill_lanes(B, b_lengths, columns, columns_held, MARGIN, b)
            warp(a, n, b, m, n_channels, window, 0, extremes(n)[1], row, no_steps, FORGET, found)
        for lane in range(filled):
            costs[rows[lane], columns[lane]] = found[lane]


@compiled(
    "void(float64[:, :, ::1], int64[::1], int64[::1], float64[:, :, ::1], int64[::1], int64[::1], "
    "int64, int64, int64, int64[:, :, ::1])"
)
def align(
    series: Values,
    lengths: Indices,
    members: Indices,
    centers: Values,
    center_lengths: Indices,
    owners: Indices,
    window: int,
    ties: int,
    most_words: int,
    spans: NDArray[np.int64],
) -> None:
    """Find which points of the series ``members``, ``WIDTH`` at most, meet each point of a centre.

    The steps of long series would take gigabytes. A first pass then keeps a row now and again, and
    the stretches between are filled once more, from the last one back, when their steps are wanted.

    Parameters
    ----------
    owners : (n_series,), each one's centre
    ties : DIAGONAL or STRAIGHT; ``a`` is the centre, ``b`` the series
    most_words : of steps to hold, where that is more than what the rows between take
    spans : (n_series, longest centre, 2), the first and the last point that meet a point of the centre
    """
    n_channels = series.shape[1]
    wanted, owner, nobody = (
        np.empty(WIDTH, np.int64),
        np.empty(WIDTH, np.int64),
        np.empty(WIDTH, np.int64),
    )
    n, m = np.empty(WIDTH, np.int64), np.empty(WIDTH, np.int64)
    for lane in range(WIDTH):
        wanted[lane] = members[min(lane, len(members) - 1)]
        owner[lane] = owners[wanted[lane]]
        n[lane], m[lane] = center_lengths[owner[lane]], lengths[wanted[lane]]
        nobody[lane] = -1
    (_, n_rows), (_, n_columns) = extremes(n), extremes(m)
    a, b = workspace((n_rows + MARGIN) * n_channels), workspace_behind_margin(n_columns, n_channels)
    fill_lanes(centers, center_lengths, owner, nobody.copy(), 0, a)
    fill_lanes(series, lengths, wanted, nobody, MARGIN, b)
    pitch, _ = step_layout(n, m, window, 0)
    stretch = min(n_rows, max(most_words // (pitch + 1), int(np.sqrt(WORDS_A_VECTOR * n_rows))))
    steps, row = (
        np.empty((stretch + ROWS) * (pitch + 1), np.uint16),
        workspace(n_columns + 2 * MARGIN),
    )
    costs = np.empty(WIDTH)
    kept = np.empty(((n_rows - 1) // stretch, len(row)))
    for at in range(len(kept)):
        warp(
            a,
            n,
            b,
            m,
            n_channels,
            window,
            at * stretch,
            (at + 1) * stretch,
            row,
            steps,
            FORGET,
            costs,
        )
        kept[at] = row
    i_of, j_of = n - 1, m - 1
    for lane in range(len(members)):
        spans[members[lane], i_of[lane], 1] = j_of[lane]
    for at in range(len(kept), -1, -1):
        start, stop = at * stretch, min(n_rows, (at + 1) * stretch)
        if at > 0:
            row[:] = kept[at - 1]
        warp(a, n, b, m, n_channels, window, start, stop, row, steps, ties, costs)
        _, shift = step_layout(n, m, window, start)
        for lane in range(len(members)):
            k, i, j = members[lane], i_of[lane], j_of[lane]
            while i > 0 and i >= start:
                word = steps[i * pitch + j + shift] >> lane
                if j == 0 or word & (1 << WIDTH):
                    spans[k, i, 0] = j
                    i -= 1
                    spans[k, i, 1] = j
                elif word & 1:
                    j -= 1
                else:
                    spans[k, i, 0] = j
                    i, j = i - 1, j - 1
                    spans[k, i, 1] = j
            i_of[lane], j_of[lane] = i, j
    for k in members:
        spans[k, 0, 0] = 0


@compiled("void(float64[:, :, ::1], int64[::1], int64[:, :, ::1], float64[:, ::1], float64[::1])")
def add_aligned(
    series: Values, members: Indices, spans: NDArray[np.int64], sums: Matrix, counts: Vector
) -> None:
    """Add to each point of a barycentre (``sums``, ``counts``) the points of the series ``members`` that meet it."""
    for k in members:
        for i in range(len(counts)):
            for channel in range(series.shape[1]):
                for j in range(spans[k, i, 1], spans[k, i, 0] - 1, -1):
                    sums[channel, i] += series[k, channel, j]
            counts[i] += spans[k, i, 1] - spans[k, i, 0] + 1
