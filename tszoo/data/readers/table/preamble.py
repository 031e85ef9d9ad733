"""Pass over what stands above a table: a separator that is declared, comments."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tszoo.data.readers.table.cells import detect_delimiter, is_number, is_text, split_cells
from tszoo.data.readers.table.marks import with_point
from tszoo.errors import DataError

_FEW = 8
_MOST_TITLES = 30
_FEWEST_COLUMNS = 4
_DECLARED = re.compile(r'"?sep=(?P<mark>[,;\t])"?', re.IGNORECASE)


@dataclass(frozen=True)
class Preamble:
    """Hold what stands above a table.

    Attributes
    ----------
    n_lines : int
        How many lines that are not blank stand above it.
    delimiter : str or None
        What separates cells: one character, or None for white space.
    marked : bool
        Whether the table's first line begins with ``#`` and is a header all the same.
    n_titles : int
        How many of those lines are titles, or say one thing about the whole table.
    """

    n_lines: int
    delimiter: str | None
    marked: bool = False
    n_titles: int = 0


def read_preamble(lines: list[str], file: str) -> Preamble:
    """Find where a table begins among a file's first lines that are not blank.

    A line ``sep=;`` declares the separator. Lines that begin with ``#`` are comments, unless they
    have as many cells as the line below them. Lines of one or two cells above a line of names are
    titles.

    Raises
    ------
    DataError
        If the file is one of another format, under a wrong suffix.
    """
    _refuse_other_formats(lines, file)
    declared = _DECLARED.fullmatch(lines[0].strip(" "))
    start = int(declared is not None and len(lines) > 1)
    first = start
    while first < len(lines) - 1 and lines[first].lstrip().startswith("#"):
        first += 1
    n_titles = _count_titles(lines[first:], file)
    first += n_titles
    delimiter = detect_delimiter(lines[first : first + _FEW])
    if declared is not None:
        delimiter = declared["mark"]
    if n_titles:
        return Preamble(first, delimiter, n_titles=n_titles)
    below = lines[first]
    # a row of the table all the same: a header, or a series whose class begins with #
    while first > start and _is_row(lines[first - 1], below, delimiter, file):
        first -= 1
    return Preamble(first, delimiter, _is_marked_header(lines[first], delimiter))


def _count_titles(lines: list[str], file: str) -> int:
    """Count the lines above a line of names that hold one or two cells each, or none."""
    for n_above in range(1, min(_MOST_TITLES, len(lines) - 2) + 1):
        below = lines[n_above : n_above + _FEW]
        delimiter = detect_delimiter(below)
        if delimiter is None:
            continue
        rows = [split_cells(line, delimiter, f"{file}, line 1") for line in below]
        if _is_table(rows, delimiter):
            above = [line.split(delimiter) for line in lines[:n_above]]
            is_title = [sum(bool(cell.strip()) for cell in cells) <= 2 for cells in above]
            return n_above if all(is_title) else 0
    return 0


def _is_table(rows: list[list[str]], delimiter: str) -> bool:
    """Tell whether lines are names above lines of as many cells, most of which are numbers."""
    names, *others = rows
    n_named = sum(bool(name.strip()) for name in names)
    if n_named < max(_FEWEST_COLUMNS, len(names) - 1) or not all(map(is_text, filter(None, names))):
        return False
    if not {len(row) for row in others} <= {len(names), len(names) + 1}:
        return False
    cells = [with_point(cell, delimiter) for row in others for cell in row]
    n_numbers = sum(map(is_number, cells))
    return 2 * n_numbers > len(cells)


def _is_marked_header(line: str, delimiter: str | None) -> bool:
    """Tell whether a line is ``#`` before names."""
    names = line.lstrip().removeprefix("#").split(delimiter)[1:]
    return line.lstrip().startswith("#") and not any(map(_begins_number, names))


def _is_row(line: str, below: str, delimiter: str | None, file: str) -> bool:
    """Tell whether a line that begins with ``#`` has as many cells as the line below it."""
    text = line
    if delimiter is None:
        text = line.lstrip().removeprefix("#")
    n_cells = len(split_cells(below, delimiter, f"{file}, line 1"))
    return n_cells > 1 and len(text.split(delimiter)) == n_cells


def _begins_number(cell: str) -> bool:
    return cell.strip()[:1] in tuple("0123456789-+.")


def _refuse_other_formats(lines: list[str], file: str) -> None:
    """Raise DataError for a .ts or an .arff file that is called otherwise."""
    tags = [line.strip().lower() for line in lines if line.lstrip().startswith("@")]
    if "@data" not in tags:
        return
    suffix = ".ts"
    if any(tag.startswith(("@attribute", "@relation")) for tag in tags):
        suffix = ".arff"
    msg = f"{file}: the lines that begin with @ are those of {suffix}. Name the file {suffix}."
    raise DataError(msg)
