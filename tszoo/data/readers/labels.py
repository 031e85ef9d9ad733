"""Read labels that stand in a file of their own, one for each series."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from tszoo.data.dataset import Label
from tszoo.data.readers.arrays import to_labels
from tszoo.data.readers.lines import read_blocks
from tszoo.data.readers.npy import LABELS, read_npy_array
from tszoo.data.readers.numbers import shorten
from tszoo.data.readers.raw import RawSeries
from tszoo.data.readers.table.cells import detect_delimiter, split_cells
from tszoo.errors import DataError

_TEXT = (".txt", ".csv", ".tsv")


def with_labels(raw: RawSeries, path: Path) -> RawSeries:
    """Give series the labels of a file: an ``.npy``, or text with a label a line.

    Text may have a header, a line more than there are series. It may have ids beside the labels,
    in whatever order, as far as the series have ids, too; or a count of the lines.

    Raises
    ------
    DataError
        If the file cannot be read, or has not one label for each series; or if it has ids, and
        those of the series are others, or there are none.
    """
    n_series = len(raw.series)
    if path.suffix.lower() == ".npy":
        labels = to_labels(read_npy_array(path, LABELS), n_series, path.name, "labels")
        return replace(raw, labels=labels, typed=True)
    if path.name.lower().removesuffix(".gz").endswith(_TEXT):
        return replace(raw, labels=_read_text(path, raw), typed=False)
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


def _read_text(path: Path, raw: RawSeries) -> list[Label]:
    """Read a label a line, or an id and a label: then a series gets the label of its id."""
    lines = [line for _, block in read_blocks(path) for line in block if line.strip()]
    rows = _cells(lines, path.name)
    widths = set(map(len, rows))
    if widths == {2}:
        return _by_id(rows, raw, path.name)
    if len(widths) == 1 and widths != {1}:
        msg = f"{path.name}: {widths.pop()} cells a line, expected a label, or an id and a label."
        raise DataError(msg)
    labels = [line.strip().strip('"') for line in lines]
    n_series = len(raw.series)
    if len(labels) == n_series + 1:
        del labels[0]
    if len(labels) != n_series:
        msg = f"{path.name}: {len(labels)} labels for {n_series} series."
        raise DataError(msg)
    return list(labels)


def _cells(lines: list[str], file: str) -> list[list[str]]:
    """Split lines at what separates cells in all of them."""
    mark = detect_delimiter(lines)
    if mark is None:
        return [[line] for line in lines]
    return [[cell.strip() for cell in split_cells(line, mark, file)] for line in lines]


def _by_id(rows: list[list[str]], raw: RawSeries, file: str) -> list[Label]:
    """Find each series' label by its id; where there are no ids, the lines are to count up."""
    ids = raw.ids
    if ids is None:
        last = rows[-len(raw.series) :]
        if len(rows) - len(last) <= 1 and _counts(last):
            return [label for _, label in last]
        msg = (
            f"{file}: ids beside labels, and the series have none. Say where those are with "
            "id_column=..., or write a label a line, in the order of the series."
        )
        raise DataError(msg)
    labels = dict(rows)
    if len(labels) < len(rows):
        msg = f"{file}: an id stands twice. Write one line for each id, with its label."
        raise DataError(msg)
    lost = next((name for name in ids if name not in labels), None)
    if lost is not None:
        msg = f"{file}: no label for the series {shorten(lost)}. Write one line for each id."
        raise DataError(msg)
    return [labels[name] for name in ids]


def _counts(rows: list[list[str]]) -> bool:
    """Tell whether the first cells count the lines, from 0 or from 1."""
    first = [row[0] for row in rows]
    return first in ([str(start + i) for i in range(len(rows))] for start in (0, 1))
