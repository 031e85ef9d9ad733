"""Lines of numbers with a label: the UCR archive's .tsv and .txt, and .csv in all its spellings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tszoo.data.dataset import Label
from tszoo.data.readers.collect import SameLength, stack_channels
from tszoo.data.readers.columns import Layout, detect_layout, split_cells
from tszoo.data.readers.lines import read_blocks
from tszoo.data.readers.numbers import parse_rows, shorten
from tszoo.data.readers.raw import RawSeries, ReadOptions
from tszoo.errors import DataError


def read_delimited(path: Path, options: ReadOptions, *, spreadsheet: bool = False) -> Iterator[RawSeries]:
    """Read series of one channel part by part, one a line, separated by tabs, semicolons, commas or white space.

    The first line decides: tabs before semicolons before commas before white space, and it is a header if none of its
    cells but the label's is a number. Cells may stand in double quotes. An empty cell, ``?``, ``NaN`` and ``NA`` are
    missing values. Decimal commas are taken where the comma does not separate.

    Parameters
    ----------
    path : Path
    options : ReadOptions
    spreadsheet : bool
        Whether a first line that counts 0, 1, 2, … may be a header, as it may in a ``.csv``.

    Raises
    ------
    DataError
        If the file is empty, a cell is not a number, or the rows differ in length and ``options`` do not allow it.
    """
    table: _Table | None = None
    for first, lines in read_blocks(path):
        numbers = [first + i for i, line in enumerate(lines) if line.strip()]
        lines = [line for line in lines if line.strip()]
        if not lines:
            continue
        if table is None:
            layout = detect_layout(lines[0], options.label_column, path.name, spreadsheet)
            table = _Table(path.name, layout, _all_end_with(lines, layout.delimiter), bool(options.unequal))
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
    """A delimited file as far as it has been read."""

    file: str
    layout: Layout
    trailing: bool
    unequal: bool
    decimal: str | None = None
    n_series: int = 0
    counting: bool = True

    def __post_init__(self) -> None:
        self.lengths = SameLength(ragged=self.unequal)

    def read(self, numbers: list[int], lines: list[str]) -> RawSeries:
        """Parse lines, given with their numbers in the file."""
        if self.trailing and self.layout.delimiter is not None:
            lines = [line.rstrip(" ").removesuffix(self.layout.delimiter) for line in lines]
        pairs = [self._split(line, number) for number, line in zip(numbers, lines, strict=True)]
        rows = self._with_points([row for _, row in pairs], numbers)
        parsed = parse_rows(rows, self.layout.delimiter, lambda i, j: self._place(numbers[i], j, rows[i]))
        block = stack_channels(parsed, 1, str)
        self.lengths.check(block, lambda i: f"{self.file}, line {numbers[i]}")
        labels: list[Label] = [label for label, _ in pairs]
        self.counting = self.counting and labels == [str(self.n_series + i) for i in range(len(labels))]
        self.n_series += len(labels)
        return RawSeries(block, None if self.layout.label_at is None else labels)

    def finish(self) -> None:
        """Raise DataError if there was nothing to read, or no labels where labels were looked for.

        A nameless column that counts the rows is what table libraries write as their index.
        """
        if self.n_series == 0:
            msg = f"{self.file}: no series below the header."
            raise DataError(msg)
        header, at = self.layout.header, self.layout.label_at
        if at is not None and header is not None and header[at] == "" and self.counting and self.n_series > 2:
            msg = (
                f"{self.file}: the label column has no name and counts the rows, so it is an index, not classes. "
                "Say where the labels are with --label-column last, a number or a name."
            )
            raise DataError(msg)

    def _split(self, line: str, number: int) -> tuple[str, str]:
        """Split a line into its label and the rest."""
        delimiter, at = self.layout.delimiter, self.layout.label_at
        if '"' in line and delimiter is not None:
            return self._split_quoted(line, number)
        if at is None:
            return "", line
        if at in (0, -1):
            cells = line.split(delimiter, 1) if at == 0 else line.rsplit(delimiter, 1)
        else:
            cells = line.split(delimiter)
        if at >= len(cells):
            msg = f"{self.file}, line {number}: {len(cells)} columns, but the labels are in column {at + 1}."
            raise DataError(msg)
        label = cells.pop(at).strip()
        if not cells:
            msg = f"{self.file}, line {number}: a label without values."
            raise DataError(msg)
        return label, (" " if delimiter is None else delimiter).join(cells)

    def _split_quoted(self, line: str, number: int) -> tuple[str, str]:
        delimiter, at = str(self.layout.delimiter), self.layout.label_at
        cells = split_cells(line, delimiter, f"{self.file}, line {number}")
        if at is not None and at >= len(cells):
            msg = f"{self.file}, line {number}: {len(cells)} columns, but the labels are in column {at + 1}."
            raise DataError(msg)
        label = "" if at is None else cells.pop(at).strip()
        odd = next((j for j, cell in enumerate(cells) if delimiter in cell), None)
        if odd is not None:
            place = self._place(number, odd, delimiter.join(cells))
            msg = f"{place}: {shorten(cells[odd])} is not a number."
            raise DataError(msg)
        return label, delimiter.join(cells)

    def _with_points(self, rows: list[str], numbers: list[int]) -> list[str]:
        """Rows with decimal points, whichever mark the file uses; both in one file are refused."""
        if self.layout.delimiter == ",":
            return rows
        for row, number in zip(rows, numbers, strict=True):
            for mark in (",", "."):
                if mark in row:
                    if self.decimal not in (None, mark):
                        msg = f"{self.file}, line {number}: decimal commas and decimal points mixed. Use one of them."
                        raise DataError(msg)
                    self.decimal = mark
        return [row.replace(",", ".") for row in rows] if self.decimal == "," else rows

    def _place(self, number: int, cell: int, row: str) -> str:
        """Name a cell by line and column of the file, the label's column counted."""
        at = self.layout.label_at
        if at == -1:
            at = len(row.split(self.layout.delimiter))
        column = cell + 1 if at is None or cell < at else cell + 2
        return f"{self.file}, line {number}, column {column}"


def _all_end_with(lines: list[str], delimiter: str | None) -> bool:
    """Whether every line ends in a delimiter, behind which there is no column."""
    return delimiter is not None and all(line.rstrip(" ").endswith(delimiter) for line in lines)
