"""Refuse tables of one line a point and channel: their channels stand in a column of their own."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from itertools import permutations
from typing import NamedTuple

from tszoo.data.readers.table.columns import Columns
from tszoo.data.readers.table.names import names_channels, names_labels
from tszoo.data.readers.table.points import Points
from tszoo.data.readers.table.roles import Said
from tszoo.data.readers.table.times import moments
from tszoo.errors import DataError

_MOST_COLUMNS = 6
_MOST_CHANNELS = 64
_FEWEST_POINTS = 3
_MOSTLY = 0.9


class Crossed(NamedTuple):
    """Positions of the ids, the times and the names of channels."""

    id_at: int
    time_at: int
    channel_at: int


def refuse_crossed(columns: Columns, said: Said, points: Points | None) -> None:
    """Raise DataError if a line is one channel of a point.

    Then each time of a series comes once for each channel, and rises within one: as in sktime's
    long form, ``case_id, reading_id, dim_id, value``. ``points`` are the ids and times that were
    found otherwise: if they tell lines apart, they are right.
    """
    if points is not None and _tell_apart(columns, said, points):
        return
    crossed = _find(columns, said)
    if crossed is None:
        return
    id_at, time_at, channel_at = map(columns.called, crossed)
    index = [columns.name(at) or at for at in crossed[:2]]
    names = columns.name(crossed.channel_at) or crossed.channel_at
    rest = [at for at in range(columns.n_columns) if at not in crossed]
    rest.sort(key=lambda at: at == columns.label)
    value = columns.name(rest[0]) or rest[0]
    msg = (
        f"{columns.file}: one line a point and channel: each time in {time_at} comes for every "
        f"value of {channel_at} within the ids of {id_at}. A channel is to be a column: in pandas, "
        f"df.pivot(index={index!r}, columns={names!r}, values={value!r}).reset_index(), and then "
        f"id_column={index[0]!r}, time_column={index[1]!r}. If {channel_at} tells series apart, "
        "join it to the ids in one column."
    )
    raise DataError(msg)


def _tell_apart(columns: Columns, said: Said, points: Points) -> bool:
    """Tell whether no two lines have the same id and time, and ids are no channels by name."""
    if points.id_at is None or points.time_at is None:
        return False
    guessed = {points.id_at, points.time_at} - {said.id_at, said.time_at}
    if any(names_channels(columns.name(at)) for at in guessed if at is not None):
        return False
    ids, times = columns.column(points.id_at), columns.column(points.time_at)
    return len(set(zip(ids, times, strict=False))) == len(columns.rows)


def _find(columns: Columns, said: Said) -> Crossed | None:
    """Find ids, times and channels that tell all lines apart together, and no two of them do."""
    if said.keeps_all or not _FEWEST_POINTS < columns.n_columns <= _MOST_COLUMNS:
        return None
    cells = {at: columns.column(at) for at in range(columns.n_columns)}
    points = {at: moments(cells[at]) for at in cells}
    for some in _candidates(columns, said):
        times = points[some.time_at]
        if times is not None and _is_crossed(columns, some, cells, times):
            return some
    return None


def _candidates(columns: Columns, said: Said) -> Iterator[Crossed]:
    """Yield columns that may be ids, times and channels: those named so, or the fewest, first."""
    free = _free(columns, said)
    n_different = {at: len(set(columns.column(at))) for at in free}
    few = [at for at in free if 1 < n_different[at] <= _MOST_CHANNELS]
    few.sort(key=lambda at: (not names_channels(columns.name(at)), n_different[at]))
    for id_at, time_at, channel_at in _triples(free, few):
        if said.id_at in (None, id_at) and said.time_at in (None, time_at):
            yield Crossed(id_at, time_at, channel_at)


def _triples(free: list[int], few: list[int]) -> Iterator[tuple[int, int, int]]:
    """Yield all three different columns of which the third is one of a few."""
    for channel_at in few:
        rest = [at for at in free if at != channel_at]
        yield from ((*pair, channel_at) for pair in permutations(rest, 2))


def _free(columns: Columns, said: Said) -> list[int]:
    """Return the columns that nobody says, and no name says, to be anything else."""
    taken = {said.group_at, *said.channels, *said.dropped}
    if columns.is_told:
        taken.add(columns.label)
    places = [at for at in range(columns.n_columns) if at not in taken]
    return [at for at in places if not names_labels(columns.name(at))]


def _is_crossed(
    columns: Columns, some: Crossed, cells: dict[int, list[str]], times: list[float]
) -> bool:
    """Tell whether times rise in each channel of an id, and come again in its other channels."""
    ids, channels = cells[some.id_at], cells[some.channel_at]
    if not len(ids) == len(times) == len(channels):
        return False
    n_stretches = _count_rising(list(zip(ids, channels, strict=True)), times)
    if n_stretches is None or len(ids) < _FEWEST_POINTS * n_stretches:
        return False
    # each channel is one of several ids, or else ids would lie within others, such as classes
    is_named = names_channels(columns.name(some.channel_at))
    if not is_named and 2 * len(set(channels)) > n_stretches + 1:
        return False
    n_first = Counter(channels)[channels[0]]
    n_again = len(ids) - len(set(zip(ids, times, strict=True)))
    return n_again >= _MOSTLY * (len(ids) - n_first)


def _count_rising(keys: list[tuple[str, str]], times: list[float]) -> int | None:
    """Return how many keys there are; None if times do not rise from line to line of each."""
    latest: dict[tuple[str, str], float] = {}
    for key, time in zip(keys, times, strict=True):
        if time <= latest.get(key, -math.inf):
            return None
        latest[key] = time
    return len(latest)
