"""Markdown that text from outside cannot break."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tszoo.text import printable

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;", "://": "&#58;//"}
_ADDRESS = re.compile(r"https://[A-Za-z0-9][A-Za-z0-9./_%?=&-]{1,300}")


def escaped(text: str) -> str:
    """Escape text for Markdown: it shows as it is, and means nothing.

    Addresses do not become links either.
    """

    def escape(match: re.Match[str]) -> str:
        text = match[0]
        if text.endswith("."):
            return f"{text[:-1]}&#46;"
        return _ENTITIES.get(text, f"\\{text}")

    return re.sub(r"(?i)://|www\.|[&<>@\\`*_\[\]|~$]", escape, printable(text))


def linked(text: str, address: object) -> str:
    """``text``, escaped, as a link where ``address`` is a plain https one."""
    shown = escaped(text)
    if isinstance(address, str) and _ADDRESS.fullmatch(address):
        return f"[{shown}]({address})"
    return shown


def section(title: str, body: str) -> str:
    """A section with its heading; nothing for an empty one."""
    return f"## {title}\n\n{body}" if body else ""


def table(head: tuple[str, str], rows: Mapping[str, str | None]) -> str:
    """A table of two columns; rows without a value are left out."""
    lines = [f"| {head[0]} | {head[1]} |", "|---|---|"]
    return "\n".join(lines + [f"| {key} | {value} |" for key, value in rows.items() if value])


def number(value: float | None) -> str | None:
    """An accuracy as cards show it; None where none is known."""
    return None if value is None else f"{value:.4f}"


def code(language: str, *lines: str) -> str:
    """A block of code; its lines must not have a fence of their own."""
    return "\n".join((f"```{language}", *lines, "```"))
