"""Read results of classifiers from a CSV file, a wide one or a long one."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from tszoo.errors import DataError
from tszoo.evaluation.results import Result
from tszoo.storage.files import reason
from tszoo.text import listed, printable

DATASET = ("dataset", "data set", "data_set", "problem", "target")
CLASSIFIER = ("classifier", "model", "method", "estimator")
ACCURACY = ("accuracy", "test_accuracy")
_MISSING = frozenset(("", "nan", "na", "n/a", "none", "null", "-", "–", "?"))

Rows = list[tuple[int, list[str]]]


@dataclass(frozen=True)
class Wanted:
    """Which classifiers and data sets are read; a ``*`` in a name stands for anything.

    Attributes
    ----------
    only : tuple of str
        Classifiers; empty for all.
    exclude : tuple of str
        Classifiers and data sets that are left out.
    names : tuple of str
        If not empty, these very classifiers and no other, as they are spelled.
    """

    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def has_classifier(self, name: str) -> bool:
        """Tell whether a classifier is wanted."""
        if self.names:
            return name in self.names
        is_named = not self.only or _matches(name, self.only)
        return is_named and not _matches(name, self.exclude)

    def has_dataset(self, name: str) -> bool:
        """Tell whether a data set is wanted."""
        return not _matches(name, self.exclude)

    def has(self, result: Result) -> bool:
        """Tell whether a result is wanted."""
        return self.has_classifier(result.classifier) and self.has_dataset(result.dataset)


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def read_file(path: Path, wanted: Wanted) -> list[Result]:
    """Read the results that one file holds.

    A wide table has a row for each data set and a column for each classifier. A long one has the
    columns ``dataset``, ``accuracy`` and ``classifier``; without the last, the file's name is the
    classifier's. Other columns of a long table do not matter. Empty and NaN cells are unknown.

    Raises
    ------
    DataError
        If the file cannot be read, is no such table, or has an accuracy that is no share from 0 to
        1.
    """
    rows = _read_rows(path)
    if not rows:
        msg = f"{path}: empty; a line of column names and lines of results are expected."
        raise DataError(msg)
    (_, header), *body = rows
    header = [name.strip() for name in header]
    _check_width(path, len(header), body)
    lowered = [name.lower() for name in header]
    dataset, accuracy = _find(lowered, DATASET), _find(lowered, ACCURACY)
    if dataset is not None and accuracy is not None:
        columns = (_find(lowered, CLASSIFIER), dataset, accuracy)
        return list(_long(path, body, columns, wanted))
    if dataset is None and lowered[0]:
        msg = (
            f"{path}: columns {printable(listed(header, 4), 80)}. Either dataset, classifier and "
            "accuracy are expected, or dataset and a column for each classifier."
        )
        raise DataError(msg)
    return list(_wide(path, header, body, dataset or 0, wanted))


def _read_rows(path: Path) -> Rows:
    """Read the lines that are not empty, with their numbers."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            return [(reader.line_num, row) for row in reader if any(map(str.strip, row))]
    except (OSError, ValueError, csv.Error) as error:
        msg = f"{path}: cannot be read ({reason(error)})."
        raise DataError(msg) from error


def _check_width(path: Path, width: int, body: Rows) -> None:
    """Raise DataError for a line that is not as wide as the first one."""
    for line, row in body:
        if len(row) != width:
            msg = f"{path}, line {line}: {len(row)} cells, and the first line has {width}."
            raise DataError(msg)


def _find(header: Sequence[str], names: Sequence[str]) -> int | None:
    """Find the first column that has one of several names."""
    for name in names:
        if name in header:
            return header.index(name)
    return None


def _long(
    path: Path, body: Rows, columns: tuple[int | None, int, int], wanted: Wanted
) -> Iterator[Result]:
    by_name, by_dataset, by_accuracy = columns
    for line, row in body:
        classifier, dataset = path.stem, row[by_dataset].strip()
        if by_name is not None:
            classifier = row[by_name].strip()
        if wanted.has_classifier(classifier) and wanted.has_dataset(dataset):
            place = f"{path}, line {line}"
            yield Result(classifier, dataset, _share(row[by_accuracy], place, classifier))


def _wide(
    path: Path, header: Sequence[str], body: Rows, by_dataset: int, wanted: Wanted
) -> Iterator[Result]:
    for line, row in body:
        dataset = row[by_dataset].strip()
        if not wanted.has_dataset(dataset):
            continue
        for k, classifier in enumerate(header):
            if k != by_dataset and wanted.has_classifier(classifier):
                place = f"{path}, line {line}"
                yield Result(classifier, dataset, _share(row[k], place, classifier))


def _share(cell: str, place: str, classifier: str) -> float:
    """Read an accuracy; NaN for an unknown one."""
    text = cell.strip()
    if text.lower() in _MISSING:
        return math.nan
    try:
        share = float(text)
    except ValueError:
        share = math.inf
    if not 0.0 <= share <= 1.0:
        name = printable(classifier, 40)
        msg = (
            f"{place}: {printable(text, 40)} for {name} is no accuracy, a share from 0 to 1. If "
            f'{name} is no classifier, leave it out by exclude="{name}".'
        )
        raise DataError(msg)
    return share
