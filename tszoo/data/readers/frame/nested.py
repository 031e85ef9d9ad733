"""Read tables in columns whose cells hold whole series: lists of numbers, one a channel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tszoo.data.narrow import narrow
from tszoo.data.readers.collect import SameLength
from tszoo.data.readers.frame.cells import to_names, to_text
from tszoo.data.readers.frame.flatten import lay_out_nested
from tszoo.data.readers.frame.source import FrameSource
from tszoo.data.readers.numbers import shorten
from tszoo.data.readers.raw import RawSeries, ReadOptions
from tszoo.data.spellings import as_floats
from tszoo.errors import DataError


def list_columns(source: FrameSource) -> list[str]:
    """Name the columns whose cells are lists, tuples or arrays, by their first rows."""
    return [name for name in source.first.columns if _holds_lists(source.first[name])]


def read_nested(source: FrameSource, options: ReadOptions, lists: list[str]) -> Iterator[RawSeries]:
    """Read a table whose columns ``lists`` hold series; the others are labels, ids and so on.

    What the others hold is decided as in a table that has a value in each cell.
    ``options.channels`` may name those of the lists that are channels.

    Raises
    ------
    DataError
        If it is open what a column holds, a cell is no list of numbers, or the channels of a series
        differ in length.
    OptionError
        If a column of series is said to be something else, or options of points are given.
    """
    table = _Nested(source, options, lists)
    for batch in source.batches(table.names):
        yield table.read(batch)


class _Nested:
    """Keep a table of series in cells as far as it has been read."""

    def __init__(self, source: FrameSource, options: ReadOptions, lists: list[str]) -> None:
        self.file, columns = source.file, list(source.first.columns)
        self.nested = lay_out_nested(source, options, lists)
        layout = self.nested.layout
        self.roles = {
            role: None if at is None else columns[at]
            for role, at in (
                ("labels", layout.label_at),
                ("ids", layout.id_at),
                ("groups", layout.group_at),
            )
        }
        beside = (name for name in self.roles.values() if name is not None)
        self.names = list(dict.fromkeys(chain(beside, self.nested.channels)))
        self.lengths = SameLength(ragged=options.unequal is not False)
        self.n_read = 0

    def read(self, batch: Any) -> RawSeries:
        """Make a series of every row of a batch."""
        start, self.n_read = self.n_read, self.n_read + len(batch)

        def place(i: int) -> str:
            return f"{self.file}, row {start + i}"

        channels = [batch[name].to_list() for name in self.nested.channels]
        rows = zip(*channels, strict=True)
        series = [self._series(cells, place(i)) for i, cells in enumerate(rows)]
        self.lengths.check(series, place)
        is_even = len({one.shape[1] for one in series}) == 1
        return RawSeries(
            np.stack(series) if is_even else series,
            self._cells(batch, "labels", to_names),
            typed=True,
            ids=self._cells(batch, "ids", to_text),
            groups=self._cells(batch, "groups", to_text),
            read_as=f"{self.nested.layout.describe()}; a series in each cell",
            reading=self.nested.reading,
        )

    def _series(self, cells: Sequence[Any], place: str) -> NDArray[np.float32]:
        """Make a series of a row's cells."""
        names = [f"{place}, {shorten(name)}" for name in self.nested.channels]
        channels = [_numbers(cell, name) for cell, name in zip(cells, names, strict=True)]
        for name, channel in zip(names, channels, strict=True):
            if len(channel) != len(channels[0]):
                msg = (
                    f"{name}: {len(channel)} values, {shorten(self.nested.channels[0])} has "
                    f"{len(channels[0])}. The channels of one series must be equally long."
                )
                raise DataError(msg)
        return narrow(np.stack(channels), lambda _: place)

    def _cells(self, batch: Any, role: str, turn: Any) -> list[Any] | None:
        """Return the cells of a column; None without one."""
        name = self.roles[role]
        if name is None:
            return None
        cells: list[Any] = turn(batch[name])
        return cells


def _holds_lists(column: Any) -> bool:
    """Tell whether the first cell of a column that is there is a list of things."""
    import narwhals as nw

    if column.dtype in (nw.List, nw.Array):
        return True
    if column.dtype != nw.Object:
        return False
    cells = (cell for cell in column.to_list() if cell is not None)
    return isinstance(next(cells, None), (list, tuple, np.ndarray))


def _numbers(cell: Any, place: str) -> NDArray[np.float64]:
    """Return the numbers of a cell, NaN for a missing one."""
    msg = f"{place}: {shorten(str(cell))} is no list of numbers."
    try:
        values = np.asarray([] if cell is None else cell)
        if values.ndim != 1 or values.dtype.kind in "SU":
            raise DataError(msg)
        numbers = as_floats(values)
    except (TypeError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(msg) from error
    if not len(numbers):
        msg = f"{place}: no series."
        raise DataError(msg)
    return numbers
