"""Read tables of one line a series."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tszoo.data.dataset import Label
from tszoo.data.narrow import narrow
from tszoo.data.readers.collect import Block, SameLength, stack_channels
from tszoo.data.readers.numbers import Rows, parse_points, parse_rows, shorten
from tszoo.data.readers.raw import SAY_WHERE, RawSeries
from tszoo.data.readers.table.advice import advise
from tszoo.data.readers.table.cells import split_cells
from tszoo.data.readers.table.columns import Columns
from tszoo.data.readers.table.layout import Layout
from tszoo.data.readers.table.marks import PLAIN, with_point
from tszoo.data.readers.table.names import is_index
from tszoo.data.readers.table.sample import Sample, without_end
from tszoo.errors import DataError


class SeriesTable:
    """Keep a delimited file as far as it has been read."""

    def __init__(self, sample: Sample, columns: Columns, layout: Layout, *, ragged: bool) -> None:
        self.sample = sample
        self.columns = columns
        self.layout = layout
        self.file = sample.file
        self.lengths = SameLength(ragged)
        self.decimal: str | None = None
        self.n_series = 0
        self.counting_from: int | None = None

    def read(self, numbers: list[int], lines: list[str]) -> RawSeries:
        """Parse lines, given with their numbers in the file."""
        splits = self.split(numbers, lines)
        rows = [row for _, row in splits]
        self._refuse_header_again(numbers, splits)
        if self.layout.channels_at:
            block: Block = self._channels(numbers, rows)
        else:
            block = stack_channels(self.parse(numbers, rows), 1, str)
        self.lengths.check(block, lambda i: f"{self.file}, line {numbers[i]}")
        labels: list[Label] = [cells[0] for cells, _ in splits]
        self._count(labels)
        ids = groups = None
        if self.layout.id_at is not None:
            ids = [cells[1] for cells, _ in splits]
        if self.layout.group_at is not None:
            groups = [cells[3] for cells, _ in splits]
        return RawSeries(
            block,
            None if self.layout.label_at is None else labels,
            ids=ids,
            groups=groups,
            read_as=self.layout.describe(),
            reading=self.layout.reading(),
        )

    def finish(self) -> None:
        """Raise DataError if there was nothing to read, or no labels where labels were looked for.

        A nameless column that counts the rows, or one called an index, is what table libraries
        write.
        """
        if self.n_series == 0:
            msg = f"{self.file}: no series below the header."
            raise DataError(msg)
        header, at = self.layout.header, self.columns.label
        if at is None or header is None or self.counting_from is None or self.n_series < 3:
            return
        if is_index(header[at], at):
            called = "has no name"
            if header[at]:
                called = f"is called {shorten(header[at])}"
            msg = (
                f"{self.file}: the label column {called} and counts the rows, so it is an index, "
                f"not classes. {SAY_WHERE}"
            )
            raise DataError(msg)

    def split(self, numbers: list[int], lines: list[str]) -> list[tuple[list[str], str]]:
        """Split each line into what is no value, label, id, time and group, and the values."""
        return list(self.each_split(numbers, lines))

    def each_split(self, numbers: list[int], lines: list[str]) -> Iterator[tuple[list[str], str]]:
        """Split one line after the other, as ``split`` does."""
        delimiter, trailing = self.sample.delimiter, self.sample.trailing
        for number, line in zip(numbers, lines, strict=True):
            yield self._split(without_end(line, delimiter, trailing), number)

    def parse(self, numbers: list[int], rows: list[str]) -> Rows:
        """Parse the values of lines, given with the lines' numbers in the file."""
        rows = self.with_points(rows, numbers)
        return parse_rows(
            rows,
            self.layout.delimiter,
            lambda i, j: self.place(numbers[i], j),
            lambda i, j: self._advise(rows[i], j),
        )

    def _refuse_header_again(self, numbers: list[int], splits: list[tuple[list[str], str]]) -> None:
        """Raise DataError at a line that repeats the header, as files have it that were joined."""
        header, at = self.layout.header, self.columns.label
        for number, (cells, row) in zip(numbers, splits, strict=True):
            if header is None or at is None or cells[0] != header[at]:
                continue
            values = [value.strip() for value in row.split(self.layout.delimiter)]
            if values == [header[i] for i in self.layout.values_at]:
                msg = f"{self.file}, line {number}: the header again. Remove the line."
                raise DataError(msg)

    def _channels(self, numbers: list[int], rows: list[str]) -> NDArray[np.float32]:
        """Parse the values of lines that hold several channels."""
        n_values = len(self.layout.values_at)
        parsed = parse_points(
            self.with_points(rows, numbers),
            self.layout.delimiter,
            lambda i, j: self.place(numbers[i], j),
            lambda i, j: self._advise(rows[i], j),
        )
        if isinstance(parsed, np.ndarray) and parsed.shape[1] == n_values:
            series = self.layout.by_channel(parsed)
            return narrow(series, lambda at: self.place(numbers[at[0]], None))
        i = next(i for i, row in enumerate(parsed) if len(row) != n_values)
        msg = (
            f"{self.file}, line {numbers[i]}: {len(parsed[i])} values, but its channels have "
            f"{n_values} by the header."
        )
        raise DataError(msg)

    def with_points(self, rows: list[str], numbers: list[int]) -> list[str]:
        """Write rows with decimal points, whichever mark the file uses; it may use only one."""
        if self.layout.delimiter == ",":
            return rows
        for row, number in zip(rows, numbers, strict=True):
            for mark in (",", "."):
                if mark not in row:
                    continue
                if self.decimal not in (None, mark):
                    msg = (
                        f"{self.file}, line {number}: decimal commas and decimal points mixed. Use "
                        "one of them, and no mark for thousands."
                    )
                    raise DataError(msg)
                self.decimal = mark
        if self.decimal != ",":
            return rows
        return [row.replace(",", ".") for row in rows]

    def place(self, number: int, cell: int | None) -> str:
        """Name a line of the file, or a value's cell in it."""
        where = f"{self.file}, line {number}"
        if cell is not None:
            where += f", column {self._column(cell) + 1}"
        return where

    def _count(self, labels: list[Label]) -> None:
        """Count the series, and note whether their labels do nothing else, from 0 or from 1."""
        if not self.n_series:
            self.counting_from = next((start for start in (0, 1) if labels[0] == str(start)), None)
        if self.counting_from is not None:
            start = self.n_series + self.counting_from
            if labels != [str(start + i) for i in range(len(labels))]:
                self.counting_from = None
        self.n_series += len(labels)

    def _split(self, line: str, number: int) -> tuple[list[str], str]:
        """Split a line into what is no value, and the rest."""
        delimiter, at = self.layout.delimiter, self.layout.label_at
        if '"' in line:
            return self._split_quoted(line, number)
        if self.layout.left_out or at not in (None, 0, -1):
            cells = line.split(delimiter)
        elif at is None:
            return ["", "", "", ""], line
        elif at == 0:
            cells = line.split(delimiter, 1)
        else:
            cells = line.rsplit(delimiter, 1)
        taken = self._take(cells, number)
        return taken, (delimiter or " ").join(cells)

    def _split_quoted(self, line: str, number: int) -> tuple[list[str], str]:
        """Split a line with quotes; a value in quotes may not hold the delimiter."""
        delimiter = self.layout.delimiter
        cells = split_cells(line, delimiter, f"{self.file}, line {number}")
        taken = self._take(cells, number)
        if delimiter == "," and self.sample.has_commas:
            cells = [with_point(cell, delimiter) for cell in cells]
        for j, cell in enumerate(cells):
            if len(cell.split(delimiter)) > 1:
                msg = f"{self.place(number, j)}: {shorten(cell)} is not a number. {PLAIN}"
                raise DataError(msg)
        if delimiter is None:
            return taken, " ".join(cell or "?" for cell in cells)
        return taken, delimiter.join(cells)

    def _take(self, cells: list[str], number: int) -> list[str]:
        """Take label, id, time, group and what is left out off a line; the values stay."""
        layout = self.layout
        taken = [
            self._cell(cells, layout.label_at, number, "labels"),
            self._cell(cells, layout.id_at, number, "ids"),
            self._cell(cells, layout.time_at, number, "times"),
            self._cell(cells, layout.group_at, number, "groups"),
        ]
        for i in _no_values(layout.left_out, layout.label_at, len(cells)):
            del cells[i : i + 1]  # a shorter line may not have it
        if not cells:
            what = "an index" if layout.label_at is None else "a label"
            msg = f"{self.file}, line {number}: {what} without values."
            raise DataError(msg)
        return taken

    def _cell(self, cells: list[str], at: int | None, number: int, what: str) -> str:
        """Return a line's cell at a position; empty without one."""
        if at is None:
            return ""
        if at >= len(cells):
            msg = (
                f"{self.file}, line {number}: {len(cells)} columns, but the {what} are in column "
                f"{at + 1}."
            )
            raise DataError(msg)
        return cells[at].strip()

    def _column(self, cell: int) -> int:
        """Return the position in the file's line of a row's value, both from 0.

        In the line, the label and what is left out are counted too.
        """
        taken = set(self.layout.left_out)
        if self.layout.label_at not in (None, -1):
            taken.add(int(self.layout.label_at or 0))
        for at in sorted(taken):
            cell += at <= cell
        return cell

    def _advise(self, row: str, cell: int) -> str:
        """Say what to do about text among a row's values."""
        text = row.split(self.layout.delimiter)[cell]
        return advise(self.columns, self._column(cell), text)


@lru_cache(maxsize=64)
def _no_values(left_out: Sequence[int], label_at: int | None, n_cells: int) -> tuple[int, ...]:
    """List the cells of a line that hold no values, from the last to the first."""
    positions = set(left_out)
    if label_at is not None:
        positions.add(label_at % n_cells)
    return tuple(sorted(positions, reverse=True))
