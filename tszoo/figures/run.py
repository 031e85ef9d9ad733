"""Pictures of a network learning: loss, accuracy and learning rate by epoch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tszoo.errors import DataError
from tszoo.figures.figure import (
    INK,
    MUTED,
    SOURCE,
    TARGET,
    check_format,
    new_figure,
    plain,
    save_figure,
    shortened,
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
        title = Path(run).name if title is None else title
        run = read_runlog(run)
    if not run.members:
        msg = "the run has no epoch yet; there is nothing to draw."
        raise DataError(msg)
    figure = new_figure(9.0, 7.0)
    loss, accuracy, rate = figure.subplots(3, 1, sharex=True, height_ratios=(3.0, 3.0, 1.0))
    _draw(loss, run.members, "loss")
    _draw(accuracy, run.members, "accuracy")
    for one in run.members:
        rate.plot(one.epoch, one.learning_rate, color=MUTED, linewidth=1.0, **_dot(one))
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
    accuracy.legend(
        handles, labels, fontsize=9, frameon=False, labelcolor="linecolor", loc="lower right"
    )
    if title is not None:
        heading = shortened(title, 80)
        figure.suptitle(
            heading, fontsize=13, color=INK, x=0.01, ha="left", fontweight="bold", parse_math=False
        )
    save_figure(figure, out)


def _draw(axes: Axes, members: tuple[MemberHistory, ...], what: str) -> None:
    """Draw a curve a member for training, and one for validation where there is one."""
    for name, colour in ((what, SOURCE), (f"validation_{what}", TARGET)):
        label: str | None = "validation" if name.startswith("validation") else "training"
        for one in members:
            values = getattr(one, name)
            if not np.isnan(values).all():
                alpha = max(0.35, 1.0 / len(members) ** 0.5)
                axes.plot(
                    one.epoch,
                    values,
                    color=colour,
                    linewidth=1.3,
                    alpha=alpha,
                    label=label,
                    **_dot(one),
                )
                label = None


def _scale(axes: Axes, members: tuple[MemberHistory, ...]) -> None:
    """Use a logarithmic scale if all losses are above zero and far apart."""
    losses = np.concatenate(
        [values for one in members for values in (one.loss, one.validation_loss)]
    )
    losses = losses[np.isfinite(losses)]
    if len(losses) and losses.min() > 0 and losses.max() > _WIDE * losses.min():
        axes.set_yscale("log")


def _dot(one: MemberHistory) -> dict[str, Any]:
    """Make a single epoch visible, which has no line."""
    return {"marker": "."} if len(one.epoch) == 1 else {}
