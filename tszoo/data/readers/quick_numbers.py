"""Parse many rows of numbers with pyarrow, where it is installed, faster than NumPy does.

Only what is certain is taken from it. Its numbers are those of Python's ``float``, to the bit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tszoo.data.spellings import MISSING

# pyarrow takes as long to load as it saves on so many characters
LEAST_CHARACTERS = 2**22
CHARACTERS_AT_A_TIME = 2**20  # bounds memory
# separates cells of text that has one a line: a character that no file of numbers holds
_NO_DELIMITER = "\x1f"
# pyarrow tells cases apart; the usual ones are enough here. Python reads -nan with its sign.
_SPELLED = (str, str.upper, str.capitalize)
_WORDS = sorted({spell(word) for word in MISSING - {"-nan"} for spell in _SPELLED} | {"NaN"})


def parse_quickly(rows: list[str], delimiter: str | None) -> NDArray[np.float64] | None:
    """Parse rows of as many delimited numbers each; None where that is not certain to be right.

    Parameters
    ----------
    rows : list of str
        At least one; without line ends.
    delimiter : str or None
        One character; None, any run of white space, is never certain.

    Returns
    -------
    ndarray of float64, shape (n_rows, n_cells), or None
        Missing values are NaN. None if pyarrow is not there or refuses a cell, if the rows differ
        in length, or are too few to be worth it.
    """
    n_characters = sum(len(row) + 1 for row in rows)
    if delimiter is None or n_characters < LEAST_CHARACTERS:
        return None
    n_cells = rows[0].count(delimiter) + 1
    if any(row.count(delimiter) + 1 != n_cells for row in rows):
        return None
    numbers = np.empty((len(rows), n_cells))
    n_together = max(1, CHARACTERS_AT_A_TIME * len(rows) // n_characters)
    for start in range(0, len(rows), n_together):
        part = rows[start : start + n_together]
        values = _parse_lines("\n".join([*part, ""]).replace(delimiter, "\n"))
        if values is None or len(values) != len(part) * n_cells:
            return None
        numbers[start : start + n_together] = values.reshape(len(part), n_cells)
    return numbers


def _parse_lines(text: str) -> NDArray[np.float64] | None:
    """Parse text of one number a line; NaN for what is missing."""
    try:
        import pyarrow
        from pyarrow import csv
    except ImportError:
        return None
    if not text.isascii():
        return None
    try:
        table = csv.read_csv(
            pyarrow.py_buffer(text.encode("ascii")),
            csv.ReadOptions(column_names=["value"], use_threads=False),
            csv.ParseOptions(delimiter=_NO_DELIMITER, quote_char=False, ignore_empty_lines=False),
            csv.ConvertOptions(column_types={"value": pyarrow.float64()}, null_values=_WORDS),
        )
    except pyarrow.ArrowInvalid:
        return None
    column = table.column("value")
    values: NDArray[np.float64] = column.to_numpy()
    # of all spellings of NaN, the words for a missing value alone are certain
    if np.isnan(values).sum() != column.null_count:
        return None
    return values
