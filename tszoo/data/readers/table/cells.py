"""Split lines of a delimited file into cells."""

from __future__ import annotations

import csv

from tszoo.data.readers.numbers import MISSING, is_number
from tszoo.errors import DataError


def detect_delimiter(line: str) -> str | None:
    """Find what separates cells: tabs before semicolons before commas; None is white space."""
    if line.count('"') % 2 == 0:
        line = "".join(line.split('"')[::2])  # what is outside quotes
    return next((mark for mark in "\t;," if mark in line), None)


def split_cells(line: str, delimiter: str | None, where: str) -> list[str]:
    """Split one line into cells; in double quotes a cell may hold the delimiter.

    Raises
    ------
    DataError
        If a quote does not end on the line; ``where`` names the line.
    """
    if '"' not in line or delimiter is None:
        return line.split(delimiter)
    try:
        (cells,) = csv.reader([line], delimiter=delimiter, strict=True, skipinitialspace=True)
    except (csv.Error, ValueError) as error:
        msg = (
            f"{where}: the quotes do not match ({error}). A cell in quotes must end on its line: "
            "no line break in it."
        )
        raise DataError(msg) from error
    return cells


def is_given(cell: str) -> bool:
    """Tell whether a cell is a number, not a word for a missing one."""
    return is_number(cell) and cell.strip().lower() not in MISSING


def is_text(cell: str) -> bool:
    """Tell whether a cell is neither a number nor a word for a missing one."""
    return not is_number(cell)
