"""Recognise column names that are periods of time: 2024Q1, Jan-2024, day1_hour0."""

from __future__ import annotations

import re

_YEAR = r"(?P<year>(?:19|20)\d\d)"
_PART = r"(?P<part>\d{1,3})"
_GAP = r"[-_ ./]?"
_MONTHS: tuple[str, ...] = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
)
_MONTHS += ("september", "october", "november", "december")
_SHORT_MONTHS = tuple(month[:3] for month in _MONTHS)
# R puts an X before names that begin with a digit
_YEAR_FIRST = re.compile(rf"x?{_YEAR}{_GAP}(?:[qmwd]|(?<=\D)){_GAP}{_PART}")
_YEAR_LAST = re.compile(rf"[qmwd]{_GAP}{_PART}{_GAP}{_YEAR}")
_MONTH = re.compile(rf"(?P<month>{'|'.join(_MONTHS + _SHORT_MONTHS)}){_GAP}{_YEAR}")
_NESTED = re.compile(
    rf"(?P<outer>[a-z]+){_GAP}(?P<first>\d{{1,4}}){_GAP}(?P<inner>[a-z]+){_GAP}(?P<second>\d{{1,4}})"
)
# single letters that are seldom anything else, and words, in pairs of a long and a short period
_LONG = {
    "year": "y",
    "month": "mo",
    "week": "w",
    "day": "d",
    "hour": "h",
    "hr": "h",
    "minute": "min",
}
_SHORT = {"quarter": "q", "month": "mo", "week": "w", "day": "d", "hour": "h", "hr": "h"}
_SHORT |= {"minute": "min", "second": "sec"}
_PAIRS = frozenset(
    {("y", "q"), ("y", "m"), ("y", "mo"), ("y", "w"), ("y", "d"), ("mo", "d"), ("w", "d")}
    | {("w", "h"), ("d", "h"), ("d", "min"), ("h", "m"), ("h", "min"), ("min", "sec")}
)
_WIDEST = 10_000


def period_of(name: str) -> float | None:
    """Return a number that grows with the period that a name says; None if it says none.

    >>> period_of("2023Q4") < period_of("2024 Q1"), period_of("d1h23") < period_of("d2h0")
    (True, True)
    >>> period_of("ch1_t0") is None
    True
    """
    name = name.strip().lower()
    match = _YEAR_FIRST.fullmatch(name) or _YEAR_LAST.fullmatch(name)
    if match is not None:
        return float(_WIDEST * int(match["year"]) + int(match["part"]))
    match = _MONTH.fullmatch(name)
    if match is not None:
        return float(_WIDEST * int(match["year"]) + _SHORT_MONTHS.index(match["month"][:3]) + 1)
    match = _NESTED.fullmatch(name)
    if match is None:
        return None
    outer, inner = _LONG.get(match["outer"], match["outer"]), _SHORT.get(match["inner"])
    if (outer, inner or match["inner"]) not in _PAIRS:
        return None
    return float(_WIDEST * int(match["first"]) + int(match["second"]))
