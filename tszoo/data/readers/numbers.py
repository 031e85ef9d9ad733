"""Parse rows of numbers: in one of two fast passes, and in an exact one where both stumble."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tszoo.data.narrow import narrow
from tszoo.data.readers.quick_numbers import parse_quickly
from tszoo.data.spellings import is_number, to_number
from tszoo.errors import DataError

Place = Callable[[int, int | None], str]
Rows = NDArray[np.float32] | list[NDArray[np.float32]]

_MOST_QUOTED = 40
_REMEDY = "Write one such as -1234.5, or leave the cell empty if the value is missing."


def parse_rows(
    rows: list[str],
    delimiter: str | None,
    place: Place,
    remedy: Callable[[int, int], str] | None = None,
) -> Rows:
    """Parse rows of delimited numbers.

    Parameters
    ----------
    rows : list of str
        One row each; an empty cell, ``?``, ``NaN``, ``NA`` and what else is among
        ``spellings.MISSING`` (in any case) are missing values.
    delimiter : str or None
        One character, or None for any run of white space.
    place : callable
        ``place(row, cell)`` names a cell in an error, both counted from 0, for instance ``"a.csv,
        line 3, column 5"``; ``place(row, None)`` names the row.
    remedy : callable or None
        ``remedy(row, cell)`` says what to do about a cell that is not a number; it may have nothing
        to say.

    Returns
    -------
    ndarray of float32 or list of ndarrays
        Shape (n_rows, n_cells), or a list of 1-D arrays if the rows differ in length.

    Raises
    ------
    DataError
        At the first cell that is not a number, infinite, or beyond 32-bit floating point; at the
        first row whose values 32-bit numbers cannot tell apart.
    """
    wide = parse_quickly(rows, delimiter)
    if wide is None:
        wide = _parse_plainly(rows, delimiter)
    if wide is None:
        return _parse_exactly(rows, delimiter, place, remedy)
    block = narrow(wide, lambda at: place(at[0], None))
    if np.isinf(block).any():
        return _parse_exactly(rows, delimiter, place, remedy)
    return block


def parse_points(
    rows: list[str],
    delimiter: str | None,
    place: Place,
    remedy: Callable[[int, int], str] | None = None,
) -> NDArray[np.float64] | list[NDArray[np.float64]]:
    """Parse rows that are points: a number for each channel, as 64-bit numbers.

    Whether 32 bits tell the values of a series apart shows when its points are together.

    Parameters, and what is raised for cells, are those of ``parse_rows``.

    Returns
    -------
    ndarray of float64 or list of ndarrays
        Shape (n_rows, n_channels), or a list of 1-D arrays if the rows differ in length.
    """
    wide = _parse_plainly(rows, delimiter)
    if wide is not None and not (np.abs(wide) > np.finfo(np.float32).max).any():
        return wide
    parsed = []
    for i, row in enumerate(rows):
        cells = row.split(delimiter)
        numbers = _numbers(cells, i, place, remedy)
        with np.errstate(over="ignore"):
            _refuse_infinite(numbers.astype(np.float32), numbers, cells, i, place)
        parsed.append(numbers)
    if len({len(row) for row in parsed}) == 1:
        return np.stack(parsed)
    return parsed


def _parse_plainly(rows: list[str], delimiter: str | None) -> NDArray[np.float64] | None:
    """Parse rows of numbers alone, of one length; None if they are not."""
    if "" in rows:  # loadtxt would skip it
        return None
    try:
        wide = np.loadtxt(rows, dtype=np.float64, delimiter=delimiter, comments=None, ndmin=2)
    except ValueError:
        return None
    if len(wide) != len(rows):  # it skips rows of white space
        return None
    return wide


def _parse_exactly(
    rows: list[str],
    delimiter: str | None,
    place: Place,
    remedy: Callable[[int, int], str] | None = None,
) -> Rows:
    parsed = [_parse_row(row.split(delimiter), i, place, remedy) for i, row in enumerate(rows)]
    if len({len(row) for row in parsed}) == 1:
        return np.stack(parsed)
    return parsed


def _parse_row(
    cells: list[str], row: int, place: Place, remedy: Callable[[int, int], str] | None
) -> NDArray[np.float32]:
    wide = _numbers(cells, row, place, remedy)
    values = narrow(wide, lambda _: place(row, None))
    _refuse_infinite(values, wide, cells, row, place)
    return values


def _numbers(
    cells: list[str], row: int, place: Place, remedy: Callable[[int, int], str] | None
) -> NDArray[np.float64]:
    """Return the numbers of a row; DataError at the first cell that is none."""
    try:
        return np.array([to_number(cell) for cell in cells])
    except ValueError as error:
        j = next(j for j, cell in enumerate(cells) if not is_number(cell))
        told = "" if remedy is None else remedy(row, j)
        msg = f"{place(row, j)}: {shorten(cells[j])} is not a number. {told or _REMEDY}"
        raise DataError(msg) from error


def _refuse_infinite(
    values: NDArray[np.float32],
    wide: NDArray[np.float64],
    cells: list[str],
    row: int,
    place: Place,
) -> None:
    """Raise DataError at the first value of a row that is infinite as a 32-bit number."""
    infinite = np.flatnonzero(np.isinf(values))
    if len(infinite):
        j = int(infinite[0])
        why = "is beyond 32-bit floating point"
        if math.isinf(wide[j]):
            why = "is infinite"
        msg = (
            f"{place(row, j)}: {shorten(cells[j])} {why}. Leave the cell empty if the value is "
            "missing."
        )
        raise DataError(msg)


def shorten(text: str) -> str:
    """Quote text from a file for an error: on one line, and not at any length.

    >>> shorten(" up ")
    "'up'"
    """
    text = text.strip()
    if len(text) > _MOST_QUOTED:
        text = text[: _MOST_QUOTED - 1] + "…"
    return repr(text)
