"""Spell missing values, missing labels and whole numbers: one table for all readers."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

# What pandas takes for a missing value, and the question mark of Weka, sktime and aeon.
MISSING = frozenset(
    {
        "",
        "?",
        "#n/a",
        "#n/a n/a",
        "#na",
        "-1.#ind",
        "-1.#qnan",
        "-nan",
        "1.#ind",
        "1.#qnan",
        "<na>",
        "n/a",
        "na",
        "nan",
        "none",
        "null",
    }
)
# These are words too: a country, an initialism, the class of what has no fault.
_CLASSES = frozenset({"n/a", "na", "none", "null"})
NO_LABEL = MISSING - _CLASSES

# the minus sign of typesetters, which some programs write
_MINUS = "\u2212"

_WHOLE = re.compile(r"([+-]?[0-9]+)(?:[.,]0+|\.)?")
_SCALED = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)e[+-]?[0-9]{1,3}", re.IGNORECASE)
# whole numbers beyond this are not all told apart by a float
_LARGEST = 2.0**53


def to_number(cell: str) -> float:
    """Return the number that a cell spells, NaN for a missing one; ValueError for anything else.

    >>> to_number(" 7 "), to_number("N/A")
    (7.0, nan)
    """
    try:
        # Python's float takes 1_000 and other scripts' digits
        if "_" not in cell and cell.isascii():
            return float(cell)
    except ValueError:
        pass
    if cell.strip().lower() in MISSING:
        return math.nan
    if _MINUS in cell:
        return to_number(cell.replace(_MINUS, "-"))
    raise ValueError(cell)


def is_number(cell: str) -> bool:
    """Tell whether a cell is a number or stands for a missing one."""
    try:
        to_number(cell)
    except ValueError:
        return False
    return True


def is_absent(value: Any) -> bool:
    """Tell whether a Python value stands for none: None, NaN, ``pandas.NA``, a masked value."""
    if value is None or value is np.ma.masked:
        return True
    differs = value != value
    if isinstance(differs, (bool, np.bool_)):
        return bool(differs)
    # every comparison with pandas.NA gives pandas.NA
    return differs is value


def is_no_label(label: Any) -> bool:
    """Tell whether a label stands for none.

    ``NA`` does not, which is a country and an initialism, and ``None`` may be a class.

    >>> is_no_label("?"), is_no_label("NA")
    (True, False)
    """
    if isinstance(label, str):
        return label.lower() in NO_LABEL
    return is_absent(label)


def label_number(label: Any) -> float | None:
    """Return the number that a label spells; None if it is NaN or no number."""
    if not isinstance(label, (str, int, float)):
        return None
    try:
        number = float(label)
    except (ValueError, OverflowError):
        return None
    if math.isnan(number):
        return None
    return number


def whole_number(label: str) -> str:
    """Return a label in the shortest spelling of the whole number that it is, else as it stands.

    Zeros in front stay: ``007`` is a code, not the number 7.

    >>> whole_number("1.0"), whole_number("1,0"), whole_number("1e0"), whole_number("+1")
    ('1', '1', '1', '1')
    """
    match = _WHOLE.fullmatch(label)
    if match is not None:
        return match[1].removeprefix("+")
    if not _SCALED.fullmatch(label):
        return label
    number = float(label)
    if not number.is_integer() or abs(number) > _LARGEST:
        return label
    return str(int(number))


def same_label(label: str) -> str | float:
    """Bring a number to one spelling: a header may declare ``1`` where rows write ``1.0``."""
    number = label_number(label)
    if number is None:
        return label
    return number


def filled(values: Any) -> Any:
    """Return an array-like with NaN in place of what a NumPy mask hides; others as they are.

    PyTorch's tensors become such as NumPy knows.
    """
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        if str(values.dtype) == "torch.bfloat16":  # which NumPy lacks
            values = values.float()
    if not np.ma.isMaskedArray(values):
        return values
    kind: Any = object
    if values.dtype.kind in "biuf":
        kind = np.result_type(values.dtype, np.float32)
    return np.ma.filled(values.astype(kind), np.nan)


def as_floats(values: NDArray[Any]) -> NDArray[np.float64]:
    """Convert an array of objects or text to numbers, NaN for what is missing.

    TypeError or ValueError for what is no number.
    """
    numbers = np.empty(values.shape, dtype=np.float64)
    for at, value in np.ndenumerate(values):
        if isinstance(value, (str, bytes)):
            numbers[at] = to_number(value.decode() if isinstance(value, bytes) else value)
        elif is_absent(value):
            numbers[at] = math.nan
        else:
            numbers[at] = float(value)
    return numbers
