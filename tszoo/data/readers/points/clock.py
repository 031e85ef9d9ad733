"""Turn times, as tables write them, into numbers that grow with time."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tszoo.data.readers.numbers import shorten
from tszoo.data.readers.table.times import is_clock, moments
from tszoo.errors import DataError

MICROSECONDS = 1e6


class Clock:
    """Reads the times of a table, all of which are numbers, or all of which are dates."""

    def __init__(self) -> None:
        self.is_dated: bool | None = None
        self.is_daily = True  # as long as all times are such of a day, without a date

    def read(self, cells: Sequence[str], place: Callable[[int], str]) -> NDArray[np.float64]:
        """Return the numbers that cells spell, or seconds since 1970 of ISO dates.

        ``place(i)`` names the row of a cell in an error.

        Raises
        ------
        DataError
            If a cell is neither, or is missing; if a table has numbers and dates.
        """
        times = _as_numbers(cells)
        self.note(times is None, place)
        if times is None:
            times = _as_dates(cells)
        self.is_daily = self.is_daily and all(map(is_clock, cells))
        if times is not None and np.isfinite(times).all():
            return times
        i = next(i for i, cell in enumerate(cells) if not _is_moment(cell))
        msg = (
            f"{place(i)}: the time {shorten(cells[i])} is neither a number nor an ISO date. Write "
            "it so, or leave the column out with drop=... if the lines are in order."
        )
        raise DataError(msg)

    def note(self, is_dated: bool, place: Callable[[int], str]) -> None:
        """Remember what times are; raise DataError if those before were something else."""
        if self.is_dated not in (None, is_dated):
            msg = f"{place(0)}: times that are numbers and times that are dates in one column."
            raise DataError(msg)
        self.is_dated = is_dated


def spell_time(time: float, *, is_dated: bool) -> str:
    """Write a time as a table may write it: a number, or an ISO date.

    >>> spell_time(0.5, is_dated=False), spell_time(86400.5, is_dated=True)
    ('0.5', '1970-01-02T00:00:00.500')
    """
    if not is_dated:
        return f"{time:.15g}"
    moment = np.datetime64(round(time * MICROSECONDS), "us")
    for unit in ("s", "ms"):
        coarse = moment.astype(f"datetime64[{unit}]")
        if coarse == moment:
            return str(coarse)
    return str(moment)


def _as_numbers(cells: Sequence[str]) -> NDArray[np.float64] | None:
    """Return cells as numbers; None if one is none."""
    try:
        return np.array(cells, dtype=np.float64)
    except ValueError:
        return None


def _as_dates(cells: Sequence[str]) -> NDArray[np.float64] | None:
    """Return the seconds of ISO dates; None if a cell is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of zones, which NumPy does not read
            dates = np.array(cells, dtype="datetime64[us]")
    except (ValueError, UserWarning, DeprecationWarning):
        points = moments(list(cells))
        return None if points is None else np.array(points)
    seconds: NDArray[np.float64] = dates.astype(np.int64) / MICROSECONDS
    seconds[np.isnat(dates)] = np.nan
    return seconds


def _is_moment(cell: str) -> bool:
    times = moments([cell])
    return times is not None and bool(np.isfinite(times[0]))
