"""The first cells of a table, by which people see which column is which."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tszoo.data.readers import data_suffix
from tszoo.errors import TszooError
from tszoo.text import printable

MOST_ROWS, MOST_COLUMNS, MOST_NAMED = 4, 7, 30
_LONGEST = 18


@dataclass(frozen=True)
class Peek:
    """What a table begins with.

    Attributes
    ----------
    columns : tuple of (int, str)
        Numbers from 1 of the columns that may be chosen, and what their first cells say: the first
        and the last ones.
    rows : list of list of str
        The first cells of the first lines.
    n_columns : int
    """

    columns: tuple[tuple[int, str], ...]
    rows: list[list[str]]
    n_columns: int


def peek(path: Path) -> Peek | None:
    """Look at the first lines of a table; None if it is none, or cannot be looked at."""
    with suppress(TszooError, OSError, StopIteration):
        rows = _rows(path)
        if rows:
            return _peek(rows)
    return None


def _rows(path: Path) -> list[list[str]]:
    suffix = data_suffix(path)
    if suffix in (".csv", ".tsv", ".txt"):
        from tszoo.data.readers.lines import read_blocks
        from tszoo.data.readers.table.sample import take_sample

        first, block = next(read_blocks(path))
        lines = [(first + i, line) for i, line in enumerate(block) if line.strip()][:50]
        sample = take_sample([n for n, _ in lines], [line for _, line in lines], path.name)
        return [list(sample.first), *sample.rows[1:MOST_ROWS]]
    if suffix == ".parquet":
        from tszoo.data.readers.frame.source import source_of_parquet

        frame = source_of_parquet(path).first[: MOST_ROWS - 1]
        cells = frame.rows()
        return [list(frame.columns), *([str(cell) for cell in row] for row in cells)]
    return []


def _peek(rows: list[list[str]]) -> Peek:
    n = max(map(len, rows))
    columns = tuple((k + 1, _cell(rows[0], k)) for k in _ends(n, MOST_NAMED))
    return Peek(columns, [[_cell(row, k) for k in _ends(n, MOST_COLUMNS)] for row in rows], n)


def _ends(n: int, most: int) -> list[int]:
    """Number the first columns, and the last one."""
    return [*range(min(n, most) - 1), n - 1]


def _cell(row: list[str], k: int) -> str:
    return printable(row[k], _LONGEST) if k < len(row) else ""
