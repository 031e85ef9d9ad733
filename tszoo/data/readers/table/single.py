"""Refuse tables whose lines hold fewer than two values: they are points, not series."""

from __future__ import annotations

from tszoo.data.readers.table.cells import is_given
from tszoo.data.readers.table.columns import Columns
from tszoo.data.readers.table.names import is_time_axis, names_labels
from tszoo.errors import DataError


def refuse_single_values(columns: Columns, left_out: list[int]) -> None:
    """Raise DataError if no line of a table of series has two values.

    A line may have a single one under the name of a point of time, such as ``t0``. ``left_out`` are
    the columns that hold neither values nor labels.
    """
    values = [at for at in columns.others() if at not in left_out]
    beside = columns.n_columns - len(values)
    longest = max(map(len, columns.rows), default=0) - beside
    if not columns.rows or longest > 1:
        return
    if not values:
        raise _no_values(columns, left_out)
    name = columns.name(values[0])
    if is_time_axis([name]) and not is_given(name):
        return
    msg = (
        f"{columns.file}: a line has one value, in {columns.called(values[0])}, so it looks like a "
        f"point of a recording, not like a series. {_advice(columns, values[0])}"
    )
    raise DataError(msg)


def refuse_named_labels(columns: Columns, left_out: list[int]) -> None:
    """Raise DataError if there are said to be no labels, and a column of values is called so."""
    if columns.label is not None:
        return
    values = [at for at in columns.others() if at not in left_out]
    named = [at for at in values if names_labels(columns.name(at))]
    if named:
        where = named[0] + 1
        msg = (
            f"{columns.file}: {columns.called(named[0])} is named as labels are, and would be a "
            f"value of the series. Pass label_column={where} if the labels are there, drop={where} "
            'to leave it out, or drop="none" to take it for a value.'
        )
        raise DataError(msg)


def _no_values(columns: Columns, left_out: list[int]) -> DataError:
    """Say what each column holds, where none is left for values."""
    others = ", ".join(map(columns.called, left_out))
    msg = f"{columns.file}: no column is left for values: {others or 'none'} left out"
    if columns.label is None:
        return DataError(f'{msg}. Take all columns for values with drop="none".')
    msg += (
        f", and the labels looked for in {columns.called(columns.label)}. A line looks like "
        f"a point of a recording, whose values stand there. {_advice(columns, columns.label)}"
    )
    return DataError(msg)


def _advice(columns: Columns, at: int) -> str:
    """Say how to read a column of values as a recording."""
    labels = ""
    if columns.label == at:
        labels = 'label_column="none" and '
    elif columns.label is not None and not columns.is_told:
        labels = 'label_column="none" if there are no labels, and '
    return (
        f"Pass {labels}window=... to cut the recording into series of so many points, or "
        f"channels={at + 1} to take it for one series; add time_column=... if a column holds "
        "times, and id_column=... if there are several recordings."
    )
