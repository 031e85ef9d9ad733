"""Load several files as one data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from tszoo.data.dataset import Dataset
from tszoo.data.load import as_read, is_padded, load_dataset, parse_labels, read_options
from tszoo.data.readers import RawSeries, TableOptions, read_file
from tszoo.data.readers.collect import join
from tszoo.data.references import find_data
from tszoo.data.table_reading import Like
from tszoo.errors import DataError


def load_together(
    paths: Sequence[Path],
    *,
    name: str,
    unequal: bool | None = None,
    like: Like | None = None,
) -> Dataset:
    """Load one file, or several as one data set, in their order.

    Parameters
    ----------
    paths : sequence of Path
        At least one. Tables have their labels in the first column.
    name : str
        What several files are called together; one file has a name of its own.
    unequal : bool or None
        As for ``load_dataset``. None lets no file differ from the others in the length of its
        series, unless files of several lengths are among them anyway.
    like : Like or None
        What tables are read like; None reads the others like the first.

    Raises
    ------
    DataError
        If a file cannot be read, or does not go with the first.
    """
    if len(paths) == 1:
        return load_dataset(paths[0], unequal=unequal, like=like)
    parts: list[RawSeries] = []
    for path in paths:
        parts.append(_read(path, unequal, like))
        _check_goes_with(parts[0], paths[0], parts[-1], path, unequal)
        like = like or Like(parts[0].reading)
    whole = join([_bare(part) for part in parts])
    labels = whole.labels
    if labels is not None and not all(part.typed for part in parts):
        labels = parse_labels([str(label) for label in labels], name)
    options = read_options(find_data(paths[0]), "first", unequal, {})
    dataset = Dataset.from_arrays(
        whole.series,
        labels,
        name=name,
        provenance=str(paths[0].parent),
        unequal=is_padded([whole], options),
        layout="NCT",
    )
    return replace(as_read(dataset, whole), any_length=unequal is True)


def _read(path: Path, unequal: bool | None, like: Like | None) -> RawSeries:
    table: TableOptions = {"like": like}
    return read_file(path, read_options(find_data(path), "first", unequal, table))


def _bare(part: RawSeries) -> RawSeries:
    """Leave the ids away: two files may both begin to count at 1."""
    return replace(part, ids=None, groups=None, spans=None)


def _check_goes_with(
    first: RawSeries, first_path: Path, part: RawSeries, path: Path, unequal: bool | None
) -> None:
    """Raise DataError unless two files are of one kind."""
    if (first.labels is None) != (part.labels is None):
        with_labels, without = (first_path, path) if part.labels is None else (path, first_path)
        msg = f"{without.name}: no labels, and {with_labels.name} has them."
        raise DataError(msg)
    if _n_channels(first) != _n_channels(part):
        msg = (
            f"{path.name}: {_n_channels(part)} channel(s), and {first_path.name} has "
            f"{_n_channels(first)}."
        )
        raise DataError(msg)
    lengths = [_length(first), _length(part)]
    if not unequal and None not in lengths and lengths[0] != lengths[1]:
        msg = (
            f"{path.name}: {lengths[1]} values a series, and {first_path.name} has {lengths[0]}. "
            "Pass unequal=True to allow series of different lengths."
        )
        raise DataError(msg)


def _n_channels(part: RawSeries) -> int:
    return int(np.shape(part.series[0])[0])


def _length(part: RawSeries) -> int | None:
    """Return how many points the series of a file have; None if they differ."""
    if isinstance(part.series, np.ndarray):
        return int(part.series.shape[2])
    return None
