"""Draws maps of the same data sets by several distances, below one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tszoo.figures.embedding import Embedding, embed
from tszoo.figures.figure import INK, MUTED, new_figure, shortened
from tszoo.figures.map_panel import MARGIN, draw_panel, lay_out, name_groups, text_sizes
from tszoo.figures.small_png import small_png

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WIDEST, _HIGHEST, _HEADING, _COLOURS = 9.5, 7.5, 0.6, 64
_LEGEND = 1.4  # inches to the right of all maps


def draw_maps(
    names: Sequence[str], kinds: Sequence[str | None], matrices: Mapping[str, NDArray[np.float64]]
) -> bytes:
    """Draw a map a matrix, with its title; kinds have the same colours and shapes in all.

    Parameters
    ----------
    names : sequence of str
    kinds : sequence of str or None
    matrices : mapping of str to ndarray of float64, shape (n, n)
        By the title of their map.

    Returns
    -------
    bytes
        A PNG image of few colours.
    """
    figure = new_figure(1.0, 1.0)
    figure.set_layout_engine("none")
    labels, groups = [shortened(name) for name in names], name_groups(kinds)
    no_targets = [False] * len(names)
    sizes = text_sizes(figure, labels, no_targets)
    embeddings = [embed(matrix) for matrix in matrices.values()]
    pages = [lay_out(embedding, sizes, _extent(embedding)) for embedding in embeddings]
    width = max(page.width for page in pages) + _LEGEND
    height = sum(page.height + _HEADING for page in pages)
    figure.set_size_inches(width, height)
    top = height
    for title, embedding, page in zip(matrices, embeddings, pages, strict=True):
        _head(figure, title, embedding, top)
        top -= _HEADING + page.height
        axes = figure.add_axes(
            (0.0, top / height, page.width / width, page.height / height), label=title
        )
        draw_panel(axes, page, labels, groups, no_targets)
    _explain(figure)
    return small_png(figure, _COLOURS, keep_rare=True)


def _extent(embedding: Embedding) -> float:
    """Say how far apart the outermost points lie, in inches, for a map of bounded size."""
    across, up = np.ptp(embedding.points, axis=0).tolist()
    return max(across, up) * min(_WIDEST / across, _HIGHEST / up)


def _head(figure: Figure, title: str, embedding: Embedding, top: float) -> None:
    width, height = figure.get_size_inches()
    x = MARGIN / width
    figure.text(x, (top - 0.32) / height, title, fontsize=12, color=INK, fontweight="bold")
    kept = f"two dimensions show {100 * embedding.kept:.0f} % of the squared distances"
    figure.text(x, (top - 0.52) / height, kept, fontsize=9, color=MUTED)


def _explain(figure: Figure) -> None:
    """Write the legend, which all maps share, beside the first."""
    handles, titles = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, titles, loc="upper right", frameon=False, fontsize=9, labelcolor=INK)
