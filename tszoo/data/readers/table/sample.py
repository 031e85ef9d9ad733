"""Take the first lines of a table apart, to decide how the rest is read."""

from __future__ import annotations

from dataclasses import dataclass

from tszoo.data.readers.table.cells import split_cells
from tszoo.data.readers.table.preamble import read_preamble

MOST_LINES = 2000
MOST_CHARACTERS = 2**20
FEWEST_LINES = 8


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
    """

    file: str
    delimiter: str | None
    trailing: bool
    n_above: int
    numbers: tuple[int, ...]
    rows: tuple[list[str], ...]
    first: tuple[str, ...]


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
        If quotes do not match, or the file is one of another format.
    """
    numbers, lines = _first(numbers, lines)
    preamble = read_preamble(lines, file)
    numbers, lines = numbers[preamble.n_lines :], lines[preamble.n_lines :]
    delimiter = preamble.delimiter
    if preamble.marked:
        lines[0] = lines[0].lstrip().removeprefix("#").lstrip(" ")
    trailing = delimiter is not None and all(line.rstrip(" ").endswith(delimiter) for line in lines)
    rows = [
        _cells(without_end(line, delimiter, trailing), delimiter, f"{file}, line {number}")
        for number, line in zip(numbers, lines, strict=True)
    ]
    first = tuple(rows[0])
    if delimiter != ",":  # then commas are decimal ones
        rows = [[cell.replace(",", ".") for cell in row] for row in rows]
    return Sample(file, delimiter, trailing, preamble.n_lines, tuple(numbers), tuple(rows), first)


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


def _cells(line: str, delimiter: str | None, where: str) -> list[str]:
    return [cell.strip() for cell in split_cells(line, delimiter, where)]
