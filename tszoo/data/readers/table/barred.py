"""Refuse cells that hold several numbers: lists, and numbers with ``|`` between."""

from __future__ import annotations

from tszoo.data.readers.raw import ReadOptions
from tszoo.data.readers.table.cells import is_number
from tszoo.data.readers.table.positions import label_position
from tszoo.data.readers.table.sample import Sample
from tszoo.errors import DataError

_FEW = 50


def refuse_bars(sample: Sample, options: ReadOptions) -> None:
    """Raise DataError if each of the first lines has ``|`` between numbers, or between all cells.

    So tslearn writes series of several channels, one behind the other
    (``tslearn.utils.save_time_series_txt``). A label or an id may have such a mark.
    """
    if options.id_column is not None or not all(
        _is_barred(row, options) for row in sample.rows[:_FEW]
    ):
        _refuse_bars_for_commas(sample)
        return
    msg = (
        f'{sample.file}, line {sample.numbers[0]}: "|" stands between numbers, as it does between '
        "the channels of tslearn's save_time_series_txt. Load the file with "
        "tslearn.utils.load_time_series_txt, write its array X and the labels y with "
        'numpy.savez("NAME.npz", X=X, y=y), and read that with layout="NTC". If "|" separates all '
        "cells, write commas for it."
    )
    raise DataError(msg)


def _refuse_bars_for_commas(sample: Sample) -> None:
    """Raise DataError if each line is one cell with as many ``|`` in it as the others have."""
    rows = sample.rows[:_FEW]
    n_bars = {row[0].count("|") for row in rows if len(row) == 1}
    if all(len(row) == 1 for row in rows) and len(n_bars) == 1 and n_bars != {0}:
        msg = (
            f'{sample.file}, line {sample.numbers[0]}: "|" separates the cells. Write commas, '
            "semicolons or tabs for it."
        )
        raise DataError(msg)


def refuse_lists(sample: Sample) -> None:
    """Raise DataError if each line below the first has a list of numbers in a cell, as text."""
    below = sample.rows[1:_FEW]
    if not below or not all(any(map(_is_list, row)) for row in below):
        return
    at = next(at for at, cell in enumerate(below[0]) if _is_list(cell))
    msg = (
        f"{sample.file}, line {sample.numbers[1]}, column {at + 1}: a list of numbers in one cell. "
        "Write a column for each value, or save the table as .parquet or .feather, where cells may "
        "hold lists."
    )
    raise DataError(msg)


def _is_list(cell: str) -> bool:
    """Tell whether a cell is two or more numbers in brackets."""
    if cell[:1] not in ("[", "(") or cell[-1:] not in ("]", ")"):
        return False
    parts = cell[1:-1].replace(",", " ").split()
    return len(parts) > 1 and all(map(is_number, parts))


def _is_barred(row: list[str], options: ReadOptions) -> bool:
    """Tell whether a cell that is not the label is two or more numbers with ``|`` between."""
    label = label_position(options.label_column)
    if len(row) > 1 and isinstance(label, int):
        row = [cell for at, cell in enumerate(row) if at != label % len(row)]
    return any(map(_are_numbers, row))


def _are_numbers(cell: str) -> bool:
    parts = cell.split("|")
    return len(parts) > 1 and all(part.strip() and is_number(part.strip()) for part in parts)
