"""What each value of a key came to, as it is drawn, and each combination on each data set."""

from __future__ import annotations

import csv
import io
import math
import statistics
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tszoo.errors import OptionError
from tszoo.storage.files import reason, write_file
from tszoo.study.results import Row, spelled_value
from tszoo.study.summary import mean

ACCURACIES = ("validation_accuracy", "test_accuracy")


class Point(NamedTuple):
    """What one value of a key came to on one data set.

    Attributes
    ----------
    key, value : str
    dataset : str
    accuracy : float
        On held-out series: the mean over repeats and, in a grid, over the values of other keys.
    spread : float or None
        The standard deviation of the repeats' means; None for one repeat.
    n : int
        Trials.
    """

    key: str
    value: str
    dataset: str
    accuracy: float
    spread: float | None
    n: int


def by_value(
    rows: Sequence[Row], changes: Mapping[int, Collection[str]] | None = None
) -> list[Point]:
    """Say what each value of each key came to on each data set.

    Numbers come in their order, other values in that of the table.

    Parameters
    ----------
    rows : sequence of Row
    changes : mapping of int to collection of str, or None
        Which keys each trial changes, by its number, where one was changed at a time: a key's
        values are compared among trials that change it alone, or nothing. None is for a grid.
    """
    points: list[Point] = []
    for key in rows[0].values if rows else ():
        alone = [row for row in rows if changes is None or set(changes[row.trial]) <= {key}]
        groups: dict[tuple[str, str], list[Row]] = {}
        for row in alone:
            group = (spelled_value(row.values[key]), row.dataset)
            groups.setdefault(group, []).append(row)
        for value, dataset in sorted(groups, key=lambda group: _place(group[0])):
            points += _point(key, value, dataset, groups[value, dataset])
    return points


def _place(value: str) -> float:
    """Give numbers their order; other values keep the one that they have."""
    try:
        return float(value)
    except ValueError:
        return math.inf


def _point(key: str, value: str, dataset: str, rows: Sequence[Row]) -> list[Point]:
    """Return the point of some rows; none if all of them failed."""
    repeats: dict[int, list[float]] = {}
    for row in rows:
        if row.outcome.validation_accuracy is not None:
            repeats.setdefault(row.repeat, []).append(row.outcome.validation_accuracy)
    means = [statistics.fmean(numbers) for numbers in repeats.values()]
    if not means:
        return []
    spread = statistics.stdev(means) if len(means) > 1 else None
    n = sum(map(len, repeats.values()))
    return [Point(key, value, dataset, statistics.fmean(means), spread, n)]


def write_points(path: Path, points: Sequence[Point]) -> None:
    """Write points as a table; OptionError where it cannot be written."""
    write_lines(path, [Point._fields, *points])


def write_by_dataset(folder: Path, rows: Sequence[Row], names: Sequence[str]) -> list[Path]:
    """Write tables of a line a data set and a column a combination: mean accuracies over repeats.

    One is of held-out series, and one of test splits, where every trial has one. They are what
    classifiers are compared by. ``names`` has that of each row's combination.
    """
    paths = []
    for name in ACCURACIES:
        ended = [
            (told, row)
            for told, row in zip(names, rows, strict=True)
            if getattr(row.outcome, name) is not None
        ]
        if not ended or len(ended) < sum(not row.outcome.error for row in rows):
            continue
        paths.append(folder / f"{name}.csv")
        write_lines(paths[-1], _by_dataset(ended, name))
    return paths


def _by_dataset(rows: Sequence[tuple[str, Row]], name: str) -> list[Sequence[object]]:
    cells: dict[tuple[str, str], list[float | None]] = {}
    for told, row in rows:
        cells.setdefault((row.dataset, told), []).append(getattr(row.outcome, name))
    columns = list(dict.fromkeys(column for _, column in cells))
    datasets = dict.fromkeys(dataset for dataset, _ in cells)
    return [
        ("dataset", *columns),
        *(
            (name, *(mean(cells.get((name, column), ())) for column in columns))
            for name in datasets
        ),
    ]


def write_lines(path: Path, lines: Sequence[Sequence[object]]) -> None:
    """Write lines as a table; OptionError where it cannot be written."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    try:
        write_file(path, text.getvalue().encode("utf-8"))
    except OSError as error:
        msg = f"{path}: cannot be written ({reason(error)})."
        raise OptionError(msg) from error
