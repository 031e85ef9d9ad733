"""What is varied, as it is typed: ``depth=3,6,9``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tszoo.errors import OptionError

_OPEN, _CLOSE, _QUOTE = "[{", "]}", '"'


def read_varied(options: Sequence[str]) -> dict[str, list[Any]]:
    """Read ``KEY=V1,V2,...`` of several options; a value is JSON, or text."""
    varied: dict[str, list[Any]] = {}
    for option in options:
        key, equals, text = option.partition("=")
        values = split_values(text)
        if not (key and equals and all(values)):
            msg = f"--vary {option}: expected KEY=V1,V2,…, such as depth=3,6,9."
            raise OptionError(msg)
        if key in varied:
            msg = f"--vary {key} is there twice. Give all its values at once."
            raise OptionError(msg)
        varied[key] = [read_setting(value) for value in values]
    return varied


def read_setting(text: str) -> Any:
    """Read a value: JSON, or text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def split_values(text: str) -> list[str]:
    """Split at commas, but for those within brackets or quotation marks.

    >>> split_values("[40,20,10],[8,4,2]")
    ['[40,20,10]', '[8,4,2]']
    """
    values, depth, quoted = [""], 0, False
    for character in text:
        quoted ^= character == _QUOTE
        depth += (character in _OPEN) - (character in _CLOSE)
        if character == "," and depth == 0 and not quoted:
            values.append("")
        else:
            values[-1] += character
    return [value.strip() for value in values]
