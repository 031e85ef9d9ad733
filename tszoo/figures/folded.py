"""Breaks what was varied into lines that fit a panel."""

from __future__ import annotations

import re

from tszoo.figures.figure import shortened


def folded(name: str) -> str:
    """Put each key of ``depth=3, filters=16`` on a line of its own."""
    parts = re.split(r", (?=\w+=)", name)
    return "\n".join(shortened(part, 34) for part in parts)
