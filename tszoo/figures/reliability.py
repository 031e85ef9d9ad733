"""Draws how sure a model is beside how often it is right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tszoo.evaluation.metrics import Evaluation
from tszoo.evaluation.reliability import BINS, reliability
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
    write_title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_reliability(evaluation: Evaluation, path: str | Path) -> None:
    """Draw a reliability diagram, with the number of series of each bin below it.

    A point is a bin: the mean probability of the predicted class, and how often that is right.
    Below the diagonal the model is surer than it is right (Guo et al. 2017, figure 1).

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
    figure = new_figure(5.4, 6.6)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(4.0, 1.0))
    _draw_bins(above, below, evaluation)
    above.set(xlim=(0.0, 1.02), ylim=(0.0, 1.02))
    for axes in (above, below):
        plain(axes)
    above.set_ylabel("share that is right", fontsize=9, color=INK)
    below.set_ylabel("series", fontsize=9, color=INK)
    below.set_xlabel("probability of the predicted class", fontsize=9, color=INK)
    below.locator_params(axis="y", nbins=3, integer=True)
    figure.align_ylabels([above, below])
    told = f"calibration error {evaluation.calibration_error:.3f}, {evaluation.n_series} series"
    write_title(figure, f"{shortened(evaluation.dataset, 24)}\n{told}")
    save_figure(figure, path)


def _draw_bins(above: Axes, below: Axes, evaluation: Evaluation) -> None:
    """Draw the bins, the distance of each from the diagonal, and how many series it holds."""
    bins = reliability(evaluation.probabilities, evaluation.labels)
    sure = [inside.probability for inside in bins]
    right = [inside.accuracy for inside in bins]
    above.plot([0.0, 1.0], [0.0, 1.0], color=PALE, linewidth=1.2, zorder=1)
    above.vlines(sure, sure, right, color=TARGET, linewidth=1.6, alpha=0.7, zorder=2)
    above.plot(sure, right, color=SOURCE, linewidth=1.0, marker="o", markersize=5, zorder=3)
    above.text(0.97, 0.04, "surer than right", ha="right", fontsize=8.5, color=MUTED)
    above.text(0.03, 0.96, "more often right than sure", va="top", fontsize=8.5, color=MUTED)
    middles = [(inside.low + inside.high) / 2 for inside in bins]
    counts = [inside.n_series for inside in bins]
    below.bar(middles, counts, width=0.9 / BINS, color=SOURCE)
