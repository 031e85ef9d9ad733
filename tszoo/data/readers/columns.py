"""Read a delimited file's first line: the delimiter, a header or none, where the labels are."""

from __future__ import annotations

import csv
import math
import re
import sys
from dataclasses import dataclass

from tszoo.data.readers.numbers import shorten
from tszoo.data.spellings import MISSING, is_number
from tszoo.errors import DataError, OptionError
from tszoo.text import listed

_SURE_NAMES = frozenset({"category", "class", "classes", "label", "labels", "target"})
_LABEL_NAMES = _SURE_NAMES | {"", "y"}
_INDEX_NAMES = frozenset({"id", "index", "unnamed: 0"})


@dataclass(frozen=True)
class Layout:
    """Say how the lines of a delimited file are built.

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

    The cells of the label and of an index apart, a line is a header in three cases: its cells are
    text; they are numbers that count up, where ``spreadsheet`` allows it; or they are numbers that
    rise in equal steps, as points of time do, beside a name for labels (``label``, ``class``, …, or
    the one that ``label_column`` gives). Below a header, a column called ``index``, ``id`` or
    ``Unnamed: 0`` and a first column without a name are an index. It is left out unless it is the
    label column.

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
    values = cells
    if delimiter != ",":  # then commas are decimal ones
        values = [cell.replace(",", ".") for cell in cells]
    wanted = _as_position(label_column)
    if isinstance(wanted, str):
        at = cells.index(wanted) if wanted in cells else None
        if not _is_header(values, at, spreadsheet, called=True):
            msg = (
                f"{file}: no header line, so there is no label column {shorten(wanted)}. Give the "
                "column's number."
            )
            raise DataError(msg)
        return _below_header(delimiter, cells, _find_name(cells, wanted, file))
    if wanted is None:
        at = None
    else:
        _check_position(wanted, len(cells), file)
        at = wanted % len(cells)
    if _is_header(values, at, spreadsheet):
        return _below_header(delimiter, cells, wanted)
    return Layout(delimiter, None, wanted)


def is_index(name: str, at: int) -> bool:
    """Tell whether a column is what table libraries write to count the rows.

    ``at`` is its position, from 0.
    """
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
    """Find what separates cells: tabs before semicolons before commas; None is white space."""
    if line.count('"') % 2 == 0:
        line = "".join(line.split('"')[::2])  # what is outside quotes
    return next((mark for mark in "\t;," if mark in line), None)


def _as_position(label_column: str | int) -> int | str | None:
    """Turn a label column into a position, or a name to look up in the header.

    Positions count from 0; -1 is the last column, None is none.
    """
    if label_column in ("first", "last", "none"):
        return {"first": 0, "last": -1, "none": None}[str(label_column)]
    text = str(label_column).strip()
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        return text
    if int(text) < 1:
        msg = f"label_column={text}: columns count from 1."
        raise OptionError(msg)
    return int(text) - 1


def _check_position(position: int, n_columns: int, file: str) -> None:
    """Raise DataError unless a line of so many columns has a label there, and values beside it."""
    if position >= n_columns:
        msg = f"{file}: label column {position + 1}, but there are only {n_columns} columns."
        raise DataError(msg)
    if n_columns < 2:
        msg = (
            f"{file}: one column only, expected a label and values separated by commas, "
            'semicolons, tabs or spaces. Pass label_column="none" if there are no labels.'
        )
        raise DataError(msg)


def _find_name(header: list[str], name: str, file: str) -> int:
    """Find the column of that name in a header; DataError unless there is exactly one."""
    at = [i for i, cell in enumerate(header) if cell == name]
    if not at:
        msg = f"{file}: no column {shorten(name)} in the header ({listed(header, 5)})."
        raise DataError(msg)
    if len(at) > 1:
        msg = (
            f"{file}: the header has {shorten(name)} twice (columns {at[0] + 1} and {at[1] + 1}). "
            "Give the number."
        )
        raise DataError(msg)
    return at[0]


def _below_header(delimiter: str | None, cells: list[str], label_at: int | None) -> Layout:
    """Build the layout of a file with a header: an index that holds no labels is left out."""
    indices = [i for i, cell in enumerate(cells) if is_index(cell, i)]
    left_out = tuple(i for i in indices if label_at is None or i != label_at % len(cells))
    return Layout(delimiter, tuple(cells), label_at, left_out)


def _is_header(
    cells: list[str], label_at: int | None, spreadsheet: bool, called: bool = False
) -> bool:
    """Tell whether a line names its columns.

    ``called`` says that the label's cell is the name that was asked for.
    """
    others = {i: cell for i, cell in enumerate(cells) if i != label_at}
    values = [cell for i, cell in others.items() if cell and not is_index(cell, i)]
    if not any(map(is_number, values)):
        return any(others.values())
    label = None if label_at is None else cells[label_at].lower()
    if label is not None and (called or label in _SURE_NAMES) and _rises_evenly(values):
        return True
    return spreadsheet and _counts_up(cells, values, label)


def _counts_up(cells: list[str], values: list[str], label: str | None) -> bool:
    """Tell whether a line counts up: 0, 1, 2, … or 1, 2, 3, and so on.

    The label's cell may be one of the numbers, in its place, or be named as labels are.
    """
    if len(values) < 3:
        return False
    named = [cell for i, cell in enumerate(cells) if not is_index(cell, i)]
    in_place = named == [str(i) for i in range(len(named))]
    running = any(values == [str(i + start) for i in range(len(values))] for start in (0, 1))
    return in_place or (running and label in _LABEL_NAMES)


def _rises_evenly(cells: list[str]) -> bool:
    """Tell whether at least three cells are numbers that rise in equal steps.

    Steps are equal up to the rounding of the numbers' last decimal.
    """
    if len(cells) < 3 or not all(map(_is_given_number, cells)):
        return False
    points = [float(cell) for cell in cells]
    step = (points[-1] - points[0]) / (len(points) - 1)
    if not 0 < step < math.inf:
        return False
    off = max(abs(point - (points[0] + step * i)) for i, point in enumerate(points))
    unit = _last_decimal(cells)
    # a step of one or two units is as good as any other row of coarse numbers
    rounding = 1e-6 * step + 4 * sys.float_info.epsilon * max(map(abs, points))
    return off <= rounding or (off <= unit and step > 2 * unit)


def _is_given_number(cell: str) -> bool:
    """Whether a cell is a number, not a word for a missing one."""
    return is_number(cell) and cell.lower() not in MISSING


def _last_decimal(cells: list[str]) -> float:
    """Return the value of one in the last decimal that any cell has; 0 where there is none."""
    decimals = max(len(cell.partition(".")[2]) for cell in cells)
    if decimals == 0 or any("e" in cell.lower() for cell in cells):
        return 0.0
    return 10.0**-decimals
