"""Read tables of one line a point: the lines of one id are one series, or cut into several."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from tszoo.data.readers.numbers import parse_points
from tszoo.data.readers.points.build import PointTable
from tszoo.data.readers.points.clock import Clock
from tszoo.data.readers.points.gather import PointCells
from tszoo.data.readers.points.windows import Cut
from tszoo.data.readers.raw import RawSeries
from tszoo.data.readers.table.series_read import SeriesTable
from tszoo.errors import DataError

Block = tuple[list[int], list[str]]


def read_points(table: SeriesTable, blocks: Iterable[Block], cut: Cut) -> RawSeries:
    """Read all lines, given in blocks with their numbers, and put those of one id together.

    The points of a series are brought in the order of their times, and resampled where those are
    uneven. Series may differ in length. Lines become numbers block by block.

    Raises
    ------
    DataError
        If the label changes within a series, a time occurs twice in one, or a cell is no number.
    """
    points = PointTable(table.file, table.layout, cut)
    gatherer, clock = points.gatherer(), Clock()
    for numbers, lines in blocks:

        def place(i: int, numbers: list[int] = numbers) -> str:
            return f"{table.file}, line {numbers[i]}"

        gatherer.add(_cells(table, clock, numbers, lines), place)
    return points.series(gatherer, clock)


def _cells(table: SeriesTable, clock: Clock, numbers: list[int], lines: list[str]) -> PointCells:
    """Take lines apart."""
    layout = table.layout
    labels: list[str] = []
    ids: list[str] = []
    times: list[str] = []
    groups: list[str] = []
    rows: list[str] = []
    # a list for each line would keep the garbage collector busy for longer than the reading
    for (label, name, time, group), row in table.each_split(numbers, lines):
        labels.append(label)
        ids.append(name)
        times.append(time)
        groups.append(group)
        rows.append(row)
    seconds = None
    if layout.time_at is not None:
        seconds = clock.read(times, lambda i: f"{table.file}, line {numbers[i]}")
    return PointCells(
        None if layout.id_at is None else ids,
        None if layout.label_at is None else labels,
        None if layout.group_at is None else groups,
        seconds,
        _values(table, numbers, rows),
    )


def _values(table: SeriesTable, numbers: list[int], rows: list[str]) -> NDArray[np.float64]:
    """Parse the values of lines; each has as many as the first line says."""
    n_channels = len(table.layout.values_at)
    parsed = parse_points(
        table.with_points(rows, numbers),
        table.layout.delimiter,
        lambda i, j: table.place(numbers[i], j),
    )
    if isinstance(parsed, np.ndarray) and parsed.shape[1] == n_channels:
        return parsed
    i = next(i for i, row in enumerate(parsed) if len(row) != n_channels)
    msg = (
        f"{table.file}, line {numbers[i]}: {len(parsed[i])} channels, but the first line has "
        f"{n_channels}."
    )
    raise DataError(msg)
