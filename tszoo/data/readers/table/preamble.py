"""Pass over what stands above a table: a separator that is declared, comments."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tszoo.data.readers.table.cells import detect_delimiter, split_cells
from tszoo.errors import DataError

_FEW = 8
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
    """

    n_lines: int
    delimiter: str | None
    marked: bool = False


def read_preamble(lines: list[str], file: str) -> Preamble:
    """Find where a table begins among a file's first lines that are not blank.

    A line ``sep=;`` declares the separator. Lines that begin with ``#`` are comments, unless they
    have as many cells as the line below them.

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
    delimiter = detect_delimiter(lines[first : first + _FEW])
    if declared is not None:
        delimiter = declared["mark"]
    below = lines[first]
    # a row of the table all the same: a header, or a series whose class begins with #
    while first > start and _is_row(lines[first - 1], below, delimiter, file):
        first -= 1
    return Preamble(first, delimiter, _is_marked_header(lines[first], delimiter))


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
