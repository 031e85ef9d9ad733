"""Dynamic time warping.

How far two series are apart when each may be stretched in time to meet the other.

Point costs are squared differences, summed over channels (all channels are warped together); the
distance is the square root of the cheapest path's total. Series may differ in length. Arrays are
laid out channels before time, ``(n_series, n_channels, length)``, where tslearn has ``(n_series,
length, n_channels)``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tszoo.errors import DataError
from tszoo.similarity._jobs import in_threads
from tszoo.similarity.series import Stack, as_series, as_stack, window_code

Progress = Callable[[int, int], None]
Task = tuple[int, NDArray[np.int64], NDArray[np.int64]]  # a set, rows and columns of its matrix

PORTION = 1024  # series that a few others are compared with before a thread speaks up


def dtw(a: ArrayLike, b: ArrayLike, window: int | None = None) -> float:
    """Compute the DTW distance of two series, in memory linear in their length.

    Parameters
    ----------
    a, b : array-like, shape (length,) or (n_channels, length)
        Their lengths may differ. NaNs at the end are padding.
    window : int or None
        Radius of a Sakoe-Chiba band in points; for series of unequal lengths the band is widened by
        the difference along the longer one, as ``sakoe_chiba_radius`` is in tslearn. None, the
        default, is no window.

    Raises
    ------
    DataError
        If a series is empty, not numeric or has missing or infinite values, or the channels differ
        in number.
    OptionError
        If the window is negative.

    Examples
    --------
    >>> dtw([1, 2, 3], [1.0, 2.0, 2.0, 3.0])
    0.0
    >>> dtw([1, 2, 3], [1.0, 2.0, 2.0, 3.0, 4.0])
    1.0
    """
    return float(cdist_dtw([as_series(a, "a")], [as_series(b, "b")], window)[0, 0])


def dtw_path(
    a: ArrayLike, b: ArrayLike, window: int | None = None
) -> tuple[list[tuple[int, int]], float]:
    """Find the cheapest warping path and the distance along it, in memory of one byte a pair of points.

    Parameters
    ----------
    a, b, window
        As for `dtw`.

    Returns
    -------
    path : list of (index in a, index in b), from (0, 0) to the last of both
        Of equally cheap steps, the one that moves in both series is taken, then the one that moves
        in ``a``.
    distance : float

    Examples
    --------
    >>> dtw_path([1, 2, 3], [1.0, 2.0, 2.0, 3.0])
    ([(0, 0), (1, 1), (1, 2), (2, 3)], 0.0)
    """
    from tszoo.similarity._kernels import path_and_cost

    radius = window_code(window)
    a, b = as_series(a, "a"), as_series(b, "b")
    _require_same_channels(a.shape[0], b.shape[0])
    path, cost = path_and_cost(a, a.shape[1], np.ascontiguousarray(b[:, ::-1]), b.shape[1], radius)
    return [(int(i), int(j)) for i, j in path], float(np.sqrt(cost))


def cdist_dtw(
    A: ArrayLike | Sequence[ArrayLike],
    B: ArrayLike | Sequence[ArrayLike] | None = None,
    window: int | None = None,
    n_jobs: int | None = None,
) -> NDArray[np.float64]:
    """DTW distances between all series of one set and all of another.

    Answers as ``tslearn.metrics.cdist_dtw``.

    Parameters
    ----------
    A, B : array-like, shape (n_series, length) or (n_series, n_channels, length), or a list of arrays
        A list holds arrays (length,) or (n_channels, length), whose lengths may differ. tslearn's
        layout has time before channels; this one has channels before time. NaNs at the end of a
        series are padding. Without B, the distances are those within A.
    window : int or None
        As for `dtw`.
    n_jobs : int or None
        Threads: None is one, -1 one a core. The answer does not depend on it.

    Returns
    -------
    ndarray of float64, shape (n_series of A, n_series of B)

    Raises
    ------
    DataError, OptionError
        As for `dtw`.
    """
    first = as_stack(A, "A, series")
    second = first if B is None else as_stack(B, "B, series")
    return np.sqrt(pairwise_costs(first, None if B is None else second, window, n_jobs))


def pairwise_costs(
    A: Stack,
    B: Stack | None = None,
    window: int | None = None,
    n_jobs: int | None = None,
    on_row: Callable[[int], None] | None = None,
) -> NDArray[np.float64]:
    """Squared DTW distances, shape (n_series of A, n_series of B).

    ``on_row(n)`` hears of every n comparisons done.
    """
    return _costs_of([A], B, window, n_jobs, on_row)[0]


def costs_within(
    stacks: Sequence[Stack],
    window: int | None = None,
    n_jobs: int | None = None,
    on_row: Callable[[int], None] | None = None,
) -> list[NDArray[np.float64]]:
    """Squared DTW distances within each of several sets, the threads sharing the work of all."""
    return _costs_of(stacks, None, window, n_jobs, on_row)


def _costs_of(
    stacks: Sequence[Stack],
    others: Stack | None,
    window: int | None,
    n_jobs: int | None,
    on_row: Callable[[int], None] | None,
) -> list[NDArray[np.float64]]:
    from tszoo.similarity._kernels import costs_of_pairs
    from tszoo.similarity._lanes import WIDTH

    radius = window_code(window)
    costs = []
    for A in stacks:
        B = A if others is None else others
        _require_same_channels(A.n_channels, B.n_channels)
        costs.append(np.zeros((len(A), len(B))))

    def fill(task: Task) -> int:
        k, rows, columns = task
        A, B = stacks[k], stacks[k] if others is None else others
        if rows is columns:
            upper, right = np.triu_indices(len(columns), 1)
            first, second = columns[upper], columns[right]
        else:
            first, second = np.repeat(rows, len(columns)), np.tile(columns, len(rows))
        costs_of_pairs(A.values, A.lengths, B.values, B.lengths, first, second, radius, costs[k])
        return len(first)

    for done in in_threads(fill, _tasks(stacks, others, WIDTH), n_jobs):
        if on_row is not None:
            on_row(done)
    return [table + table.T for table in costs] if others is None else costs


def _tasks(stacks: Sequence[Stack], others: Stack | None, together: int) -> Iterator[Task]:
    """Cut the work up.

    ``together`` columns whose series are alike in length, and the rows that meet them.

    Within a set these are the rows that come before the columns and, ``rows`` being ``columns``,
    the pairs among these.
    """
    for k, stack in enumerate(stacks):
        order = np.argsort((stack if others is None else others).lengths, kind="stable")
        rows = order if others is None else np.arange(len(stack))
        for start in reversed(range(0, len(order), together)):
            columns = order[start : start + together]
            stop = start if others is None else len(rows)
            for top in range(0, stop, PORTION):
                yield k, rows[top : min(top + PORTION, stop)], columns
            if others is None and len(columns) > 1:
                yield k, columns, columns


def _require_same_channels(a: int, b: int) -> None:
    if a != b:
        msg = f"series of {a} and of {b} channels cannot be compared; give both the same number."
        raise DataError(msg)
