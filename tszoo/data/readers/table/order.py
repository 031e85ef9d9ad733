"""Put the values of a line in order, by what their columns are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from tszoo.data.readers.table.columns import Columns
from tszoo.data.readers.table.names import axis_of, is_rising
from tszoo.data.readers.table.roles import Said
from tszoo.data.table_reading import TableReading

Channels = tuple[tuple[int, ...], ...]


def keep_as_before(columns: Columns, said: Said, before: TableReading | None) -> Said:
    """Leave out what was not there before, if all columns of values are there again.

    Parameters
    ----------
    columns : Columns
    said : Said
        What a caller says goes first.
    before : TableReading or None
        How a table was read that this one is like.
    """
    known = _known(columns, before)
    if said.keeps_all or not known:
        return said
    strange = {at for at in columns.others() if columns.name(at) not in known}
    strange -= {said.id_at, said.group_at}
    return replace(said, dropped=tuple(sorted({*said.dropped, *strange})), keeps_all=True)


def order_values(
    columns: Columns, values: Sequence[int], channels: Channels, before: TableReading | None
) -> Channels:
    """Return the columns of each channel in order; empty for one whose columns are in order.

    A name's number, or its date, says which value comes first: ``t1, t10, t2``, as text is sorted,
    is ``t1, t2, t10``. Names that fall throughout stay as they are, since what is last may have
    been first, unless the table that this one is like had names that rise. If the columns of that
    one are there, they have the order that they had there.

    Parameters
    ----------
    columns : Columns
    values : sequence of int
        The positions of all values.
    channels : tuple of tuples of int
        The channels that the table seems to have; empty for one.
    before : TableReading or None
        How a table was read that this one is like.
    """
    if channels:
        return _order_channels(columns, channels, before)
    places = {columns.name(at): at for at in values}
    known = _known(columns, before)
    if known and places.keys() >= set(known):
        return _unless_in_order([places[name] for name in known])
    return _order_by_axis([columns.name(at) for at in values], values, before)


def _order_by_axis(
    names: Sequence[str], values: Sequence[int], before: TableReading | None
) -> Channels:
    """Return the columns of one channel in the order of their names' numbers or dates."""
    points = axis_of(names)
    if points is None or (is_rising(points[::-1]) and not _rose(before)):
        return ()
    return _unless_in_order([at for _, at in sorted(zip(points, values, strict=True))])


def _order_channels(columns: Columns, channels: Channels, before: TableReading | None) -> Channels:
    """Return channels in the order that they had before, if they are the same."""
    firsts = {columns.name(channel[0]): channel for channel in channels}
    if before is None or firsts.keys() != set(before.firsts):
        return channels
    return tuple(firsts[name] for name in before.firsts)


def _known(columns: Columns, before: TableReading | None) -> tuple[str, ...]:
    """Return the names that values had before, if all of them are there again, once."""
    if before is None:
        return ()
    counts = Counter(columns.names or ())
    return before.values if all(counts[name] == 1 for name in before.values) else ()


def _unless_in_order(positions: list[int]) -> Channels:
    return () if is_rising(positions) else (tuple(positions),)


def _rose(before: TableReading | None) -> bool:
    """Tell whether a table's values had names that rose."""
    if before is None or before.by_point or before.firsts:
        return False
    return before.header and not before.values
