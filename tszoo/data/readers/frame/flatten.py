"""Decide what the columns of a table hold whose cells may hold whole series."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tszoo.data.readers.frame.cells import to_text
from tszoo.data.readers.frame.source import FrameSource
from tszoo.data.readers.numbers import shorten
from tszoo.data.readers.raw import ReadOptions
from tszoo.data.readers.table.decide import decide
from tszoo.data.readers.table.layout import Layout
from tszoo.data.readers.table.positions import as_list, find_column
from tszoo.data.readers.table.sample import MOST_LINES, Sample
from tszoo.data.table_reading import TableReading
from tszoo.errors import DataError, OptionError
from tszoo.text import listed

# As many columns as this, and more than there are channels, stand for a list while it is decided
# what the other columns hold.
_FEWEST_SHOWN = 8
_NUMBER = re.compile(r"(?<=column )\d+|(?<=column=)\d+|(?<=drop=)\d+|(?<=columns )\d+")


@dataclass(frozen=True)
class NestedLayout:
    """Say what the columns of a table hold whose cells hold series.

    Attributes
    ----------
    channels : list of str
        The columns of series, one a channel.
    layout : Layout
        Where labels, ids and groups stand.
    reading : TableReading
        How the next table of this kind is to be read.
    """

    channels: list[str]
    layout: Layout
    reading: TableReading


def lay_out_nested(source: FrameSource, options: ReadOptions, lists: list[str]) -> NestedLayout:
    """Decide what columns hold as if lists were columns of numbers, a few for each of ``lists``.

    Raises
    ------
    DataError
        If it is open what a column holds, or a column does not exist.
    OptionError
        If a column of series is said to be something else, or options of points are given.
    """
    columns = list(source.first.columns)
    _refuse_points(options)
    chosen = _chosen(options, columns, lists, source.file)
    passed_over = tuple(name for name in lists if name not in chosen)
    sample, places = _flattened(source, chosen, passed_over)
    flat = _decide(sample, places, _by_name(options, columns, lists, source.file))

    def position(at: int | None) -> int | None:
        return None if at is None else places[at % flat.n_columns]

    starts = [channel[0] for channel in flat.channels_at] or flat.values_at[:1]
    channels = [str(columns[places[at]]) for at in starts]
    label = position(flat.label_at)
    others = [at for at, name in enumerate(columns) if name not in channels and at != label]
    layout = Layout(
        None,
        tuple(columns),
        label,
        tuple(others),
        position(flat.id_at),
        n_columns=len(columns),
        group_at=position(flat.group_at),
    )
    reading = flat.reading()
    reading = replace(reading, left_out=(*reading.left_out, *passed_over))
    return NestedLayout(channels, layout, reading)


def _refuse_points(options: ReadOptions) -> None:
    """Raise OptionError for what is said of points: a cell holds a whole series."""
    for name in ("time_column", "window", "stride"):
        if getattr(options, name) is not None:
            msg = f"{name}=... is for tables of one line a point. Here a cell holds a series."
            raise OptionError(msg)


def _chosen(options: ReadOptions, columns: list[str], lists: list[str], file: str) -> list[str]:
    """Name the lists that are channels: those that a caller names, or all that are not left out."""
    if options.channels is None:
        before = None if options.like is None else options.like.reading
        left_out = [*as_list(options.drop), *(() if before is None else before.left_out)]
        return [name for name in lists if name not in left_out] or lists
    chosen = []
    for one in as_list(options.channels):
        name = columns[find_column(one, "channels", columns, len(columns), file)]
        if name not in lists:
            msg = f"{file}: {shorten(name)} holds no series. Columns that do: {listed(lists, 5)}."
            raise DataError(msg)
        chosen.append(name)
    return chosen


def _decide(sample: Sample, places: Sequence[int], options: ReadOptions) -> Layout:
    """Decide on a flattened table; what is raised counts the columns of the table itself."""
    try:
        return decide(sample, options, spreadsheet=False).layout
    except DataError as error:

        def renumbered(match: re.Match[str]) -> str:
            return str(places[int(match[0]) - 1] + 1)

        raise DataError(_NUMBER.sub(renumbered, str(error))) from error


def _flattened(
    source: FrameSource, lists: list[str], passed_over: Sequence[str]
) -> tuple[Sample, list[int]]:
    """Spell the first rows as lines of a table with a few columns for the first values of a list.

    These are called as the list is, with a number behind. Beside the lines it is said which column
    of the table each of theirs is from.
    """
    first = source.first[:MOST_LINES]
    n_shown = max(_FEWEST_SHOWN, len(lists) + 1)
    names: list[str] = []
    columns: list[list[str]] = []
    places: list[int] = []
    for at, name in enumerate(first.columns):
        if name in passed_over:
            continue
        if name not in lists:
            places.append(at)
            names.append(name)
            columns.append([cell.strip() for cell in to_text(first[name])])
            continue
        places += [at] * n_shown
        names += [f"{name} {k}" for k in range(n_shown)]
        shown = [_shown(cell, n_shown) for cell in first[name].to_list()]
        columns += [list(column) for column in zip(*shown, strict=True)]
    sample = Sample(
        source.file,
        ",",
        trailing=False,
        n_above=0,
        numbers=tuple(range(1, len(first) + 2)),
        rows=(names, *map(list, zip(*columns, strict=True))),
        first=tuple(names),
    )
    return sample, places


def _shown(cell: Any, n_shown: int) -> list[str]:
    """Spell the first values of a list; what is no number is one here, and is refused later."""
    values = [repr(k + 0.5) for k in range(n_shown)]
    if isinstance(cell, (list, tuple, np.ndarray)):
        for k, value in enumerate(cell[:n_shown]):
            if isinstance(value, (int, float)):
                values[k] = str(value)
    return values


def _by_name(options: ReadOptions, columns: list[str], lists: list[str], file: str) -> ReadOptions:
    """Name the columns that a caller numbers, since those of the flattened table are others."""

    def name(column: str | int, parameter: str) -> str:
        at = find_column(column, parameter, columns, len(columns), file)
        if columns[at] in lists:
            msg = f"{parameter}={column}: that column holds series."
            raise OptionError(msg)
        return columns[at]

    def name_or_none(column: str | int | None, parameter: str) -> str | None:
        return None if column is None else name(column, parameter)

    label = options.label_column
    if label == "last":
        label = len(columns)
    if label not in ("first", "none"):
        label = name(label, "label_column")
    drops = [one for one in as_list(options.drop) if one not in ("none", *lists)]
    return replace(
        options,
        label_column=label,
        id_column=name_or_none(options.id_column, "id_column"),
        group=name_or_none(options.group, "group"),
        drop=[name(one, "drop") for one in drops] or None,
        channels=None,
        header=True,
        by_series=True,
    )
