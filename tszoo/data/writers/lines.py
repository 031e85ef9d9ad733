"""Write the text formats, a line a series: .csv, .tsv, .ts and .arff."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from tszoo.data.dataset import Dataset
from tszoo.data.readers.table.sample import MOST_LINES
from tszoo.data.writers.checks import (
    label_text,
    require_one_channel,
    require_plain_gaps,
    require_plain_lines,
)


def write_csv(dataset: Dataset, file: BinaryIO, name: str) -> None:
    """Write a header line, then one series a line: label, values, nothing for a missing value."""
    require_one_channel(dataset, name)
    require_plain_gaps(dataset, name)
    labels = _quoted(label_text(dataset, name, lambda _: True), _quote)
    header = [f"t{t}" for t in range(dataset.length)]
    if labels is not None:
        header = ["label", *header]
    _put(file, ",".join(header))
    for label, values in _rows(dataset, labels):
        _put(file, ",".join([*label, *format_floats(values[0], "")]))


def write_tsv(dataset: Dataset, file: BinaryIO, name: str) -> None:
    """Write the UCR archive's form: label, values, tabs between them, NaN for a missing value."""
    require_one_channel(dataset, name)
    require_plain_gaps(dataset, name)
    # a first line that is all text would be taken for a header, and quotes for quotes
    labels = label_text(dataset, name, lambda label: '"' not in label)
    lines = (
        "\t".join([*label, *format_floats(values[0], "NaN")])
        for label, values in _rows(dataset, labels)
    )
    first = list(islice(lines, MOST_LINES))
    require_plain_lines(first, labels is not None, name)
    _put(file, *first)
    for line in lines:
        _put(file, line)


def write_ts(dataset: Dataset, file: BinaryIO, name: str) -> None:
    """Write the .ts form: channels between colons, ``?`` for a missing value, the label last."""
    labels = label_text(dataset, name, lambda label: not any(mark in " :,\t" for mark in label))
    problem, class_label = "unnamed", "false"
    if dataset.name.isprintable():
        problem = "".join(dataset.name.split())
    if labels is not None:
        class_label = " ".join(["true", *labels])
    tags = {
        "problemName": problem,
        "timeStamps": "false",
        "missing": str(dataset.n_missing > 0).lower(),
        "univariate": str(dataset.n_channels == 1).lower(),
        "dimensions": str(dataset.n_channels),
        "equalLength": str(not dataset.is_unequal).lower(),
        "seriesLength": str(dataset.length),
        "classLabel": class_label,
    }
    _put(file, *(f"@{tag} {value}" for tag, value in tags.items()), "@data")
    for (label, values), length in zip(_rows(dataset, labels), dataset.lengths, strict=True):
        channels = [",".join(format_floats(channel, "?")) for channel in values[:, :length]]
        _put(file, ":".join([*channels, *label]))


def write_arff(dataset: Dataset, file: BinaryIO, name: str) -> None:
    """Write the archives' .arff form.

    It has an attribute for each point, or one relational attribute for several channels.
    """
    require_plain_gaps(dataset, name)
    labels = _quoted(label_text(dataset, name, lambda label: "\\" not in label), _quote_arff)
    attributes = [f"@attribute att{t} numeric" for t in range(dataset.length)]
    if dataset.n_channels > 1:
        attributes = ["@attribute series relational", *attributes, "@end series"]
    if labels is not None:
        attributes.append(f"@attribute target {{{','.join(labels)}}}")
    _put(file, "@relation series", "", *attributes, "", "@data")
    for label, values in _rows(dataset, labels):
        cell = "\\n".join(",".join(format_floats(channel, "?")) for channel in values)
        if dataset.n_channels > 1:
            cell = f"'{cell}'"
        _put(file, ",".join([cell, *label]))


def format_floats(values: NDArray[np.float32], missing: str) -> list[str]:
    """Spell 32-bit numbers with as few digits as bring each of them back exactly.

    Eight digits bring most of them back, and nine bring back all: nine are closer to their number
    than a quarter of the way to the next one, so that reading them by way of a 64-bit number rounds
    to no other.

    >>> format_floats(np.array([0.1, np.nan, 16777216], dtype=np.float32), "?")
    ['0.1', '?', '16777216']
    """
    cells = [f"{value:.8g}" if value == value else missing for value in values.tolist()]
    back = np.array([float(cell) if cell != missing else math.nan for cell in cells]).astype(
        np.float32
    )
    for i in np.flatnonzero((back != values) & ~np.isnan(values)).tolist():
        cells[i] = f"{float(values[i]):.9g}"
    return cells


def _rows(
    dataset: Dataset, labels: list[str] | None
) -> Iterator[tuple[list[str], NDArray[np.float32]]]:
    """Give each series' label as text, in a list, and its values (n_channels, length) with padding.

    The list is empty for unlabelled series.
    """
    for i, values in enumerate(dataset.series):
        if labels is None or dataset.labels is None:
            yield [], values
        else:
            yield [labels[dataset.labels[i]]], values


def _quoted(labels: list[str] | None, quote: Callable[[str], str]) -> list[str] | None:
    """Put each label in quotes where it needs them; None stays None."""
    if labels is None:
        return None
    return [quote(label) for label in labels]


def _put(file: BinaryIO, *lines: str) -> None:
    file.write("".join(f"{line}\n" for line in lines).encode())


def _quote_arff(label: str) -> str:
    if re.fullmatch(r"[\w.+-]+", label):
        return label
    return "'" + label.replace("'", "\\'") + "'"


def _quote(label: str) -> str:
    if not any(mark in ',;\t" ' for mark in label):
        return label
    return '"' + label.replace('"', '""') + '"'
