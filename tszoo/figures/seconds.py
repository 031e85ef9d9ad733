"""Draws how long training takes, by the numbers that were varied."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tszoo.errors import DataError
from tszoo.figures.by_key import draw_by_key
from tszoo.figures.figure import (
    INK,
    check_format,
    plain,
)
from tszoo.study.seconds import Taken

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DOUBLE = "double for double"
_LEAST_APART = 0.12  # of the axis


def draw_seconds(taken: Sequence[Taken], out: str | Path) -> None:
    """Draw the seconds of training by the values of each key, a panel a key, both logarithmic.

    A line is a data set. One that doubles where the value doubles is parallel to the dotted line.

    Parameters
    ----------
    taken : sequence of Taken
        As of ``tszoo.study.seconds.seconds_by_value``.
    out : str or Path
        Where to save it: .png, .svg or .pdf. Written in one step.

    Raises
    ------
    DataError
        If there is nothing to draw.
    MissingExtraError
        If matplotlib is not installed.
    OptionError
        If the suffix is unknown or the file cannot be written.
    """
    out = check_format(out)
    if not taken:
        msg = "no key has two numbers above zero; there is nothing to draw."
        raise DataError(msg)
    title, label = "How long each value took", "seconds of training"
    draw_by_key(taken, _draw_key, out, title=title, label=label)


def _draw_key(axes: Axes, taken: Sequence[Taken], colours: Mapping[str, str]) -> None:
    """Draw a line for each data set, and one that grows as the value does."""
    axes.set(xscale="log", yscale="log")
    for dataset, colour in colours.items():
        some = [one for one in taken if one.dataset == dataset]
        at, height = [one.value for one in some], [one.seconds for one in some]
        axes.plot(at, height, color=colour, linewidth=1.0, marker=".", label=dataset)
    values, seconds = sorted({one.value for one in taken}), [one.seconds for one in taken]
    _draw_double(axes, values, seconds)
    named = _apart(values)
    axes.set_xticks(named, [f"{value:g}" for value in named])
    axes.minorticks_off()
    _name_seconds(axes, seconds)
    plain(axes)


def _draw_double(axes: Axes, values: Sequence[float], seconds: Sequence[float]) -> None:
    """Draw through the middle what takes double the time for double the value."""
    middle = math.exp(sum(map(math.log, seconds)) / len(seconds))
    centre = math.sqrt(values[0] * values[-1])
    double = [middle * value / centre for value in values]
    axes.plot(values, double, color=INK, linestyle=":", linewidth=1.4, label=DOUBLE)


def _apart(values: Sequence[float]) -> list[float]:
    """Return the values that can be named without touching one another."""
    step = (values[-1] / values[0]) ** _LEAST_APART
    named = [values[0]]
    for value in values[1:]:
        if value >= step * named[-1]:
            named.append(value)
    return named


def _name_seconds(axes: Axes, seconds: Sequence[float]) -> None:
    """Name a few seconds: a range may lie between two powers of ten."""
    low, high = min(seconds), max(seconds)
    marks = [low, math.sqrt(low * high), high]
    if high < 1.5 * low:
        marks = marks[1:2]
    axes.set_yticks(marks, [f"{float(f'{mark:.2g}'):g}" for mark in marks])
