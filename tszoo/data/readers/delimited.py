"""Read lines of numbers with a label: the UCR archive's .tsv and .txt, and .csv of any spelling."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tszoo.data.readers.lines import read_blocks
from tszoo.data.readers.raw import RawSeries, ReadOptions
from tszoo.data.readers.table.decide import decide
from tszoo.data.readers.table.points_read import read_points
from tszoo.data.readers.table.sample import is_enough, take_sample
from tszoo.data.readers.table.series_read import SeriesTable
from tszoo.errors import DataError

Block = tuple[list[int], list[str]]

_SEPARATORS = ' \t,;"'


def read_delimited(
    path: Path, options: ReadOptions, *, spreadsheet: bool = False
) -> Iterator[RawSeries]:
    """Read series part by part: of one channel, one a line, or of some channels, one point a line.

    The first lines decide together. Tabs separate cells, else semicolons, else commas, else white
    space. The first line is a header if it differs from the lines below it: see
    ``table.header.is_header``. Left out are what counts the lines, ids, text, and columns whose
    names are none of the others' family: see ``table.roles.assign_roles``. A line is a point where
    ids repeat while another column rises: see ``table.points.find_points``. Cells may stand in
    double quotes. An empty cell, ``?``, ``NaN`` and ``NA`` are missing values. Decimal commas are
    taken where the comma does not separate.

    Parameters
    ----------
    path : Path
    options : ReadOptions
    spreadsheet : bool
        Whether a first line that counts 0, 1, 2, … may be a header whatever stands over the labels,
        as it may in a ``.csv``.

    Raises
    ------
    DataError
        If the file is empty, it is open how to read it, a cell is not a number, 32-bit numbers
        cannot tell a row's values apart, or the rows differ in length and ``options`` do not allow
        it.
    """
    blocks = _blocks(path, options)
    numbers, lines = _gather(blocks)
    if not lines:
        msg = f"{path.name}: the file is empty."
        raise DataError(msg)
    sample = take_sample(numbers, lines, path.name)
    columns, layout, cut = decide(sample, options, spreadsheet=spreadsheet)
    table = SeriesTable(sample, columns, layout, ragged=bool(options.unequal))
    above = sample.n_above + (layout.header is not None)
    rest = _followed_by((numbers[above:], lines[above:]), blocks)
    if layout.by_point:
        yield read_points(table, rest, cut)
        return
    for block in rest:
        yield table.read(*block)
    table.finish()


def _blocks(path: Path, options: ReadOptions) -> Iterator[Block]:
    """Yield lines that are not blank, with their numbers, some MiB at a time.

    At the top and at the end of a file, a line of separators alone is blank, too: spreadsheets
    write them for rows that once held something. Elsewhere it is a series without values.
    """
    held: list[tuple[int, str]] = []
    is_top = True
    for first, block in read_blocks(path, options.encoding):
        kept: list[tuple[int, str]] = []
        for number, line in enumerate(block, first):
            if not line.strip() or (is_top and _is_hollow(line)):
                continue
            is_top = False
            held.append((number, line))
            if not _is_hollow(line):
                kept += held
                held.clear()
        if kept:
            yield [number for number, _ in kept], [line for _, line in kept]


def _is_hollow(line: str) -> bool:
    """Tell whether a line has nothing but what separates cells."""
    return not line.strip(_SEPARATORS)


def _gather(blocks: Iterator[Block]) -> Block:
    """Take blocks until their lines are enough to decide by."""
    numbers: list[int] = []
    lines: list[str] = []
    for more_numbers, more_lines in blocks:
        numbers += more_numbers
        lines += more_lines
        if is_enough(lines):
            break
    return numbers, lines


def _followed_by(block: Block, blocks: Iterator[Block]) -> Iterator[Block]:
    """Yield a block, unless it is empty, and then others."""
    if block[1]:
        yield block
    yield from blocks
