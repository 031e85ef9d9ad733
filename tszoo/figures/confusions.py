"""Draws confusion matrices of several data sets side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tszoo.errors import DataError
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

# Up to this many classes, counts are written into the cells.
_MOST_NUMBERS = 12
_CELL_INCHES, _LEAST_INCHES, _MOST_INCHES, _LEAST_FONT = 0.42, 2.6, 8.0, 4.0


def draw_confusions(
    matrices: Mapping[str, NDArray[np.int64]],
    classes: Sequence[str],
    out: str | Path,
    *,
    title: str | None = None,
) -> None:
    """Draw a confusion matrix of each data set: the darker a cell, the more of its row.

    Parameters
    ----------
    matrices : mapping of str to ndarray of int, shape (n_classes, n_classes)
        By the data sets' names; true classes in rows, predicted ones in columns.
    classes : sequence of str
    out : str or Path
        Where to save it: .png, .svg or .pdf. Written in one step.
    title : str or None
        Above everything.

    Raises
    ------
    DataError
        If there is no matrix, or one has not a row and a column for every class.
    MissingExtraError
        If matplotlib is not installed.
    OptionError
        If the suffix is unknown or the file cannot be written.
    """
    out, n = check_format(out), len(classes)
    shapes = {np.shape(matrix) for matrix in matrices.values()}
    if shapes != {(n, n)}:
        msg = f"confusion matrices of shapes {sorted(shapes)}; expected ({n}, {n}), a row a class."
        raise DataError(msg)
    side = min(max(_CELL_INCHES * n, _LEAST_INCHES), _MOST_INCHES)
    figure = new_figure((side + 1.2) * len(matrices), side + 1.6)
    panels = figure.subplots(1, len(matrices), squeeze=False)[0]
    for axes, (name, matrix) in zip(panels, matrices.items(), strict=True):
        _draw(axes, matrix)
        _name_classes(axes, classes, 72 * side / n)
        right = np.trace(matrix) / max(matrix.sum(), 1)
        heading = f"{shortened(name, 24)}: {right:.3f} of {matrix.sum()}"
        axes.set_title(heading, fontsize=10, color=INK, loc="left", parse_math=False)
        axes.set_xlabel("predicted", fontsize=9, color=MUTED)
    panels[0].set_ylabel("true", fontsize=9, color=MUTED)
    if title is not None:
        write_title(figure, shortened(title, 80))
    save_figure(figure, out, fitted=True)


def _draw(axes: Axes, matrix: NDArray[np.int64]) -> None:
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0, interpolation="nearest")
    axes.spines[:].set_color(MUTED)
    if len(matrix) > _MOST_NUMBERS:
        return
    for (i, k), count in np.ndenumerate(matrix):
        if count:
            colour = "white" if shares[i, k] > 0.5 else INK
            axes.text(k, i, str(count), ha="center", va="center", fontsize=8, color=colour)


def _name_classes(axes: Axes, classes: Sequence[str], cell: float) -> None:
    """Name rows and columns that are ``cell`` points apart: all, or every second, third, …."""
    font = min(max(0.7 * cell, _LEAST_FONT), 9.0)
    step = math.ceil(1.1 * font / cell)
    at = range(0, len(classes), step)
    labels = [shortened(classes[k], 16) for k in at]
    axes.set_xticks(at, labels, fontsize=font, rotation=90, parse_math=False)
    axes.set_yticks(at, labels, fontsize=font, parse_math=False)
    axes.tick_params(length=0, labelcolor=INK)
