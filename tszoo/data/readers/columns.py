"""What a delimited file's first line says: the delimiter, a header or none, where the labels are."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

from tszoo.data.readers.numbers import is_number, shorten
from tszoo.errors import DataError, OptionError

_LABEL_NAMES = frozenset({"", "category", "class", "classes", "label", "labels", "target", "y"})


@dataclass(frozen=True)
class Layout:
    """How the lines of a delimited file are built.

    Attributes
    ----------
    delimiter : str or None
        One character, or None for white space.
    header : tuple of str or None
        The column names, if the first line has them.
    label_at : int or None
        Position of the label in a line, counted from 0; -1 for the last; None without labels.
    """

    delimiter: str | None
    header: tuple[str, ...] | None
    label_at: int | None


def detect_layout(line: str, label_column: str | int, file: str, spreadsheet: bool) -> Layout:
    """Work out the layout from a file's first line that is not blank.

    Parameters
    ----------
    line : str
    label_column : str or int
        ``"first"``, ``"last"``, ``"none"``, a number counted from 1, or a name in the header.
    file : str
        The file's name, for errors.
    spreadsheet : bool
        Whether a line of running numbers may be a header, as table libraries write one for columns without names.

    Raises
    ------
    DataError
        If the label column does not exist, or its name stands over two columns.
    OptionError
        If the label column is a number below 1.
    """
    delimiter = _detect_delimiter(line)
    cells = [cell.strip() for cell in split_cells(line, delimiter, f"{file}, line 1")]
    numbers = [is_number(cell.replace(",", ".") if delimiter != "," else cell) for cell in cells]
    wanted = _as_position(label_column)
    if isinstance(wanted, str):
        if any(numbers):
            msg = f"{file}: no header line, so there is no label column {shorten(wanted)}. Give the column's number."
            raise DataError(msg)
        return Layout(delimiter, tuple(cells), _find_name(cells, wanted, file))
    if wanted is not None and wanted >= len(cells):
        msg = f"{file}: label column {wanted + 1}, but there are only {len(cells)} columns."
        raise DataError(msg)
    if wanted is not None and len(cells) < 2:
        msg = (
            f"{file}: one column only, expected a label and values separated by commas, semicolons, tabs or spaces. "
            "Pass --label-column none if there are no labels."
        )
        raise DataError(msg)
    own = [number for i, number in enumerate(numbers) if wanted is None or i != wanted % len(cells)]
    named = not any(own) or (spreadsheet and _counts_up(cells, wanted))
    return Layout(delimiter, tuple(cells) if named else None, wanted)


def split_cells(line: str, delimiter: str | None, where: str) -> list[str]:
    """Split one line into cells; in double quotes a cell may hold the delimiter."""
    if '"' not in line or delimiter is None:
        return line.split(delimiter)
    try:
        (cells,) = csv.reader([line], delimiter=delimiter, strict=True, skipinitialspace=True)
    except (csv.Error, ValueError) as error:
        msg = f"{where}: the quotes do not match ({error})."
        raise DataError(msg) from error
    return cells


def _detect_delimiter(line: str) -> str | None:
    outside = "".join(line.split('"')[::2]) if line.count('"') % 2 == 0 else line
    return next((mark for mark in "\t;," if mark in outside), None)


def _as_position(label_column: str | int) -> int | str | None:
    """Turn the option into a position from 0, -1 for the last, None for none, or a name to look up."""
    if label_column in ("first", "last", "none"):
        return {"first": 0, "last": -1, "none": None}[str(label_column)]
    text = str(label_column).strip()
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        return text
    if int(text) < 1:
        msg = f"--label-column {text}: columns count from 1."
        raise OptionError(msg)
    return int(text) - 1


def _find_name(header: list[str], name: str, file: str) -> int:
    at = [i for i, cell in enumerate(header) if cell == name]
    if not at:
        known = ", ".join(header[:5]) + (", …" if len(header) > 5 else "")
        msg = f"{file}: no column {shorten(name)} in the header ({known})."
        raise DataError(msg)
    if len(at) > 1:
        msg = f"{file}: the header has {shorten(name)} twice (columns {at[0] + 1} and {at[1] + 1}). Give the number."
        raise DataError(msg)
    return at[0]


def _counts_up(cells: list[str], label_at: int | None) -> bool:
    """Whether a line is 0, 1, 2, … or 1, 2, 3, …, the label's cell in its place or named as one."""
    own = list(cells)
    label = own.pop(label_at) if label_at is not None else None
    if len(own) < 3:
        return False
    in_place = cells == [str(i) for i in range(len(cells))]
    running = any(own == [str(i + start) for i in range(len(own))] for start in (0, 1))
    return in_place or (running and label is not None and label.lower() in _LABEL_NAMES)
