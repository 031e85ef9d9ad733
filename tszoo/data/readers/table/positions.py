"""Find columns by what a caller says: a number counted from 1, or a name in the header."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tszoo.data.readers.numbers import shorten
from tszoo.errors import DataError, OptionError
from tszoo.text import listed


def as_position(column: str | int, parameter: str) -> int | str:
    """Turn a column into a position, counted from 0, or a name to look up in the header.

    Raises
    ------
    OptionError
        If the column is a number below 1; ``parameter`` is what gave it.
    """
    text = str(column).strip()
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        return text
    if int(text) < 1:
        msg = f"{parameter}={text}: columns count from 1."
        raise OptionError(msg)
    return int(text) - 1


def as_list(columns: str | int | Sequence[str | int] | None) -> list[str | int]:
    """Return the columns that a caller names, be they none, one or several."""
    if columns is None:
        return []
    if isinstance(columns, (str, int)):
        return [columns]
    return list(columns)


def label_position(label_column: str | int) -> int | str | None:
    """Turn a label column into a position, or a name; -1 is the last column, None is none."""
    if label_column in ("first", "last", "none"):
        return {"first": 0, "last": -1, "none": None}[str(label_column)]
    return as_position(label_column, "label_column")


def find_name(header: Sequence[str], name: str, file: str) -> int:
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


def find_column(
    column: str | int, parameter: str, header: Sequence[str] | None, n_columns: int, file: str
) -> int:
    """Find the position, from 0, of a column that ``parameter`` names.

    Raises
    ------
    DataError
        If there is no such column.
    """
    wanted = as_position(column, parameter)
    if isinstance(wanted, str):
        if header is None:
            msg = (
                f"{file}: no header line, so there is no column {shorten(wanted)}. Give the "
                f"column's number to {parameter}=..., or pass header=True if line 1 is a header."
            )
            raise DataError(msg)
        return find_name(header, wanted, file)
    if wanted >= n_columns:
        msg = f"{file}: {parameter}={wanted + 1}, but there are only {n_columns} columns."
        raise DataError(msg)
    return wanted


def check_label_position(position: int, n_columns: int, file: str) -> None:
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
