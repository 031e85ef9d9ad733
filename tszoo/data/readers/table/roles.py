"""Decide which columns of a table of series hold values, and which are something else."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from tszoo.data.readers.table.channels import find_channels
from tszoo.data.readers.table.columns import Columns
from tszoo.data.readers.table.names import families, is_index
from tszoo.errors import DataError
from tszoo.text import listed

_FEWEST_ROWS = 10
_FEWEST_VALUES = 5
_MOSTLY = 0.9


@dataclass(frozen=True)
class Said:
    """Hold what a caller says about columns, as positions counted from 0.

    Attributes
    ----------
    id_at, time_at, group_at : int or None
    channels : tuple of int
        Columns of values, where a line is a point.
    by_point : bool
        Whether a line is surely a point.
    by_series : bool
        Whether a line is surely a series.
    dropped : tuple of int
        Columns that are to be left out.
    keeps_all : bool
        Whether every other column is to be taken for values.
    """

    id_at: int | None = None
    time_at: int | None = None
    dropped: tuple[int, ...] = ()
    keeps_all: bool = False
    group_at: int | None = None
    channels: tuple[int, ...] = ()
    by_point: bool = False
    by_series: bool = False


def assign_roles(columns: Columns, said: Said) -> tuple[int | None, list[int]]:
    """Return where the ids of the series are, and all columns that hold no values.

    Left out are what counts the lines, ids, text, and columns whose names do not belong to the
    family of the others, such as ``subject`` beside ``t0``, ``t1``, ``t2``.

    Raises
    ------
    DataError
        If several kinds of columns may be the values.
    """
    ids = list(_given(said.id_at))
    left_out = {*said.dropped, *ids, *_given(said.group_at)}
    if said.keeps_all:
        return next(iter(ids), None), sorted(left_out)
    for find, names_series in (
        (_indices, _is_id),
        (_texts, _tells_apart),
        (_strangers, _is_called_id),
    ):
        columns_found = find(columns, [at for at in columns.others() if at not in left_out])
        ids += [at for at in columns_found if names_series(columns, at)]
        left_out |= set(columns_found)
    return next(iter(ids), None), sorted(left_out)


def _given(at: int | None) -> tuple[int, ...]:
    return () if at is None else (at,)


def _indices(columns: Columns, rest: list[int]) -> list[int]:
    """Return the columns that count the lines."""
    return [at for at in rest if _is_index(columns, at)]


def _is_index(columns: Columns, at: int) -> bool:
    """Tell whether a column counts the lines, by its name or, without a header, by what it is."""
    if columns.names is not None:
        return is_index(columns.name(at), at)
    return at == 0 and len(columns.rows) >= _FEWEST_ROWS and columns.counts(at)


def _is_id(columns: Columns, at: int) -> bool:
    """Tell whether an index says more than the number of the line."""
    return any(columns.column(at)) and not columns.counts(at)


def _tells_apart(columns: Columns, at: int) -> bool:
    """Tell whether no two lines have the same text, and it is no time."""
    cells = columns.cells(at)
    return len(set(cells)) == len(cells) and not columns.is_time(at)


def _is_called_id(columns: Columns, at: int) -> bool:
    """Tell whether a column is named as ids are, such as ``sample_id``, and tells lines apart."""
    return columns.name(at).lower().endswith("id") and _tells_apart(columns, at)


def _texts(columns: Columns, rest: list[int]) -> list[int]:
    """Return the columns of text that are not the label's, if it is sure that they are not."""
    texts = [at for at in rest if columns.is_text(at)]
    if not texts or not columns.holds_labels():
        return []
    # text under t7, among t0 to t19, is a mistake in a value
    groups = families({at: columns.name(at) for at in rest}).values()
    kin = set(chain(*(group for group in groups if len(group) > 1)))
    return [at for at in texts if at not in kin]


def _strangers(columns: Columns, rest: list[int]) -> list[int]:
    """Return columns of numbers that do not belong to the family of the others.

    Raises
    ------
    DataError
        If there is no one family that most columns belong to; or if a column differs from the
        others in kind alone, which no name explains.
    """
    groups = families({at: columns.name(at) for at in rest})
    largest = max(groups.values(), key=len, default=[])
    if len(largest) < 2:
        _refuse_another_kind(columns, rest)
        return []
    kin = set(largest)
    if 3 * len(largest) < 2 * len(rest):
        kin = set(chain(*find_channels(columns, rest)))
    if not kin:
        raise _several_kinds(columns, rest)
    # text here may be the labels: it stays, and is refused as a value
    return [at for at in rest if at not in kin and not columns.is_text(at)]


def _several_kinds(columns: Columns, rest: list[int]) -> DataError:
    """Name the kinds of columns, of which one alone can be the values."""
    groups = families({at: columns.name(at) for at in rest})
    firsts = {group[0] for group in groups.values()}
    firsts |= set(rest) - set(chain(*groups.values()))
    kinds = [columns.called(at) for at in sorted(firsts)]
    msg = (
        f"{columns.file}: the columns are of several kinds, which begin with {listed(kinds, 4)}. A "
        "line holds one series, of one channel or of channels with as many columns each: leave "
        'columns out with drop="NAME", or take all of them for values, in order, with drop="none".'
    )
    return DataError(msg)


def _refuse_another_kind(columns: Columns, values: list[int]) -> None:
    """Raise DataError if one column holds whole numbers and no other value is one."""
    whole = _stray_whole(columns, values)
    if whole is None:
        return
    where, labels = whole + 1, ""
    if columns.label is None:
        labels = f"If it holds the labels, pass label_column={where}. "
    msg = (
        f"{columns.file}: {columns.called(whole)} holds whole numbers and the columns beside it "
        f"do not, so it may be no value of the series. {labels}Leave it out with drop={where}, or "
        'take it for a value with drop="none".'
    )
    raise DataError(msg)


def _stray_whole(columns: Columns, values: list[int]) -> int | None:
    """Return the one column of different whole numbers among decimal ones, if there is one."""
    if len(columns.rows) < _FEWEST_ROWS or len(values) < _FEWEST_VALUES:
        return None
    whole = [at for at in values if columns.is_whole(at)]
    if len(whole) != 1 or len(set(columns.cells(whole[0]))) < 2:
        return None
    beside = [columns.cells(at, _FEWEST_ROWS) for at in values if at != whole[0]]
    n_points = " ".join(chain(*beside)).count(".")
    if n_points < _MOSTLY * sum(map(len, beside)):
        return None
    return whole[0]
