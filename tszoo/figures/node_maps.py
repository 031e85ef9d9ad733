"""Draws how the nodes of several runs learnt, side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tszoo.errors import DataError
from tszoo.figures.figure import INK, MUTED, check_format, new_figure, save_figure, write_title
from tszoo.figures.folded import folded
from tszoo.figures.nodes import draw_turns, name_turns, stacked, turn_span
from tszoo.training.watch.node_record import NodeHistory

_COLUMNS = 5


def draw_node_maps(runs: Mapping[str, NodeHistory], out: str | Path, *, title: str) -> None:
    """Draw the angle by which each epoch turned each node's weights, a panel a run.

    Nodes stand one below the other, layer by layer, and epochs go to the right. All panels have one
    colour scale, which is logarithmic. Runs without an epoch are left out.

    Parameters
    ----------
    runs : mapping of str to NodeHistory
        By what they are called: keys and values, as ``depth=3, filters=16``.
    out : str or Path
        Where to save it: .png, .svg or .pdf. Written in one step.
    title : str
        Above everything.

    Raises
    ------
    DataError
        If no run has an epoch.
    MissingExtraError
        If matplotlib is not installed.
    OptionError
        If the suffix is unknown or the file cannot be written.
    """
    out = check_format(out)
    begun = {name: run for name, run in runs.items() if len(run.epoch)}
    if not begun:
        msg = "no run has a change of its nodes yet; one needs two epochs."
        raise DataError(msg)
    n_rows = math.ceil(len(begun) / _COLUMNS)
    n_columns = math.ceil(len(begun) / n_rows)
    figure = new_figure(max(6.0, 2.4 * n_columns), 1.6 + 3.0 * n_rows)
    grid = figure.subplots(n_rows, n_columns, squeeze=False)
    angles = {name: stacked(run.angle) for name, run in begun.items()}
    span = turn_span(np.concatenate([some.ravel() for some in angles.values()]))
    for (name, run), axes in zip(begun.items(), grid.flat, strict=False):
        image = draw_turns(axes, angles[name], run.epoch, span)
        axes.set_title(folded(name), fontsize=7, color=INK, parse_math=False)
        axes.set_ylabel(f"{len(angles[name])} nodes", fontsize=7, color=MUTED)
        axes.set_yticks([])
        axes.tick_params(length=0, labelcolor=MUTED, labelsize=7)
        axes.spines[:].set_visible(False)
    for axes in grid.flat[len(begun) :]:
        axes.set_visible(False)
    bar = figure.colorbar(image, ax=grid, location="bottom", shrink=0.5, pad=0.02, aspect=50)
    name_turns(bar)
    bar.set_label("angle of the weight vector's turn (radians)", fontsize=8, color=MUTED)
    bar.ax.tick_params(labelsize=7, colors=MUTED, length=3)
    bar.outline.set_visible(False)
    write_title(figure, title)
    save_figure(figure, out)
