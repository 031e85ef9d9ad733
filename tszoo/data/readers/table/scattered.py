"""Recognise tables of one line a point whose lines are in no order, or in that of time alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import product

from tszoo.data.readers.table.columns import Columns
from tszoo.data.readers.table.times import moments

_FEWEST_POINTS = 3


def find_scattered(
    columns: Columns, id_at: int | None, time_at: int | None, taken: Collection[int | None]
) -> Iterator[tuple[int, int]]:
    """Yield ids and times that fit: a time is at most once with each id, and ids come often.

    Then the lines of one id need not be beside each other, nor in the order of time. The times are
    dates, or stand under a name for times.

    Parameters
    ----------
    columns : Columns
    id_at, time_at : int or None
        Where they are said to be.
    taken : collection of int
        Columns that are something else.
    """
    free = [at for at in range(columns.n_columns) if at not in taken]
    found = [at for at in free if _repeats(columns, at)]
    ids = _said_or(id_at, sorted(found, key=lambda at: not _is_name(columns, at)))
    times = _said_or(time_at, list(filter(columns.is_time, free)))
    for pair in product(ids, times):
        if _are_points(columns, *pair) and (id_at is not None or _come_again(columns, pair[1])):
            yield pair


def _said_or(said: int | None, found: list[int]) -> list[int]:
    return found if said is None else [said]


def _repeats(columns: Columns, at: int) -> bool:
    """Tell whether a column may hold ids, by how often each of several comes."""
    cells = columns.column(at)
    if columns.is_time(at) or not (columns.is_text(at) or columns.is_whole(at)):
        return False
    n_ids = len(set(cells))
    return len(cells) == len(columns.rows) and 1 < n_ids <= len(cells) / _FEWEST_POINTS


def _is_name(columns: Columns, at: int) -> bool:
    """Tell whether a column holds text, or is called an id: other numbers may be an age."""
    return columns.is_text(at) or columns.name(at).lower().endswith("id")


def _come_again(columns: Columns, time_at: int) -> bool:
    """Tell whether times come twice on average: those of one recording never do."""
    times = columns.column(time_at)
    return 2 * len(set(times)) <= len(times)


def _are_points(columns: Columns, id_at: int, time_at: int) -> bool:
    """Tell whether each line has a time of its own within its id, which has several."""
    ids, times = columns.column(id_at), columns.column(time_at)
    if id_at == time_at or len(times) < len(columns.rows) or moments(times) is None:
        return False
    if len(set(zip(ids, times, strict=False))) < len(times) or len(set(times)) < _FEWEST_POINTS:
        return False
    return len(set(ids)) <= len(ids) / _FEWEST_POINTS
