"""Refuse labels that nobody said are in the first column, where other columns fit better."""

from __future__ import annotations

from collections.abc import Set

from tszoo.data.readers.table.columns import Columns
from tszoo.data.readers.table.names import kin, may_name_labels, names_labels, names_owner
from tszoo.data.readers.table.times import is_time
from tszoo.errors import DataError


def refuse_other_labels(columns: Columns, settled: Set[int | None]) -> None:
    """Raise DataError if labels are looked for in the first column, and are hardly there.

    Another column is named as labels are; or the first one holds times; or it is named as ids and
    people are, and another column that is no value may hold the labels; or neither name says
    anything, and both columns hold texts that come again. A caller who says where the labels are,
    or what the other columns are (``settled``), is right.
    """
    label = columns.label
    if columns.is_told or label is None or names_labels(columns.name(label)):
        return
    open_ones = [at for at in columns.others() if at not in settled]
    named = [at for at in open_ones if names_labels(columns.name(at))]
    if named:
        msg = (
            f"{columns.file}: {columns.called(named[0])} is named as labels are, and labels are "
            f"looked for in {columns.called(label)}. Pass label_column={named[0] + 1}, or "
            f"label_column={label + 1} if they are there."
        )
        raise DataError(msg)
    _refuse_times(columns, label)
    _refuse_likely(columns, label, open_ones)


def _refuse_likely(columns: Columns, label: int, open_ones: list[int]) -> None:
    """Raise DataError if another column is as likely that of the labels, or likelier."""
    others = _possible_labels(columns, open_ones)
    why = "which is named as what says whose a series is, "
    if not names_owner(columns.name(label)):
        others, why = _as_likely(columns, label, others), ""
    if others:
        msg = (
            f"{columns.file}: labels are looked for in {columns.called(label)}, {why}"
            f"and {columns.called(others[-1])} may hold them. Pass "
            f"label_column={others[-1] + 1}, or label_column={label + 1} if they are there."
        )
        raise DataError(msg)


def _refuse_times(columns: Columns, label: int) -> None:
    """Raise DataError if the labels are times that do not rise from line to line."""
    if columns.labels and all(map(is_time, columns.labels)) and not columns.rises(label):
        msg = (
            f"{columns.file}: labels are looked for in {columns.called(label)}, which holds times. "
            "Pass label_column=... with that of the labels. If a line is a point and not a series, "
            "write dates as 2024-03-31, and pass id_column=... and time_column=...."
        )
        raise DataError(msg)


def _possible_labels(columns: Columns, others: list[int]) -> list[int]:
    """Return the columns beside the values in which few different texts or numbers come again."""
    names = {at: columns.name(at) for at in others}
    values = kin(names)
    return [at for at in names if at not in values and _repeats(columns, at)]


def _as_likely(columns: Columns, label: int, others: list[int]) -> list[int]:
    """Return those of other columns of texts that are as likely labels, by name, as the first."""
    if may_name_labels(columns.name(label)) or not columns.is_text(label):
        return []
    return [at for at in others if columns.is_text(at) and not names_owner(columns.name(at))]


def _repeats(columns: Columns, at: int) -> bool:
    """Tell whether a column holds text or whole numbers of which each comes twice on average."""
    cells = list(filter(None, columns.cells(at)))
    if not (columns.is_text(at) or columns.is_whole(at)) or columns.is_time(at):
        return False
    return 1 < len(set(cells)) <= len(cells) / 2
