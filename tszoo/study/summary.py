"""What a sweep came to: a line for each combination of values."""

from __future__ import annotations

import statistics
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tszoo.errors import OptionError
from tszoo.study.results import Row, spelled_value

NO_VALUE = "–"
UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Line:
    """What one combination of values came to, over all data sets and repeats.

    Attributes
    ----------
    values : dict
    n : int
        Trials that ended well.
    n_failed : int
    validation_accuracy : float or None
        The mean.
    spread : float or None
        Its standard deviation over the repeats' means over the data sets; None for one repeat.
    validation_loss, test_accuracy, seconds : float or None
        Means.
    """

    values: Mapping[str, Any]
    n: int
    n_failed: int
    validation_accuracy: float | None
    spread: float | None
    validation_loss: float | None
    test_accuracy: float | None
    seconds: float | None


def summarize(rows: Sequence[Row]) -> list[Line]:
    """Summarize a sweep, a line for each combination, in the order in which they were tried."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(combination(row), []).append(row)
    return [_line(group) for group in groups.values()]


def combination(row: Row) -> tuple[str, ...]:
    """Spell a row's values, by which rows of one combination are known."""
    return tuple(map(spelled_value, row.values.values()))


def spelled(row: Row, changed: Collection[str] | None = None) -> str:
    """Spell a row's values in a line: ``depth=3, filters=16``.

    Where one was changed at a time, of ``changed`` keys alone; nothing changed is ``unchanged``.
    """
    pairs = zip(row.values, combination(row), strict=True)
    told = [f"{k}={value or NO_VALUE}" for k, value in pairs if changed is None or k in changed]
    return ", ".join(told) or UNCHANGED


def best_of(rows: Sequence[Row]) -> Line:
    """Choose the combination with the highest mean validation accuracy.

    Among equals it is the one with the lower validation loss, then the one that was tried first. A
    combination of which a trial failed is not chosen. Test splits are not looked at.

    Raises
    ------
    OptionError
        If every combination failed.
    """
    lines = [line for line in summarize(rows) if not line.n_failed]
    if not lines:
        msg = "of every combination a trial failed, so none is chosen; the column error says why."
        raise OptionError(msg)
    return min(lines, key=_order)


def _order(line: Line) -> tuple[float, float]:
    return -(line.validation_accuracy or 0.0), line.validation_loss or 0.0


def _line(rows: Sequence[Row]) -> Line:
    ended = [row for row in rows if not row.outcome.error]
    return Line(
        rows[0].values,
        len(ended),
        len(rows) - len(ended),
        mean(row.outcome.validation_accuracy for row in ended),
        _spread(ended),
        mean(row.outcome.validation_loss for row in ended),
        mean(row.outcome.test_accuracy for row in ended),
        mean(row.outcome.seconds for row in ended),
    )


def mean(numbers: Iterable[float | None]) -> float | None:
    """Average the numbers that are there; None for none."""
    there = [number for number in numbers if number is not None]
    return statistics.fmean(there) if there else None


def _spread(rows: Sequence[Row]) -> float | None:
    by_repeat: dict[int, list[float | None]] = {}
    for row in rows:
        by_repeat.setdefault(row.repeat, []).append(row.outcome.validation_accuracy)
    means = [mean(numbers) for numbers in by_repeat.values()]
    there = [number for number in means if number is not None]
    return statistics.stdev(there) if len(there) > 1 else None
