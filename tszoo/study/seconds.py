"""How long trials took, by each number that was varied."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import NamedTuple, TypeGuard

from tszoo.study.results import Row


class Taken(NamedTuple):
    """How long fitting took with one value of a key on one data set.

    Attributes
    ----------
    key : str
    value : float
    dataset : str
    seconds : float
        The median of the trials.
    n : int
        Trials.
    """

    key: str
    value: float
    dataset: str
    seconds: float
    n: int


def seconds_by_value(rows: Sequence[Row]) -> list[Taken]:
    """Say how long trials took by each key whose values are numbers above zero, rising.

    Rows that failed are left out, and keys of fewer than two such numbers, or of other values.
    """
    ended = [row for row in rows if row.outcome.seconds]
    taken: list[Taken] = []
    for key in ended[0].values if ended else ():
        for value in _sizes([row.values[key] for row in ended]):
            taken += _of(key, value, [row for row in ended if row.values[key] == value])
    return taken


def _sizes(values: Sequence[object]) -> list[float]:
    """Return the numbers that a key had, rising; none where one is no size, or all are alike."""
    sizes = [float(value) for value in values if _is_size(value)]
    if len(sizes) < len(values):
        return []
    apart = sorted(set(sizes))
    return apart if len(apart) > 1 else []


def _is_size(value: object) -> TypeGuard[int | float]:
    """Whether a value is a number above zero, as a logarithm wants it."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0


def _of(key: str, value: float, rows: Sequence[Row]) -> list[Taken]:
    """Return the medians of one value, a data set each."""
    by_dataset: dict[str, list[float]] = {}
    for row in rows:
        by_dataset.setdefault(row.dataset, []).append(row.outcome.seconds or 0.0)
    return [
        Taken(key, value, dataset, statistics.median(seconds), len(seconds))
        for dataset, seconds in by_dataset.items()
    ]
