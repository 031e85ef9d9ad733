"""Text for people.

Names and labels come from any file, so what is shown of them must be safe to show.
"""

from __future__ import annotations

import reprlib
from typing import Any

__all__ = ["one_line", "printable", "show"]

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 60
_SHORT.maxlevel = 2


def one_line(text: str) -> str:
    """``text`` on one line.

    Line breaks and tabs become spaces, every other control character is spelled out.
    """
    return "".join(c if c.isprintable() else (" " if c in "\n\t" else repr(c)[1:-1]) for c in text)


def show(value: Any) -> str:
    """Spell a value as it may stand in an error message.

    Short, on one line, without control characters.
    """
    try:
        text = _SHORT.repr(value)
    except ValueError:  # Python does not spell out whole numbers of thousands of digits
        text = f"a huge {type(value).__name__}"
    return text if len(text) <= 80 else text[:79] + "…"


def printable(text: str, most: int = 200) -> str:
    """``text`` on one line of at most ``most`` characters, each one that would not print replaced by ``\ufffd``.

    Control characters, line breaks, surrogates and the marks that turn the direction of writing are
    among these, so that a label or a name from a file cannot rule a terminal or a page.
    """
    line = "".join(
        character if character.isprintable() else "\ufffd" for character in text[: most + 1]
    )
    return line if len(line) <= most else line[: most - 1] + "…"
