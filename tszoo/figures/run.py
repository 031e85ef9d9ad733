"""Draws how networks learn: loss, accuracy and learning rate by epoch."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tszoo.errors import DataError
from tszoo.figures.figure import (
    INK,
    MUTED,
    OTHERS,
    SOURCE,
    TARGET,
    check_format,
    new_figure,
    plain,
    save_figure,
    shortened,
    write_title,
)
from tszoo.training.watch.runlog import MemberHistory, RunHistory, read_runlog

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# A loss that falls by more than this is drawn on a logarithmic scale.
_WIDE = 10.0


def draw_run(run: str | Path | RunHistory, out: str | Path, *, title: str | None = None) -> None:
    """Draw a run: loss, accuracy and learning rate of every member by epoch.

    Parameters
    ----------
    run : path or RunHistory
    out : str or Path
        Where to save it: .png, .svg or .pdf. Written in one step.
    title : str or None
        Above everything; None takes the log's name, if the run is one.

    Raises
    ------
    DataError
        If the log cannot be read, or has no epoch.
    MissingExtraError
        If matplotlib is not installed.
    OptionError
        If the suffix is unknown or the file cannot be written.
    """
    out = check_format(out)
    if not isinstance(run, RunHistory):
        if title is None:
            title = Path(run).name
        run = read_runlog(run)
    if not run.members:
        msg = "the run has no epoch yet; there is nothing to draw."
        raise DataError(msg)
    figure = new_figure(9.0, 7.0)
    loss, accuracy, rate = figure.subplots(3, 1, sharex=True, height_ratios=(3.0, 3.0, 1.0))
    _draw(loss, run.members, "loss")
    _draw(accuracy, run.members, "accuracy")
    for member in run.members:
        rate.plot(member.epoch, member.learning_rate, color=MUTED, linewidth=1.0, **_dot(member))
    for axes, label in ((loss, "loss"), (accuracy, "accuracy"), (rate, "learning rate")):
        axes.set_ylabel(label, fontsize=9, color=INK)
        plain(axes)
    _scale(loss, run.members)
    rate.set_xlabel("epoch", fontsize=9, color=MUTED)
    rate.margins(x=0.01)
    rate.xaxis.get_major_locator().set_params(integer=True)
    handles, labels = loss.get_legend_handles_labels()
    if len(run.members) > 1:
        labels = [f"{label} ({len(run.members)} members)" for label in labels]
    # below the curves, where it can cover none of them
    figure.legend(
        handles,
        labels,
        fontsize=9,
        frameon=False,
        labelcolor="linecolor",
        loc="outside lower left",
        ncols=3,
    )
    if title:
        write_title(figure, shortened(title, 80))
    save_figure(figure, out)


def _draw(axes: Axes, members: tuple[MemberHistory, ...], what: str) -> None:
    """Draw each member's curve for training, and for validation where there is one."""
    own = [(member, getattr(member, what)) for member in members]
    held_out = [(member, getattr(member, f"validation_{what}")) for member in members]
    _draw_curves(axes, own, "training", SOURCE)
    _draw_curves(axes, held_out, "validation", TARGET)
    names = dict.fromkeys(name for member in members for name in member.watched)
    for name, colour in zip(names, cycle(OTHERS), strict=False):
        watched = [
            (member, getattr(member.watched[name], what))
            for member in members
            if name in member.watched
        ]
        _draw_curves(axes, watched, shortened(name), colour)


def _draw_curves(
    axes: Axes, curves: list[tuple[MemberHistory, NDArray[np.float64]]], name: str, colour: str
) -> None:
    look = {"color": colour, "linewidth": 1.3, "alpha": max(0.35, 1.0 / len(curves) ** 0.5)}
    label: str | None = name
    for member, values in curves:
        if not np.isnan(values).all():
            axes.plot(member.epoch, values, label=label, **look, **_dot(member))
            label = None  # the legend names all members' curves once


def _scale(axes: Axes, members: tuple[MemberHistory, ...]) -> None:
    """Use a logarithmic scale if all losses are above zero and far apart."""
    losses = np.concatenate(
        [
            values
            for member in members
            for values in (
                member.loss,
                member.validation_loss,
                *(curve.loss for curve in member.watched.values()),
            )
        ]
    )
    losses = losses[np.isfinite(losses)]
    if len(losses) and losses.min() > 0 and losses.max() > _WIDE * losses.min():
        axes.set_yscale("log")


def _dot(member: MemberHistory) -> dict[str, Any]:
    """Ask for a dot where there is a single epoch, for which no line is drawn."""
    return {"marker": "."} if len(member.epoch) == 1 else {}
