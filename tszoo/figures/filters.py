"""Draws a network's first filters, and how strongly they respond to data sets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tszoo.figures.figure import (
    INK,
    MUTED,
    PALE,
    SOURCE,
    check_format,
    new_figure,
    save_figure,
    shortened,
    write_title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

    from tszoo.explanation.filters import FilterBank

# As many filters stand beside one another; of a filter of several channels, so many are drawn.
A_ROW, MOST_CHANNELS = 32, 3
_LEAST_COLUMNS = 16  # room for the title and the colour bar
_CELL_INCHES, _STRIP_INCHES, _NAMES_INCHES, _HEAD_INCHES = 0.34, 0.5, 2.6, 0.45
_MOST_TALL, _TALL_INCHES, _LOW_INCHES = 20, 0.22, 0.13
_LIMIT = 2.0  # colours end at a quarter of noise and at four times it, as powers of two


def plot_filters(
    banks: Sequence[FilterBank], names: Sequence[str], path: str | Path, *, title: str = "Filters"
) -> None:
    """Draw filters in rows, and under each row a heat map of what they respond to.

    Parameters
    ----------
    banks : sequence of FilterBank
        What ``tszoo.explanation.filters.first_filters`` gives.
    names : sequence of str
        Of the data sets; without any, there are no heat maps.
    path : str or Path
        Where to save it: .png, .svg or .pdf. Written in one step.
    title : str

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    OptionError
        If the suffix is unknown or the file cannot be written.
    """
    path = check_format(path)
    rows = [(bank, start) for bank in banks for start in range(0, len(bank.filters), A_ROW)]
    heat = len(names) * (_LOW_INCHES if len(names) > _MOST_TALL else _TALL_INCHES)
    columns = min(A_ROW, max(_LEAST_COLUMNS, *(len(bank.filters) for bank in banks)))
    width = _CELL_INCHES * columns + _NAMES_INCHES
    figure = new_figure(width, len(rows) * (_STRIP_INCHES + heat + _HEAD_INCHES) + 1.4)
    write_title(figure, shortened(title, int(7 * width)))
    strips, maps = _panels(figure, len(rows), heat)
    image = None
    for (bank, start), strip in zip(rows, strips, strict=True):
        shown = slice(start, start + A_ROW)
        draw_grid(strip, bank.filters[shown], SOURCE, columns)
        strip.set_title(_called(bank, start), fontsize=9.5, color=INK, loc="left", pad=3.0)
    for (bank, start), axes in zip(rows, maps, strict=False):  # without data, there are none
        image = _draw_responses(axes, bank, slice(start, start + A_ROW), names)
        axes.set_xlim(0, columns)
    if image is not None:
        _color_bar(figure, image, maps)
    save_figure(figure, path)


def draw_grid(axes: Axes, filters: NDArray[np.float64], colour: str, columns: int) -> None:
    """Draw filters row by row, each scaled to its own largest value, over a line at zero.

    ``filters`` are ``(n_filters, n_channels, length)``; of more than three channels, the strongest
    three are drawn.
    """
    n_rows = -(-len(filters) // columns)
    for k, channels in enumerate(filters):
        row, column = divmod(k, columns)
        ends = column + 0.08, column + 0.92
        axes.plot(ends, [-row, -row], color=PALE, linewidth=0.6)
        scale = 0.42 / (float(np.abs(channels).max()) or 1.0)
        strongest = np.argsort(-(channels**2).sum(axis=1), kind="stable")[:MOST_CHANNELS]
        for values in channels[strongest]:
            at = np.linspace(*ends, len(values))
            marker = "o" if len(values) == 1 else ""
            axes.plot(at, scale * values - row, color=colour, linewidth=1.1, marker=marker)
    axes.set(xlim=(0, columns), ylim=(0.5 - n_rows, 0.5))
    axes.set_axis_off()


def _panels(figure: Figure, n_rows: int, heat: float) -> tuple[list[Axes], list[Axes]]:
    """Make the panels of filters and, if there are data sets, a heat map's under each."""
    if heat == 0:
        grid = figure.add_gridspec(n_rows, 1)
        return [figure.add_subplot(grid[row, 0]) for row in range(n_rows)], []
    grid = figure.add_gridspec(2 * n_rows, 1, height_ratios=[_STRIP_INCHES, heat] * n_rows)
    panels = [figure.add_subplot(grid[row, 0]) for row in range(2 * n_rows)]
    return panels[::2], panels[1::2]


def _called(bank: FilterBank, start: int) -> str:
    n_filters = len(bank.filters)
    name = f"{n_filters} filters of {bank.length} points"
    if n_filters <= A_ROW:
        return name
    return f"{name}: {start + 1} to {min(start + A_ROW, n_filters)}"


def _draw_responses(axes: Axes, bank: FilterBank, shown: slice, names: Sequence[str]) -> AxesImage:
    """Draw responses as powers of two of that to noise, a row a data set."""
    least = bank.chance / 2**8  # a filter may not respond at all
    powers = np.log2(np.maximum(bank.responses[shown].T, least) / bank.chance)
    image = axes.imshow(
        powers,
        cmap="RdBu_r",
        vmin=-_LIMIT,
        vmax=_LIMIT,
        aspect="auto",
        interpolation="nearest",
        extent=(0.0, float(powers.shape[1]), len(names) - 0.5, -0.5),
    )
    font = 6.5 if len(names) > _MOST_TALL else 8.5
    labels = [shortened(name) for name in names]
    axes.set_yticks(range(len(names)), labels, fontsize=font, color=INK, parse_math=False)
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return image


def _color_bar(figure: Figure, image: AxesImage, maps: Sequence[Axes]) -> None:
    bar = figure.colorbar(
        image, ax=list(maps), location="bottom", shrink=0.5, aspect=50, extend="both", pad=0.01
    )
    bar.set_ticks([-2, -1, 0, 1, 2], labels=["1/4", "1/2", "1", "2", "4"])
    bar.set_label("response, as a multiple of that to white noise", fontsize=9, color=MUTED)
    bar.ax.tick_params(labelsize=8, colors=MUTED, length=3)
    bar.outline.set_visible(False)
