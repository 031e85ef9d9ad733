"""Tell decimal commas and points from marks for thousands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain, zip_longest

from tszoo.data.readers.numbers import shorten
from tszoo.data.readers.table.cells import is_given
from tszoo.errors import DataError

_FEW = 200
_MOST_CELLS = 20_000
_FEWEST_PARTS = 3
_MANY_PARTS = 8
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:e[+-]?\d+)?", re.IGNORECASE)
_MARKED = {mark: re.compile(rf"[+-]?\d*[{mark}]\d+") for mark in ",."}
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
_SHORT = re.compile(r"[+-]?\d{2,3}")
_LONG = re.compile(r"[+-]?\d{4,}")
# several marks, as in 1.234.567 and 1 234,50
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:[.,'’\s]\d{3})+(?:[.,]\d+)?")

PLAIN = "Write numbers without marks for thousands, and with a point for decimals."


def has_thousands(cell: str) -> bool:
    """Tell whether a cell that is no number has marks for thousands.

    >>> has_thousands("1.234,50"), has_thousands("1.5 kg")
    (True, False)
    """
    return _THOUSANDS.fullmatch(cell.strip()) is not None


def has_decimal_commas(
    rows: Sequence[Sequence[str]], delimiter: str | None, file: str, numbers: Sequence[int]
) -> bool:
    """Tell whether the first lines of a table have decimal commas, be it in quotes.

    Raises
    ------
    DataError
        If a mark that stands before three digits in all numbers seems to be one for thousands:
        numbers below 1,000 lack it.
    """
    few = _few(rows)
    for mark in (".,", ",")[delimiter not in ("\t", ";")]:
        _refuse_thousands(few, mark, file, numbers)
    with_commas = [row for row in few if any(map(_DECIMAL_COMMA.fullmatch, row))]
    if delimiter != ",":
        return bool(with_commas)
    return 2 * len(with_commas) > len(few) and _are_quoted(list(chain(*few)))


def _are_quoted(cells: Sequence[str]) -> bool:
    """Tell whether commas are decimal ones in quotes: no number has a point, or may be large."""
    if any(map(_MARKED["."].fullmatch, cells)):
        return False
    return any(not _GROUPED.fullmatch(cell) for cell in filter(_DECIMAL_COMMA.fullmatch, cells))


def refuse_two_separators(
    rows: Sequence[Sequence[str]], delimiter: str | None, file: str, numbers: Sequence[int]
) -> None:
    """Raise DataError if each line has a cell of several numbers, with another separator between.

    As a value, such a cell would be no number; as an id, it would hide values.
    """
    below = list(zip(numbers, rows, strict=True))[1:_FEW]
    if delimiter is None or not below:
        return
    if not all(any(_holds_numbers(cell, delimiter) for cell in row) for _, row in below):
        return
    number, row = below[0]
    at = next(at for at, cell in enumerate(row) if _holds_numbers(cell, delimiter))
    msg = (
        f"{file}, line {number}, column {at + 1}: {shorten(row[at])} are several numbers, so two "
        "separators are mixed. Write the same one between all cells."
    )
    raise DataError(msg)


def _holds_numbers(cell: str, delimiter: str) -> bool:
    """Tell whether a cell is three or more numbers with decimals, or many numbers."""
    for mark in (",", ";", "\t", None):
        parts = cell.split(mark) if mark != delimiter else []
        if len(parts) >= _FEWEST_PARTS and all(map(is_given, parts)):
            return "." in cell or len(parts) >= _MANY_PARTS
    return False


def with_point(cell: str, delimiter: str | None) -> str:
    """Write decimal commas of a cell as points; where commas separate, those of numbers alone."""
    if delimiter == "," and not _DECIMAL_COMMA.fullmatch(cell.strip()):
        return cell
    return cell.replace(",", ".")


def _few(rows: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """Return the first lines, as many as are enough to see the marks."""
    width = max(map(len, rows), default=1)
    if width > _MOST_CELLS:
        return [rows[0][:_MOST_CELLS]]
    return list(rows[: min(_FEW, max(2, _MOST_CELLS // width))])


def _refuse_thousands(
    rows: Sequence[Sequence[str]], mark: str, file: str, numbers: Sequence[int]
) -> None:
    """Raise DataError if numbers have a mark before their last three digits, or are below 1,000."""
    columns = list(zip_longest(*rows, fillvalue=""))
    marked_in = [column for column in columns if any(map(_MARKED[mark].fullmatch, column))]
    cells = list(chain(*marked_in))
    marked = list(filter(_MARKED[mark].fullmatch, cells))
    short = next(filter(_SHORT.fullmatch, cells), None)
    if not marked or short is None or not all(map(_GROUPED.fullmatch, marked)):
        return
    if any(map(_LONG.fullmatch, cells)):
        return
    at = next(i for i, row in enumerate(rows) if marked[0] in row)
    msg = (
        f"{file}, line {numbers[at]}: {shorten(marked[0])} beside {shorten(short)}, and all "
        f"numbers with a {shorten(mark)} have three digits behind it: is it a mark for thousands, "
        f"or for decimals? {PLAIN}"
    )
    raise DataError(msg)
