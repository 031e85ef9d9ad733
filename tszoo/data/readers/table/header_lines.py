"""Refuse tables whose header has several lines, as pandas writes columns of several levels."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from tszoo.data.readers.table.cells import is_given, is_text
from tszoo.data.readers.table.sample import Sample
from tszoo.data.spellings import to_number
from tszoo.errors import DataError

_MOST_LINES = 5
_MOST_INDICES = 3
_FEWEST_NAMES = 4


def refuse_header_lines(sample: Sample) -> None:
    """Raise DataError if a table begins with several lines of names.

    Then a line below the first holds the names of an index alone; or of the first two, one says a
    few names again and again, and the other counts up at each of them.
    """
    rows = sample.rows[:_MOST_LINES]
    if not (_is_above_index(rows) or _count_together(rows[:2])):
        return
    msg = (
        f"{sample.file}, line {sample.numbers[1]}: a second line of names, as pandas writes "
        "columns of several levels. Give each column one name: in pandas, df.columns = "
        "['_'.join(map(str, name)) for name in df.columns]."
    )
    raise DataError(msg)


def _is_above_index(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether two or more lines of names stand above the names of an index."""
    if len(set(map(len, rows))) > 1:
        return False
    at = next((at for at, row in enumerate(rows) if at > 1 and _names_index(row)), 0)
    return at > 0 and not any("." in cell and is_given(cell) for row in rows[:at] for cell in row)


def _names_index(row: Sequence[str]) -> bool:
    """Tell whether there is text in the first cells, and nothing in all others."""
    named = [cell for cell in row if cell]
    if not 1 <= len(named) <= _MOST_INDICES or len(row) < _FEWEST_NAMES + len(named):
        return False
    return all(map(is_text, named)) and list(row[: len(named)]) == named


def _count_together(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether one of two lines says a few names, and the other counts up at each of them."""
    if len(rows) < 2 or len(rows[0]) != len(rows[1]):
        return False
    upper = _counts(*rows)
    lower = _counts(*rows[::-1])
    # numbers that rise throughout above words are columns on their side, under a plain header
    return bool(upper) or len(set(lower)) < len(lower)


def _counts(names: Sequence[str], cells: Sequence[str]) -> list[float]:
    """Return the numbers beside names, if they are whole and rise at each; else none."""
    groups: dict[str, list[float]] = {}
    if 2 * len(set(names)) > len(names) + _FEWEST_NAMES:
        return []  # found out at once, of a line of millions of numbers
    for name, cell in zip(names, cells, strict=True):
        if is_text(name) and is_given(cell):
            groups.setdefault(name, []).append(to_number(cell))
    points = list(chain(*groups.values()))
    if len(points) < _FEWEST_NAMES or len(groups) > len(points) / 2:
        return []
    if all(map(_rise, groups.values())) and all(point.is_integer() for point in points):
        return points
    return []


def _rise(points: list[float]) -> bool:
    return points == sorted(set(points))
