"""Gather the rows of a table of points, as numbers, however many blocks they come in."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tszoo.data.readers.numbers import shorten
from tszoo.data.spellings import is_no_label
from tszoo.errors import DataError

Codes = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class PointCells:
    """Hold what rows of a table say; None where it has no such column.

    Attributes
    ----------
    ids, labels, groups : sequence or None
        One for each row.
    times : ndarray of float64, shape (n_rows,), or None
    values : ndarray of float64, shape (n_rows, n_channels)
    """

    ids: Sequence[Hashable] | None
    labels: Sequence[Hashable] | None
    groups: Sequence[Hashable] | None
    times: NDArray[np.float64] | None
    values: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PointRows:
    """Hold rows as numbers: ids, labels and groups are positions among their names.

    Attributes
    ----------
    ids, labels, groups : ndarray of int32, shape (n_rows,)
        Zeros where there are none.
    times : ndarray of float64, shape (n_rows,), or None
    values : ndarray of float64, shape (n_rows, n_channels)
    """

    ids: Codes
    labels: Codes
    groups: Codes
    times: NDArray[np.float64] | None
    values: NDArray[np.float64]

    def take(self, order: NDArray[np.int64]) -> PointRows:
        """Return the rows at some positions."""
        times = None
        if self.times is not None:
            times = self.times[order]
        return PointRows(
            self.ids[order], self.labels[order], self.groups[order], times, self.values[order]
        )


class Names:
    """Numbers different names in the order in which they come."""

    def __init__(self) -> None:
        self.names: list[Hashable] = []
        self._codes: dict[Hashable, int] = {}

    def codes(self, cells: Sequence[Hashable] | None, n_rows: int) -> Codes:
        """Return the numbers of names, shape (n_rows,); zeros where there are no names."""
        if cells is None:
            return np.zeros(n_rows, dtype=np.int32)
        for name in dict.fromkeys(cells):
            if name not in self._codes:
                self._codes[name] = len(self.names)
                self.names.append(name)
        return np.fromiter(map(self._codes.__getitem__, cells), dtype=np.int32, count=n_rows)


class Gatherer:
    """Takes rows block by block, and checks that all of a series have one label and group."""

    def __init__(self, *, may_change: bool) -> None:
        """Gather rows whose labels may change within an id where windows will be cut."""
        self.may_change = may_change
        self.ids, self.labels, self.groups = Names(), Names(), Names()
        self._blocks: list[PointRows] = []
        self._firsts: dict[str, Codes] = {
            "label": np.zeros(0, dtype=np.int32),
            "group": np.zeros(0, dtype=np.int32),
        }

    def add(self, cells: PointCells, place: Callable[[int], str]) -> None:
        """Take the rows of a block; ``place(i)`` names one in an error.

        Raises
        ------
        DataError
            If a label or a group changes within a series, and may not; if some rows have an id,
            and others have none.
        """
        n_rows = len(cells.values)
        self._require_ids(cells.ids, place)
        rows = PointRows(
            self.ids.codes(cells.ids, n_rows),
            self.labels.codes(cells.labels, n_rows),
            self.groups.codes(cells.groups, n_rows),
            cells.times,
            cells.values,
        )
        if not self.may_change:
            self._check("label", rows.ids, rows.labels, place)
            self._check("group", rows.ids, rows.groups, place)
        self._blocks.append(rows)

    def rows(self) -> PointRows | None:
        """Return all rows, and forget the blocks; None if there was no row."""
        blocks, self._blocks = [block for block in self._blocks if len(block.ids)], []
        if not blocks:
            return None
        times = None
        if blocks[0].times is not None:
            times = _together(blocks, "times")
        return PointRows(
            _together(blocks, "ids"),
            _together(blocks, "labels"),
            _together(blocks, "groups"),
            times,
            _together(blocks, "values"),
        )

    def _require_ids(self, ids: Sequence[Hashable] | None, place: Callable[[int], str]) -> None:
        """Raise DataError at the first row without an id, unless no row has one."""
        names = {*self.ids.names, *(ids or ())}
        missing = set(filter(is_no_label, names))
        if ids is None or not missing or len(missing) == len(names):
            return
        i = next((i for i, name in enumerate(ids) if name in missing), 0)
        msg = f"{place(i)}: no id, and other lines have one. Give the line one, or leave it out."
        raise DataError(msg)

    def _check(self, what: str, ids: Codes, codes: Codes, place: Callable[[int], str]) -> None:
        """Raise DataError if a row has another label or group than the first of its id."""
        firsts = self._firsts[what]
        here, at = np.unique(ids, return_index=True)
        is_new = here >= len(firsts)
        # ids are numbered as they come, so that those that are new continue the old ones
        firsts = np.concatenate((firsts, codes[at[is_new]]))
        self._firsts[what] = firsts
        others = np.flatnonzero(firsts[ids] != codes)
        if not len(others):
            return
        i = int(others[0])
        names = self.labels.names if what == "label" else self.groups.names
        series = "recording"
        if self.ids.names:
            series = f"series {_quoted(self.ids.names[ids[i]])}"
        msg = (
            f"{place(i)}: {what} {_quoted(names[codes[i]])}, but the {series} began with "
            f"{_quoted(names[firsts[ids[i]]])}. All "
            f"lines of a series have one {what}: give each stretch an id of its own, or cut "
            "windows of so many points with window=...; or, if a line is a series, leave the ids "
            "out with drop=..."
        )
        raise DataError(msg)


def _together(blocks: list[PointRows], name: str) -> NDArray[Any]:
    return np.concatenate([getattr(block, name) for block in blocks])


def _quoted(name: Hashable) -> str:
    return shorten(str(name))
