"""Check that a format can hold the data, before a line is written."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tszoo.data.dataset import Dataset
from tszoo.data.load import one_spelling
from tszoo.data.readers.raw import ReadOptions
from tszoo.data.readers.table.decide import decide_layout, find_columns
from tszoo.data.readers.table.sample import take_sample
from tszoo.errors import DataError


def label_text(dataset: Dataset, file: str, allowed: Callable[[str], bool]) -> list[str] | None:
    """Return the class names as text, or None for unlabelled data.

    Raises
    ------
    DataError
        If a label is neither text nor number, two labels are written alike, or one is not
        ``allowed`` in the format.
    """
    if dataset.labels is None:
        return None
    names = [str(label) for label in dataset.classes]
    for label, name in zip(dataset.classes, names, strict=True):
        is_kept = isinstance(label, (str, int, float)) and _is_plain(name)
        if not is_kept or not allowed(name):
            msg = (
                f"{file}: class {label!r} cannot be written in this format. Use .npz, or another "
                "name for the class."
            )
            raise DataError(msg)
    read_back = list(one_spelling(names).values())
    for written in (names, read_back):
        for name, text in zip(names, written, strict=True):
            if written.count(text) > 1:
                msg = f"{file}: two classes are both written {name}. Give them different names."
                raise DataError(msg)
    return names


def _is_plain(name: str) -> bool:
    """Whether a reader gives a name back as it is written."""
    return name != "" and name == name.strip() and name.isprintable() and _is_utf8(name)


def require_one_channel(dataset: Dataset, file: str) -> None:
    """Raise DataError if there is more than one channel."""
    if dataset.n_channels > 1:
        msg = (
            f"{file}: {dataset.n_channels} channels, and this format holds one. Use .ts, .arff or "
            ".npz."
        )
        raise DataError(msg)


def require_plain_lines(lines: list[str], labelled: bool, file: str) -> None:
    """Raise DataError if a reader would not take every line, split by tabs, for a series.

    ``lines`` are the first ones.
    """
    options = ReadOptions(label_column="first" if labelled else "none")
    why = ""
    try:
        sample = take_sample(list(range(1, len(lines) + 1)), lines, file)
        columns = find_columns(sample, options, spreadsheet=False)
        layout = decide_layout(sample, columns, options)
    except DataError as error:
        msg = f"{file}: would not read back: {error} Use .csv or .npz."
        raise DataError(msg) from error
    if layout.header is not None:
        why = (
            f"the first series rises or falls behind its class {layout.header[0]!r}, which reads "
            "as a header"
        )
    elif sample.n_above or layout.left_out or layout.by_point:
        why = f"the lines would read as something else ({layout.describe()})"
    if why:
        msg = f"{file}: {why}. Use .csv or .npz, or another name for the class."
        raise DataError(msg)


def require_plain_gaps(dataset: Dataset, file: str) -> None:
    """Raise DataError if NaNs alone would not tell missing values from ends of shorter series."""
    lengths = Dataset.from_arrays(dataset.series, layout="NCT").lengths
    if not np.array_equal(lengths, dataset.lengths):
        msg = (
            f"{file}: this format cannot tell missing values at the ends of series from series "
            "that are shorter. Use .ts or .npz."
        )
        raise DataError(msg)


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
