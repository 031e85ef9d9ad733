"""Draws what every source is worth to every target."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tszoo.figures.figure import (
    INK,
    MUTED,
    check_format,
    new_figure,
    save_figure,
    shortened,
    write_title,
)
from tszoo.figures.transfer_scatter import draw_choice, draw_ranks, draw_worth
from tszoo.similarity.tree import similarity_tree, tree_order
from tszoo.transfer.matrix_table import TransferMatrix, comparisons

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

Array = NDArray[np.float64]
_WIDE_CELL_INCHES, _CELL_INCHES, _MOST_WIDE = 0.34, 0.145, 30
_PANEL_INCHES, _NAMES_INCHES, _LEAST_INCHES, _MOST_INCHES = 4.3, 2.6, 2.4, 30.0
_GREY = "#e5e9ed"
MOST_NUMBERS = 12


def plot_transfer_matrix(matrix: TransferMatrix, path: str | Path) -> None:
    """Draw a transfer matrix: a heat map, and below it three panels.

    The heat map has the relative change of accuracy against scratch, a row a target and a column a
    source; those that are alike stand side by side. Below it: the worst, the median and the best
    source against scratch; the nearest and the second nearest against a random source; the accuracy
    by the rank of the source (Ismail Fawaz et al. 2018, figures 4 to 8, and Algorithm 1).

    Parameters
    ----------
    matrix : TransferMatrix
    path : str or Path
        Where to save it: .png, .svg or .pdf. Written in one step.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    OptionError
        If the suffix is unknown or the file cannot be written.
    """
    path = check_format(path)
    high, wide = (_side(n) for n in matrix.accuracy.shape)
    width = max(3 * _PANEL_INCHES, wide + _NAMES_INCHES)
    figure = new_figure(width, high + _NAMES_INCHES + _PANEL_INCHES + 0.8)
    heights = high + _NAMES_INCHES, _PANEL_INCHES + 0.3
    parts: Any = figure.subfigures(2, 1, height_ratios=heights, hspace=0.02)
    top, bottom = parts
    _draw_heat_map(top, matrix, width, (wide, high))
    panels = bottom.subplots(1, 3)
    found = comparisons(matrix)
    draw_worth(panels[0], matrix, found)
    draw_choice(panels[1], matrix, found)
    draw_ranks(panels[2], matrix)
    save_figure(figure, path)


def rank_order(ranks: Array) -> NDArray[np.int64]:
    """Order rows of ranks so that those that are alike stand side by side, shape (n,).

    Two rows are as far apart as their ranks differ in the mean, where both have one. Without any
    ranks they keep their order.
    """
    if not np.isfinite(ranks).any():
        return np.arange(len(ranks))
    distances = np.zeros((len(ranks), len(ranks)))
    for k, row in enumerate(ranks):
        gaps = np.abs(ranks - row)
        shared = np.isfinite(gaps)
        sums = np.where(shared, gaps, 0.0).sum(axis=1)
        distances[k] = np.where(
            shared.any(axis=1), sums / np.maximum(shared.sum(axis=1), 1), np.nan
        )
    farthest = float(np.nanmax(distances))
    distances = np.where(np.isfinite(distances), distances, farthest)
    np.fill_diagonal(distances, 0.0)
    return tree_order(similarity_tree(distances))


def _side(n: int) -> float:
    """Say how long a side of ``n`` data sets is, in inches."""
    cell = _WIDE_CELL_INCHES
    if n > _MOST_WIDE:
        cell = _CELL_INCHES
    return min(max(cell * n, _LEAST_INCHES), _MOST_INCHES)


def _draw_heat_map(
    figure: Figure, matrix: TransferMatrix, width: float, sides: tuple[float, float]
) -> None:
    wide, high = sides
    grid = figure.add_gridspec(1, 2, width_ratios=(wide + _NAMES_INCHES, width - wide))
    # the panels below may be wider than the map, which then stands at the left
    axes = figure.add_subplot(grid[0, : 1 + (wide + _NAMES_INCHES >= width)])
    rows, columns = rank_order(matrix.ranks), rank_order(matrix.ranks.T)
    change = matrix.change[np.ix_(rows, columns)]
    limit = _limit(change)
    image = axes.imshow(
        change, cmap="RdBu", vmin=-limit, vmax=limit, aspect="auto", interpolation="nearest"
    )
    axes.set_facecolor(_GREY)
    n_targets, n_sources = change.shape
    write_title(figure, f"What a source changes: {n_targets} target(s), {n_sources} source(s)")
    axes.spines[:].set_visible(False)
    _name(axes, [matrix.targets[k] for k in rows], 72 * high / len(rows), is_row=True)
    _name(axes, [matrix.sources[k] for k in columns], 72 * wide / len(columns), is_row=False)
    if max(change.shape) <= MOST_NUMBERS:
        _write_numbers(axes, change, limit)
    _color_bar(figure, axes, image)


def _limit(change: Array) -> float:
    """Say where the colours end: at what one cell in forty exceeds."""
    sizes = np.abs(change[np.isfinite(change)])
    if not len(sizes):
        return 1.0
    return float(np.percentile(sizes, 97.5)) or 1.0


def _name(axes: Axes, names: list[str], cell: float, *, is_row: bool) -> None:
    font = min(max(0.72 * cell, 3.5), 9.0)
    labels = [shortened(name) for name in names]
    places = range(len(names))
    if is_row:
        axes.set_yticks(places, labels, fontsize=font, parse_math=False)
        axes.set_ylabel("target", fontsize=9, color=MUTED)
    else:
        axes.set_xticks(places, labels, fontsize=font, rotation=90, parse_math=False)
        axes.set_xlabel("source", fontsize=9, color=MUTED)
    axes.tick_params(length=0, labelcolor=INK)


def _write_numbers(axes: Axes, change: Array, limit: float) -> None:
    for (i, j), value in np.ndenumerate(change):
        if np.isfinite(value):
            colour = "white" if abs(value) > 0.7 * limit else INK
            axes.text(j, i, f"{value:+.0f}", ha="center", va="center", fontsize=8, color=colour)


def _color_bar(figure: Figure, axes: Axes, image: AxesImage) -> None:
    bar = figure.colorbar(image, ax=axes, pad=0.015, shrink=0.8, extend="both", fraction=0.03)
    bar.set_label("change against scratch, per cent", fontsize=9, color=MUTED)
    bar.ax.tick_params(labelsize=8, colors=MUTED, length=3)
    bar.outline.set_visible(False)
