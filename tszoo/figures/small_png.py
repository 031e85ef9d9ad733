"""Paints figures as small PNG images of few colours."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PIXELS_AN_INCH = 120
_COLOURS = 32


def small_png(figure: Figure, colours: int = _COLOURS, *, keep_rare: bool = False) -> bytes:
    """Paint a figure as PNG, 120 pixels an inch; the file names neither a date nor a maker.

    ``keep_rare`` keeps colours apart that cover little, at the cost of shades of the others.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    figure.set_dpi(_PIXELS_AN_INCH)
    canvas: Any = FigureCanvasAgg(figure)  # typed in part
    canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())[:, :, :3].copy())
    method = Image.Quantize.MEDIANCUT
    if keep_rare:
        method = Image.Quantize.MAXCOVERAGE
    painted = image.quantize(colours, method=method, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    painted.save(buffer, format="png", optimize=True)
    return buffer.getvalue()
