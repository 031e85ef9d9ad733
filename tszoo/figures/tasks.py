"""Draws made-up tasks: a row a task, a column a class, a few series in each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tszoo.errors import OptionError
from tszoo.figures.figure import INK, PALE, SOURCE, TARGET, new_figure
from tszoo.figures.small_png import small_png

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_PANELS = 6  # in a row, and rows
_PANEL_WIDTH, _SERIES_INCHES, _GAP_INCHES = 2.2, 0.36, 0.34
_LINES = (SOURCE, "#009e73", TARGET, "#6b7785", "#a0577a", "#8c6d46")  # a colour a class
_COLOURS = 12


def draw_made_up(tasks: NDArray[np.float32]) -> bytes:
    """Draw tasks below each other, their classes side by side, a few series of each class.

    Series stand above one another, each scaled to its own panel height: their level is not shown.

    Parameters
    ----------
    tasks : ndarray, shape (n_tasks, n_classes, n_series, length)
        Finite; at most 6 tasks, 6 classes and 6 series.

    Returns
    -------
    bytes
        A PNG image of few colours, to be small. The same input gives the same bytes.

    Raises
    ------
    OptionError
        If there are more tasks, classes or series than can be drawn, or none.
    MissingExtraError
        If matplotlib is not installed.
    """
    if tasks.ndim != 4 or min(tasks.shape) < 1 or max(tasks.shape[:3]) > MOST_PANELS:
        msg = (
            f"tasks of shape {tasks.shape}: expected (n_tasks, n_classes, n_series, length), with "
            f"1 to {MOST_PANELS} tasks, classes and series."
        )
        raise OptionError(msg)
    n_tasks, n_classes, n_series, _ = tasks.shape
    height = n_tasks * (n_series * _SERIES_INCHES + _GAP_INCHES)
    figure = new_figure(n_classes * _PANEL_WIDTH, height)
    from matplotlib import style

    # the user's style has no effect
    with style.context(["default"]):
        figure.set_layout_engine("constrained", w_pad=0.05, h_pad=0.03)
        panels = figure.subplots(n_tasks, n_classes, squeeze=False)
        for row, task in enumerate(tasks):
            for column, series in enumerate(task):
                axes = panels[row, column]
                _draw_series(axes, series, _LINES[column])
                title = f"task {row + 1}, class {column + 1}"
                axes.set_title(title, fontsize=9, color=INK, loc="left", pad=4.0)
        return small_png(figure, _COLOURS)


def _draw_series(axes: Axes, series: NDArray[np.float32], colour: str) -> None:
    """Draw the series of a class above one another, the first at the top."""
    for row, values in enumerate(series):
        low, high = float(values.min()), float(values.max())
        height = (values - low) / max(high - low, 1e-12)
        axes.plot(height * 0.84 - row, color=colour, linewidth=1.0, solid_joinstyle="round")
    axes.set_xlim(0, series.shape[-1] - 1)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[["top", "right", "left", "bottom"]].set_color(PALE)
