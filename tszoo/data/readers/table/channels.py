"""Recognise series of several channels in a line: x0, x1, … and y0, y1, … beside them."""

from __future__ import annotations

from tszoo.data.readers.table.columns import Columns
from tszoo.data.readers.table.names import families, last_number

_FEWEST_POINTS = 3


def find_channels(columns: Columns, values: list[int]) -> tuple[tuple[int, ...], ...]:
    """Return the columns of each channel, if those of values are of two or more.

    They are families of names, such as ``x0, x1, x2`` and ``y0, y1, y2``, with the same numbers in
    the same order, that rise. There are no more channels than points, or else names may be meant
    the other way round.

    Parameters
    ----------
    columns : Columns
    values : list of int
        Columns that may be of channels. Where a few are of none, they are passed over.
    """
    groups = list(families({at: columns.name(at) for at in values}).values())
    channels = [group for group in groups if len(group) >= _FEWEST_POINTS]
    n_taken = sum(map(len, channels))
    if len(channels) < 2 or 3 * n_taken < 2 * len(values):
        return ()
    if len(channels) > len(channels[0]) or not _are_alike(columns, channels):
        return ()
    return tuple(map(tuple, channels))


def _are_alike(columns: Columns, channels: list[list[int]]) -> bool:
    """Tell whether names of all channels have the same numbers, which rise."""
    numbers = [[last_number(columns.name(at)) for at in channel] for channel in channels]
    rising = sorted(set(numbers[0]))
    return all(other == rising for other in numbers)
