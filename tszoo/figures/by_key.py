"""Draws what the values of several keys came to: a panel a key, a line a data set."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from tszoo.figures.datasets import colours_of, name_datasets
from tszoo.figures.figure import INK, new_figure, save_figure, shortened, write_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = 3


class Found(Protocol):
    """What a value of a key came to on a data set."""

    @property
    def key(self) -> str:
        """What was varied."""

    @property
    def dataset(self) -> str:
        """The data set's name."""


F = TypeVar("F", bound=Found)


def draw_by_key(
    found: Sequence[F],
    draw: Callable[[Axes, list[F], Mapping[str, str]], None],
    out: Path,
    *,
    title: str,
    label: str,
    share_y: bool = False,
) -> None:
    """Have a panel drawn for each key, name everything, and save it.

    Parameters
    ----------
    found : sequence of objects with a key and a data set
        One at least.
    draw : callable
        ``draw(axes, some, colours)`` draws those of one key, with the colour of each data set.
    out : Path
        Where to save it, of a suffix that is known.
    title, label : str
        Of everything, and of the vertical axis.
    share_y : bool
        Whether all panels have one vertical axis.
    """
    keys = list(dict.fromkeys(one.key for one in found))
    n_columns = min(len(keys), _COLUMNS)
    n_rows = math.ceil(len(keys) / n_columns)
    figure = new_figure(max(5.0, 3.6 * n_columns), 0.6 + 3.0 * n_rows)
    grid = figure.subplots(n_rows, n_columns, sharey=share_y, squeeze=False)
    colours = colours_of(list(dict.fromkeys(one.dataset for one in found)))
    for key, axes in zip(keys, grid.flat, strict=False):
        draw(axes, [one for one in found if one.key == key], colours)
        axes.set_xlabel(shortened(key), fontsize=9, color=INK)
    for axes in grid.flat[len(keys) :]:
        axes.set_visible(False)
    for row in grid:
        row[0].set_ylabel(label, fontsize=9, color=INK)
    name_datasets(figure, grid.flat[0], colours)
    write_title(figure, title)
    save_figure(figure, out)
