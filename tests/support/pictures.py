"""What a picture shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

PNG = b"\x89PNG\r\n\x1a\n"


def size_of(png: Path) -> tuple[int, int]:
    data = png.read_bytes()
    assert data.startswith(PNG)
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def is_cut_off(png: Path) -> bool:
    """Whether anything that is drawn reaches an edge of the picture."""
    from matplotlib.image import imread

    picture = imread(png)[..., :3]
    edges = (picture[0], picture[-1], picture[:, 0], picture[:, -1])
    return any((edge != 1.0).any() for edge in edges)


def words_of(draw: Callable[[Path], None], path: Path) -> str:
    """What a figure says: its SVG, words kept as words."""
    matplotlib = pytest.importorskip("matplotlib")
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        draw(path)
    return path.read_text(encoding="utf-8")
