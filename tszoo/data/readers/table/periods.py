"""Recognise column names that are periods of time: 2024Q1, Jan-2024, day1_hour0."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

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


_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FEWEST_NAMES = 4


def calendar_order(names: Sequence[str]) -> list[float] | None:
    """Return the numbers of months or of days of the week that stand in the order of the alphabet.

    None in any other order: a season may begin in October.

    >>> calendar_order(["Apr", "Feb", "Jan", "Mar"]), calendar_order(["Oct", "Nov", "Dec", "Jan"])
    ([3.0, 1.0, 0.0, 2.0], None)
    """
    if not _FEWEST_NAMES <= len(set(names)) == len(names) <= len(_MONTHS):
        return None
    short = [name.strip().lower()[:3] for name in names]
    known = next((known for known in (_SHORT_MONTHS, _DAYS) if set(short) <= set(known)), None)
    if known is None or list(names) != sorted(names):
        return None
    places = np.array(list(map(known.index, short)), dtype=np.float64)
    in_turn = bool((np.diff(places) % len(known) == 1).all())
    return None if in_turn else places.tolist()


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
