"""Draws the panels below a transfer matrix: what sources are worth, by the way to choose them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tszoo.evaluation.compare import Paired
from tszoo.figures.figure import INK, MUTED, PALE, SOURCE, TARGET, plain
from tszoo.transfer.matrix_table import TransferMatrix

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Found = Mapping[tuple[str, str], Paired]
_GREEN = "#009e73"
_MOST_LABELLED = 40


def draw_worth(axes: Axes, matrix: TransferMatrix, found: Found) -> None:
    """Draw the worst, the median and the best source of each target against scratch."""
    series = (("minimum", TARGET, "v"), ("median", MUTED, "o"), ("maximum", SOURCE, "^"))
    _scatter(axes, matrix, found, series, "scratch")
    _label(axes, "Worst, median, best source", "accuracy from scratch", "accuracy from a source")


def draw_choice(axes: Axes, matrix: TransferMatrix, found: Found) -> None:
    """Draw the nearest and the second nearest source of each target against a random one."""
    series = (("nearest", SOURCE, "o"), ("second", TARGET, "x"))
    _scatter(axes, matrix, found, series, "random")
    _label(axes, "Nearest source", "accuracy from a random source (mean)", "accuracy from a source")


def draw_ranks(axes: Axes, matrix: TransferMatrix) -> None:
    """Draw the mean accuracy over targets by how near the source is."""
    _label(axes, "By the rank of the source", "rank of the source, 1 the nearest", "mean accuracy")
    plain(axes)
    means = matrix.by_rank()
    if not len(means):
        _say_nothing(axes, "not known how near sources are")
        return
    marker = "o" if len(means) <= _MOST_LABELLED else "."
    ranks = np.arange(1, len(means) + 1)
    axes.plot(
        ranks, means, color=SOURCE, linewidth=1.0, marker=marker, markersize=4, label="source"
    )
    ranked = np.isfinite(matrix.ranks).any(axis=1)
    for name, colour, dashes in (("scratch", TARGET, "--"), ("random", MUTED, ":")):
        value = float(matrix.columns()[name][ranked].mean())
        if np.isfinite(value):
            axes.axhline(value, color=colour, linestyle=dashes, linewidth=1.4, label=name)
    axes.locator_params(axis="x", integer=True)
    axes.margins(y=0.15)
    axes.legend(frameon=False, fontsize=8, labelcolor=INK, ncols=3, loc="upper center")


def _scatter(
    axes: Axes,
    matrix: TransferMatrix,
    found: Found,
    series: Sequence[tuple[str, str, str]],
    against: str,
) -> None:
    """Draw a point a target for each way to choose; above the line, it is better."""
    columns = matrix.columns()
    plain(axes)
    shown = [(name, *look) for name, *look in series if (name, against) in found]
    if not shown:
        _say_nothing(axes, "not measured")
        return
    x = columns[against]
    for name, colour, marker in shown:
        label = f"{name}: {_counts(found[name, against])}"
        axes.plot(x, columns[name], marker, color=colour, markersize=4.5, alpha=0.8, label=label)
    low = _lowest([x, *(columns[name] for name, *_ in shown)])
    axes.plot([low, 1.01], [low, 1.01], color=PALE, linewidth=1.0, zorder=0)
    axes.set(xlim=(low, 1.01), ylim=(low, 1.01))
    axes.set_box_aspect(1)
    legend = axes.legend(
        title="wins/ties/losses", frameon=True, fontsize=8, labelcolor=INK, loc="lower right"
    )
    legend.get_title().set(fontsize=8, color=MUTED)
    legend.get_frame().set(edgecolor=PALE, alpha=0.9)


def _counts(paired: Paired) -> str:
    return f"{paired.wins}/{paired.ties}/{paired.losses}"


def _lowest(values: Sequence[NDArray[np.float64]]) -> float:
    return max(0.0, float(np.nanmin([np.nanmin(column) for column in values])) - 0.03)


def _say_nothing(axes: Axes, why: str) -> None:
    axes.text(0.5, 0.5, why, transform=axes.transAxes, ha="center", color=MUTED, fontsize=9)
    axes.set(xticks=[], yticks=[])


def _label(axes: Axes, title: str, x: str, y: str) -> None:
    axes.set_title(title, fontsize=10.5, color=INK, loc="left")
    axes.set_xlabel(x, fontsize=9, color=MUTED)
    axes.set_ylabel(y, fontsize=9, color=MUTED)
