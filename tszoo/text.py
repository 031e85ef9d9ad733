"""Make text safe to show to people: names and labels come from any file."""

from __future__ import annotations

import reprlib
import shlex
from collections.abc import Sequence
from typing import Any

__all__ = ["as_word", "counted", "listed", "one_line", "printable", "show"]

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 60
_SHORT.maxlevel = 2
_MOST_SHOWN = 80


def one_line(text: str) -> str:
    r"""Bring ``text`` on one line.

    Line breaks and tabs become spaces, every other control character is spelled out.

    >>> one_line("two\nlines\x1b")
    'two lines\\x1b'
    """
    return "".join(map(_spelled, text))


def as_word(path: str) -> str:
    """Spell a path as it is typed into a shell, where no command takes it for an option.

    >>> as_word("my model"), as_word("-m")
    ("'my model'", './-m')
    """
    return shlex.quote(f"./{path}" if path.startswith("-") else path)


def show(value: Any) -> str:
    """Spell a value as it may stand in an error message: short, on one line.

    >>> show("a" * 200)
    "'aaaaaaaaaaaaaaaaaaaaaaaaaaa...aaaaaaaaaaaaaaaaaaaaaaaaaaaa'"
    """
    try:
        text = _SHORT.repr(value)
    except ValueError:  # Python does not spell out whole numbers of thousands of digits
        text = f"a huge {type(value).__name__}"
    return _cut(text, _MOST_SHOWN)


def printable(text: str, most: int = 200) -> str:
    r"""Bring ``text`` on one line of at most ``most`` characters that all print.

    Control characters, line breaks, surrogates and the marks that turn the direction of writing
    become ``\ufffd``, so that a label or a name from a file cannot rule a terminal or a page.

    >>> printable("two\nlines")
    'two�lines'
    """
    line = "".join(c if c.isprintable() else "\ufffd" for c in text[: most + 1])
    return _cut(line, most)


def listed(names: Sequence[object], most: int) -> str:
    """Join names with commas; an ellipsis stands for those behind the first ``most``.

    >>> listed("abc", 2)
    'a, b, …'
    """
    text = ", ".join(map(str, names[:most]))
    if len(names) > most:
        text += ", …"
    return text


def _spelled(character: str) -> str:
    if character.isprintable():
        return character
    if character in "\n\t":
        return " "
    return repr(character)[1:-1]


def _cut(text: str, most: int) -> str:
    """Cut a text to ``most`` characters, the last of them an ellipsis where something is lost."""
    if len(text) <= most:
        return text
    return text[: most - 1] + "…"


def counted(number: int, what: str) -> str:
    """Say how many there are of something.

    >>> counted(1, "member"), counted(2, "data set")
    ('1 member', '2 data sets')
    """
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def duration(seconds: float) -> str:
    """Say a time as a person does: ``"40 s"``, ``"3 min"``, ``"2 h"``."""
    if seconds < 1:
        return "1 s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
