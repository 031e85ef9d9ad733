"""Turn columns of a frame into numbers, times, names and text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tszoo.data.classes import Label
from tszoo.data.readers.numbers import shorten
from tszoo.data.readers.points.clock import MICROSECONDS, Clock
from tszoo.data.spellings import as_floats, is_absent
from tszoo.errors import DataError

Place = Callable[[int], str]


def to_text(column: Any) -> list[str]:
    """Return cells as a ``.csv`` would have them; what is missing is empty."""
    return ["" if is_absent(value) else str(value) for value in column.to_list()]


def to_names(column: Any) -> list[Label]:
    """Return Python's values, None for a missing one."""
    return [None if is_absent(value) else value for value in column.to_list()]


def to_numbers(column: Any, place: Place) -> NDArray[np.float64]:
    """Return numbers, NaN for a missing one.

    Raises
    ------
    DataError
        If a value is none; ``place(i)`` names its row.
    """
    import narwhals as nw

    if column.dtype.is_numeric() or column.dtype == nw.Boolean:
        return np.asarray(column.cast(nw.Float64).to_numpy(), dtype=np.float64)
    values = np.empty(len(column), dtype=object)
    values[:] = column.to_list()
    try:
        return as_floats(values)
    except (TypeError, ValueError) as error:
        i = next(i for i in range(len(values)) if not _is_number(values[i : i + 1]))
        msg = f"{place(i)}, {shorten(column.name)}: {shorten(str(values[i]))} is not a number."
        raise DataError(msg) from error


def to_times(column: Any, clock: Clock, place: Place) -> NDArray[np.float64]:
    """Return numbers as they are, and dates as seconds since 1970; spans of time as seconds.

    Raises
    ------
    DataError
        If a time is missing, or is text that is neither a number nor an ISO date.
    """
    import narwhals as nw

    dtype = column.dtype
    if dtype == nw.Date:
        column, dtype = column.cast(nw.Datetime("us")), nw.Datetime
    if dtype.is_numeric():
        times = to_numbers(column, place)
    elif dtype == nw.Datetime:
        times = to_numbers(column.dt.timestamp("us"), place) / MICROSECONDS
    elif dtype == nw.Duration:
        times = to_numbers(column.dt.total_microseconds(), place) / MICROSECONDS
    else:
        return clock.read(to_text(column), place)
    clock.note(dtype == nw.Datetime, place)
    missing = np.flatnonzero(~np.isfinite(times))
    if len(missing):
        msg = f"{place(int(missing[0]))}: no time. Leave the row out."
        raise DataError(msg)
    return times


def _is_number(values: NDArray[Any]) -> bool:
    try:
        as_floats(values)
    except (TypeError, ValueError):
        return False
    return True
