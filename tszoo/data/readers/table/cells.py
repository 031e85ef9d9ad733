"""Split lines of a delimited file into cells."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence

from tszoo.data import spellings
from tszoo.errors import DataError

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s"]\S*)')
_ALL_QUOTED = re.compile(rf"\s*(?:{_QUOTED.pattern})(?:\s+(?:{_QUOTED.pattern}))*\s*")


def detect_delimiter(lines: Sequence[str]) -> str | None:
    """Find what separates cells in all of some lines, or else in the first.

    Tabs go before semicolons before commas; None is white space.
    """
    plain = [_outside_quotes(line) for line in lines]
    for some in (plain, plain[:1]):
        mark = next((mark for mark in "\t;," if all(mark in line for line in some)), None)
        if mark is not None:
            return mark
    return None


def _outside_quotes(line: str) -> str:
    """Return what stands outside quotes, if each quote has its end."""
    if line.count('"') % 2 == 0:
        return "".join(line.split('"')[::2])
    return line


def split_cells(line: str, delimiter: str | None, where: str) -> list[str]:
    """Split one line into cells; in double quotes a cell may hold the delimiter.

    Raises
    ------
    DataError
        If a quote does not end on the line; ``where`` names the line.
    """
    if '"' not in line:
        return line.split(delimiter)
    if delimiter is None:
        return _split_at_spaces(line)
    try:
        (cells,) = csv.reader([line], delimiter=delimiter, strict=True, skipinitialspace=True)
    except (csv.Error, ValueError) as error:
        msg = (
            f"{where}: the quotes do not match ({error}). A cell in quotes must end on its line: "
            "no line break in it."
        )
        raise DataError(msg) from error
    return cells


def _split_at_spaces(line: str) -> list[str]:
    """Split a line at white space, but not in quotes, where each of them is around a cell."""
    if not _ALL_QUOTED.fullmatch(line):
        return line.split()
    found = _QUOTED.finditer(line)
    return [re.sub(r"\\(.)", r"\1", cell[1]) if cell[2] is None else cell[2] for cell in found]


def is_number(cell: str) -> bool:
    """Tell whether a cell is a number or stands for a missing one."""
    return not is_text(cell)


def is_given(cell: str) -> bool:
    """Tell whether a cell is a number, not a word for a missing one."""
    return spellings.is_number(cell) and cell.strip().lower() not in spellings.MISSING


def is_text(cell: str) -> bool:
    """Tell whether a cell is neither a number nor a word for a missing one."""
    return not spellings.is_number(cell)
