"""Draws how several runs learn, side by side: one line a run, and a band over its members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tszoo.errors import DataError
from tszoo.figures.figure import (
    INK,
    MUTED,
    OTHERS,
    PALE,
    SOURCE,
    TARGET,
    check_format,
    new_figure,
    plain,
    save_figure,
    shortened,
)
from tszoo.training.watch.reach import EPOCHS, Band, band, reach, scored_on
from tszoo.training.watch.runlog import RunHistory

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = (SOURCE, TARGET, *OTHERS)
_STYLES = ("-", "--", ":", "-.")
_COLUMNS, _LEGEND_INCHES = 2, 0.22
MOST_BANDS = 6  # of more runs, bands would cover everything


def draw_runs(
    runs: Mapping[str, RunHistory],
    out: str | Path,
    *,
    by: str = EPOCHS,
    accuracies: Sequence[float] = (),
) -> None:
    """Draw the loss and the accuracy of several runs over epochs or seconds.

    A line is the median over a run's members; where there are six runs or fewer, a band reaches
    from the least to the greatest. They are those of held-out series where all runs have some, and
    else of the training series. A dot marks where the median of the members reaches an accuracy.

    Parameters
    ----------
    runs : mapping of str to RunHistory
        By what they are called.
    out : str or Path
        Where to save it: .png, .svg or .pdf. Written in one step.
    by : {"epochs", "seconds"}
    accuracies : sequence of float
        Marked by lines.

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
    if not any(run.members for run in runs.values()):
        msg = "the runs have no epoch yet; there is nothing to draw."
        raise DataError(msg)
    of = scored_on(runs.values())
    figure = new_figure(9.0, 6.4 + _LEGEND_INCHES * len(runs) / _COLUMNS)
    loss, accuracy = figure.subplots(2, 1, sharex=True)
    for level in accuracies:
        accuracy.axhline(level, color=PALE, linewidth=0.8, zorder=0)
    has_bands = len(runs) <= MOST_BANDS
    looks = zip(runs.items(), cycle(COLOURS), strict=False)
    for k, ((name, run), colour) in enumerate(looks):
        look = _Look(colour, _STYLES[k // len(COLOURS) % len(_STYLES)], has_bands)
        _draw(loss, band(run, "loss", of, by), look)
        label = f"{shortened(name, 40)} ({len(run.members)})"
        _draw(accuracy, band(run, "accuracy", of, by), look, label)
        for one in reach(run, accuracies, of):
            at = getattr(one, by)
            if at is not None:
                accuracy.plot([at], [one.accuracy], "o", color=colour, markersize=5)
    for axes, what in ((loss, "loss"), (accuracy, "accuracy")):
        axes.set_ylabel(f"{of} {what}", fontsize=9, color=INK)
        plain(axes)
    accuracy.set_xlabel({EPOCHS: "epoch"}.get(by, "seconds of training"), fontsize=9, color=MUTED)
    handles, labels = accuracy.get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        title="run (members): median" + ", and from the least to the greatest" * has_bands,
        title_fontsize=8,
        alignment="left",
        fontsize=9,
        frameon=False,
        loc="outside lower left",
        ncols=_COLUMNS,
    )
    save_figure(figure, out)


class _Look(NamedTuple):
    """How a run is drawn."""

    colour: str
    style: str
    has_band: bool


def _draw(axes: Axes, drawn: Band | None, look: _Look, label: str = "") -> None:
    if drawn is None:
        axes.plot([], [], color=look.colour, linestyle=look.style, label=label)
        return
    marker = "." if len(drawn.at) == 1 else ""
    line: dict[str, Any] = {
        "color": look.colour,
        "marker": marker,
        "linewidth": 1.5,
        "label": label,
    }
    axes.plot(drawn.at, drawn.median, look.style, **line)
    if look.has_band:
        axes.fill_between(
            drawn.at, drawn.low, drawn.high, color=look.colour, alpha=0.15, linewidth=0
        )
