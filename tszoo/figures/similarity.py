"""Draws the distances between data sets as a heat map."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tszoo.figures.figure import (
    INK,
    MUTED,
    TARGET,
    check_format,
    new_figure,
    plain,
    save_figure,
    shortened,
)
from tszoo.similarity.matrix_csv import check_matrix
from tszoo.similarity.tree import similarity_tree, tree_order

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DISTANCE = "DTW distance of the nearest prototypes"
# Up to this many data sets, the distances are written into the cells.
MOST_NUMBERS = 20
# Up to this many, cells are wide enough for names at a slant; a poster is as large as figures get.
_MOST_WIDE = 30
_WIDE_CELL_INCHES, _CELL_INCHES, _MOST_INCHES, _TREE_INCHES = 0.34, 0.15, 30.0, 1.3
_LEAST_FONT = 3.5


def plot_similarity(
    names: Sequence[str],
    matrix: NDArray[np.float64],
    path: str | Path,
    *,
    targets: Collection[str] = (),
) -> None:
    """Draw distances as a heat map, with the tree of their clustering above it.

    Data sets that are alike stand side by side.

    Parameters
    ----------
    names : sequence of str
    matrix : ndarray of float, shape (n, n)
        Symmetric, with zeros on the diagonal.
    path : str or Path
        Where to save it: .png, .svg or .pdf. Written in one step.
    targets : collection of str
        Names that stand out, with a star.

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
    n = len(names)
    side = _side(n)
    # room for the names and the scale, and for the tree
    figure = new_figure(side + 2.6, side + 2.2 + _TREE_INCHES * (n > 1))
    axes = figure.subplots()
    tree = similarity_tree(matrix)
    order = tree_order(tree)
    ordered = np.where(np.eye(n, dtype=bool), np.nan, matrix)[np.ix_(order, order)]
    image = axes.imshow(ordered, cmap="viridis_r", interpolation="nearest")
    axes.set_facecolor("white")
    axes.spines[:].set_visible(False)
    _name_cells(axes, [names[k] for k in order], targets, 72 * side / n)
    if n <= MOST_NUMBERS:
        _write_numbers(axes, ordered)
    if n > 1:
        _draw_tree(axes.inset_axes((0.0, 1.0, 1.0, _TREE_INCHES / side)), tree, order)
    bar = figure.colorbar(image, ax=axes, shrink=0.6, pad=0.02, aspect=30)
    bar.set_label(DISTANCE, fontsize=9, color=MUTED)
    bar.ax.tick_params(labelsize=8, colors=MUTED, length=3)
    bar.outline.set_visible(False)
    # the layout keeps no room for the tree where the cells grow into the room of short names
    save_figure(figure, path, fitted=True)


def _side(n: int) -> float:
    """Say how wide and high a heat map of ``n`` data sets is, in inches."""
    cell = _WIDE_CELL_INCHES
    if n > _MOST_WIDE:
        cell = _CELL_INCHES
    return min(max(cell, 3.0 / n) * n, _MOST_INCHES)


def tree_lines(tree: NDArray[np.float64], order: NDArray[np.int64]) -> NDArray[np.float64]:
    """Draw a clustering as brackets over its leaves, which stand at 0, 1, 2, ... in that order.

    Returns
    -------
    ndarray of float64, shape (n - 1, 4, 2)
        For each join the corners of its bracket: up from the first branch, across at the join's
        height, down to the second.
    """
    n = len(order)
    at, height = np.zeros(2 * n - 1), np.zeros(2 * n - 1)
    at[order] = np.arange(n)
    lines = np.zeros((len(tree), 4, 2))
    for k, (first, second, joined, _) in enumerate(tree):
        i, j = int(first), int(second)
        lines[k] = ((at[i], height[i]), (at[i], joined), (at[j], joined), (at[j], height[j]))
        at[n + k], height[n + k] = (at[i] + at[j]) / 2, joined
    return lines


def _name_cells(axes: Axes, names: Sequence[str], targets: Collection[str], cell: float) -> None:
    """Name rows and columns that are ``cell`` points apart.

    Where even small names do not fit, every second, third, … is named.
    """
    font = min(max(0.72 * cell, _LEAST_FONT), 9.0)
    step = math.ceil(1.1 * font / cell)
    at = range(0, len(names), step)
    labels = ["★ " * (names[k] in targets) + shortened(names[k]) for k in at]
    slant: dict[str, Any] = {"rotation": 60, "ha": "right", "rotation_mode": "anchor"}
    if step > 1 or len(names) > _MOST_WIDE:
        slant = {"rotation": 90}
    axes.set_xticks(at, labels, fontsize=font, parse_math=False, **slant)
    axes.set_yticks(at, labels, fontsize=font, parse_math=False)
    axes.tick_params(length=0, labelcolor=INK)
    for k, *both in zip(at, axes.get_xticklabels(), axes.get_yticklabels(), strict=True):
        if names[k] in targets:
            for label in both:
                label.set(color=TARGET, fontweight="bold")


def _write_numbers(axes: Axes, ordered: NDArray[np.float64]) -> None:
    """Write each distance into its cell, in white where the cell is dark."""
    if len(ordered) < 2:
        return
    middle = (np.nanmin(ordered) + np.nanmax(ordered)) / 2
    for (i, j), value in np.ndenumerate(ordered):
        if i != j:
            colour = "white" if value > middle else INK
            axes.text(j, i, f"{value:.1f}", ha="center", va="center", fontsize=8, color=colour)


def _draw_tree(axes: Axes, tree: NDArray[np.float64], order: NDArray[np.int64]) -> None:
    from matplotlib.collections import LineCollection
    from matplotlib.ticker import MaxNLocator

    axes.add_collection(LineCollection(list(tree_lines(tree, order)), colors=INK, linewidths=0.9))
    axes.set_xlim(-0.5, len(order) - 0.5)
    axes.set_ylim(0.0, 1.03 * float(tree[:, 2].max()) or 1.0)
    axes.set_xticks([])
    # without 0, which would stand on the first data set's name
    axes.yaxis.set_major_locator(MaxNLocator(5, prune="lower"))
    axes.set_ylabel("distance at which\nthey join", fontsize=8, color=MUTED)
    plain(axes)
    axes.spines["bottom"].set_visible(False)
