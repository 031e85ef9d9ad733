"""Decide how a delimited file is read, from what its first lines are and what a caller says."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from tszoo.data.readers.numbers import shorten
from tszoo.data.readers.points.windows import Cut
from tszoo.data.readers.raw import ReadOptions
from tszoo.data.readers.table.advice import refuse_first_lines, refuse_nameless
from tszoo.data.readers.table.barred import refuse_bars, refuse_lists
from tszoo.data.readers.table.channel_lines import refuse_channel_lines
from tszoo.data.readers.table.channels import find_channels
from tszoo.data.readers.table.columns import Columns
from tszoo.data.readers.table.crossed import refuse_crossed
from tszoo.data.readers.table.header import is_header
from tszoo.data.readers.table.header_lines import refuse_header_lines
from tszoo.data.readers.table.layout import Layout
from tszoo.data.readers.table.like import as_before
from tszoo.data.readers.table.names import names_labels
from tszoo.data.readers.table.one_hot import refuse_one_hot
from tszoo.data.readers.table.order import keep_as_before, order_values
from tszoo.data.readers.table.other_labels import refuse_other_labels
from tszoo.data.readers.table.points import beside_points, find_points, refuse_points
from tszoo.data.readers.table.positions import (
    as_list,
    check_label_position,
    find_column,
    find_name,
    label_position,
)
from tszoo.data.readers.table.roles import Said, assign_roles
from tszoo.data.readers.table.sample import Sample
from tszoo.data.readers.table.single import refuse_named_labels, refuse_single_values
from tszoo.errors import DataError, OptionError


class Decided(NamedTuple):
    """Say how a table is read, and how its recordings become series, if it has points."""

    columns: Columns
    layout: Layout
    cut: Cut


def decide(sample: Sample, options: ReadOptions, *, spreadsheet: bool) -> Decided:
    """Decide how a table is read; see ``find_columns`` and ``decide_layout``.

    Where nobody looks at labels and nothing says where they are, a line has none if all of its
    values are as many as those of the data that it is to be like.
    """
    refuse_bars(sample, options)
    refuse_lists(sample)
    refuse_header_lines(sample)
    is_told = options.label_column != "first" or options.labels_wanted
    options = as_before(options, sample.first)
    if not is_told:
        unlabelled = _without_labels(sample, options, spreadsheet=spreadsheet)
        if unlabelled is not None:
            return unlabelled
    columns = find_columns(sample, options, spreadsheet=spreadsheet)
    cut = Cut(options.window, options.stride, options.step)
    return Decided(columns, decide_layout(sample, columns, options), cut)


def _without_labels(sample: Sample, options: ReadOptions, *, spreadsheet: bool) -> Decided | None:
    """Decide on a table without labels; None if it seems to have some."""
    expected = None if options.like is None else options.like.n_values
    wanted = label_position(options.label_column)
    if expected is None or not isinstance(wanted, int):
        return None
    at = wanted % len(sample.first)
    options = replace(options, label_column="none")
    try:
        columns = find_columns(sample, options, spreadsheet=spreadsheet)
        layout = decide_layout(sample, columns, options)
    except DataError:
        return None  # with labels it may be sound, or else the error is raised again
    is_named = names_labels(columns.name(at))
    if layout.by_point or is_named or at not in layout.values_at:
        return None
    if len(layout.values_at) != expected:
        return None
    return Decided(columns, layout, Cut())


def find_columns(sample: Sample, options: ReadOptions, *, spreadsheet: bool) -> Columns:
    """Tell the header from the lines below it, and find the label.

    Parameters
    ----------
    sample : Sample
        The first lines.
    options : ReadOptions
        What the caller says. It goes before what the lines look like.
    spreadsheet : bool
        Whether a line of running numbers may be a header, as table libraries write one for columns
        without names.

    Raises
    ------
    DataError
        If the label column does not exist, or it is open whether there is a header.
    OptionError
        If the label column is a number below 1.
    """
    header, label_at = _find_header(sample, options, spreadsheet)
    return Columns(
        sample.file,
        header,
        sample.rows[header is not None :],
        label_at,
        len(sample.first),
        options.label_column != "first",
    )


def decide_layout(sample: Sample, columns: Columns, options: ReadOptions) -> Layout:
    """Decide what each column of a table holds, and whether a line is a series or a point.

    Raises
    ------
    DataError
        If a column does not exist, the lines are no series, or it is open how to read them.
    OptionError
        If a column is a number below 1, or is said to be two things.
    """
    said = _what_is_said(columns, options)
    points = find_points(columns, said)
    refuse_crossed(columns, said, points)
    if points is None:
        refuse_other_labels(columns, {said.id_at, said.group_at, *said.dropped})
    refuse_first_lines(sample, columns)
    if points is not None:
        return Layout(
            sample.delimiter,
            columns.names,
            points.label_at,
            tuple(beside_points(columns, points, said)),
            points.id_at,
            points.time_at,
            by_point=True,
            n_columns=columns.n_columns,
            group_at=said.group_at,
            n_titles=sample.n_titles,
        )
    return _lay_out_series(sample, columns, said, options)


def _lay_out_series(sample: Sample, columns: Columns, said: Said, options: ReadOptions) -> Layout:
    """Decide what each column holds where a line is a series."""
    refuse_one_hot(columns)
    refuse_nameless(sample, columns, ragged=bool(options.unequal))
    before = None if options.like is None else options.like.reading
    known = keep_as_before(columns, said, before)
    id_at, left_out = assign_roles(columns, known)
    if options.drop is None:
        refuse_channel_lines(columns, left_out)
    values = [at for at in columns.others() if at not in left_out]
    channels_at = () if known.keeps_all else find_channels(columns, values)
    if not channels_at:
        is_open = options.drop is None and not (known.keeps_all or known.by_series)
        _refuse_others(columns, left_out, is_open=is_open)
    if not said.keeps_all:
        channels_at = order_values(columns, values, channels_at, before)
    return Layout(
        sample.delimiter,
        columns.names,
        columns.label_at,
        tuple(left_out),
        id_at,
        n_columns=columns.n_columns,
        group_at=said.group_at,
        channels_at=channels_at,
        n_titles=sample.n_titles,
    )


def _refuse_others(columns: Columns, left_out: list[int], *, is_open: bool) -> None:
    """Raise DataError if lines of one channel are no series, as far as that is open."""
    if is_open:
        refuse_named_labels(columns, left_out)
        refuse_points(columns, left_out)
    refuse_single_values(columns, left_out)


def _find_header(
    sample: Sample, options: ReadOptions, spreadsheet: bool
) -> tuple[tuple[str, ...] | None, int | None]:
    """Return the header, if the first line is one, and the position of the label."""
    wanted, cells = label_position(options.label_column), list(sample.first)
    if isinstance(wanted, str):
        called = cells.index(wanted) if wanted in cells else None
        named = options.header
        if named is None:
            named = is_header(sample, called, called=called is not None, spreadsheet=spreadsheet)
        if not named:
            msg = (
                f"{sample.file}: no header line, so there is no label column {shorten(wanted)}. "
                "Give the column's number."
            )
            raise DataError(msg)
        return sample.first, find_name(cells, wanted, sample.file)
    if wanted is not None:
        check_label_position(wanted, len(cells), sample.file)
    named = options.header
    if named is None:
        at = wanted
        if at is not None and at >= 0:
            at %= len(cells)
        named = is_header(sample, at, called=False, spreadsheet=spreadsheet)
    return sample.first if named else None, wanted


def _what_is_said(columns: Columns, options: ReadOptions) -> Said:
    """Find the columns that the caller names."""

    def find(column: str | int | None, parameter: str) -> int | None:
        if column is None:
            return None
        at = find_column(column, parameter, columns.names, columns.n_columns, columns.file)
        if at == columns.label and columns.is_told:
            msg = f"{parameter}={column}: the labels are in that column."
            raise OptionError(msg)
        return at

    def find_all(names: list[str | int], parameter: str) -> tuple[int, ...]:
        positions = (find(column, parameter) for column in names)
        return tuple(at for at in positions if at is not None)

    drops = as_list(options.drop)
    keeps_all = drops == ["none"]
    channels = find_all(_split_names(as_list(options.channels), columns), "channels")
    return Said(
        find(options.id_column, "id_column"),
        find(options.time_column, "time_column"),
        find_all([] if keeps_all else drops, "drop"),
        keeps_all,
        find(options.group, "group"),
        channels,
        by_point=options.by_point or bool(channels) or options.window is not None,
        by_series=options.by_series,
    )


def _split_names(names: list[str | int], columns: Columns) -> list[str | int]:
    """Split texts that name several columns, such as ``"x,y,z"``; one that is a name stays."""
    split: list[str | int] = []
    for name in names:
        if isinstance(name, str) and name not in (columns.names or ()):
            split += [part.strip() for part in name.split(",")]
        else:
            split.append(name)
    return split
