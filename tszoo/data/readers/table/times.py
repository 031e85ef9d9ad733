"""Recognise dates and times, which are no values of a series."""

from __future__ import annotations

import math
import re
from datetime import datetime, timezone

from tszoo.data.readers.table.cells import is_given
from tszoo.data.spellings import to_number

_DATE = r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}"
_MONTH = r"\d{4}[-/]\d{1,2}"
_CLOCK = r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?( ?[AaPp][Mm])?"
_ZONE = r"( ?(Z|UTC|[+-]\d{2}:?\d{2}))?"
_DAYS = r"-?\d+ days?"
_TIME = re.compile(
    rf"({_DATE}([T ]{_CLOCK}{_ZONE})?|{_MONTH}|{_CLOCK}{_ZONE}|{_DAYS}([ ,]+[+-]?{_CLOCK})?)"
)
_SPAN = re.compile(
    r"(?P<days>-?\d+) days?,? (?P<sign>[+-]?)(?P<clock>\d{1,2}:\d{2}:\d{2}(?:\.\d+)?)"
)


def is_time(cell: str) -> bool:
    """Tell whether a cell is written as a date, a time of day, or a span of days.

    >>> is_time("2024-01-01 00:00:00.016"), is_time("12:30"), is_time("12.5")
    (True, True, False)
    """
    return _TIME.fullmatch(cell.strip()) is not None


def moments(cells: list[str]) -> list[float] | None:
    """Return numbers that grow with time: the cells' own, or seconds of ISO dates.

    None if a cell is neither.
    """
    points = [_moment(cell.strip()) for cell in cells]
    if any(math.isnan(point) for point in points):
        return None
    return points


def _moment(cell: str) -> float:
    """Return the number or the seconds of one cell; NaN if it has neither."""
    if is_given(cell):
        return to_number(cell)
    span = _SPAN.fullmatch(cell)
    if span is not None:
        return _seconds(span)
    try:
        stamp = datetime.fromisoformat(_as_iso(cell))
    except ValueError:
        return math.nan
    if stamp.tzinfo is None:
        stamp = stamp.replace(tzinfo=timezone.utc)
    return stamp.timestamp()


def is_clock(cell: str) -> bool:
    """Tell whether a cell is a time of day without a date.

    >>> is_clock("8:30"), is_clock("2024-01-01 08:30")
    (True, False)
    """
    return re.fullmatch(_CLOCK, cell.strip()) is not None


def _seconds(span: re.Match[str]) -> float:
    """Return the seconds of a span of days and hours, as pandas writes one."""
    hours, minutes, seconds = (float(part) for part in span["clock"].split(":"))
    sign = -1 if span["sign"] == "-" else 1
    return 86400 * int(span["days"]) + sign * (3600 * hours + 60 * minutes + seconds)


def _as_iso(cell: str) -> str:
    """Spell a moment as every supported Python reads it; a time of day falls on a fixed day."""
    cell = cell.replace("/", "-").removesuffix("Z")
    if re.fullmatch(_CLOCK, cell):
        hour, colon, rest = cell.partition(":")
        cell = f"2000-01-01 {hour:0>2}{colon}{rest}"
    stem, dot, fraction = cell.partition(".")
    if dot and fraction.isdigit():
        return f"{stem}.{fraction[:6]:0<6}"
    return cell
