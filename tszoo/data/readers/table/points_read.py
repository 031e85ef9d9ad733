"""Read tables of one line a point: the lines of one id are one series."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tszoo.data.dataset import Label
from tszoo.data.readers.collect import Block, stack_channels
from tszoo.data.readers.numbers import parse_rows, shorten
from tszoo.data.readers.raw import RawSeries
from tszoo.data.readers.table.series_read import SeriesTable
from tszoo.data.readers.table.times import moments
from tszoo.errors import DataError


@dataclass(frozen=True)
class _Point:
    """Hold a line: its number, its time, and the cell of each channel."""

    number: int
    time: str
    cells: list[str]


@dataclass
class _Series:
    """Gather the points of one series."""

    name: str
    label: str
    points: list[_Point] = field(default_factory=list)


def read_points(table: SeriesTable, blocks: Iterable[tuple[list[int], list[str]]]) -> RawSeries:
    """Read all lines, given in blocks with their numbers, and put those of one id together.

    The points of a series are brought in the order of their times. Series may differ in length.

    Raises
    ------
    DataError
        If the label changes within a series, a time occurs twice in one, or a cell is no number.
    """
    gathered: dict[str, _Series] = {}
    for numbers, lines in blocks:
        splits = table.split(numbers, lines)
        rows = table.with_points([row for _, row in splits], numbers)
        for number, (taken, _), row in zip(numbers, splits, rows, strict=True):
            label, name, time = taken
            series = gathered.setdefault(name, _Series(name, label))
            point = _Point(number, time, row.split(table.layout.delimiter))
            _check(table.file, series, point, label)
            series.points.append(point)
    if not gathered:
        msg = f"{table.file}: no series below the header."
        raise DataError(msg)
    ordered = [_in_order(table, series) for series in gathered.values()]
    block = _parse(table, ordered)
    labels: list[Label] | None = None
    if table.layout.label_at is not None:
        labels = [series.label for series in ordered]
    read_as = f"{table.layout.describe()}; {_size(ordered)}"
    return RawSeries(block, labels, padded=False, ids=list(gathered), read_as=read_as)


def _check(file: str, series: _Series, point: _Point, label: str) -> None:
    """Raise DataError if a point has another label or number of channels than its series."""
    if series.label != label:
        msg = (
            f"{file}, line {point.number}: label {shorten(label)}, but the series "
            f"{shorten(series.name)} began with {shorten(series.label)}. All lines of a series "
            "have one label: give each stretch an id of its own."
        )
        raise DataError(msg)
    if series.points and len(point.cells) != len(series.points[0].cells):
        msg = (
            f"{file}, line {point.number}: {len(point.cells)} channels, but the series "
            f"{shorten(series.name)} began with {len(series.points[0].cells)}."
        )
        raise DataError(msg)


def _in_order(table: SeriesTable, series: _Series) -> _Series:
    """Return a series with its points in the order of their times."""
    if table.layout.time_at is None:
        return series
    written = [point.time for point in series.points]
    if len(set(written)) < len(written):
        msg = (
            f"{table.file}: a time occurs twice in the series {shorten(series.name)}. If the ids "
            "stand in another column, pass id_column=..."
        )
        raise DataError(msg)
    times = moments(written)
    if times is None:
        msg = (
            f"{table.file}: the times of the series {shorten(series.name)}, such as "
            f"{shorten(written[0])}, are neither numbers nor ISO dates. Write them so, or leave "
            "the column out with drop=... if the lines are in order."
        )
        raise DataError(msg)
    order = sorted(range(len(times)), key=times.__getitem__)
    return _Series(series.name, series.label, [series.points[i] for i in order])


def _parse(table: SeriesTable, gathered: list[_Series]) -> Block:
    """Parse each channel of each series, so that errors name the line."""
    delimiter = table.layout.delimiter
    n_channels = len(gathered[0].points[0].cells)
    for series in gathered:
        _check(table.file, gathered[0], series.points[0], gathered[0].label)
    rows = [
        (delimiter or " ").join(point.cells[channel] for point in series.points)
        for series in gathered
        for channel in range(n_channels)
    ]

    def place(row: int, cell: int | None) -> str:
        series, channel = gathered[row // n_channels], row % n_channels
        if cell is None:
            return f"{table.file}, series {shorten(series.name)}, channel {channel + 1}"
        return table.place(series.points[cell].number, channel)

    parsed = parse_rows(rows, delimiter, place)
    return stack_channels(parsed, n_channels, lambda i: f"series {gathered[i].name}")


def _size(gathered: list[_Series]) -> str:
    """Say how many series came of the lines, and of what size."""
    lengths = sorted(len(series.points) for series in gathered)
    points = f"{lengths[0]}"
    if lengths[0] != lengths[-1]:
        points = f"{lengths[0]} to {lengths[-1]}"
    return f"{len(gathered)} series of {points} points"
