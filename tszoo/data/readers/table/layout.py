"""Say how the lines of a delimited file are built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from tszoo.data.readers.table.names import axis_of, is_rising
from tszoo.data.table_reading import Column, TableReading
from tszoo.text import listed, printable

_MOST_NAMES = 8
# What a model keeps of the names that its training data's columns had.
_MOST_KEPT = 10_000
_LONGEST_KEPT = 1000


@dataclass(frozen=True)
class Layout:
    """Say how the lines of a delimited file are built; positions count from 0.

    Attributes
    ----------
    delimiter : str or None
        One character, or None for white space.
    header : tuple of str or None
        The column names, if the first line has them.
    label_at : int or None
        Position of the label in a line; -1 for the last; None without labels.
    left_out : tuple of int
        Positions, rising, of columns that are neither label nor values: ids, times and others.
    id_at : int or None
        Position of the series' ids; it is one of those left out.
    time_at : int or None
        Position of the points' times; it is one of those left out.
    by_point : bool
        Whether a line holds one point of a series, and not a whole series.
    n_columns : int
        How many columns the first line has.
    group_at : int or None
        Position of what series have in common with others; it is one of those left out.
    channels_at : tuple of tuples of int
        Where a line holds a series of several channels, the positions of each one's values. One
        channel is here where its values are not in the order of the columns.
    n_titles : int
        How many lines above the header are passed over.
    """

    delimiter: str | None
    header: tuple[str, ...] | None
    label_at: int | None
    left_out: tuple[int, ...] = ()
    id_at: int | None = None
    time_at: int | None = None
    by_point: bool = False
    n_columns: int = 0
    group_at: int | None = None
    channels_at: tuple[tuple[int, ...], ...] = ()
    n_titles: int = 0

    @property
    def values_at(self) -> list[int]:
        """Positions of the values, or of the channels where a line is one point."""
        label = None if self.label_at is None else self.label_at % self.n_columns
        return [at for at in range(self.n_columns) if at != label and at not in self.left_out]

    def describe(self) -> str:
        """Say in a line how the file is read: header, label, ids, values, what is left out."""
        parts = ["header", "no labels"]
        if self.header is None:
            parts[0] = "no header"
        if self.label_at is not None:
            parts[1] = f"label: {self._numbered(self.label_at % self.n_columns)}"
        if self.id_at is not None:
            parts.append(f"ids: {self._numbered(self.id_at)}")
        if self.time_at is not None:
            parts.append(f"times: {self._numbered(self.time_at)}")
        if self.group_at is not None:
            parts.append(f"groups: {self._numbered(self.group_at)}")
        if self.by_point:
            parts = ["one line a point", *parts, f"channels: {self._range()}"]
        elif len(self.channels_at) == 1:
            parts.append(f"values: {self._range()}, in the order of their names")
        elif self.channels_at:
            parts.append(f"{len(self.channels_at)} channels: {self._begin()}")
        else:
            parts.append(f"values: {self._range()}")
        return "; ".join(parts + self._left_out() + self._titles())

    def by_channel(self, values: NDArray[Any]) -> NDArray[Any]:
        """Bring the values of lines, (n_lines, n_values), to (n_lines, n_channels, length)."""
        if not self.channels_at:
            return values[:, None, :]
        place = {at: i for i, at in enumerate(self.values_at)}
        order = [[place[at] for at in channel] for channel in self.channels_at]
        ordered: NDArray[Any] = values[:, order]
        return ordered

    def reading(self) -> TableReading:
        """Say how the next table of this kind is to be read."""
        label: Column | None = None
        if self.label_at is not None:
            label = self._column(self.label_at % self.n_columns)
        if self.label_at == -1 and self.header is None:
            label = "last"
        channels: tuple[Column, ...] = ()
        left_out: tuple[Column, ...] = ()
        others = (self.id_at, self.time_at, self.group_at)
        if self.by_point:
            channels = tuple(map(self._column, self.values_at))
        else:
            left_out = tuple(self._column(at) for at in self.left_out if at not in others)
        return TableReading(
            by_point=self.by_point,
            header=self.header is not None,
            label=label,
            id=self._column_or_none(self.id_at),
            time=self._column_or_none(self.time_at),
            group=self._column_or_none(self.group_at),
            channels=channels,
            left_out=left_out,
            values=self._value_names(),
            firsts=self._first_names(),
        )

    def _value_names(self) -> tuple[str, ...]:
        """Return the names of one channel's values, if their order does not follow from them."""
        if self.by_point or len(self.channels_at) > 1:
            return ()
        (order,) = self.channels_at or (self.values_at,)
        names = self._names(order)
        points = axis_of(names)
        return () if points is not None and is_rising(points) else names

    def _first_names(self) -> tuple[str, ...]:
        """Return the name of each channel's first value; none for one channel."""
        if len(self.channels_at) < 2:
            return ()
        return self._names([channel[0] for channel in self.channels_at])

    def _names(self, positions: Sequence[int]) -> tuple[str, ...]:
        """Return the names of some columns, if each is one that can be found again."""
        header = self.header or ()
        names = tuple(header[at] for at in positions if at < len(header))
        if len(names) > _MOST_KEPT or len(set(names)) < len(names):
            return ()
        return names if all(map(_is_kept, names)) else ()

    def _column_or_none(self, at: int | None) -> Column | None:
        return None if at is None else self._column(at)

    def _column(self, at: int) -> Column:
        """Return a column's name if it finds the column, or else its number."""
        header = self.header or ()
        if at >= len(header) or header.count(header[at]) > 1 or not _may_be_name(header[at]):
            return at + 1
        return header[at]

    def _begin(self) -> str:
        """Say where each channel's values begin."""
        n_values = len(self.channels_at[0])
        firsts = [self._numbered(at[0]) for at in self.channels_at]
        return f"{n_values} values each from {listed(firsts, _MOST_NAMES)}"

    def _left_out(self) -> list[str]:
        """Say what is left out beside ids and times, if anything is."""
        others = (self.id_at, self.time_at, self.group_at)
        names = [self._named(at) for at in self.left_out if at not in others]
        if not names:
            return []
        return [f"left out: {listed(names, _MOST_NAMES)}"]

    def _titles(self) -> list[str]:
        """Say how many lines above the table are passed over, if any are."""
        if not self.n_titles:
            return []
        lines = "line" if self.n_titles == 1 else "lines"
        return [f"{self.n_titles} {lines} above the header passed over"]

    def _range(self) -> str:
        """Say which columns the values are."""
        at = self.values_at
        if len(at) == 1:
            return self._numbered(at[0])
        if at[-1] - at[0] == len(at) - 1:
            return f"columns {at[0] + 1} to {at[-1] + 1}"
        return f"{len(at)} columns from {at[0] + 1} to {at[-1] + 1}"

    def _numbered(self, at: int) -> str:
        """Give a column's number, and its name if it has one."""
        if self.header is None or not self.header[at]:
            return f"column {at + 1}"
        return f"column {at + 1} ({printable(self.header[at], 40)})"

    def _named(self, at: int) -> str:
        """Give a column's name, or its number if it has none."""
        if self.header is None or not self.header[at]:
            return f"column {at + 1}"
        return printable(self.header[at], 40)


def _is_kept(name: str) -> bool:
    return 1 <= len(name) <= _LONGEST_KEPT and name.isprintable()


def _may_be_name(name: str) -> bool:
    """Tell whether a name finds its column: one that is a number would be taken for a position."""
    taken = ("", "first", "last", "none")
    return name.isprintable() and name not in taken and not name.lstrip("-").isdecimal()
