"""Pictures as files of their own, which a page shows as images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tszoo.storage.files import write_file

# An image runs nothing and loads nothing, whatever it holds; opened alone, this holds for it, too.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def write_svg(path: Path, draw: Callable[[Path], None]) -> None:
    """Write what a function draws to a path, without what a page needs none of."""
    from tszoo.report.pictures import inline_svg  # its room needs torch, which the server does not

    keep_svg(path, inline_svg(draw, path.stem))


def keep_svg(path: Path, element: str) -> None:
    """Write an ``<svg>`` element as a file."""
    alone = element.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    write_file(path, alone.encode("utf-8"))
