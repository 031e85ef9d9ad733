"""Tells the data sets of a figure apart by colours, as long as they are few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tszoo.figures.figure import PALE, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# of as many data sets as can be told apart by these (Okabe and Ito 2008)
_TOLD_APART = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")

# of a legend of 8 points: what a line and the gaps beside it take, and a character
_HANDLE_INCHES, _CHARACTER_INCHES, _MOST_COLUMNS = 0.6, 0.07, 4


def are_many(datasets: Sequence[str] | Mapping[str, str]) -> bool:
    """Whether data sets are too many to be told apart by colours."""
    return len(datasets) > len(_TOLD_APART)


def colours_of(datasets: Sequence[str]) -> dict[str, str]:
    """Choose the colour of each data set; all the same where they are too many to be told apart."""
    if are_many(datasets):
        return dict.fromkeys(datasets, PALE)
    return dict(zip(datasets, _TOLD_APART, strict=False))


def name_datasets(figure: Figure, axes: Axes, colours: Mapping[str, str]) -> None:
    """Say below everything what the lines are; those of the data sets come first."""
    handles, names = axes.get_legend_handles_labels()
    if are_many(colours):
        n_others = sum(name not in colours for name in names)
        first = len(names) - n_others - 1
        handles, names = handles[first:], [f"each of {len(colours)} data sets", *names[first + 1 :]]
    names = [shortened(name) for name in names]
    figure.legend(
        handles,
        names,
        loc="outside lower center",
        ncols=_columns(names, figure.get_figwidth()),
        fontsize=8,
        frameon=False,
    )


def _columns(names: Sequence[str], width: float) -> int:
    """Say in how many columns names fit beside each other, ``width`` in inches."""
    widest = _HANDLE_INCHES + _CHARACTER_INCHES * max(map(len, names))
    return max(1, min(len(names), _MOST_COLUMNS, int(width / widest)))
