"""Text for people: names and labels come from any file, so what is shown of them must be safe to show."""

from __future__ import annotations

__all__ = ["one_line"]


def one_line(text: str) -> str:
    """``text`` on one line: line breaks and tabs become spaces, every other control character is spelled out."""
    return "".join(c if c.isprintable() else (" " if c in "\n\t" else repr(c)[1:-1]) for c in text)
