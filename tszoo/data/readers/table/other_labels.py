"""Refuse labels that nobody said are in the first column, where other columns fit better."""

from __future__ import annotations

from itertools import chain

from tszoo.data.readers.table.columns import Columns
from tszoo.data.readers.table.names import families, names_labels, names_owner
from tszoo.data.readers.table.times import is_time
from tszoo.errors import DataError

_FEWEST_KIN = 3


def refuse_other_labels(columns: Columns) -> None:
    """Raise DataError if labels are looked for in the first column, and are hardly there.

    Another column is named as labels are; or the first one holds times; or it is named as ids and
    people are, and another column that is no value may hold the labels. A caller who says where the
    labels are is right.
    """
    label = columns.label
    if columns.is_told or label is None or names_labels(columns.name(label)):
        return
    named = [at for at in columns.others() if names_labels(columns.name(at))]
    if named:
        msg = (
            f"{columns.file}: {columns.called(named[0])} is named as labels are, and labels are "
            f"looked for in {columns.called(label)}. Pass label_column={named[0] + 1}, or "
            f"label_column={label + 1} if they are there."
        )
        raise DataError(msg)
    _refuse_times(columns, label)
    others = _possible_labels(columns) if names_owner(columns.name(label)) else []
    if others:
        msg = (
            f"{columns.file}: labels are looked for in {columns.called(label)}, which is named "
            f"as what says whose a series is, and {columns.called(others[-1])} may hold them. Pass "
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


def _possible_labels(columns: Columns) -> list[int]:
    """Return the columns beside the values in which few different texts or numbers come again."""
    names = {at: columns.name(at) for at in columns.others()}
    groups = (group for group in families(names).values() if len(group) >= _FEWEST_KIN)
    values = set(chain(*groups))
    return [at for at in names if at not in values and _repeats(columns, at)]


def _repeats(columns: Columns, at: int) -> bool:
    """Tell whether a column holds text or whole numbers of which each comes twice on average."""
    cells = list(filter(None, columns.cells(at)))
    if not (columns.is_text(at) or columns.is_whole(at)) or columns.is_time(at):
        return False
    return 1 < len(set(cells)) <= len(cells) / 2
