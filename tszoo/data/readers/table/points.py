"""Recognise tables of one line a point: long format, and recordings that nobody has cut yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise, product

from tszoo.data.readers.table.columns import Columns
from tszoo.data.readers.table.names import (
    families,
    is_index,
    is_time_axis,
    names_labels,
    names_time,
)
from tszoo.data.readers.table.roles import Said
from tszoo.data.readers.table.scattered import find_scattered
from tszoo.data.readers.table.times import moments
from tszoo.errors import DataError

_MOST_COLUMNS = 12
_MOST_UNNAMED = 7
_MOST_NUMBERED = 4
_FEWEST_LINES = 8
_MANY_LINES = 30
_LONG_RUN = 5


@dataclass(frozen=True)
class Points:
    """Say which columns of a table with one line a point hold what, as positions from 0.

    Attributes
    ----------
    id_at : int or None
        None if all lines are one recording.
    time_at : int or None
        None if the points of a series stand in order.
    label_at : int or None
    """

    id_at: int | None
    time_at: int | None
    label_at: int | None


def find_points(columns: Columns, said: Said) -> Points | None:
    """Find ids and times if a table has one line a point; None if a line is a series.

    A caller says so with a column of times, or with ids that repeat beside a few channels.
    Otherwise it is seen by ids that repeat while another column rises within each.

    Raises
    ------
    DataError
        If a line is a point, and it does not show which series that belongs to, or where the
        labels are.
    """
    if said.time_at is not None and said.id_at is not None:
        return _beside(columns, said, said.id_at, said.time_at)
    if said.by_point:
        return _surely_points(columns, said)
    if said.keeps_all or _are_ids_of_lines(columns, said) or _is_wide(columns, said):
        return None
    pair = _pair(columns, said)
    if pair is not None:
        return _beside(columns, said, *pair)
    if said.id_at is not None:
        return _beside(columns, said, said.id_at, None)
    if said.time_at is not None:
        msg = (
            f"{columns.file}: one line a point needs ids of the series. Pass id_column=..., or "
            "window=... to cut one recording into windows of so many points."
        )
        raise DataError(msg)
    return None


def _surely_points(columns: Columns, said: Said) -> Points:
    """Find what a caller does not say of a table that has one line a point."""
    id_at, time_at = said.id_at, said.time_at
    if id_at is None:
        pair = _pair(columns, said)
        if pair is not None:
            id_at, time_at = pair
    if time_at is None:
        taken = {id_at, said.group_at, *said.channels}
        clocks = (at for at in columns.others() if at not in taken)
        blocks = [slice(0, len(columns.rows))]
        if id_at is not None:
            blocks = _blocks(columns.column(id_at))
        time_at = next((at for at in clocks if _is_time_within(columns, blocks, at)), None)
    return _beside(columns, said, id_at, time_at)


def _is_time_within(columns: Columns, blocks: list[slice], at: int) -> bool:
    """Tell whether a column holds times by what it is, or by its name, and rises in blocks."""
    return columns.is_time(at) and _rises_within(columns, blocks, at)


def _beside(columns: Columns, said: Said, id_at: int | None, time_at: int | None) -> Points:
    """Find the labels beside ids and times."""
    return Points(id_at, time_at, _label_beside(columns, said, id_at, time_at))


def refuse_points(columns: Columns, left_out: list[int]) -> None:
    """Raise DataError if lines look like points of one recording, not like series.

    ``left_out`` are the columns that hold no values.
    """
    values = [at for at in columns.others() if at not in left_out]
    if len(columns.rows) < _MANY_LINES or len(values) > _MOST_COLUMNS:
        return
    if is_time_axis([columns.name(at) for at in values]):
        return
    _refuse_clocks(columns)
    _refuse_times(columns, values)
    if 1 < len(values) <= _most_channels(columns, values) and _labels_stay(columns):
        msg = (
            f"{columns.file}: {len(values)} values a line, and labels that stay for many lines: a "
            f"line looks like a point, not like a series. {_ADVICE}"
        )
        raise DataError(msg)


def _refuse_clocks(columns: Columns) -> None:
    """Raise DataError if a column rises from line to line."""
    for at in range(columns.n_columns):
        if _is_clock(columns, at):
            msg = (
                f"{columns.file}: {columns.called(at)} rises from line to line, so a line looks "
                f"like a point of one recording. {_ADVICE}"
            )
            raise DataError(msg)


def _refuse_times(columns: Columns, values: list[int]) -> None:
    """Raise DataError if one of several values has the name of a time."""
    clock = next((at for at in values if names_time(columns.name(at))), None)
    if clock is not None and len(values) > 1:
        msg = (
            f"{columns.file}: {columns.called(clock)} is named as times are, and would be a value "
            f"of the series, so a line looks like a point. {_ADVICE}"
        )
        raise DataError(msg)


def _labels_stay(columns: Columns) -> bool:
    """Tell whether labels change, and seldom from one line to the next."""
    runs = sum(1 for _ in groupby(columns.labels))
    return 1 < runs <= len(columns.rows) / _LONG_RUN


def _is_clock(columns: Columns, at: int) -> bool:
    """Tell whether a column rises throughout, and is neither an index nor said to be the label."""
    if at == columns.label and columns.is_told:
        return False
    if columns.names is None and at == 0:
        return not columns.counts(at) and columns.rises(at)
    return not is_index(columns.name(at), at) and columns.rises(at)


def _most_channels(columns: Columns, values: list[int]) -> int:
    """Return how many values of a line may be the channels of a point, by their names."""
    if columns.names is None:
        return _MOST_UNNAMED
    names = {at: columns.name(at) for at in values}
    if any(len(family) > 1 for family in families(names).values()):
        return _MOST_NUMBERED
    return _MOST_COLUMNS


_ADVICE = (
    "Give id_column=... and time_column=... if each series has an id, or window=... to cut the "
    'recording into series of so many points. If a line is a series, pass drop="none", or '
    'drop="NAME" for what is no value.'
)


def beside_points(columns: Columns, points: Points, said: Said) -> list[int]:
    """Return the columns of a table with one line a point that are neither label nor channels.

    Ids, times, an index and text are none, nor is what stays within each series while other columns
    move, such as a person's age.

    Raises
    ------
    DataError
        If no column is left for channels.
    """
    label = None if points.label_at is None else points.label_at % columns.n_columns
    taken = {points.id_at, points.time_at, said.group_at, label, *said.dropped}
    rest = [at for at in range(columns.n_columns) if at not in taken and _has_values(columns, at)]
    channels = said.channels or _moving(columns, points.id_at, rest)
    if not channels:
        msg = f"{columns.file}: one line a point, and no column of numbers is left for channels."
        raise DataError(msg)
    return [at for at in range(columns.n_columns) if at not in (*channels, label)]


def _moving(columns: Columns, id_at: int | None, rest: list[int]) -> list[int]:
    """Return the columns that move within series, or all of them if none does."""
    ids = [""] * len(columns.rows)
    if id_at is not None:
        ids = columns.column(id_at)
    return [at for at in rest if _moves(columns.column(at), ids)] or rest


def _has_values(columns: Columns, at: int) -> bool:
    """Tell whether a column holds neither text nor an index."""
    return not columns.is_text(at) and not is_index(columns.name(at), at)


def _moves(cells: list[str], ids: list[str]) -> bool:
    """Tell whether cells differ within any id, or are the same in all lines."""
    of_id: dict[str, set[str]] = {}
    for name, cell in zip(ids, cells, strict=False):
        of_id.setdefault(name, set()).add(cell)
    return any(len(some) > 1 for some in of_id.values()) or len(set(cells)) == 1


def _are_ids_of_lines(columns: Columns, said: Said) -> bool:
    """Tell whether a caller names ids that are different in every line."""
    if said.id_at is None or said.time_at is not None:
        return False
    cells = columns.column(said.id_at)
    return len(set(cells)) == len(cells)


def _is_wide(columns: Columns, said: Said) -> bool:
    """Tell whether a table has more columns than points have channels, or columns of one family."""
    if said.by_series:
        return True
    if said.time_at is not None:
        return False
    if len(columns.rows) < _FEWEST_LINES and said.id_at is None:
        return True
    if columns.names is None:
        return columns.n_columns > _MOST_COLUMNS
    return _has_axis(columns)


def _has_axis(columns: Columns) -> bool:
    """Tell whether most columns are of one family, and their names points of time, or many."""
    names = {at: columns.name(at) for at in columns.others()}
    kin = max(families(names).values(), key=len, default=[])
    if 2 * len(kin) <= len(names):
        return False
    if len(kin) > _MOST_COLUMNS or is_time_axis([names[at] for at in kin]):
        return True
    return len(kin) > 2 and not any(map(columns.is_time, names))


def _pair(columns: Columns, said: Said) -> tuple[int, int] | None:
    """Return ids and times that fit, with the lines of each id together if there are such.

    Where windows are not cut, ids are better if each has one label; columns that are named as times
    are the last choice for ids.
    """
    label = _named_label(columns)
    taken = {label, said.group_at, *said.channels, *said.dropped}
    pairs = [*_pairs(columns, said), *find_scattered(columns, said.id_at, said.time_at, taken)]
    if label is not None and not said.by_point:
        pairs = [pair for pair in pairs if _agree(columns, pair[0], label)] or pairs
    return min(pairs, key=lambda pair: names_time(columns.name(pair[0])), default=None)


def _named_label(columns: Columns) -> int | None:
    """Return the label's column if a caller says which it is, or a name does."""
    if columns.is_told:
        return columns.label
    named = [at for at in range(columns.n_columns) if names_labels(columns.name(at))]
    return named[0] if len(named) == 1 else None


def _agree(columns: Columns, id_at: int, label_at: int) -> bool:
    """Tell whether each id has one label."""
    ids, labels = columns.column(id_at), columns.column(label_at)
    return len(set(zip(ids, labels, strict=False))) == len(set(ids))


def _pairs(columns: Columns, said: Said) -> Iterator[tuple[int, int]]:
    """Yield ids and times that fit: within each id, in one block of lines, the times rise."""
    for id_at, time_at in product(_possible_ids(columns, said), _possible_times(columns, said)):
        if time_at != id_at and _fits(columns, _blocks(columns.column(id_at)), time_at):
            yield id_at, time_at


def _possible_ids(columns: Columns, said: Said) -> list[int]:
    """Return the columns that may hold ids."""
    if said.id_at is not None:
        return [said.id_at]
    free = [at for at in range(columns.n_columns) if at not in said.dropped]
    return [at for at in free if _may_be_id(columns, at)]


def _possible_times(columns: Columns, said: Said) -> list[int]:
    """Return the columns that may hold times."""
    if said.time_at is not None:
        return [said.time_at]
    return [at for at in columns.others() if at not in said.dropped]


def _may_be_id(columns: Columns, at: int) -> bool:
    """Tell whether a column may hold ids: each in one block of lines, several lines on average."""
    if at == columns.label and (columns.is_told or names_labels(columns.name(at))):
        return False
    cells = columns.column(at)
    blocks = _blocks(cells)
    if len(cells) < len(columns.rows) or len(set(cells)) < len(blocks):
        return False
    if len(blocks) == 1:
        return is_index(columns.name(at), at) and columns.name(at) != ""
    return len(cells) >= 3 * len(blocks)


def _blocks(cells: list[str]) -> list[slice]:
    """Return the stretches of equal cells."""
    blocks, start = [], 0
    for _, group in groupby(cells):
        end = start + sum(1 for _ in group)
        blocks.append(slice(start, end))
        start = end
    return blocks


def _fits(columns: Columns, blocks: list[slice], time_at: int) -> bool:
    """Tell whether a column rises within each block, and starts anew or holds times."""
    points = moments(columns.column(time_at))
    if points is None or not _rises_within(columns, blocks, time_at):
        return False
    if columns.is_time(time_at) or len(blocks) == 1:
        return True
    anew = sum(points[b.start] <= points[a.stop - 1] for a, b in pairwise(blocks))
    return bool(2 * anew >= len(blocks) - 1)


def _rises_within(columns: Columns, blocks: list[slice], at: int) -> bool:
    """Tell whether a column has a number or a time in every line, and rises within each block."""
    points = moments(columns.column(at))
    if points is None or len(points) < len(columns.rows):
        return False
    return all(b > a for block in blocks for a, b in pairwise(points[block]))


def _label_beside(
    columns: Columns, said: Said, id_at: int | None, time_at: int | None
) -> int | None:
    """Return where the labels are; where nobody said, they stand under a label's name.

    Raises
    ------
    DataError
        If they cannot be where they are looked for.
    """
    label, taken = columns.label, {id_at, time_at, said.group_at, *said.channels}
    if label is None or (columns.is_told and label not in taken):
        return columns.label_at
    named = [at for at in range(columns.n_columns) if names_labels(columns.name(at))]
    if not columns.is_told and len(named) == 1:
        return named[0]
    if label not in taken:
        return label
    what = {id_at: "ids", time_at: "times", said.group_at: "groups"}.get(label, "values")
    msg = (
        f"{columns.file}: one line a point, and {columns.called(label)} holds the {what}, not "
        "labels. Say where those are with label_column=..."
    )
    raise DataError(msg)
