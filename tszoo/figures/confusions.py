"""Draws confusion matrices of several data sets side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tszoo.errors import DataError
from tszoo.figures.confusion import draw_matrix
from tszoo.figures.figure import (
    INK,
    MUTED,
    check_format,
    new_figure,
    save_figure,
    shortened,
    write_title,
)
from tszoo.figures.folded import folded

_CELL_INCHES, _LEAST_INCHES, _MOST_INCHES = 0.42, 2.6, 8.0
_COLUMNS = 4
_MANY_INCHES = 4.5  # of a matrix in more than one row
_LINE_INCHES = 0.17


def draw_confusions(
    matrices: Mapping[str, NDArray[np.int64]],
    classes: Sequence[str],
    out: str | Path,
    *,
    title: str | None = None,
) -> None:
    """Draw a confusion matrix of each data set or run, each as ``plot_confusion`` does.

    Parameters
    ----------
    matrices : mapping of str to ndarray of int, shape (n_classes, n_classes)
        By what they are called; true classes in rows, predicted ones in columns.
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
    n_rows = math.ceil(len(matrices) / _COLUMNS)
    n_columns = math.ceil(len(matrices) / n_rows)
    most = _MOST_INCHES if n_rows == 1 else _MANY_INCHES
    side = min(max(_CELL_INCHES * n, _LEAST_INCHES), most)
    headings = {name: folded(name) for name in matrices}
    above = _LINE_INCHES * max(heading.count("\n") for heading in headings.values())
    figure = new_figure((side + 1.2) * n_columns, (side + 1.6 + above) * n_rows)
    figure.set_layout_engine("constrained", h_pad=0.1)  # headings keep off the title
    grid = figure.subplots(n_rows, n_columns, squeeze=False)
    for axes, (name, matrix) in zip(grid.flat, matrices.items(), strict=False):
        draw_matrix(axes, matrix, classes, 72 * side / n)
        right = np.trace(matrix) / max(matrix.sum(), 1)
        heading = f"{headings[name]}: {right:.3f} of {matrix.sum()}"
        axes.set_title(heading, fontsize=10, color=INK, loc="left", parse_math=False)
        axes.set_xlabel("predicted", fontsize=9, color=MUTED)
    for axes in grid.flat[len(matrices) :]:
        axes.set_visible(False)
    for axes in grid[:, 0]:
        axes.set_ylabel("true", fontsize=9, color=MUTED)
    if title is not None:
        write_title(figure, shortened(title, 80))
    save_figure(figure, out, fitted=True)
