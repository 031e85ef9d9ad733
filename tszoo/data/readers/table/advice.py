"""Say what is wrong with the first lines of a table that cannot be read as they are."""

from __future__ import annotations

from tszoo.data.readers.table.cells import is_text
from tszoo.data.readers.table.columns import Columns
from tszoo.data.readers.table.marks import PLAIN, has_thousands
from tszoo.data.readers.table.sample import Sample
from tszoo.errors import DataError
from tszoo.text import listed


def refuse_first_lines(sample: Sample, columns: Columns) -> None:
    """Raise DataError for a second header, a row of units, or spaces within labels.

    Also for columns that are called as classes are: then the table lies on its side.
    """
    _refuse_units(sample, columns)
    _refuse_lines_above(sample)
    _refuse_spaces(sample, columns)
    _refuse_transposed(columns)


def refuse_nameless(sample: Sample, columns: Columns, *, ragged: bool) -> None:
    """Raise DataError if every line has more cells than the header has names.

    Where lines may be ``ragged``, they may.
    """
    if ragged or columns.names is None or not columns.rows:
        return
    n_names, n_cells = len(columns.names), min(map(len, columns.rows))
    if n_cells > n_names and any(cell for row in columns.rows for cell in row[n_names:]):
        msg = (
            f"{sample.file}, line {sample.numbers[0]}: {n_names} names, and the lines below have "
            f"{n_cells} cells. Name every column, or none."
        )
        raise DataError(msg)


def _refuse_units(sample: Sample, columns: Columns) -> None:
    """Raise DataError if the line below the header has text where other lines have numbers."""
    if columns.names is None or len(columns.rows) < 2:
        return
    heads = [cells[:2] for cells in map(columns.cells, columns.others()) if len(cells) > 1]
    if _are_words(heads):
        _refuse_repeated(columns, [above for above, _ in heads])
        msg = (
            f"{sample.file}, line {sample.numbers[1]}: no cell is a number, so it is a second "
            "header or a row of units. Remove the line."
        )
        raise DataError(msg)


def _are_words(heads: list[list[str]]) -> bool:
    """Tell whether there is text in all of some columns whose next cell is a number."""
    above_numbers = [above for above, below in heads if below and not is_text(below)]
    if any(map(has_thousands, above_numbers)):
        return False
    return bool(above_numbers) and all(map(is_text, above_numbers))


def _refuse_lines_above(sample: Sample) -> None:
    """Raise DataError if the first lines are narrower than most, from some line on."""
    widths = list(map(len, sample.rows))
    first = widths.index(max(widths))
    if first < 2 or widths[0] >= min(widths[first:]) or len(widths) < 3 * first:
        return
    msg = (
        f"{sample.file}, lines {sample.numbers[0]} to {sample.numbers[first - 1]}: fewer cells "
        f"than all lines below, so the table seems to begin with line {sample.numbers[first]}. "
        "Remove the lines above it."
    )
    raise DataError(msg)


def _refuse_spaces(sample: Sample, columns: Columns) -> None:
    """Raise DataError if spaces separate cells and stand within labels, too."""
    if sample.delimiter is not None:
        return
    for number, row in zip(sample.numbers[-len(columns.rows) :], columns.rows, strict=False):
        at_end = columns.label_at == -1
        neighbour = row[-2:-1] if at_end else row[1:2]
        label = row[-1:] if at_end else row[:1]
        widths = {len(other) for other in columns.rows}
        is_split = len(widths) > 1 and len(row) == max(widths)
        if is_split and columns.label_at in (0, -1) and all(map(is_text, [*label, *neighbour])):
            msg = (
                f"{sample.file}, line {number}: {len(row)} cells, and other lines have "
                f"{min(widths)}: the label seems to have a space in it, and spaces separate cells. "
                "Put tabs or commas between the cells."
            )
            raise DataError(msg)


def _refuse_transposed(columns: Columns) -> None:
    """Raise DataError if a header says the same names again and again, as labels would."""
    if columns.names is None:
        return
    _refuse_repeated(columns, [columns.name(at) for at in columns.others()])


def _refuse_repeated(columns: Columns, cells: list[str]) -> None:
    """Raise DataError if a line says the same words again and again, as labels would."""
    names = list(filter(is_text, cells))
    if len(names) >= 4 and 2 <= len(set(names)) <= len(names) / 2:
        msg = (
            f"{columns.file}: {len(set(names))} names stand over {len(names)} columns, so each "
            "column looks like a series under its label. Transpose the table: one series a line, "
            "its label first."
        )
        raise DataError(msg)


def advise(columns: Columns, at: int, cell: str) -> str:
    """Say what to do about text in a column of values: it may be the labels, or a missing value.

    Advice is given only if the first lines can be read by it.
    """
    if has_thousands(cell):
        return PLAIN
    if not cell.strip()[:1].isalpha() and at != columns.n_columns - 1:
        return ""
    if _may_be_labels(columns, at):
        return _point_at(columns, at)
    texts = [text for text in columns.cells(at) if text]
    is_rare = 2 * sum(map(is_text, texts)) < len(texts)
    if is_rare and cell.strip().isalpha():
        return "Leave the cell empty if the value is missing."
    return ""


def _point_at(columns: Columns, at: int) -> str:
    """Say how to read a table with the labels in a column, or in one that is like it."""
    others = [other for other in columns.others() if _is_like(columns, other, at)]
    if others:
        called = listed(list(map(columns.called, sorted((at, *others)))), 4)
        return f"Text stands in {called}: pass label_column=... with that of the labels."
    if at == columns.n_columns - 1:
        return 'If the labels stand there, pass label_column="last".'
    return f"If the labels stand there, pass label_column={at + 1}."


def _is_like(columns: Columns, other: int, at: int) -> bool:
    """Tell whether another column than one of text may as well hold the labels."""
    if other == at or not columns.is_text(other) or not _may_be_labels(columns, other):
        return False
    return len(set(columns.cells(other))) < len(columns.cells(other))


def _may_be_labels(columns: Columns, at: int) -> bool:
    """Tell whether lines would be read with the labels in a column: the others are values then.

    Labels that are numbers in some lines and text in others stand at the end, if anywhere.
    """
    texts = [text for text in columns.cells(at) if text]
    n_texts = sum(map(is_text, texts))
    least = len(texts) / 2 if at == columns.n_columns - 1 else len(texts)
    if not texts or n_texts < least:
        return False
    labels = columns.labels
    if not any(map(is_text, labels)):
        return True
    # texts that differ in every line are ids, once the labels are elsewhere
    return all(map(is_text, labels)) and len(set(texts)) < len(texts) == len(set(labels))
