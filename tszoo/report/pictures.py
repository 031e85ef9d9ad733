"""Figures as SVG that stands in a page."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from pathlib import Path

# what a page needs none of: the document's head, and addresses of vocabularies
_HEAD = re.compile(r"^.*?(?=<svg\b)", re.DOTALL)
_METADATA = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_SPACES = re.compile(r' xmlns(:xlink)?="[^"]*"')
_IDS = re.compile(r'(\bid="|href="#|url\(#)')


def inline_svg(draw: Callable[[Path], None], name: str) -> str:
    """Return what a function draws to a path as an ``<svg>`` element.

    Parameters
    ----------
    draw : callable
        Called with the path of an .svg file.
    name : str
        A word that stands before the element's ids, so that those of two pictures differ.
    """
    with tempfile.TemporaryDirectory(prefix="tszoo-") as folder:
        path = Path(folder) / "figure.svg"
        draw(path)
        text = path.read_text(encoding="utf-8")
    for noise in (_HEAD, _METADATA, _COMMENT, _SPACES):
        text = noise.sub("", text)
    text = text.replace("xlink:href", "href")
    return _IDS.sub(rf"\g<1>{name}-", text)
