"""Take the first lines of a table apart, to decide how the rest is read."""

from __future__ import annotations

from dataclasses import dataclass

from tszoo.data.readers.table.cells import is_text, split_cells
from tszoo.data.readers.table.marks import has_decimal_commas, refuse_two_separators, with_point
from tszoo.data.readers.table.preamble import read_preamble
from tszoo.errors import DataError
from tszoo.storage.bounds import MOST_LENGTH

MOST_LINES = 2000
MOST_CHARACTERS = 2**20
FEWEST_LINES = 8
# To decide on more columns takes minutes, and a series is shorter.
MOST_CELLS = 2 * MOST_LENGTH


@dataclass(frozen=True)
class Sample:
    """Hold the first lines of a table as cells, without spaces around them.

    Attributes
    ----------
    file : str
        The file's name, for errors.
    delimiter : str or None
        One character, or None for white space.
    trailing : bool
        Whether every line ends in a delimiter, behind which there is no column.
    n_above : int
        How many lines that are not blank stand above the table.
    numbers : tuple of int
        The number of each row's line in the file.
    rows : tuple of lists
        The cells, with decimal points, of each line; the first may be a header.
    first : tuple of str
        The first line's cells as they are written.
    n_titles : int
        How many of the lines above are titles or the like, and no comments.
    has_commas : bool
        Whether numbers have decimal commas.
    """

    file: str
    delimiter: str | None
    trailing: bool
    n_above: int
    numbers: tuple[int, ...]
    rows: tuple[list[str], ...]
    first: tuple[str, ...]
    n_titles: int = 0
    has_commas: bool = False


def is_enough(lines: list[str]) -> bool:
    """Tell whether so many lines are a sample."""
    if len(lines) >= MOST_LINES:
        return True
    return len(lines) >= FEWEST_LINES and sum(map(len, lines)) >= MOST_CHARACTERS


def take_sample(numbers: list[int], lines: list[str], file: str) -> Sample:
    """Split the first lines that are not blank, given with their numbers, into cells.

    Raises
    ------
    DataError
        If quotes do not match, the file is one of another format, or it is open whether numbers
        have marks for thousands.
    """
    numbers, lines = _first(numbers, lines)
    preamble = read_preamble(lines, file)
    numbers, lines = numbers[preamble.n_lines :], lines[preamble.n_lines :]
    delimiter = preamble.delimiter
    if preamble.marked:
        lines[0] = lines[0].lstrip().removeprefix("#").lstrip(" ")
    _refuse_endless(lines[0], delimiter, f"{file}, line {numbers[0]}")
    trailing = delimiter is not None and all(line.rstrip(" ").endswith(delimiter) for line in lines)
    rows = [
        _cells(without_end(line, delimiter, trailing), delimiter, f"{file}, line {number}")
        for number, line in zip(numbers, lines, strict=True)
    ]
    _name_rows(rows)
    first = tuple(rows[0])
    refuse_two_separators(rows, delimiter, file, numbers)
    has_commas = has_decimal_commas(rows, delimiter, file, numbers)
    if has_commas or delimiter != ",":
        rows = [[with_point(cell, delimiter) for cell in row] for row in rows]
    return Sample(
        file,
        delimiter,
        trailing,
        preamble.n_lines,
        tuple(numbers),
        tuple(rows),
        first,
        preamble.n_titles,
        has_commas,
    )


def without_end(line: str, delimiter: str | None, trailing: bool) -> str:
    """Take the delimiter off the end of a line, where every line has one."""
    if not trailing or delimiter is None:
        return line
    return line.rstrip(" ").removesuffix(delimiter)


def _first(numbers: list[int], lines: list[str]) -> tuple[list[int], list[str]]:
    """Cut lines to the first ones that are enough, however large the blocks were."""
    total = 0
    for end, line in enumerate(lines):
        if end >= MOST_LINES or (end >= FEWEST_LINES and total >= MOST_CHARACTERS):
            return numbers[:end], lines[:end]
        total += len(line)
    return list(numbers), list(lines)


def _refuse_endless(line: str, delimiter: str | None, where: str) -> None:
    """Raise DataError if a line has so many cells that it can hardly hold a series."""
    n_cells = len(line.split()) if delimiter is None else line.count(delimiter) + 1
    if n_cells > MOST_CELLS:
        msg = (
            f"{where}: {n_cells} cells, and a table's line may have {MOST_CELLS}. A series has at "
            f"most {MOST_LENGTH} points; save larger ones of several channels as .npz."
        )
        raise DataError(msg)


def _name_rows(rows: list[list[str]]) -> None:
    """Give the first column an empty name, where R writes row names without one.

    Then the first line is text, and has a cell less than all others.
    """
    widths = {len(row) for row in rows[1:]}
    has_ends = any(row[-1] for row in rows[1:])  # and no separator at the end of each line alone
    if widths == {len(rows[0]) + 1} and has_ends and all(map(is_text, rows[0])):
        rows[0].insert(0, "")


def _cells(line: str, delimiter: str | None, where: str) -> list[str]:
    return [cell.strip() for cell in split_cells(line, delimiter, where)]
