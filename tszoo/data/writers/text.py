"""The text formats: .csv, .tsv, .ts and .arff."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from tszoo.data.dataset import Dataset
from tszoo.data.writers.checks import (
    label_text,
    require_no_header,
    require_one_channel,
    require_plain_gaps,
)


def write_csv(dataset: Dataset, file: BinaryIO, name: str) -> None:
    """Write a header line, then one series a line: label, values.

    Nothing where a value is missing.
    """
    require_one_channel(dataset, name)
    require_plain_gaps(dataset, name)
    labels = label_text(dataset, name, lambda _: True)
    header = [f"t{t}" for t in range(dataset.length)]
    _put(file, ",".join(header if labels is None else ["label", *header]))
    quoted = None if labels is None else [_quote(label) for label in labels]
    for label, values in _rows(dataset, quoted):
        cells = format_floats(values[0], "")
        _put(file, ",".join(cells if label is None else [label, *cells]))


def write_tsv(dataset: Dataset, file: BinaryIO, name: str) -> None:
    """Write the UCR archive's form.

    Label, values, tabs between them, NaN where a value is missing.
    """
    require_one_channel(dataset, name)
    require_plain_gaps(dataset, name)
    # a first line that is all text would be taken for a header, and quotes for quotes
    labels = label_text(dataset, name, lambda label: '"' not in label)
    for i, (label, values) in enumerate(_rows(dataset, labels)):
        cells = format_floats(values[0], "NaN")
        line = "\t".join(cells if label is None else [label, *cells])
        if i == 0 and label is not None:
            require_no_header(line, name)
        _put(file, line)


def write_ts(dataset: Dataset, file: BinaryIO, name: str) -> None:
    """Write the .ts form.

    Header, channels between colons, ``?`` where a value is missing, the label last.
    """
    labels = label_text(dataset, name, lambda label: not any(mark in " :,\t" for mark in label))
    flags = {
        "problemName": "".join(dataset.name.split()) if dataset.name.isprintable() else "unnamed",
        "timeStamps": "false",
        "missing": str(dataset.n_missing > 0).lower(),
        "univariate": str(dataset.n_channels == 1).lower(),
        "dimensions": str(dataset.n_channels),
        "equalLength": str(not dataset.is_unequal).lower(),
        "seriesLength": str(dataset.length),
        "classLabel": "false" if labels is None else " ".join(["true", *labels]),
    }
    _put(file, *(f"@{tag} {value}" for tag, value in flags.items()), "@data")
    for label, values in _rows(dataset, labels, own_length=True):
        channels = [",".join(format_floats(channel, "?")) for channel in values]
        _put(file, ":".join(channels if label is None else [*channels, label]))


def write_arff(dataset: Dataset, file: BinaryIO, name: str) -> None:
    """Write the archives' .arff form.

    An attribute a point, or a relational attribute for several channels.
    """
    require_plain_gaps(dataset, name)
    labels = label_text(dataset, name, lambda label: "\\" not in label)
    quoted = None if labels is None else [_quote_arff(label) for label in labels]
    points = [f"@attribute att{t} numeric" for t in range(dataset.length)]
    relational = dataset.n_channels > 1
    if relational:
        points = ["@attribute series relational", *points, "@end series"]
    classes = [] if quoted is None else [f"@attribute target {{{','.join(quoted)}}}"]
    _put(file, "@relation series", "", *points, *classes, "", "@data")
    for label, values in _rows(dataset, quoted):
        channels = "\\n".join(",".join(format_floats(channel, "?")) for channel in values)
        cell = f"'{channels}'" if relational else channels
        _put(file, cell if label is None else f"{cell},{label}")


def format_floats(values: NDArray[np.float32], missing: str) -> list[str]:
    """Spell 32-bit numbers with as few digits as bring each of them back exactly.

    Eight digits bring most of them back and nine bring back all: nine are closer to their number
    than a quarter of the way to the next one, so reading them by way of a 64-bit number rounds to
    no other.
    """
    cells = [f"{value:.8g}" if value == value else missing for value in values.tolist()]
    back = np.array([float(cell) if cell != missing else math.nan for cell in cells]).astype(
        np.float32
    )
    for i in np.flatnonzero((back != values) & ~np.isnan(values)).tolist():
        cells[i] = f"{float(values[i]):.9g}"
    return cells


def _rows(
    dataset: Dataset, labels: list[str] | None, own_length: bool = False
) -> Iterator[tuple[str | None, NDArray[np.float32]]]:
    """Each series' label as text and its values (n_channels, length), padding kept unless ``own_length``."""
    for i, length in enumerate(dataset.lengths.tolist()):
        label = None if labels is None or dataset.labels is None else labels[dataset.labels[i]]
        yield label, dataset.series[i, :, : length if own_length else None]


def _put(file: BinaryIO, *lines: str) -> None:
    file.write("".join(f"{line}\n" for line in lines).encode())


def _quote_arff(label: str) -> str:
    return label if re.fullmatch(r"[\w.+-]+", label) else "'" + label.replace("'", "\\'") + "'"


def _quote(label: str) -> str:
    return (
        '"' + label.replace('"', '""') + '"' if any(mark in ',;\t" ' for mark in label) else label
    )
