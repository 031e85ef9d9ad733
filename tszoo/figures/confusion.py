"""Draws which classes are taken for which."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tszoo.evaluation.metrics import Evaluation
from tszoo.figures.figure import (
    INK,
    MUTED,
    check_format,
    new_figure,
    save_figure,
    shortened,
    write_title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

# Up to so many classes, the numbers of series are written into the cells.
MOST_NUMBERS = 20
_MOST_WIDE = 30  # up to so many, cells are wide
_WIDE_CELL, _CELL, _LEAST_SIDE, _MOST_SIDE = 0.36, 0.17, 2.6, 30.0  # inches
_LONGEST_NAME, _LEAST_FONT = 24, 3.5


def plot_confusion(evaluation: Evaluation, path: str | Path) -> None:
    """Draw a confusion matrix: rows are true classes, columns predicted ones.

    A cell's colour is the share of the true class. The scale is that of its root, so that rare
    mistakes can be seen.

    Parameters
    ----------
    evaluation : Evaluation
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
    confusion = evaluation.confusion
    n = len(confusion)
    side = _side(n)
    figure = new_figure(side + 3.2, side + 2.2)
    axes = figure.subplots()
    image = draw_matrix(axes, confusion, list(map(str, evaluation.classes)), 72 * side / n)
    axes.set_xlabel("predicted class", fontsize=9, color=MUTED)
    axes.set_ylabel("true class", fontsize=9, color=MUTED)
    bar = figure.colorbar(image, ax=axes, shrink=0.8, pad=0.03, aspect=25)
    bar.set_ticks([0.0, 0.05, 0.25, 0.5, 1.0], labels=["0", "0.05", "0.25", "0.5", "1"])
    bar.set_label("share of the true class", fontsize=9, color=MUTED)
    bar.ax.tick_params(labelsize=8, colors=MUTED, length=3)
    bar.outline.set_visible(False)
    told = f"{confusion.trace()} of {evaluation.n_series} series right"
    write_title(figure, f"{shortened(evaluation.dataset, 24)}\n{told}")
    save_figure(figure, path)


def draw_matrix(
    axes: Axes, confusion: NDArray[np.int64], classes: Sequence[str], cell: float
) -> AxesImage:
    """Draw a matrix whose rows and columns are ``cell`` points apart, and name them."""
    from matplotlib.colors import PowerNorm

    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    image = axes.imshow(shares, cmap="Blues", norm=PowerNorm(0.5, 0.0, 1.0))
    _name_classes(axes, classes, cell)
    axes.spines[:].set_visible(False)
    if len(confusion) <= MOST_NUMBERS:
        _write_numbers(axes, confusion, shares)
    return image


def _side(n: int) -> float:
    """Say how wide and high a matrix of ``n`` classes is, in inches."""
    cell = _WIDE_CELL
    if n > _MOST_WIDE:
        cell = _CELL
    return min(max(cell * n, _LEAST_SIDE), _MOST_SIDE)


def _name_classes(axes: Axes, names: Sequence[str], cell: float) -> None:
    """Name rows and columns that are ``cell`` points apart; every second, … where all do not fit.

    Short names stand upright below their columns, longer ones on end.
    """
    font = min(max(0.72 * cell, _LEAST_FONT), 9.0)
    step = math.ceil(1.1 * font / cell)
    at = range(0, len(names), step)
    labels = [shortened(names[k], _LONGEST_NAME) for k in at]
    look: dict[str, Any] = {"fontsize": font, "parse_math": False}
    longest = max(map(len, labels))
    turn = 0
    if 0.75 * font * longest > step * cell:
        turn = 90
    axes.set_xticks(at, labels, rotation=turn, **look)
    axes.set_yticks(at, labels, **look)
    axes.tick_params(length=0, labelcolor=INK)


def _write_numbers(axes: Axes, confusion: NDArray[np.int64], shares: NDArray[np.floating]) -> None:
    """Write into each cell how many series it holds, in white where the cell is dark."""
    for (true, predicted), count in np.ndenumerate(confusion):
        colour = INK
        if shares[true, predicted] > 0.35:
            colour = "white"
        if count:
            font = min(8.0, 26.0 / len(str(count)))
            look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": font}
            axes.text(predicted, true, f"{count}", color=colour, **look)
