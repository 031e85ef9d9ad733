"""Tell whether the first line of a table names its columns: it differs from the lines below."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

from tszoo.data.readers.numbers import shorten
from tszoo.data.readers.table.cells import is_given, is_number, is_text
from tszoo.data.readers.table.names import is_index, may_name_labels, names_labels
from tszoo.data.readers.table.sample import Sample
from tszoo.data.readers.table.times import moments
from tszoo.data.spellings import to_number
from tszoo.errors import DataError

_FEWEST_POINTS = 3
# A series of fewer points may well rise in equal steps.
_FEWEST_STEPS = 8


@dataclass(frozen=True)
class FirstLine:
    """Hold the first line of a table beside the lines below it.

    Attributes
    ----------
    cells : list of str
    below : sequence of lists
        The cells of the lines below.
    label_at : int or None
        Where the label is, counted from 0; -1 for the last cell.
    """

    cells: list[str]
    below: Sequence[list[str]]
    label_at: int | None

    @property
    def label(self) -> str | None:
        """The cell over the labels; None without labels."""
        if self.label_at is None:
            return None
        return self.cells[self.label_at]

    @property
    def labels_below(self) -> list[str]:
        """The labels of the lines below."""
        at = self.label_at
        if at is None:
            return []
        return [row[at] for row in self.below if at < len(row)]

    @property
    def skipped(self) -> int | None:
        """Position of the label, counted from 0."""
        if self.label_at is None:
            return None
        return self.label_at % len(self.cells)

    def has_text(self) -> bool:
        """Tell whether any cell but the label is there."""
        return any(cell for at, cell in enumerate(self.cells) if at != self.skipped)

    def others(self) -> dict[int, str]:
        """Return the cells, by position, that are neither the label nor an index."""
        return {
            at: cell
            for at, cell in enumerate(self.cells)
            if at != self.skipped and cell and not is_index(cell, at)
        }

    def values_below(self) -> list[list[str]]:
        """Return the cells of the lines below without their labels."""
        if self.label_at is None:
            return list(self.below)
        return [_without(row, self.label_at) for row in self.below]

    def numbers_below(self, at: int) -> bool:
        """Tell whether there are numbers, and nothing else, below a cell."""
        column = [row[at] for row in self.below if at < len(row)]
        return any(map(is_given, column)) and all(map(is_number, column))


def is_header(sample: Sample, label_at: int | None, *, called: bool, spreadsheet: bool) -> bool:
    """Tell whether a table's first line names its columns.

    It does if its cells are text; if some are text above numbers; or if they are numbers that count
    up, or rise or fall throughout, under a label's name: one that is known, or a text that no line
    below has for a label, where no other line looks like it.

    Parameters
    ----------
    sample : Sample
    label_at : int or None
        Where the label is, counted from 0; -1 for the last cell.
    called : bool
        Whether the label's cell is the name that was asked for.
    spreadsheet : bool
        Whether a line that counts 0, 1, 2, … in the label's place too may be a header.

    Raises
    ------
    DataError
        If the line may as well be a series.
    """
    line = FirstLine(list(sample.rows[0]), sample.rows[1:], label_at)
    others = line.others()
    numbers = [cell for cell in others.values() if is_number(cell)]
    if not numbers:
        return line.has_text()
    if called and (_is_unique(line) or _runs(numbers)):
        return True
    if _stands_over_numbers(line, others, numbers):
        return True
    is_counted = spreadsheet and _counts_in_place(line.cells)
    if is_counted and (len(numbers) >= _FEWEST_POINTS or _is_above_index(line)):
        return True
    return _is_axis(line, numbers, spreadsheet, sample)


def _is_axis(line: FirstLine, numbers: list[str], spreadsheet: bool, sample: Sample) -> bool:
    """Tell whether numbers are points of time, by the cell over the labels."""
    label = line.label
    if label is None:
        return _differs(line, numbers) or _steps_alone(line, numbers, sample)
    if not _runs(numbers):
        return False
    if _is_known_name(label, numbers, spreadsheet):
        return True
    if is_given(label):
        return spreadsheet and _stands_over_text(line, numbers)
    return label != "" and _is_under_text(line, numbers, sample)


def _is_known_name(label: str, numbers: list[str], spreadsheet: bool) -> bool:
    """Tell whether the cell over the labels is a name for them; no class is without a name."""
    if len(numbers) < _FEWEST_POINTS:
        return False
    if names_labels(label) or label == "":
        return True
    return spreadsheet and may_name_labels(label) and _counts(numbers)


def _stands_over_text(line: FirstLine, numbers: list[str]) -> bool:
    """Tell whether a number is the name of labels that are text, among numbers that are names."""
    if not line.below or not all(map(is_text, line.labels_below)):
        return False
    return (_counts(numbers) and numbers[0] == "0") or _differs(line, numbers)


def _is_under_text(line: FirstLine, numbers: list[str], sample: Sample) -> bool:
    """Tell whether numbers are names beside a text that no line below has for a label."""
    labels = line.labels_below
    if not line.below or line.label in labels:
        return False
    if all(map(is_given, labels)):
        return len(numbers) >= _FEWEST_POINTS or _counts(numbers)
    rows = line.values_below()
    values = list(chain(*rows))
    repeats = len(set(labels)) < len(labels)
    if _counts(numbers):
        # two series of two classes may well count: 1, 2, 3 and 3, 2, 1
        is_name = repeats or _decimals(values) > 0
        return is_name and not any(map(_steps_by_one, rows))
    if len(numbers) < _FEWEST_POINTS or _mostly_run(rows) or not repeats:
        return False
    if _stands_out(numbers, values) or _is_even(numbers):
        return True
    msg = (
        f"{sample.file}, line {sample.numbers[0]}: a header, or a series of class "
        f"{shorten(line.label or '')}? Its numbers rise or fall throughout. Pass header=True or "
        "header=False."
    )
    raise DataError(msg)


def _differs(line: FirstLine, numbers: list[str]) -> bool:
    """Tell whether numbers run, and are written, as those of no line below, whatever the label."""
    rows = line.values_below()
    if len(numbers) < _FEWEST_POINTS or not rows:
        return False
    if not _runs(numbers) or _mostly_run(rows):
        return False
    return _decimals(numbers) != _decimals(list(chain(*rows)))


def _steps_alone(line: FirstLine, numbers: list[str], sample: Sample) -> bool:
    """Tell whether numbers step equally, as those of no line below do, and there are no labels.

    Raises
    ------
    DataError
        If they may as well be a series, since other lines have such values.
    """
    rows = line.values_below()
    if len(numbers) < _FEWEST_STEPS or not rows or not _runs(numbers):
        return False
    if any(map(_steps_equally, rows)) or not (
        _steps_equally(numbers) or _is_even(numbers) or _is_even(numbers[::-1])
    ):
        return False
    if _stands_out(numbers, list(chain(*rows))):
        return True
    msg = (
        f"{sample.file}, line {sample.numbers[0]}: a header, or a series? Its numbers have "
        "equal steps. Pass header=True or header=False."
    )
    raise DataError(msg)


def _is_unique(line: FirstLine) -> bool:
    """Tell whether no line below has the first line's label."""
    return line.label not in line.labels_below


def _stands_over_numbers(line: FirstLine, others: dict[int, str], numbers: list[str]) -> bool:
    """Tell whether text stands over columns of numbers, beside points of time or few numbers."""
    over = [at for at, cell in others.items() if is_text(cell) and line.numbers_below(at)]
    if not over:
        return False
    if 2 * len(over) >= len(others) and len(over) > 1:
        return True
    return len(numbers) >= _FEWEST_POINTS and _runs(numbers)


def _counts_in_place(cells: list[str]) -> bool:
    """Tell whether all cells but an index count 0, 1, 2, …, that of the label in its place."""
    named = [cell for at, cell in enumerate(cells) if not is_index(cell, at)]
    return named == [str(at) for at in range(len(named))]


def _is_above_index(line: FirstLine) -> bool:
    """Tell whether the first cell alone is empty, and numbers or times rise below it."""
    index = [row[0] for row in line.below]
    if line.cells[0] != "" or len(index) < 2:
        return False
    points = moments(index)
    return points is not None and all(b > a for a, b in pairwise(points))


def _counts(cells: Sequence[str]) -> bool:
    """Tell whether at least two cells are 0, 1, 2, … or 1, 2, 3, …, written as whole numbers."""
    if len(cells) < 2:
        return False
    return any(list(cells) == [str(at + start) for at in range(len(cells))] for start in (0, 1))


def _steps_by_one(cells: Sequence[str]) -> bool:
    """Tell whether cells are numbers that rise by one throughout."""
    if not all(map(is_given, cells)):
        return False
    return all(to_number(b) - to_number(a) == 1 for a, b in pairwise(cells))


def _runs(cells: Sequence[str]) -> bool:
    """Tell whether cells are numbers that rise, or fall, throughout."""
    if len(cells) < 2 or not all(map(is_given, cells)):
        return False
    points = [to_number(cell) for cell in cells]
    steps = [b > a for a, b in pairwise(points)]
    return all(steps) or all(b < a for a, b in pairwise(points))


def _is_even(cells: Sequence[str]) -> bool:
    """Tell whether numbers rise in equal steps, up to the rounding of their last decimal."""
    points = [to_number(cell) for cell in cells]
    step = (points[-1] - points[0]) / (len(points) - 1)
    off = max(abs(point - (points[0] + step * i)) for i, point in enumerate(points))
    unit = 10.0 ** -_decimals(cells)
    return step > 2 * unit and off <= max(unit, 1e-6 * step)


def _steps_equally(cells: Sequence[str]) -> bool:
    """Tell whether numbers rise, or fall, in equal steps."""
    if not _runs(cells):
        return False
    steps = [abs(to_number(b) - to_number(a)) for a, b in pairwise(cells)]
    return max(steps) - min(steps) <= 1e-6 * min(steps)


def _stands_out(cells: Sequence[str], values: Sequence[str]) -> bool:
    """Tell whether numbers have more or fewer decimals than the values, or lie apart from them."""
    if _decimals(cells) != _decimals(values):
        return True
    points = [to_number(cell) for cell in cells]
    others = [to_number(value) for value in values if is_given(value)]
    return not others or min(points) > max(others) or max(points) < min(others)


def _mostly_run(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether at least half of some lines rise or fall throughout, as the first one does."""
    return 2 * sum(map(_runs, rows)) >= len(rows)


def _decimals(cells: Sequence[str]) -> int:
    """Return how many decimals the longest of some numbers has."""
    fractions = [re.match(r"\d*", cell.partition(".")[2]) for cell in cells]
    return max((len(match[0]) for match in fractions if match), default=0)


def _without(row: list[str], at: int) -> list[str]:
    """Return a line's cells without the one at a position, if it is there."""
    if at >= len(row):
        return row
    skipped = at % len(row)
    return row[:skipped] + row[skipped + 1 :]
