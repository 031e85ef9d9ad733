"""Look at a table column by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tszoo.data.readers.numbers import shorten
from tszoo.data.readers.table.cells import is_given, is_text
from tszoo.data.readers.table.names import names_labels, names_time
from tszoo.data.readers.table.times import is_time, moments

_FEW = 50


@dataclass(frozen=True)
class Columns:
    """Hold the columns of a table's first lines, the header apart.

    Attributes
    ----------
    file : str
        The file's name, for errors.
    names : tuple of str or None
        What the header says; None without one.
    rows : sequence of lists
        The cells of each line.
    label_at : int or None
        Where the label is, counted from 0; -1 for the last cell; None without labels.
    n_columns : int
        How many columns the first line has.
    is_told : bool
        Whether the caller says where the labels are, if not in the first column.
    """

    file: str
    names: tuple[str, ...] | None
    rows: Sequence[list[str]]
    label_at: int | None
    n_columns: int
    is_told: bool

    @property
    def label(self) -> int | None:
        """Position of the label, counted from 0."""
        if self.label_at is None:
            return None
        return self.label_at % self.n_columns

    @property
    def labels(self) -> list[str]:
        """The labels; none without a label column."""
        if self.label_at is None:
            return []
        return [row[self.label_at] for row in self.rows if self.label_at < len(row)]

    def others(self) -> list[int]:
        """Return the positions of all columns but the label's."""
        return [at for at in range(self.n_columns) if at != self.label]

    def cells(self, at: int, most: int | None = None) -> list[str]:
        """Return the cells of a column that is not the label's, of at most so many lines."""
        behind = int(self.label_at == -1)
        return [row[at] for row in self.rows[:most] if at < len(row) - behind]

    def column(self, at: int, most: int | None = None) -> list[str]:
        """Return the cells of any column, of at most so many lines."""
        if at == self.label:
            return self.labels[:most]
        return self.cells(at, most)

    def name(self, at: int) -> str:
        """Return the name of a column; empty without a header."""
        if self.names is None or at >= len(self.names):
            return ""
        return self.names[at]

    def called(self, at: int) -> str:
        """Call a column by its number, and its name if it has one."""
        if self.name(at):
            return f"column {at + 1} ({shorten(self.name(at))})"
        return f"column {at + 1}"

    def is_text(self, at: int) -> bool:
        """Tell whether a column has text in every line that it has anything in."""
        if any(cell and not is_text(cell) for cell in self.column(at, 1)):
            return False
        cells = [cell for cell in self.column(at, _FEW) if cell]
        return bool(cells) and all(map(is_text, cells))

    def is_time(self, at: int) -> bool:
        """Tell whether a column holds dates or times, or is named as one that does."""
        if names_time(self.name(at)):
            return True
        cells = self.column(at, _FEW)
        return bool(cells) and all(map(is_time, cells))

    def is_whole(self, at: int) -> bool:
        """Tell whether a column holds whole numbers, written as such, in its first lines."""
        if not all(map(_is_whole, self.column(at, 1))):
            return False
        return all(map(_is_whole, self.column(at, _FEW)))

    def counts(self, at: int) -> bool:
        """Tell whether a column counts the lines, from 0 or from 1."""
        cells = self.column(at)
        starts = [[str(start + i) for i in range(len(cells))] for start in (0, 1)]
        return cells in starts

    def rises(self, at: int) -> bool:
        """Tell whether a column of numbers or times rises from line to line."""
        cells = self.column(at)
        if len(cells) < 2 or not all(is_given(cell) or is_time(cell) for cell in cells):
            return False
        points = moments(cells)
        return points is not None and all(b > a for a, b in pairwise(points))

    def holds_labels(self) -> bool:
        """Tell whether the labels are surely where they are looked for."""
        if self.is_told or self.label is None:
            return True
        if names_labels(self.name(self.label)):
            return True
        return self.is_text(self.label) and len(set(self.labels)) < len(self.labels)


def _is_whole(cell: str) -> bool:
    return cell.lstrip("+-").isdecimal()
