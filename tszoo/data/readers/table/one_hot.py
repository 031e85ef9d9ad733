"""Refuse classes that are spread over columns: one for each class, with a single 1 in a line."""

from __future__ import annotations

from tszoo.data.readers.table.columns import Columns
from tszoo.errors import DataError
from tszoo.text import listed

_FEWEST_CLASSES = 3
_FEWEST_ROWS = 4
_BITS = {"0": 0, "0.0": 0, "false": 0, "1": 1, "1.0": 1, "true": 1}


def refuse_one_hot(columns: Columns) -> None:
    """Raise DataError if the label's column is one of several that have a single 1 in each line.

    Two such columns say the same, so either may be the label.
    """
    if columns.label is None or len(columns.rows) < _FEWEST_ROWS:
        return
    if not _is_bits(columns.labels):
        return
    spread = [at for at in range(columns.n_columns) if _is_bits(columns.column(at))]
    if not _FEWEST_CLASSES <= len(spread) < columns.n_columns - 1:
        return
    lines = zip(*map(columns.column, spread), strict=False)
    if {sum(map(_bit, line)) for line in lines} != {1}:
        return
    called = listed([columns.called(at) for at in spread], 4)
    msg = (
        f"{columns.file}: a single 1 stands in each line of {called}: a column for each class. "
        "Write one column that holds the names of the classes."
    )
    raise DataError(msg)


def _is_bits(cells: list[str]) -> bool:
    """Tell whether cells are 0 and 1, and both occur."""
    if any(cell.lower() not in _BITS for cell in cells[:_FEWEST_ROWS]):
        return False
    return {_BITS.get(cell.lower()) for cell in cells} == {0, 1}


def _bit(cell: str) -> int:
    return _BITS[cell.lower()]
