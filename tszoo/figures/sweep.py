"""Draws what a sweep found out: accuracy by value, and the error of every epoch."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tszoo.errors import DataError
from tszoo.figures.by_key import draw_by_key
from tszoo.figures.datasets import are_many
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
from tszoo.figures.folded import folded
from tszoo.study.by_value import Point
from tszoo.training.watch.runlog import MemberHistory, RunHistory

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MEAN = "mean over the data sets"
_CURVE_COLUMNS = 5
_LONGEST_LABEL, _LONGEST_LABELS = 24, 36


def draw_accuracies(points: Sequence[Point], out: str | Path) -> None:
    """Draw the accuracy on held-out series by the values of each key, a panel a key.

    A thin line is a data set, with a band of a standard deviation over the repeats to each side.
    The thick black line is the mean over the data sets; where they are more than six, it has a band
    of their standard deviation, and they have none.

    Parameters
    ----------
    points : sequence of Point
        As of ``tszoo.study.by_value.by_value``.
    out : str or Path
        Where to save it: .png, .svg or .pdf. Written in one step.

    Raises
    ------
    DataError
        If there is no point.
    MissingExtraError
        If matplotlib is not installed.
    OptionError
        If the suffix is unknown or the file cannot be written.
    """
    out = check_format(out)
    if not points:
        msg = "no trial has ended well; there is nothing to draw."
        raise DataError(msg)
    title, label = "What each value came to", "accuracy, held out"
    draw_by_key(points, _draw_key, out, title=title, label=label, share_y=True)


def _draw_key(axes: Axes, points: Sequence[Point], colours: Mapping[str, str]) -> None:
    """Draw what the values of one key came to, a line for each data set, and their mean."""
    values = list(dict.fromkeys(point.value for point in points))
    many = are_many(colours)
    for dataset in dict.fromkeys(point.dataset for point in points):
        some = [point for point in points if point.dataset == dataset]
        at = [values.index(point.value) for point in some]
        _draw_dataset(axes, at, some, colours[dataset], has_band=not many)
    if len(colours) > 1:
        _draw_mean(axes, points, values, has_band=many)
    _name_values(axes, values)
    axes.margins(x=0.08)
    axes.grid(axis="y", color=PALE, linewidth=0.5)
    plain(axes)


def _draw_dataset(
    axes: Axes, at: Sequence[int], points: Sequence[Point], colour: str, *, has_band: bool
) -> None:
    name, height = points[0].dataset, np.array([point.accuracy for point in points])
    axes.plot(at, height, color=colour, linewidth=1.0, marker=".", markersize=5, label=name)
    if has_band:
        spread = np.array([point.spread or 0.0 for point in points])
        _draw_band(axes, at, height, spread, colour)


def _draw_band(
    axes: Axes, at: Sequence[int], height: NDArray[Any], spread: NDArray[Any], colour: str
) -> None:
    low, high = np.clip((height - spread, height + spread), 0.0, 1.0)
    axes.fill_between(at, low, high, color=colour, alpha=0.15, linewidth=0)


def _draw_mean(
    axes: Axes, points: Sequence[Point], values: Sequence[str], *, has_band: bool
) -> None:
    """Draw the mean over the data sets; a band is their standard deviation."""
    at = list(range(len(values)))
    accuracies = [[p.accuracy for p in points if p.value == value] for value in values]
    means = np.array(list(map(statistics.fmean, accuracies)))
    if has_band:
        _draw_band(axes, at, means, np.array(list(map(statistics.pstdev, accuracies))), INK)
    axes.plot(at, means, color=INK, linewidth=2.2, marker="o", markersize=4, label=MEAN)


def _name_values(axes: Axes, values: Sequence[str]) -> None:
    """Write the values below the axis, aslant where they would touch."""
    labels = [shortened(value or "–", _LONGEST_LABEL) for value in values]
    axes.set_xticks(range(len(labels)), labels)
    if sum(map(len, labels)) > _LONGEST_LABELS:
        axes.tick_params(axis="x", rotation=40)
        for label in axes.get_xticklabels():
            label.set(ha="right", rotation_mode="anchor")


def draw_curves(
    panels: Mapping[str, Sequence[RunHistory]], out: str | Path, *, title: str = "Error by epoch"
) -> None:
    """Draw the error of every epoch, a panel a combination of values.

    A thin line is a member of a trial; blue is training, orange held-out series. Where there are
    several, the thick line is their mean, in which one that has ended keeps its last error.

    Parameters
    ----------
    panels : mapping of str to sequence of RunHistory
        The trials of each combination.
    out : str or Path
        Where to save it: .png, .svg or .pdf. Written in one step.
    title : str
        Above everything.

    Raises
    ------
    DataError
        If there is no panel.
    MissingExtraError
        If matplotlib is not installed.
    OptionError
        If the suffix is unknown or the file cannot be written.
    """
    out = check_format(out)
    if not panels:
        msg = "no trial has a log; there is nothing to draw."
        raise DataError(msg)
    n_rows = math.ceil(len(panels) / _CURVE_COLUMNS)
    n_columns = math.ceil(len(panels) / n_rows)
    figure = new_figure(max(5.0, 2.5 * n_columns), 1.2 + 1.9 * n_rows)
    grid = figure.subplots(n_rows, n_columns, sharey=True, sharex=True, squeeze=False)
    for (name, histories), axes in zip(panels.items(), grid.flat, strict=False):
        members = [member for history in histories for member in history.members]
        for member in members:
            _draw_errors(axes, member)
        if len(members) > 1:
            _draw_mean_errors(axes, members)
        axes.set_title(folded(name), fontsize=7, color=INK, parse_math=False)
        axes.set_ylim(-0.02, None)
        plain(axes)
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    for axes in grid.flat[max(0, len(panels) - n_columns) : len(panels)]:
        axes.tick_params(labelbottom=True)
        axes.set_xlabel("epoch", fontsize=8, color=MUTED)
    grid.flat[0].xaxis.get_major_locator().set_params(integer=True)
    figure.supylabel("error", fontsize=9, color=MUTED)
    handles = grid.flat[0].get_lines()[:2]
    names = ["training", "held out"][: len(handles)]
    figure.legend(handles, names, loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    write_title(figure, title)
    save_figure(figure, out)


def _draw_errors(axes: Axes, member: MemberHistory) -> None:
    marker = "." if len(member.epoch) == 1 else ""
    for accuracy, colour in ((member.accuracy, SOURCE), (member.validation_accuracy, TARGET)):
        axes.plot(
            member.epoch, 1.0 - accuracy, color=colour, linewidth=0.8, alpha=0.4, marker=marker
        )


def _draw_mean_errors(axes: Axes, members: Sequence[MemberHistory]) -> None:
    """Draw the mean error of several members by epoch."""
    epochs = np.unique(np.concatenate([member.epoch for member in members]))
    for name, colour in (("accuracy", SOURCE), ("validation_accuracy", TARGET)):
        errors = [1.0 - np.interp(epochs, m.epoch, getattr(m, name)) for m in members]
        axes.plot(epochs, np.mean(errors, axis=0), color=colour, linewidth=2.0)
