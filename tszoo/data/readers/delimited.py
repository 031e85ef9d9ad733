"""Read lines of numbers with a label: the UCR archive's .tsv and .txt, and .csv of any spelling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tszoo.data.dataset import Label
from tszoo.data.readers.collect import SameLength, stack_channels
from tszoo.data.readers.columns import Layout, detect_layout, is_index, split_cells
from tszoo.data.readers.lines import read_blocks
from tszoo.data.readers.numbers import parse_rows, shorten
from tszoo.data.readers.raw import SAY_WHERE, RawSeries, ReadOptions
from tszoo.errors import DataError


def read_delimited(
    path: Path, options: ReadOptions, *, spreadsheet: bool = False
) -> Iterator[RawSeries]:
    """Read series of one channel part by part, one a line.

    The first line decides what separates cells: tabs, else semicolons, else commas, else white
    space. It is a header if none of its cells but the label's is a number, or if they are numbers
    that rise in equal steps beside a label's name, such as ``label`` or ``class``. Under a header,
    an index is left out: columns called ``index``, ``id`` or ``Unnamed: 0``, and a first column
    without a name. Cells may stand in double quotes. An empty cell, ``?``, ``NaN`` and ``NA`` are
    missing values. Decimal commas are taken where the comma does not separate.

    Parameters
    ----------
    path : Path
    options : ReadOptions
    spreadsheet : bool
        Whether a first line that counts 0, 1, 2, … may be a header whatever stands over the labels,
        as it may in a ``.csv``.

    Raises
    ------
    DataError
        If the file is empty, a cell is not a number, 32-bit numbers cannot tell a row's values
        apart, or the rows differ in length and ``options`` do not allow it.
    """
    table: _Table | None = None
    for first, lines in read_blocks(path):
        numbers = [first + i for i, line in enumerate(lines) if line.strip()]
        lines = [line for line in lines if line.strip()]
        if not lines:
            continue
        if table is None:
            layout = detect_layout(lines[0], options.label_column, path.name, spreadsheet)
            table = _Table(
                path.name, layout, _all_end_with(lines, layout.delimiter), bool(options.unequal)
            )
            if layout.header is not None:
                numbers, lines = numbers[1:], lines[1:]
        if lines:
            yield table.read(numbers, lines)
    if table is None:
        msg = f"{path.name}: the file is empty."
        raise DataError(msg)
    table.finish()


@dataclass
class _Table:
    """Keep a delimited file as far as it has been read."""

    file: str
    layout: Layout
    trailing: bool
    unequal: bool
    decimal: str | None = None
    n_series: int = 0
    counting_from: int | None = None

    def __post_init__(self) -> None:
        self.lengths = SameLength(ragged=self.unequal)

    def read(self, numbers: list[int], lines: list[str]) -> RawSeries:
        """Parse lines, given with their numbers in the file."""
        if self.trailing and self.layout.delimiter is not None:
            lines = [line.rstrip(" ").removesuffix(self.layout.delimiter) for line in lines]
        pairs = [self._split(line, number) for number, line in zip(numbers, lines, strict=True)]
        rows = self._with_points([row for _, row in pairs], numbers)
        parsed = parse_rows(
            rows,
            self.layout.delimiter,
            lambda i, j: self._place(numbers[i], j),
            lambda i, j: self._remedy(rows[i], j),
        )
        block = stack_channels(parsed, 1, str)
        self.lengths.check(block, lambda i: f"{self.file}, line {numbers[i]}")
        labels: list[Label] = [label for label, _ in pairs]
        self._count(labels)
        if self.layout.label_at is None:
            return RawSeries(block, None)
        return RawSeries(block, labels)

    def finish(self) -> None:
        """Raise DataError if there was nothing to read, or no labels where labels were looked for.

        A nameless column that counts the rows, or one called an index, is what table libraries
        write.
        """
        if self.n_series == 0:
            msg = f"{self.file}: no series below the header."
            raise DataError(msg)
        header, at = self.layout.header, self.layout.label_at
        if at is None or header is None or self.counting_from is None or self.n_series < 3:
            return
        if is_index(header[at], at % len(header)):
            called = "has no name"
            if header[at]:
                called = f"is called {shorten(header[at])}"
            msg = (
                f"{self.file}: the label column {called} and counts the rows, so it is an index, "
                f"not classes. {SAY_WHERE}"
            )
            raise DataError(msg)

    def _count(self, labels: list[Label]) -> None:
        """Count the series, and note whether their labels do nothing else, from 0 or from 1."""
        if not self.n_series:
            self.counting_from = next((start for start in (0, 1) if labels[0] == str(start)), None)
        if self.counting_from is not None:
            start = self.n_series + self.counting_from
            if labels != [str(start + i) for i in range(len(labels))]:
                self.counting_from = None
        self.n_series += len(labels)

    def _split(self, line: str, number: int) -> tuple[str, str]:
        """Split a line into its label and the rest."""
        delimiter, at = self.layout.delimiter, self.layout.label_at
        if '"' in line and delimiter is not None:
            return self._split_quoted(line, number)
        if self.layout.left_out or at not in (None, 0, -1):
            cells = line.split(delimiter)
        elif at is None:
            return "", line
        elif at == 0:
            cells = line.split(delimiter, 1)
        else:
            cells = line.rsplit(delimiter, 1)
        label = self._take_label(cells, number)
        return label, (delimiter or " ").join(cells)

    def _split_quoted(self, line: str, number: int) -> tuple[str, str]:
        """Split a line with quotes; a value in quotes may not hold the delimiter."""
        delimiter = str(self.layout.delimiter)
        cells = split_cells(line, delimiter, f"{self.file}, line {number}")
        label = self._take_label(cells, number)
        for j, cell in enumerate(cells):
            if delimiter in cell:
                msg = f"{self._place(number, j)}: {shorten(cell)} is not a number."
                raise DataError(msg)
        return label, delimiter.join(cells)

    def _take_label(self, cells: list[str], number: int) -> str:
        """Take the label out of a line's cells, and what is left out; the values stay."""
        at = self.layout.label_at
        if at is not None and at >= len(cells):
            msg = (
                f"{self.file}, line {number}: {len(cells)} columns, but the labels are in column "
                f"{at + 1}."
            )
            raise DataError(msg)
        label, what = "", "an index"
        taken = {i for i in self.layout.left_out if i < len(cells)}
        if at is not None:
            label, what = cells[at].strip(), "a label"
            taken.add(at % len(cells))
        for i in sorted(taken, reverse=True):
            del cells[i]
        if not cells:
            msg = f"{self.file}, line {number}: {what} without values."
            raise DataError(msg)
        return label

    def _with_points(self, rows: list[str], numbers: list[int]) -> list[str]:
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
                        "one of them."
                    )
                    raise DataError(msg)
                self.decimal = mark
        if self.decimal != ",":
            return rows
        return [row.replace(",", ".") for row in rows]

    def _place(self, number: int, cell: int | None) -> str:
        """Name a line of the file, or a value's cell in it."""
        where = f"{self.file}, line {number}"
        if cell is not None:
            where += f", column {self._column(cell) + 1}"
        return where

    def _column(self, cell: int) -> int:
        """Return the position in the file's line of a row's value, both from 0.

        In the line, the label and what is left out are counted too.
        """
        for taken in self._taken():
            cell += taken <= cell
        return cell

    def _taken(self) -> list[int]:
        """Return the positions, rising, of what stands before values and is none.

        A label at the end stands before nothing.
        """
        at = self.layout.label_at
        if at is None or at == -1:
            return sorted(self.layout.left_out)
        return sorted([*self.layout.left_out, at])

    def _remedy(self, row: str, cell: int) -> str:
        """Say what to do about text among a row's values: it may be the labels."""
        cells, column = row.split(self.layout.delimiter), self._column(cell)
        is_last = (
            cell == len(cells) - 1
            and self.layout.label_at != -1
            and all(at < column for at in self._taken())
        )
        if is_last:
            return 'If the labels stand there, pass label_column="last".'
        if cells[cell].strip()[:1].isalpha():
            return f"If the labels stand there, pass label_column={column + 1}."
        return ""


def _all_end_with(lines: list[str], delimiter: str | None) -> bool:
    """Tell whether every line ends in a delimiter, behind which there is no column."""
    return delimiter is not None and all(line.rstrip(" ").endswith(delimiter) for line in lines)
