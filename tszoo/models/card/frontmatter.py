"""YAML for the head of a card, written so that every reader takes it for the same.

Readers differ in what they take for a number or a truth value (``1e5``, ``0o7``, ``no``), so all
text that is not plainly a word is written as a JSON string, which YAML reads alike in all its
versions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

Value = str | float | Sequence["Value"] | Mapping[str, "Value"]

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:[./-][A-Za-z0-9_]+)*")
_MEANT_OTHERWISE = {"true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf"}


def front_matter(values: Mapping[str, Value]) -> str:
    """Write a card's metadata between its ``---`` lines.

    Parameters
    ----------
    values : mapping of str to str, float, list or mapping
        Keys are plain words. Text may be any that prints; numbers are finite.
    """
    return "\n".join(("---", *_lines(values), "---"))


def _lines(value: Mapping[str, Value] | Sequence[Value]) -> list[str]:
    if isinstance(value, Mapping):
        return [line for key, item in value.items() for line in _entry(f"{key}:", item)]
    return [line for item in value for line in _item(item)]


def _entry(key: str, value: Value) -> list[str]:
    if isinstance(value, (str, float)):
        return [f"{key} {_scalar(value)}"]
    indent = "  " if isinstance(value, Mapping) else ""
    return [key, *(indent + line for line in _lines(value))]


def _item(value: Value) -> list[str]:
    if isinstance(value, (str, float)):
        return [f"- {_scalar(value)}"]
    first, *others = _lines(value)
    return [f"- {first}", *(f"  {line}" for line in others)]


def _scalar(value: str | float) -> str:
    if not isinstance(value, str):
        return format(Decimal(repr(value)), "f")  # 1e-05 is text to some
    if _WORD.fullmatch(value) and value.lower() not in _MEANT_OTHERWISE:
        return value
    return json.dumps(value, ensure_ascii=False)
