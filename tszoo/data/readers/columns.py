"""What a delimited file's first line says.

The delimiter, a header or none, where the labels are.
"""

from __future__ import annotations

import csv
import math
import re
import sys
from dataclasses import dataclass

from tszoo.data.readers.numbers import MISSING, is_number, shorten
from tszoo.errors import DataError, OptionError

_SURE_NAMES = frozenset({"category", "class", "classes", "label", "labels", "target"})
_LABEL_NAMES = _SURE_NAMES | {"", "y"}
_INDEX_NAMES = frozenset({"id", "index", "unnamed: 0"})


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
    left_out : tuple of int
        Positions, counted from 0 and rising, of columns that are neither label nor values: an
        index.
    """

    delimiter: str | None
    header: tuple[str, ...] | None
    label_at: int | None
    left_out: tuple[int, ...] = ()


def detect_layout(line: str, label_column: str | int, file: str, spreadsheet: bool) -> Layout:
    """Work out the layout from a file's first line that is not blank.

    It is a header if its cells, the label's and an index' aside, are text, or numbers that count up
    as ``spreadsheet`` allows, or if they rise in equal steps, as points of time do, beside a name
    for labels: ``label``, ``class``, …, or the one that ``label_column`` gives. Below a header, a
    column called ``index``, ``id`` or ``Unnamed: 0`` and a first column without a name are an
    index, which is left out unless it is the label column.

    Parameters
    ----------
    line : str
    label_column : str or int
        ``"first"``, ``"last"``, ``"none"``, a number counted from 1, or a name in the header.
    file : str
        The file's name, for errors.
    spreadsheet : bool
        Whether a line of running numbers may be a header, as table libraries write one for columns
        without names.

    Raises
    ------
    DataError
        If the label column does not exist, or its name stands over two columns.
    OptionError
        If the label column is a number below 1.
    """
    delimiter = _detect_delimiter(line)
    cells = [cell.strip() for cell in split_cells(line, delimiter, f"{file}, line 1")]
    plain = [cell.replace(",", ".") for cell in cells] if delimiter != "," else cells
    wanted = _as_position(label_column)
    if isinstance(wanted, str):
        at = cells.index(wanted) if wanted in cells else None
        if not _is_header(plain, at, spreadsheet, called=True):
            msg = (
                f"{file}: no header line, so there is no label column {shorten(wanted)}. Give the "
                "column's number."
            )
            raise DataError(msg)
        return _below_header(delimiter, cells, _find_name(cells, wanted, file))
    if wanted is not None and wanted >= len(cells):
        msg = f"{file}: label column {wanted + 1}, but there are only {len(cells)} columns."
        raise DataError(msg)
    if wanted is not None and len(cells) < 2:
        msg = (
            f"{file}: one column only, expected a label and values separated by commas, "
            "semicolons, tabs or spaces. Pass --label-column none if there are no labels."
        )
        raise DataError(msg)
    at = None if wanted is None else wanted % len(cells)
    if _is_header(plain, at, spreadsheet):
        return _below_header(delimiter, cells, wanted)
    return Layout(delimiter, None, wanted)


def is_index(name: str, at: int) -> bool:
    """Whether a column of this name, at this position from 0, is what table libraries write to count the rows."""
    return name.lower() in _INDEX_NAMES or (name == "" and at == 0)


def split_cells(line: str, delimiter: str | None, where: str) -> list[str]:
    """Split one line into cells; in double quotes a cell may hold the delimiter."""
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
        msg = (
            f"{file}: the header has {shorten(name)} twice (columns {at[0] + 1} and {at[1] + 1}). "
            "Give the number."
        )
        raise DataError(msg)
    return at[0]


def _below_header(delimiter: str | None, cells: list[str], label_at: int | None) -> Layout:
    own = None if label_at is None else label_at % len(cells)
    left_out = tuple(i for i, cell in enumerate(cells) if i != own and is_index(cell, i))
    return Layout(delimiter, tuple(cells), label_at, left_out)


def _is_header(
    cells: list[str], label_at: int | None, spreadsheet: bool, called: bool = False
) -> bool:
    """Whether a line names its columns.

    ``called`` says that the label's cell is the name that was asked for.
    """
    own = [cell for i, cell in enumerate(cells) if i != label_at and cell and not is_index(cell, i)]
    if not any(is_number(cell) for cell in own):
        return any(cell for i, cell in enumerate(cells) if i != label_at)
    label = None if label_at is None else cells[label_at].lower()
    if label is not None and (called or label in _SURE_NAMES) and _rises_evenly(own):
        return True
    return spreadsheet and _counts_up(cells, own, label)


def _counts_up(cells: list[str], own: list[str], label: str | None) -> bool:
    """Whether a line is 0, 1, 2, … or 1, 2, 3, …, the label's cell in its place or named as one."""
    if len(own) < 3:
        return False
    named = [cell for i, cell in enumerate(cells) if not is_index(cell, i)]
    in_place = named == [str(i) for i in range(len(named))]
    running = any(own == [str(i + start) for i in range(len(own))] for start in (0, 1))
    return in_place or (running and label in _LABEL_NAMES)


def _rises_evenly(cells: list[str]) -> bool:
    """Whether at least three cells are numbers that rise in equal steps, up to the rounding of their last decimal."""
    if len(cells) < 3 or not all(is_number(cell) and cell.lower() not in MISSING for cell in cells):
        return False
    points = [float(cell) for cell in cells]
    step = (points[-1] - points[0]) / (len(points) - 1)
    if not 0 < step < math.inf:
        return False
    off = max(abs(point - (points[0] + step * i)) for i, point in enumerate(points))
    decimals = max(len(cell.partition(".")[2]) for cell in cells)
    unit = 10.0**-decimals if decimals and not any("e" in cell.lower() for cell in cells) else 0.0
    # a step of one or two units is as good as any other row of coarse numbers
    rounding = 1e-6 * step + 4 * sys.float_info.epsilon * max(map(abs, points))
    return off <= rounding or (off <= unit and step > 2 * unit)
