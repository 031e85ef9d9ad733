"""Which classes the trials of a sweep took for which: a small table for each trial."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tszoo.errors import DataError
from tszoo.storage.files import reason
from tszoo.training.watch.confusion import confusion_csv

Counts = NDArray[np.int64]

HEADER = ["data", "true", "predicted", "count"]
MOST_BYTES = 64 << 20


def count_pairs(true: NDArray[np.int64], predicted: NDArray[np.int64], n_classes: int) -> Counts:
    """Count series by their class, a row, and the class that they are taken for, a column.

    Parameters
    ----------
    true, predicted : ndarray of int64, shape (n_series,)
    n_classes : int

    Returns
    -------
    ndarray of int64, shape (n_classes, n_classes)
    """
    counts = np.bincount(true * n_classes + predicted, minlength=n_classes * n_classes)
    matrix: Counts = counts.reshape(n_classes, n_classes)
    return matrix


def confusion_table(dataset: str, confusion: Sequence[Sequence[int]], classes: list[str]) -> bytes:
    """Write a trial's counts as a table, a line for each pair of classes that was seen."""
    return confusion_csv({dataset: np.array(confusion, dtype=np.int64)}, classes)


def read_confusion(path: Path, classes: Sequence[str]) -> Counts:
    """Read what ``confusion_table`` wrote, shape (n_classes, n_classes).

    Raises
    ------
    DataError
        If the file cannot be read, or is no such table of these classes.
    """
    try:
        return _counted(path, classes)
    except (OSError, ValueError, KeyError, OverflowError, csv.Error) as error:
        msg = f"{path}: no table of a trial's confusions ({reason(error)})."
        raise DataError(msg) from error


def _counted(path: Path, classes: Sequence[str]) -> Counts:
    if path.stat().st_size > MOST_BYTES:
        msg = f"more than {MOST_BYTES >> 20} MiB"
        raise ValueError(msg)
    lines = csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline=""), strict=True)
    if next(lines, None) != HEADER:
        msg = f"its columns are not {', '.join(HEADER)}"
        raise ValueError(msg)
    places = {label: k for k, label in enumerate(classes)}
    matrix = np.zeros((len(classes), len(classes)), dtype=np.int64)
    for _, true, predicted, count in lines:
        matrix[places[true], places[predicted]] += int(count)
    return matrix
