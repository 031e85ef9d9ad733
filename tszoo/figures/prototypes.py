"""Draws what a model has learnt, for its card: the prototypes of its classes, side by side."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tszoo.figures.figure import INK, MUTED, PALE, SOURCE, new_figure, plain, shortened
from tszoo.figures.recommendation import outline
from tszoo.figures.small_png import small_png
from tszoo.similarity.prototypes import Prototypes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# More classes or channels than these are not drawn; a line below says so.
MOST_CLASSES = 12
MOST_CHANNELS = 8
# Told apart by the colour-blind too, the first ones best.
_CHANNELS = (SOURCE, "#e69f00", "#009e73", "#c2410c", "#56b4e9", "#a0577a", "#8c6d46", "#6b7785")
_WIDTH_INCHES, _HEADING_INCHES, _LINE_INCHES = 8.0, 0.5, 0.25
# How high a panel is, by how many stand side by side.
_PANEL_INCHES = {1: 1.9, 2: 1.9, 3: 1.9, 4: 1.65}
_MOST_POINTS = 1_200
_LETTERS = {1: 80, 2: 40, 3: 24, 4: 15}  # of a label, by how many panels stand side by side


def draw_prototypes(prototypes: Prototypes, title: str) -> bytes:
    """Draw a small panel for each class with its prototypes, one line for each channel.

    All panels have the same scales.

    Parameters
    ----------
    prototypes : Prototypes
        The first 12 classes and the first 8 channels are drawn.
    title : str
        What stands above: the model's or the data set's name. Shown as it is, cut where it is too
        long.

    Returns
    -------
    bytes
        A PNG image 960 pixels wide, of a few colours, to be small. The same input gives the same
        bytes.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    by_class: dict[str, list[NDArray[np.float32]]] = {}
    for label, series in zip(prototypes.classes, prototypes.series, strict=True):
        by_class.setdefault(label, []).append(series)
    shown = dict(list(by_class.items())[:MOST_CLASSES])
    notes = _notes(len(by_class), prototypes.n_channels)
    columns = _columns(len(shown))
    rows = -(-len(shown) // columns)
    lines = len(notes) + (prototypes.n_channels > 1)
    height = _HEADING_INCHES + rows * _PANEL_INCHES[columns] + _LINE_INCHES * (lines + 1)
    figure = new_figure(_WIDTH_INCHES, height)
    from matplotlib import style

    # The user's style has no effect, missing letters warn of nothing, and no text is a formula.
    with style.context(["default", {"text.parse_math": False}]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph .* missing from", UserWarning)
        figure.set_layout_engine("constrained", w_pad=0.06, h_pad=0.06)
        panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
        _draw_classes(panels.tolist(), shown, columns)
        figure.suptitle(
            shortened(title, 52), fontsize=13, color=INK, x=0.012, ha="left", fontweight="bold"
        )
        if prototypes.n_channels > 1:
            _name_channels(figure, prototypes.n_channels, notes)
        elif notes:
            figure.supxlabel(notes[0], fontsize=8.5, color=MUTED, x=0.012, ha="left")
        return small_png(figure)


def _columns(n_classes: int) -> int:
    """Say how many panels stand side by side: as many as fill their rows best."""
    if n_classes in (5, 6, 9):
        return 3
    return min(n_classes, 4)


def _notes(n_classes: int, n_channels: int) -> list[str]:
    """Say what is not drawn."""
    notes = []
    if n_classes > MOST_CLASSES:
        notes.append(
            f"The first {MOST_CLASSES} classes; {n_classes - MOST_CLASSES} more are not drawn."
        )
    if n_channels > MOST_CHANNELS:
        notes.append(
            f"The first {MOST_CHANNELS} channels; {n_channels - MOST_CHANNELS} more are not drawn."
        )
    return notes


def _name_channels(figure: Figure, n_channels: int, notes: list[str]) -> None:
    """Say below which line is which channel, and what is not drawn."""
    from matplotlib.lines import Line2D

    lines = [
        Line2D([], [], color=_CHANNELS[k], linewidth=1.5)
        for k in range(min(n_channels, MOST_CHANNELS))
    ]
    legend = figure.legend(
        lines,
        [f"channel {k + 1}" for k in range(len(lines))],
        loc="outside lower left",
        ncols=len(lines),
        fontsize=8.5,
        frameon=False,
        labelcolor=MUTED,
        handlelength=1.0,
        columnspacing=1.0,
        title="\n".join(notes),
        title_fontsize=8.5,
        alignment="left",
    )
    legend.get_title().set_color(MUTED)


def _draw_classes(
    panels: list[Axes], by_class: dict[str, list[NDArray[np.float32]]], columns: int
) -> None:
    """Draw each class in a panel of its own, and leave the other panels empty."""
    for k, (axes, label) in enumerate(zip(panels, by_class, strict=False)):
        _draw_class(axes, by_class[label])
        name = shortened(label, _LETTERS[columns])
        axes.set_title(f"class {name}", fontsize=9.5, color=INK, loc="left", pad=4.0)
        axes.tick_params(labelbottom=k + columns >= len(by_class))
    for axes in panels[len(by_class) :]:
        axes.set_axis_off()


def _draw_class(axes: Axes, prototypes: list[NDArray[np.float32]]) -> None:
    axes.axhline(0.0, color=PALE, linewidth=0.8, zorder=1)
    for series in prototypes:
        for k, values in enumerate(series[:MOST_CHANNELS].astype(np.float64)):
            at, kept = outline(values, _MOST_POINTS)
            marker = "o" if len(kept) == 1 else ""
            axes.plot(
                at * (len(values) - 1),
                kept,
                color=_CHANNELS[k],
                linewidth=1.5,
                marker=marker,
                markersize=5,
                solid_joinstyle="round",
                zorder=3 + MOST_CHANNELS - k,
            )
    plain(axes)
    axes.locator_params(axis="x", nbins=4, integer=True)
    axes.locator_params(axis="y", nbins=4)
