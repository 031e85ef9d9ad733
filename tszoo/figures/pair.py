"""Draws two classifiers against each other, a point a data set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tszoo.evaluation.compare import Paired, compare
from tszoo.evaluation.outliers import Outlier, outliers
from tszoo.evaluation.results import ResultTable
from tszoo.figures.figure import (
    INK,
    MUTED,
    PALE,
    SOURCE,
    TARGET,
    check_format,
    new_figure,
    plain,
    save_figure,
    shortened,
)
from tszoo.figures.label_places import place_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# All sizes are inches.
_WIDTH, _HEIGHT, _SIDE, _LEFT, _BOTTOM = 7.0, 7.3, 5.9, 0.85, 0.6
_MARK, _FONT, _AROUND = 0.05, 8.0, 3.0


def plot_pair(results: ResultTable, first: str, second: str, path: str | Path) -> None:
    """Draw the accuracies of two classifiers; above the diagonal the first is better.

    Data sets on which they differ unlike on the others are named; see ``outliers``.

    Parameters
    ----------
    results : ResultTable
    first, second : str
        Two of its classifiers.
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
    figure = new_figure(_WIDTH, _HEIGHT)
    figure.set_layout_engine("none")
    place = (_LEFT / _WIDTH, _BOTTOM / _HEIGHT, _SIDE / _WIDTH, _SIDE / _HEIGHT)
    axes = figure.add_axes(place)
    points = np.stack([results.column(second), results.column(first)], axis=1)
    low, high = _range(points)
    axes.set(xlim=(low, high), ylim=(low, high))
    axes.plot([low, high], [low, high], color=PALE, linewidth=1.2, zorder=1)
    _draw_points(axes, points)
    _name_outliers(axes, points, results, outliers(results, first, second))
    plain(axes)
    axes.set_xlabel(f"accuracy of {shortened(second)}", fontsize=9.5, color=INK, parse_math=False)
    axes.set_ylabel(f"accuracy of {shortened(first)}", fontsize=9.5, color=INK, parse_math=False)
    _write(axes, first, second, compare(points[:, 1], points[:, 0]))
    save_figure(figure, path)


def _range(points: NDArray[np.float64]) -> tuple[float, float]:
    """Say from where to where both axes go."""
    low, high = float(points.min()), float(points.max())
    air = max(0.04 * (high - low), 0.01)
    return low - air, high + air


def _draw_points(axes: Axes, points: NDArray[np.float64]) -> None:
    gaps = points[:, 1] - points[:, 0]
    for chosen, colour in ((gaps > 0, SOURCE), (gaps < 0, TARGET), (gaps == 0, MUTED)):
        x, y = points[chosen].T
        axes.scatter(x, y, s=26, c=colour, alpha=0.75, linewidths=0.3, edgecolors="white", zorder=3)


def _name_outliers(
    axes: Axes, points: NDArray[np.float64], results: ResultTable, found: Sequence[Outlier]
) -> None:
    """Write names beside the points of outliers, on no other point and on no other name."""
    if not found:
        return
    low, high = axes.get_xlim()
    inches = (points - low) / (high - low) * _SIDE
    rows = [results.datasets.index(outlier.dataset) for outlier in found]
    names = [shortened(outlier.dataset) for outlier in found]
    sizes = np.array([_size(axes, name) for name in names])
    others = np.vstack((np.delete(inches, rows, axis=0), _border()))
    corners = place_labels(inches[rows], sizes, _MARK, others)
    for name, row, corner, size in zip(names, rows, corners, sizes, strict=True):
        x, y = (corner + size / 2) / _SIDE * (high - low) + low
        look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": _FONT, "zorder": 4}
        axes.text(x, y, name, color=INK, parse_math=False, **look)
        near = np.clip(inches[row], corner, corner + size) / _SIDE * (high - low) + low
        axes.plot(*zip(points[row], near, strict=True), color=MUTED, linewidth=0.5, zorder=2)


def _border() -> NDArray[np.float64]:
    """List points on the panel's edge and far around it, in inches, which keep names within it."""
    at = np.arange(0.0, _SIDE + _MARK, 2 * _MARK)
    ends = [np.full_like(at, end) for end in (0.0, _SIDE)]
    sides = [side for end in ends for side in ((at, end), (end, at))]
    edge = np.concatenate([np.stack(side, axis=1) for side in sides])
    # so close to one another that no name has room between them
    wide = np.arange(-_AROUND, _SIDE + _AROUND, _FONT / 72)
    around = np.stack(np.meshgrid(wide, wide), axis=-1).reshape(-1, 2)
    is_outside = ((around < 0.0) | (around > _SIDE)).any(axis=1)
    return np.concatenate((edge, around[is_outside]))


def _size(axes: Axes, name: str) -> tuple[float, float]:
    """Measure a label in inches, with a little air."""
    text = axes.text(0.0, 0.0, name, fontsize=_FONT, parse_math=False)
    figure: Any = axes.figure
    width = text.get_window_extent().width / figure.dpi
    text.remove()
    return width + 0.06, 1.3 * _FONT / 72


def _write(axes: Axes, first: str, second: str, paired: Paired) -> None:
    """Write who is better, and on how many data sets."""
    figure: Any = axes.figure
    head = f"{shortened(first)} against {shortened(second)}, {paired.n} data sets"
    look: dict[str, Any] = {"transform": figure.transFigure, "parse_math": False}
    axes.text(
        0.15 / _WIDTH, 1 - 0.32 / _HEIGHT, head, fontsize=12, fontweight="bold", color=INK, **look
    )
    told = (
        f"better on {paired.wins}, alike on {paired.ties}, worse on {paired.losses}; "
        f"{100 * paired.difference:+.1f} points in the mean"
    )
    if paired.p is not None:
        told += f"; Wilcoxon p = {paired.p:.2g}"
    axes.text(0.15 / _WIDTH, 1 - 0.55 / _HEIGHT, told, fontsize=9, color=MUTED, **look)
