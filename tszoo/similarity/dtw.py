"""Dynamic time warping: the distance of two series when each may be stretched in time.

Point costs are squared differences, summed over channels (all channels are warped together); the
distance is the square root of the cheapest path's total. Series may differ in length. Arrays are
``(n_series, n_channels, length)``, channels before time; tslearn's are ``(n_series, length,
n_channels)``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tszoo.errors import DataError
from tszoo.similarity._jobs import in_threads
from tszoo.similarity.series import Stack, as_series, as_stack, window_code

Progress = Callable[[int, int], None]

PORTION = 1024  # series that a few others are compared with before a thread reports


def dtw(a: ArrayLike, b: ArrayLike, window: int | None = None) -> float:
    """Compute the DTW distance of two series, in memory linear in their length.

    Parameters
    ----------
    a, b : array-like, shape (length,) or (n_channels, length)
        Their lengths may differ. NaNs at the end are padding.
    window : int or None
        Radius of a Sakoe-Chiba band in points; None, the default, is no window. For series of
        unequal lengths the band is widened by the difference along the longer one, as
        ``sakoe_chiba_radius`` is in tslearn.

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
    """Find the cheapest warping path and the distance along it.

    This takes one byte of memory for every pair of points.

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

    Raises
    ------
    DataError, OptionError
        As for `dtw`.

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
    """Compute the DTW distances between all series of one set and all of another.

    The answer is that of ``tslearn.metrics.cdist_dtw``.

    Parameters
    ----------
    A, B : array-like or list of array-like
        Arrays are (n_series, length) or (n_series, n_channels, length), channels before time;
        tslearn has time before channels. A list has arrays (length,) or (n_channels, length), whose
        lengths may differ. NaNs at the end of a series are padding. Without B, the distances are
        those within A.
    window : int or None
        As for `dtw`.
    n_jobs : int or None
        Number of threads; None is one, -1 is one for every core. The answer does not depend on it.

    Returns
    -------
    ndarray of float64, shape (n_series of A, n_series of B)

    Raises
    ------
    DataError, OptionError
        As for `dtw`.
    """
    first = as_stack(A, "A, series")
    second = None
    if B is not None:
        second = as_stack(B, "B, series")
    return np.sqrt(pairwise_costs(first, second, window, n_jobs))


def pairwise_costs(
    A: Stack,
    B: Stack | None = None,
    window: int | None = None,
    n_jobs: int | None = None,
    on_comparisons: Callable[[int], None] | None = None,
) -> NDArray[np.float64]:
    """Compute squared DTW distances, shape (n_series of A, n_series of B).

    Without B, they are those within A. ``on_comparisons`` is called with the number of comparisons
    done since the last call.
    """
    if B is None:
        return costs_within([A], window, n_jobs, on_comparisons)[0]
    filling = _Filling([(A, B)], window)
    return filling.tables(_tasks_between(A, B), n_jobs, on_comparisons)[0]


def costs_within(
    stacks: Sequence[Stack],
    window: int | None = None,
    n_jobs: int | None = None,
    on_comparisons: Callable[[int], None] | None = None,
) -> list[NDArray[np.float64]]:
    """Compute squared DTW distances within each of several sets.

    The threads share the work of all sets.
    """
    filling = _Filling([(stack, stack) for stack in stacks], window)
    halves = filling.tables(_tasks_within(stacks), n_jobs, on_comparisons)
    return [half + half.T for half in halves]


class _Task(NamedTuple):
    """A part of a table to fill.

    These are the pairs of each of ``rows`` with each of ``columns``; if the two are one array, each
    pair of different series among them, once.
    """

    table: int
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]

    def pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """List the pairs: the row of each, and the column of each."""
        if self.rows is self.columns:
            upper, right = np.triu_indices(len(self.columns), 1)
            return self.columns[upper], self.columns[right]
        return np.repeat(self.rows, len(self.columns)), np.tile(self.columns, len(self.rows))


class _Filling:
    """Tables of squared distances between two sets each, and how they are filled."""

    def __init__(self, sets: Sequence[tuple[Stack, Stack]], window: int | None) -> None:
        self._sets = sets
        self._radius = window_code(window)
        self._tables = []
        for A, B in sets:
            _require_same_channels(A.n_channels, B.n_channels)
            self._tables.append(np.zeros((len(A), len(B))))

    def tables(
        self,
        tasks: Iterable[_Task],
        n_jobs: int | None,
        on_comparisons: Callable[[int], None] | None,
    ) -> list[NDArray[np.float64]]:
        """Do the tasks, and return the tables."""
        for n_comparisons in in_threads(self._fill, tasks, n_jobs):
            if on_comparisons is not None:
                on_comparisons(n_comparisons)
        return self._tables

    def _fill(self, task: _Task) -> int:
        from tszoo.similarity._kernels import costs_of_pairs

        A, B = self._sets[task.table]
        rows, columns = task.pairs()
        costs = self._tables[task.table]
        costs_of_pairs(A.values, A.lengths, B.values, B.lengths, rows, columns, self._radius, costs)
        return len(rows)


def _tasks_between(A: Stack, B: Stack) -> Iterator[_Task]:
    """Cut the table of two sets into tasks, whose columns are alike in length."""
    rows = np.arange(len(A))
    for _, columns in _batches(B):
        for top in range(0, len(rows), PORTION):
            yield _Task(0, rows[top : top + PORTION], columns)


def _tasks_within(stacks: Sequence[Stack]) -> Iterator[_Task]:
    """Cut one half of the table of each set into tasks, whose columns are alike in length.

    Some columns meet the series that come before them in the order of lengths, and then one
    another.
    """
    for k, stack in enumerate(stacks):
        for before, columns in _batches(stack):
            for top in range(0, len(before), PORTION):
                yield _Task(k, before[top : top + PORTION], columns)
            if len(columns) > 1:
                yield _Task(k, columns, columns)


def _batches(stack: Stack) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Cut a set, in the order of lengths, into batches as wide as the kernel's vectors.

    Yield each batch behind all series that come before it; the last batch comes first.
    """
    from tszoo.similarity._lanes import WIDTH

    order = np.argsort(stack.lengths, kind="stable")
    for start in reversed(range(0, len(order), WIDTH)):
        yield order[:start], order[start : start + WIDTH]


def _require_same_channels(a: int, b: int) -> None:
    if a != b:
        msg = f"series of {a} and of {b} channels cannot be compared; give both the same number."
        raise DataError(msg)
