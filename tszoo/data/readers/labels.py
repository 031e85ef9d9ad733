"""Read labels that stand in a file of their own, one for each series."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from tszoo.data.dataset import Label
from tszoo.data.readers.arrays import to_labels
from tszoo.data.readers.lines import read_blocks
from tszoo.data.readers.npy import LABELS, read_npy_array
from tszoo.data.readers.raw import RawSeries
from tszoo.errors import DataError

_TEXT = (".txt", ".csv", ".tsv")


def with_labels(raw: RawSeries, path: Path) -> RawSeries:
    """Give series the labels of a file: an ``.npy``, or text with a label a line.

    Text may have a header, a line more than there are series.

    Raises
    ------
    DataError
        If the file cannot be read, or has not one label for each series.
    """
    n_series = len(raw.series)
    if path.suffix.lower() == ".npy":
        labels = to_labels(read_npy_array(path, LABELS), n_series, path.name, "labels")
        return replace(raw, labels=labels, typed=True)
    if path.name.lower().removesuffix(".gz").endswith(_TEXT):
        return replace(raw, labels=_read_lines(path, n_series), typed=False)
    msg = (
        f"{path.name}: not a file of labels, expected .npy, or text (.txt, .csv) of a label a line."
    )
    raise DataError(msg)


def labels_of_test(path: Path) -> Path | None:
    """Return the labels of the test split that lie beside those of the training split, if any.

    ``y_TEST.npy`` belongs to ``y_TRAIN.npy``, and ``y_test.npy`` to ``y_train.npy``.
    """
    for train, test in (("TRAIN", "TEST"), ("train", "test"), ("Train", "Test")):
        other = path.with_name(re.sub(rf"{train}(?!.*{train})", test, path.name))
        if other != path and other.exists():
            return other
    return None


def _read_lines(path: Path, n_series: int) -> list[Label]:
    lines = [
        line.strip().strip('"') for _, block in read_blocks(path) for line in block if line.strip()
    ]
    if len(lines) == n_series + 1:
        del lines[0]
    if len(lines) != n_series:
        msg = f"{path.name}: {len(lines)} labels for {n_series} series."
        raise DataError(msg)
    return list(lines)
