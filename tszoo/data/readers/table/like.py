"""Read a table as another one was read, where nothing else is said and its columns are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tszoo.data.readers.raw import ReadOptions
from tszoo.data.table_reading import Column, TableReading


def as_before(options: ReadOptions, first: Sequence[str]) -> ReadOptions:
    """Complete what is said of a table by how one like it was read.

    Parameters
    ----------
    options : ReadOptions
        What it says goes before what ``options.like`` does.
    first : sequence of str
        The cells of the table's first line, which may be a header.
    """
    if options.like is None or options.like.reading is None:
        return options
    reading = options.like.reading
    changes: dict[str, Any] = {
        "header": _header(reading, first),
        "id_column": _there(reading.id, first),
        "time_column": _there(reading.time, first),
        "group": _there(reading.group, first),
        "channels": reading.channels or None,
        "window": reading.window,
        "drop": _all_there(reading.left_out, first),
    }
    if options.window is None:  # another window has a stride of its own
        changes["stride"] = reading.stride
    changes = {name: value for name, value in changes.items() if getattr(options, name) is None}
    if options.label_column == "first":
        changes["label_column"] = _label(reading, first)
    return replace(options, by_point=reading.by_point, step=reading.step, **changes)


def _all_there(columns: Sequence[Column], first: Sequence[str]) -> list[Column] | None:
    """Return those of some columns that the table has; None for none."""
    found = (_there(column, first) for column in columns)
    return [column for column in found if column is not None] or None


def _there(column: Column | None, first: Sequence[str]) -> Column | None:
    """Return a column if the table has it."""
    if isinstance(column, int):
        return column if column <= len(first) else None
    return column if column in first else None


def _label(reading: TableReading, first: Sequence[str]) -> Column:
    """Return where labels are; none where the column of that name is not there."""
    if reading.label is None:
        return "none"
    if reading.label == 1:
        return "first"
    if first and reading.label in ("last", first[-1]):
        return "last"
    return _there(reading.label, first) or "none"


def _header(reading: TableReading, first: Sequence[str]) -> bool | None:
    """Tell that the first line is a header, if it names a column as the other table did."""
    names = (reading.label, reading.id, reading.time, reading.group, *reading.channels)
    if reading.header and any(name in first for name in names if isinstance(name, str)):
        return True
    return None
