"""Read tables that lie in columns, by the same decisions as those that lie in lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tszoo.data.classes import Label
from tszoo.data.narrow import narrow
from tszoo.data.readers.frame.cells import to_names, to_numbers, to_text, to_times
from tszoo.data.readers.frame.nested import list_columns, read_nested
from tszoo.data.readers.frame.source import (
    FrameSource,
    source_of_feather,
    source_of_parquet,
)
from tszoo.data.readers.numbers import shorten
from tszoo.data.readers.points.build import PointTable
from tszoo.data.readers.points.clock import Clock
from tszoo.data.readers.points.gather import PointCells
from tszoo.data.readers.points.windows import Cut
from tszoo.data.readers.raw import RawSeries, ReadOptions
from tszoo.data.readers.table.advice import advise
from tszoo.data.readers.table.columns import Columns
from tszoo.data.readers.table.decide import decide
from tszoo.data.readers.table.layout import Layout
from tszoo.data.readers.table.sample import FEWEST_LINES, MOST_LINES, Sample
from tszoo.errors import DataError

# Cells that are looked at to decide.
_MOST_CELLS = 1 << 17


def read_parquet(path: Path, options: ReadOptions) -> Iterator[RawSeries]:
    """Read a Parquet file, see ``read_frame``; MissingExtraError without pyarrow."""
    return read_frame(source_of_parquet(path), options)


def read_feather(path: Path, options: ReadOptions) -> Iterator[RawSeries]:
    """Read a Feather file, see ``read_frame``; MissingExtraError without pyarrow."""
    return read_frame(source_of_feather(path), options)


def read_frame(source: FrameSource, options: ReadOptions) -> Iterator[RawSeries]:
    """Read series of a table in columns: a row is a series, or a point of one.

    What its columns hold is decided as ``read_delimited`` decides it, by the first rows as a
    ``.csv`` would have them. Where cells are lists, see ``read_nested``.

    Raises
    ------
    DataError
        If there is no row, it is open how to read them, or a cell is not a number.
    """
    lists = list_columns(source)
    if lists:
        yield from read_nested(source, options, lists)
        return
    sample = _sample(source)
    _refuse_structs(source)
    columns, layout, cut = decide(sample, replace(options, header=True), spreadsheet=False)
    if layout.by_point:
        yield _read_points(source, layout, cut)
        return
    _refuse_text(columns, layout)
    start = 0
    for batch in source.batches(_names(layout)):
        yield _read_series(source, layout, batch, start)
        start += len(batch)


def _sample(source: FrameSource) -> Sample:
    """Spell the first rows as lines of a table."""
    names = tuple(source.first.columns)
    n_rows = max(FEWEST_LINES, min(MOST_LINES, _MOST_CELLS // max(1, len(names))))
    first = source.first[:n_rows]
    if len(first) == 0 or not names:
        msg = f"{source.file}: the table has no rows."
        raise DataError(msg)
    rows = zip(*([cell.strip() for cell in to_text(first[name])] for name in names), strict=True)
    return Sample(
        source.file,
        ",",
        trailing=False,
        n_above=0,
        numbers=tuple(range(1, len(first) + 2)),
        rows=(list(names), *map(list, rows)),
        first=names,
    )


def _refuse_structs(source: FrameSource) -> None:
    """Raise DataError if cells hold named things of their own, as JSON has them."""
    import narwhals as nw

    for name in source.first.columns:
        if source.first[name].dtype == nw.Struct:
            msg = (
                f"{source.file}: the cells of {shorten(name)} hold fields. Give each field a "
                f"column: df.unnest({name!r}) in polars, pandas.json_normalize in pandas."
            )
            raise DataError(msg)


def _refuse_text(columns: Columns, layout: Layout) -> None:
    """Raise DataError if a column that would hold values is text: it may be the labels."""
    for at in layout.values_at:
        if columns.is_text(at):
            cell = next(filter(None, columns.cells(at)))
            msg = (
                f"{columns.file}: {columns.called(at)} holds text, such as {shorten(cell)}, and "
                f"would be a value of the series. {advise(columns, at, cell)}"
            )
            raise DataError(msg.strip())


def _names(layout: Layout) -> list[str]:
    """Name the columns that are read."""
    roles = (layout.label_at, layout.id_at, layout.time_at, layout.group_at)
    wanted = {at % layout.n_columns for at in roles if at is not None} | set(layout.values_at)
    return [_name(layout, at) for at in sorted(wanted)]


def _name(layout: Layout, at: int) -> str:
    return (layout.header or ())[at]


def _read_points(source: FrameSource, layout: Layout, cut: Cut) -> RawSeries:
    table = PointTable(source.file, layout, cut, typed=True)
    gatherer, clock, start = table.gatherer(), Clock(), 0
    for batch in source.batches(_names(layout)):

        def place(i: int, start: int = start) -> str:
            return f"{source.file}, row {start + i}"

        times = None
        if layout.time_at is not None:
            times = to_times(batch[_name(layout, layout.time_at)], clock, place)
        channels = [to_numbers(batch[_name(layout, at)], place) for at in layout.values_at]
        cells = PointCells(
            _texts(layout, batch, layout.id_at),
            _labels(layout, batch),
            _texts(layout, batch, layout.group_at),
            times,
            np.column_stack(channels),
        )
        gatherer.add(cells, place)
        start += len(batch)
    return table.series(gatherer, clock)


def _read_series(source: FrameSource, layout: Layout, batch: Any, start: int) -> RawSeries:
    """Make a series of every row of a batch, the first of which is row ``start``."""

    def place(i: int) -> str:
        return f"{source.file}, row {start + i}"

    columns = [to_numbers(batch[_name(layout, at)], place) for at in layout.values_at]
    series = layout.by_channel(np.column_stack(columns))
    return RawSeries(
        narrow(series, lambda at: place(at[0])),
        _labels(layout, batch),
        typed=True,
        ids=_texts(layout, batch, layout.id_at),
        groups=_texts(layout, batch, layout.group_at),
        read_as=layout.describe(),
        reading=layout.reading(),
    )


def _texts(layout: Layout, batch: Any, at: int | None) -> list[str] | None:
    if at is None:
        return None
    return to_text(batch[_name(layout, at)])


def _labels(layout: Layout, batch: Any) -> list[Label] | None:
    if layout.label_at is None:
        return None
    return to_names(batch[_name(layout, layout.label_at % layout.n_columns)])
