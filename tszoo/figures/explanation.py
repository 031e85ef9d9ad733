"""Draws why a model answers as it does: series coloured by relevance, beside a prototype."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tszoo.data.dataset import Dataset
from tszoo.data.preprocess import Preprocessing, prepare
from tszoo.errors import DataError
from tszoo.figures.coloured_line import color_bar, draw_coloured
from tszoo.figures.figure import (
    INK,
    MUTED,
    PALE,
    check_format,
    new_figure,
    plain,
    save_figure,
    shortened,
    write_title,
)
from tszoo.figures.recommendation import MOST_WARPED, outline
from tszoo.similarity.comparison import Comparison
from tszoo.similarity.distance import dataset_distance
from tszoo.similarity.prototypes import Prototypes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tszoo.explanation.explain import Explanation
    from tszoo.models.model import Model

# More series or channels than these are not drawn; a line below says so.
MOST_SERIES, MOST_CHANNELS = 8, 4
_WIDTH_INCHES, _ROW_INCHES, _BAR_INCHES, _AROUND_INCHES = 9.0, 1.4, 0.1, 1.5
_MOST_POINTS = 1_200


class _Typical(NamedTuple):
    """Holds a prototype, shape (n_channels, length), and its DTW distance to a series."""

    series: NDArray[np.float32]
    distance: float


def plot_explanation(
    explanation: Explanation,
    model: Model,
    dataset: Dataset,
    path: str | Path,
    *,
    index: Sequence[int] | None = None,
) -> None:
    """Draw series coloured by relevance, each beside the prototype of the class.

    Above that stands its DTW distance to the series, both z-normalised. Every series has its own
    scale of colours, with 0 in the middle. The first 8 series and the first 4 channels are drawn.

    Parameters
    ----------
    explanation : Explanation
    model : Model
        The model that is explained.
    dataset : Dataset
        The series that are explained.
    path : str or Path
        Where to save it: .png, .svg or .pdf. Written in one step.
    index : sequence of int or None
        What number each series has; None for 0, 1, ….

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    OptionError
        If the suffix is unknown or the file cannot be written.
    DataError
        If the explanation is of other series than the data set has, or of none.
    """
    path = check_format(path)
    _check_shape(explanation, dataset)
    n_series = min(dataset.n_series, MOST_SERIES)
    n_channels = min(dataset.n_channels, MOST_CHANNELS)
    numbers = index or range(n_series)
    n_rows = n_series * n_channels
    figure = new_figure(_WIDTH_INCHES, n_rows * _ROW_INCHES + _BAR_INCHES + _AROUND_INCHES)
    figure.set_layout_engine("constrained", w_pad=0.08, h_pad=0.05)
    left, right, bar = _panels(figure, n_rows)
    for k in range(n_series):
        rows = slice(k * n_channels, (k + 1) * n_channels)
        _draw_series(left[rows], explanation, dataset, k)
        _head(left[rows.start], _called(explanation, model, dataset, k, numbers[k]))
        label = model.config.class_names[explanation.explained[k]]
        _draw_prototype(right[rows], label, _prototype(model, dataset, k, label))
    figure.align_ylabels(left)
    color_bar(bar)
    write_title(figure, f"What speaks for a class: {shortened(model.config.name, 40)}")
    notes = _notes(dataset, n_series, n_channels)
    figure.supxlabel(notes, fontsize=8.5, color=MUTED, x=0.01, ha="left", parse_math=False)
    save_figure(figure, path)


def _check_shape(explanation: Explanation, dataset: Dataset) -> None:
    """Raise DataError if an explanation is of other series than a data set has, or of none."""
    if explanation.relevance.shape != dataset.series.shape or not dataset.n_series:
        msg = (
            f"an explanation of shape {explanation.relevance.shape} for series of shape "
            f"{dataset.series.shape}; the same shape and at least one series are expected."
        )
        raise DataError(msg)


def _panels(figure: Figure, n_rows: int) -> tuple[list[Axes], list[Axes], Axes]:
    """Make the panels of series, those of prototypes beside them, and the colour bar's below."""
    grid = figure.add_gridspec(
        n_rows + 1, 2, width_ratios=(2.0, 1.0), height_ratios=[_ROW_INCHES] * n_rows + [_BAR_INCHES]
    )
    left = [figure.add_subplot(grid[row, 0]) for row in range(n_rows)]
    right = [figure.add_subplot(grid[row, 1]) for row in range(n_rows)]
    for axes in (left[-1], right[-1]):
        axes.set_xlabel("point", fontsize=8.5, color=MUTED)
    return left, right, figure.add_subplot(grid[n_rows, 0])


def _draw_series(
    panels: Sequence[Axes], explanation: Explanation, dataset: Dataset, k: int
) -> None:
    """Draw the channels of a series, all on one scale of colours."""
    length = int(dataset.lengths[k])
    relevance = explanation.relevance[k, :, :length]
    limit = float(np.abs(relevance).max()) or 1.0
    for channel, axes in enumerate(panels):
        at, values = outline(dataset.series[k, channel, :length], _MOST_POINTS)
        points = np.round(at * (length - 1)).astype(np.int64)
        draw_coloured(axes, points, values, relevance[channel, points] / limit)
        _tidy(axes, is_last=channel == len(panels) - 1)
        if len(panels) > 1:
            axes.set_ylabel(f"channel {channel + 1}", fontsize=8, color=MUTED)


def _draw_prototype(panels: Sequence[Axes], label: str, typical: _Typical | None) -> None:
    if typical is None:
        _head(panels[0], f"no prototype of class {shortened(label, 16)}")
        for axes in panels:
            axes.set_axis_off()
        return
    for channel, axes in enumerate(panels):
        values = typical.series[channel]
        at, kept = outline(values, _MOST_POINTS)
        marker = "o" if len(kept) == 1 else ""
        axes.axhline(0.0, color=PALE, linewidth=0.8, zorder=1)
        axes.plot(at * (len(values) - 1), kept, color=MUTED, linewidth=1.5, marker=marker)
        _tidy(axes, is_last=channel == len(panels) - 1)
    _head(panels[0], f"class {shortened(label, 14)}", f"distance {typical.distance:.2f}")


def _tidy(axes: Axes, *, is_last: bool) -> None:
    """Keep few numbers, and those of the points below a series' last channel only."""
    plain(axes)
    axes.locator_params(axis="x", nbins=6, integer=True)
    axes.locator_params(axis="y", nbins=4)
    axes.tick_params(labelbottom=is_last)


def _head(axes: Axes, left: str, right: str = "") -> None:
    axes.set_title(left, fontsize=9.5, color=INK, loc="left", pad=4.0, parse_math=False)
    if right:
        axes.set_title(right, fontsize=8.5, color=MUTED, loc="right", pad=4.0)


def _called(explanation: Explanation, model: Model, dataset: Dataset, k: int, number: int) -> str:
    """Say which series it is, which class is explained, and how probable that is."""
    explained = int(explanation.explained[k])
    name = f"series {number}"
    if dataset.ids is not None:
        name += f" ({shortened(dataset.ids[k], 16)})"
    label = shortened(model.config.class_names[explained], 16)
    return f"{name}: class {label}, probability {explanation.probabilities[k, explained]:.3f}"


def _prototype(model: Model, dataset: Dataset, k: int, label: str) -> _Typical | None:
    """Take the prototype of a class, and its DTW distance to a series; None if it has none."""
    by_class = dict(zip(model.prototypes.classes, model.prototypes.series, strict=True))
    prototype = by_class.get(label)
    if prototype is None:
        return None
    length = int(dataset.lengths[k])
    alone = replace(
        dataset, series=dataset.series[k : k + 1, :, :length], lengths=dataset.lengths[k : k + 1]
    )
    series = prepare(alone, Preprocessing())[0].astype(np.float32)  # as prototypes are prepared
    comparison = Comparison()
    if max(length, prototype.shape[1]) > MOST_WARPED:
        comparison = Comparison(length=MOST_WARPED)
    nearest = dataset_distance(
        Prototypes((label,), (series,)), Prototypes((label,), (prototype,)), comparison=comparison
    )
    return _Typical(prototype, nearest.distance)


def _notes(dataset: Dataset, n_series: int, n_channels: int) -> str:
    """Say in lines what the colours mean, and what is not drawn."""
    notes = [
        "Each series has its own scale of colours. At the right: the prototype of the class, "
        "z-normalised, and its DTW distance."
    ]
    if dataset.n_series > n_series:
        notes.append(
            f"The first {n_series} series; {dataset.n_series - n_series} more are not drawn."
        )
    if dataset.n_channels > n_channels:
        more = dataset.n_channels - n_channels
        notes.append(f"The first {n_channels} channels; {more} more are not drawn.")
    return "\n".join(notes)
