"""Draws data sets as a map: those that are alike lie close together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tszoo.figures.embedding import Embedding, embed
from tszoo.figures.figure import (
    INK,
    MUTED,
    check_format,
    new_figure,
    save_figure,
    shortened,
)
from tszoo.figures.map_panel import MARGIN, draw_panel, lay_out, name_groups, text_sizes
from tszoo.figures.similarity import DISTANCE
from tszoo.similarity.matrix_csv import check_matrix

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HEADING_INCHES, _LEGEND_INCHES, _LEAST_INCHES = 0.75, 1.9, 5.9


def plot_map(
    names: Sequence[str],
    matrix: NDArray[np.float64],
    path: str | Path,
    *,
    kinds: Sequence[str | None] | None = None,
    targets: Collection[str] = (),
) -> None:
    """Draw data sets in the plane, as nearly as far apart as their distances say.

    Parameters
    ----------
    names : sequence of str
    matrix : ndarray of float, shape (n, n)
        Symmetric, with zeros on the diagonal.
    path : str or Path
        Where to save it: .png, .svg or .pdf. Written in one step.
    kinds : sequence of str or None, or None
        What each data set measures, where that is known: one colour and shape a kind.
    targets : collection of str
        Names that stand out: their points are stars.

    Raises
    ------
    DataError
        If the matrix does not have a row and a column for every name.
    MissingExtraError
        If matplotlib is not installed.
    OptionError
        If the suffix is unknown or the file cannot be written.
    """
    path = check_format(path)
    check_matrix(names, matrix)
    figure = new_figure(1.0, 1.0)
    labels = [shortened(name) for name in names]
    is_target = [name in targets for name in names]
    groups = name_groups(kinds or [None] * len(names))
    embedding = embed(matrix)
    page = lay_out(embedding, text_sizes(figure, labels, is_target))
    with_legend = len(set(groups)) > 1 or any(is_target)
    width, height = max(page.width, _LEAST_INCHES), page.height
    if with_legend:
        width, height = width + _LEGEND_INCHES, max(height, 0.2 * len(set(groups)) + 0.5)
    height += _HEADING_INCHES
    figure.set_layout_engine("none")
    figure.set_size_inches(width, height)
    axes = figure.add_axes((0.0, 0.0, page.width / width, page.height / height))
    draw_panel(axes, page, labels, groups, is_target)
    _head(figure, embedding)
    if with_legend:
        top = 1.0 - _HEADING_INCHES / height
        figure.legend(
            loc="upper right", bbox_to_anchor=(1.0, top), frameon=False, fontsize=9, labelcolor=INK
        )
    save_figure(figure, path)


def _head(figure: Figure, embedding: Embedding) -> None:
    width, height = figure.get_size_inches()
    x = MARGIN / width
    title = f"{len(embedding.points)} data sets by {DISTANCE}"
    figure.text(x, 1 - 0.3 / height, title, fontsize=12, color=INK, fontweight="bold")
    kept = (
        f"two dimensions show {100 * embedding.kept:.0f} % of the squared distances; directions "
        "mean nothing"
    )
    figure.text(x, 1 - 0.52 / height, kept, fontsize=9, color=MUTED)
