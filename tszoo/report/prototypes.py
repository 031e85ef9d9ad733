"""A picture of why a source is recommended: the classes that are alike, and how one is warped onto the other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tszoo.report.figure import (
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
from tszoo.similarity import Nearest, Prototypes, dataset_distance, dtw_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Other classes than the matching one are told apart by colour up to this many; beyond it they are one grey crowd.
MOST_COLOURS = 8
_COLOURS = ("#5b8e7d", "#8367c7", "#b08900", "#7a8b99", "#a0577a", "#4f9fb5", "#8c6d46", "#6a994e")
_LINKS = 40


def plot_prototypes(
    target: Prototypes,
    source: Prototypes | None,
    path: str | Path,
    *,
    target_name: str = "target",
    source_name: str = "source",
    title: str | None = None,
    window: int | None = None,
) -> None:
    """Draw a target's prototypes over those of a source, with the nearest two laid upon each other.

    Parameters
    ----------
    target : Prototypes
    source : Prototypes or None
        None draws the target's alone.
    path : str or Path
        Where to save it: .png, .svg or .pdf. Written in one step.
    target_name, source_name : str
        What the data sets are called.
    title : str or None
        Above everything; None says what is shown.
    window : int or None
        Sakoe-Chiba radius of the warping, as for the recommendation.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    OptionError
        If the suffix is unknown or the file cannot be written.
    DataError
        If target and source have different numbers of channels.
    """
    path = check_format(path)
    target_name, source_name = shortened(target_name), shortened(source_name)
    if source is None:
        figure = new_figure(8.0, 3.4)
        _draw_classes(figure.subplots(), target, f"{target_name}: a prototype a class", None, TARGET)
    else:
        figure = new_figure(11.5, 5.4)
        nearest = dataset_distance(target, source, window)
        grid = figure.add_gridspec(2, 2, width_ratios=(1.0, 1.15))
        above, below = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[1, 0])
        _draw_classes(above, target, f"target: {target_name}", nearest.target_class, TARGET)
        _draw_classes(below, source, f"source: {source_name}", nearest.source_class, SOURCE)
        _draw_match(figure.add_subplot(grid[:, 1]), target, source, nearest, window)
        if title is None:
            title = f"{target_name} and {source_name}: nearest classes, DTW distance {nearest.distance:.2f}"
    if title is not None:
        figure.suptitle(title, fontsize=13, color=INK, x=0.01, ha="left", fontweight="bold", parse_math=False)
    save_figure(figure, path)


def _draw_classes(axes: Axes, prototypes: Prototypes, heading: str, matching: int | None, accent: str) -> None:
    """Draw the first channel of every class; the matching one stands out."""
    many = len(prototypes.classes) > MOST_COLOURS
    for k, (label, series) in enumerate(zip(prototypes.classes, prototypes.series, strict=True)):
        name = f"class {shortened(label, 16)}"
        if k == matching:
            axes.plot(series[0], color=accent, linewidth=2.4, zorder=3, label=f"{name} (nearest)")
        elif many:
            axes.plot(series[0], color=PALE, linewidth=0.8, zorder=1)
        else:
            axes.plot(series[0], color=_COLOURS[k % MOST_COLOURS], linewidth=1.2, alpha=0.85, zorder=2, label=name)
    others = f", {len(prototypes.classes)} classes" if many else ""
    channels = f", channel 1 of {prototypes.n_channels}" if prototypes.n_channels > 1 else ""
    axes.set_title(heading + others + channels, fontsize=10, color=INK, loc="left", parse_math=False)
    axes.margins(x=0.01)
    if not many or matching is not None:
        legend = axes.legend(
            fontsize=8, frameon=False, labelcolor=INK, loc="upper left", bbox_to_anchor=(1.0, 1.02), handlelength=1.4
        )
        for text in legend.get_texts():
            text.set_parse_math(False)
    plain(axes)


def _draw_match(axes: Axes, target: Prototypes, source: Prototypes, nearest: Nearest, window: int | None) -> None:
    """Draw the two nearest prototypes, one above the other, and which of their points meet."""
    a, b = target.series[nearest.target_class], source.series[nearest.source_class]
    path, _ = dtw_path(a, b, window)
    lift = float(np.ptp(b[0]) * 0.5 + np.ptp(a[0]) * 0.5 + b[0].max() - b[0].mean()) * 0.75 or 1.0
    upper = a[0] + lift
    # lengths may differ tenfold: each series is drawn over the whole width, as warping sees them
    across_a, across_b = np.linspace(0, 100, a.shape[1]), np.linspace(0, 100, b.shape[1])
    for i, j in path[:: max(1, len(path) // _LINKS)]:
        axes.plot((across_a[i], across_b[j]), (upper[i], b[0, j]), color=PALE, linewidth=0.8, zorder=1)
    for who, at, series, colour, label in (
        ("target", across_a, upper, TARGET, target.classes[nearest.target_class]),
        ("source", across_b, b[0], SOURCE, source.classes[nearest.source_class]),
    ):
        axes.plot(at, series, color=colour, linewidth=2.2, zorder=3, label=f"{who}'s class {shortened(label, 16)}")
    bottom, top = axes.get_ylim()
    axes.set_ylim(bottom, top + 0.09 * (top - bottom))  # room for the legend
    legend = axes.legend(fontsize=9, frameon=False, loc="upper center", ncols=2, labelcolor="linecolor")
    for text in legend.get_texts():
        text.set_parse_math(False)
    axes.set_title("the nearest two, and which points meet", fontsize=10, color=INK, loc="left")
    axes.set_xlabel("time (% of each series)", fontsize=9, color=MUTED)
    axes.margins(x=0.01)
    plain(axes)
    axes.spines["left"].set_visible(False)
    axes.set_yticks([])
