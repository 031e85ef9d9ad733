"""The compiled part of dynamic time warping.

Importing it loads numba, so others import it on first use.

`warp` fills the accumulated cost matrices of several pairs side by side, a pair a lane, a few rows
at a time (see `_lanes`). `accumulate` fills the matrix of a single pair, anti-diagonal by
anti-diagonal. The cells of an anti-diagonal do not depend on one another, so the inner loop is
plain arithmetic on neighbouring memory, which the compiler turns into vector instructions. Short
series and narrow bands have short anti-diagonals, which do not fill these. Both functions do the
same operations for a cell, in the same order, and agree to the last bit.

numba compiles anew when this file changes, but not when `_lanes` does: whoever changes `_lanes`
must change this file too.

Indices of `accumulate`'s inner loops are unsigned. A signed index could mean "from the end", and
every cell would be tested for that.
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
from tszoo.storage.machine_code import kept

Function = TypeVar("Function", bound=Callable[..., Any])
Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Values = NDArray[np.float64]
Indices = NDArray[np.int64]

FORGET, DIAGONAL, STRAIGHT = 0, 1, 2
MARGIN = ROWS - 1  # how many columns the last row of a tile is behind the first
ANYWHERE = 2**40  # farther from the diagonal than any cell
# If series are long, lanes take this many times as long for a cell as a single pair does.
LANES_TO_ONE = 3
LONG = 64  # points of an anti-diagonal that keep `accumulate` busy
WORDS_A_VECTOR = 4 * WIDTH  # steps are noted in words of two bytes


def compiled(signature: str) -> Callable[[Function], Function]:
    """Compile for one signature; keep the machine code on disk if there is a place for it."""

    def decorate(function: Function) -> Function:
        return kept(
            lambda cache: cast(Function, njit(signature, nogil=True, cache=cache)(function))
        )

    return decorate


@compiled("UniTuple(int64, 2)(int64, int64, int64)")
def band(n: int, m: int, window: int) -> tuple[int, int]:
    """Return the lowest and the highest j - i that a path may visit.

    They are those of a Sakoe-Chiba band, widened by the extra points of the longer series. A
    negative ``window`` means no band.
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
    a : (channels, >= n)
        The series in the first n points.
    b : (channels, >= m)
        The series backwards in the first m points.
    window : int
        Radius of the band, negative for none.
    rows : (3, >= n + 2)
        Workspace. Anti-diagonal k is in row k % 3, its cell of row i in column i + 1.
    steps, bases : arrays
        Filled, if ``keep_steps``, with how the best path reaches each cell. The step of cell (i, j)
        on anti-diagonal k is ``steps[bases[k] + i]``: 0 from (i - 1, j - 1), 1 from (i - 1, j), 2
        from (i, j - 1); of equally cheap steps the lowest.
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
        # the cells next to this anti-diagonal are out of reach for the next two
        rows[here, start] = np.inf
        rows[here, start + count + one] = np.inf
    return float(rows[(n + m - 2) % 3, n])


@compiled("Tuple((int64[:, ::1], float64))(float64[:, ::1], int64, float64[:, ::1], int64, int64)")
def path_and_cost(
    a: Matrix, n: int, backwards: Matrix, m: int, window: int
) -> tuple[Indices, float]:
    """Return the best path, (n_steps, 2), from start to end, and its cost."""
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
    """Return zeros for ``n_vectors`` vectors, none of which crosses a cache line."""
    numbers = np.zeros((n_vectors + 1) * WIDTH)
    misplaced = (numbers.ctypes.data >> 3) % WIDTH
    return numbers[WIDTH - misplaced :]


@compiled("void(float64[:, :, ::1], int64[::1], int64[::1], int64[::1], int64, float64[::1])")
def fill_lanes(
    values: Values, lengths: Indices, wanted: Indices, present: Indices, margin: int, lanes: Vector
) -> None:
    """Put the series ``wanted`` into the lanes that do not hold them already.

    ``present`` says which series are in the lanes, and is brought up to date. Point t in channel c
    of lane l goes to ``lanes[((margin + t) * channels + c) * WIDTH + l]``.
    """
    n_channels = values.shape[1]
    alike, changed = True, False
    for lane in range(WIDTH):
        alike &= wanted[lane] == wanted[0]
        changed |= wanted[lane] != present[lane]
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
            if wanted[lane] != present[lane]:
                for channel in range(n_channels):
                    at = (margin * n_channels + channel) * WIDTH + lane
                    for t in range(lengths[wanted[lane]]):
                        lanes[at] = values[wanted[lane], channel, t]
                        at += n_channels * WIDTH
    for lane in range(WIDTH):
        present[lane] = wanted[lane]


@compiled("UniTuple(int64, 2)(int64[::1])")
def extremes(numbers: Indices) -> tuple[int, int]:
    """Return the least and the greatest number."""
    least = greatest = numbers[0]
    for number in numbers:
        least, greatest = min(least, number), max(greatest, number)
    return least, greatest


@compiled("UniTuple(int64, 4)(int64[::1], int64[::1], int64, float64[::1], float64[::1])")
def find_bands(
    n: Indices, m: Indices, window: int, below: Vector, above: Vector
) -> tuple[int, int, int, int]:
    """Write the ends of every lane's band into ``below`` and ``above``.

    Return the least and the greatest lower end, then the least and the greatest upper end.
    """
    lowest, low, high, highest = ANYWHERE, -ANYWHERE, ANYWHERE, -ANYWHERE
    for lane in range(WIDTH):
        start, end = band(n[lane], m[lane], window)
        if window < 0:
            start, end = -ANYWHERE, ANYWHERE
        below[lane], above[lane] = start, end
        lowest, low = min(lowest, start), max(low, start)
        high, highest = min(high, end), max(highest, end)
    return lowest, low, high, highest


@compiled("UniTuple(int64, 2)(int64[::1], int64[::1], int64, int64)")
def step_layout(n: Indices, m: Indices, window: int, start: int) -> tuple[int, int]:
    """Return pitch and shift of the steps noted from row ``start`` on.

    The step of cell (i, j) is word ``i * pitch + j + shift``. A row is as wide as the matrix or as
    the band, whichever is less, and has room for the cells that a tile computes beyond it.
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
    a : vectors as `fill_lanes` puts them
        Without a margin in front, and with one behind.
    b : vectors as `fill_lanes` puts them
        With a margin of infinities in front, and one behind. What lies behind a series' end does
        not matter.
    n, m : (WIDTH,)
        The lengths of both.
    window : int
        Radius of the band, negative for none.
    start, stop : int
        The rows (points of ``a``) to fill: all of them, or those that follow the row in ``row``.
    row : vectors, one for each column of the longest b and of both margins
        Workspace, which holds the last row in the end.
    steps : words
        Filled with how the best path reaches each cell, see `step_layout` and `note_nearer`.
    keep_steps : FORGET, DIAGONAL or STRAIGHT
        FORGET notes no steps. Of equally cheap steps, DIAGONAL prefers the one in both series, then
        the one in ``b`` alone, then the one in ``a`` alone; STRAIGHT prefers them the other way
        round.
    costs : (WIDTH,)
        Filled for those lanes whose last row is among the rows.
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
        # a tile ends where the series of a lane does
        count = min(ROWS, stop - i)
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
        # from column `free` to column `bound` every row is in every lane's band, or so far right
        # that it does not matter
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
    """Tell whether the pairs of the first ``filled`` lanes are done sooner one by one."""
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
    """Compute the cost of one pair, the first n points of ``a`` and the first m of ``b``."""
    backwards = np.empty((b.shape[0], m))
    for channel in range(b.shape[0]):
        for t in range(m):
            backwards[channel, t] = b[channel, m - 1 - t]
    nothing, nowhere = np.empty(0, np.uint8), np.empty(0, np.int64)
    return accumulate(a, n, backwards, m, window, np.empty((3, n + 2)), nothing, nowhere, False)


@compiled("float64[::1](int64, int64)")
def workspace_behind_margin(n_points: int, n_channels: int) -> Vector:
    """Return workspace for ``b`` of `warp`, with infinities in its margin."""
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
    """Write the costs (squared distances) of pairs of series.

    The cost of ``A[first]`` and ``B[second]`` goes to ``costs[first, second]``. This is fastest if
    successive pairs are alike in length, and if the same series come again and again in the same
    places.
    """
    n_pairs, n_channels = len(first), A.shape[1]
    a = workspace((A.shape[2] + MARGIN) * n_channels)
    b = workspace_behind_margin(B.shape[2], n_channels)
    row, no_steps = workspace(B.shape[2] + 2 * MARGIN), np.empty(0, np.uint16)
    rows, columns = np.empty(WIDTH, np.int64), np.empty(WIDTH, np.int64)
    present_rows, present_columns = np.empty(WIDTH, np.int64), np.empty(WIDTH, np.int64)
    for lane in range(WIDTH):
        present_rows[lane] = present_columns[lane] = -1
    n, m, lane_costs = np.empty(WIDTH, np.int64), np.empty(WIDTH, np.int64), np.empty(WIDTH)
    for start in range(0, n_pairs, WIDTH):
        filled = min(WIDTH, n_pairs - start)
        for lane in range(WIDTH):
            pair = start + min(lane, filled - 1)
            rows[lane], columns[lane] = first[pair], second[pair]
            n[lane], m[lane] = a_lengths[rows[lane]], b_lengths[columns[lane]]
        if better_alone(n, m, window, filled):
            for lane in range(filled):
                lane_costs[lane] = cost_alone(
                    A[rows[lane]], n[lane], B[columns[lane]], m[lane], window
                )
        else:
            fill_lanes(A, a_lengths, rows, present_rows, 0, a)
            fill_lanes(B, b_lengths, columns, present_columns, MARGIN, b)
            stop = extremes(n)[1]
            warp(a, n, b, m, n_channels, window, 0, stop, row, no_steps, FORGET, lane_costs)
        for lane in range(filled):
            costs[rows[lane], columns[lane]] = lane_costs[lane]


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

    The steps of long series would take gigabytes. So a first pass only keeps a row now and then.
    The stretches between these are filled once more, from the last one back, when their steps are
    needed.

    Parameters
    ----------
    owners : (n_series,)
        The centre of each series.
    ties : DIAGONAL or STRAIGHT
        As ``keep_steps`` of `warp`; ``a`` is the centre, ``b`` the series.
    most_words : int
        Words of steps to keep in memory, if that is more than what the kept rows take.
    spans : (n_series, longest centre, 2)
        Filled with the first and the last point that meet each point of the centre.
    """
    n_channels = series.shape[1]
    wanted, owner = np.empty(WIDTH, np.int64), np.empty(WIDTH, np.int64)
    nobody = np.empty(WIDTH, np.int64)
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
    steps = np.empty((stretch + ROWS) * (pitch + 1), np.uint16)
    row = workspace(n_columns + 2 * MARGIN)
    costs = np.empty(WIDTH)
    kept_rows = np.empty(((n_rows - 1) // stretch, len(row)))
    for at in range(len(kept_rows)):
        start, stop = at * stretch, (at + 1) * stretch
        warp(a, n, b, m, n_channels, window, start, stop, row, steps, FORGET, costs)
        kept_rows[at] = row
    i_of, j_of = n - 1, m - 1
    for lane in range(len(members)):
        spans[members[lane], i_of[lane], 1] = j_of[lane]
    for at in range(len(kept_rows), -1, -1):
        start, stop = at * stretch, min(n_rows, (at + 1) * stretch)
        if at > 0:
            row[:] = kept_rows[at - 1]
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
    """Add up the points of the series ``members`` that meet each point of a barycentre.

    Their sums go to ``sums``, their numbers to ``counts``.
    """
    for k in members:
        for i in range(len(counts)):
            for channel in range(series.shape[1]):
                for j in range(spans[k, i, 1], spans[k, i, 0] - 1, -1):
                    sums[channel, i] += series[k, channel, j]
            counts[i] += spans[k, i, 1] - spans[k, i, 0] + 1
