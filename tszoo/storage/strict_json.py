"""Read and write strict JSON: no duplicate keys, no NaN, nothing too large to be what it says."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from tszoo.errors import ModelError
from tszoo.text import show

MOST_DIGITS = 40
MOST_DEPTH = 16
MOST_VALUES = 200_000  # of a header, those of some 28,000 tensors
LARGEST_WHOLE = 2**64


def parse_json(data: bytes, most_values: int = MOST_VALUES) -> Any:
    """Parse a UTF-8 JSON document; ModelError for anything that strict JSON does not allow.

    Duplicate keys, NaN and infinities (numbers too large for a double too) and absurdly long
    numbers are refused, and, before it is parsed, a document of more than about ``most_values``
    values: in memory each takes up to a hundred times the bytes that it is written with.
    """
    if sum(map(data.count, (b",", b"[", b"{"))) > most_values:
        msg = f"not usable JSON: more than {most_values} values."
        raise ModelError(msg)
    try:
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_without_duplicates,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_whole,
        )
    except UnicodeDecodeError as error:
        msg = f"not UTF-8 text (byte {error.start})."
        raise ModelError(msg) from error
    except json.JSONDecodeError as error:
        msg = f"not JSON: line {error.lineno}, column {error.colno}: {error.msg}."
        raise ModelError(msg) from error
    except RecursionError as error:
        msg = "not usable JSON: nested too deeply."
        raise ModelError(msg) from error


def dump_json(value: Any) -> bytes:
    """Write the document that ``parse_json`` reads back: UTF-8, indented, with a line end."""
    return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8")


def plain(value: Any, field: str, depth: int = 0) -> Any:
    """Copy ``value`` into JSON values only: NumPy numbers become Python's, tuples become lists.

    Raises
    ------
    ModelError
        Naming the place, for NaN, infinities, keys that are not text, other types, or too deep a
        nesting.
    """
    if depth > MOST_DEPTH:
        msg = f"{field} is nested more than {MOST_DEPTH} levels deep."
        raise ModelError(msg)
    if isinstance(value, (np.generic, np.ndarray)):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(item, f"{field}[{i}]", depth + 1) for i, item in enumerate(value)]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {
            check_unicode(key, field): plain(item, f"{field}.{key[:40]}", depth + 1)
            for key, item in value.items()
        }
    return _scalar(value, field)


def _scalar(value: Any, field: str) -> Any:
    """Return a JSON value that holds no others; ModelError for anything else."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return check_unicode(value, field)
    if isinstance(value, int) and abs(value) <= LARGEST_WHOLE:
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    msg = (
        f"{field} must hold JSON values (text, finite numbers, truth values, lists, objects), not "
        f"{show(value)}."
    )
    raise ModelError(msg)


def check_unicode(text: str, field: str) -> str:
    """Return ``text``; ModelError if it cannot be written as UTF-8."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        msg = f"{field}: {show(text)} is not valid Unicode text."
        raise ModelError(msg) from error
    return text


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) == len(pairs):
        return values
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            msg = f"not usable JSON: key {show(key)} stands twice in one object."
            raise ModelError(msg)
        seen.add(key)
    return values


def _refuse_constant(text: str) -> Any:
    msg = f"not JSON: {text} is not a number that JSON knows."
    raise ModelError(msg)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        msg = f"not usable JSON: the number {show(text)} is too large."
        raise ModelError(msg)
    return number


def _whole(text: str) -> int:
    if len(text) > MOST_DIGITS:
        msg = f"not usable JSON: a number of {len(text)} digits."
        raise ModelError(msg)
    return int(text)
