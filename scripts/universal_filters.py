"""Draws the first filters of frozen bodies, and which waves they answer to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tszoo.explanation.filters import unit_filters
from tszoo.figures.figure import INK, MUTED, SOURCE, TARGET, new_figure, plain
from tszoo.figures.filters import draw_grid
from tszoo.figures.small_png import small_png
from tszoo.nets.network import Network

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
COLUMNS = 4  # of filters beside one another in a panel
EVERY = 2  # second filter is drawn
N_FREQUENCIES = 513
SLOW = 0.1  # cycles a point: waves of ten points and longer
_LINES = ((SOURCE, "-"), ("#009e73", "--"), (MUTED, "-"))
_COLOURS = 40


def first_filters(network: Network) -> dict[int, Array]:
    """Return the filters of each length that a network reads series of one channel with.

    Each array has shape (n_filters, length), each filter a sum of squares of 1, because the batch
    norm behind them undoes any other scale. The slowest filters come first.
    """
    filters = {}
    for rows in reversed([found[:, 0] for found in unit_filters(network)]):
        filters[rows.shape[1]] = rows[np.argsort(middle_frequencies(rows), kind="stable")]
    return filters


def frequencies() -> Array:
    """Return the frequencies of ``spectra`` in cycles a point, from 0 to a half."""
    return np.linspace(0.0, 0.5, N_FREQUENCIES)


def spectra(filters: Array) -> Array:
    """Compute each filter's power at each frequency, shape (n_filters, N_FREQUENCIES)."""
    return np.asarray(np.abs(np.fft.rfft(filters, 2 * (N_FREQUENCIES - 1), axis=1)) ** 2)


def middle_frequencies(filters: Array) -> Array:
    """Compute the mean frequency of each filter's power, shape (n_filters,)."""
    power = spectra(filters)
    return np.asarray(power @ frequencies() / power.sum(axis=1))


def slow_share(filters: Array) -> float:
    """Compute the share of all filters' power that lies below ``SLOW``."""
    power = spectra(filters)
    return float(power[:, frequencies() < SLOW].sum() / power.sum())


def draw_filters(networks: Mapping[str, Network], first: str, second: str) -> bytes:
    """Draw the filters of two networks beside each other, and the mean spectra of all.

    Returns
    -------
    bytes
        A PNG image of few colours: a row a length; first, second, spectra.
    """
    filters = {title: first_filters(network) for title, network in networks.items()}
    lengths = list(filters[first])
    figure = new_figure(11.5, 2.5 * len(lengths))
    from matplotlib import style

    # the user's style has no effect
    with style.context(["default"]):
        figure.set_layout_engine("constrained", w_pad=0.08, h_pad=0.06)
        panels = figure.subplots(len(lengths), 3, squeeze=False, width_ratios=(1.25, 1.25, 1.0))
        for (left, middle, right), length in zip(panels, lengths, strict=True):
            draw_grid(left, _one_channel(filters[first][length]), SOURCE, COLUMNS)
            draw_grid(middle, _one_channel(filters[second][length]), MUTED, COLUMNS)
            _title(left, f"{first}: filters of {length} points")
            _title(middle, f"{second}: filters of {length} points")
            _draw_spectra(right, {title: sets[length] for title, sets in filters.items()})
        _title(panels[0, 2], "mean power by frequency")
        panels[0, 2].legend(frameon=False, fontsize=9, labelcolor=INK)
        panels[-1, 2].set_xlabel("cycles a point", fontsize=9, color=MUTED)
        return small_png(figure, _COLOURS)


def _one_channel(filters: Array) -> Array:
    """Take what is drawn of the filters, shape (n_filters, 1, length)."""
    return filters[::EVERY, None]


def _title(axes: Axes, title: str) -> None:
    axes.set_title(title, fontsize=10, color=INK, loc="left", pad=5.0)


def _draw_spectra(axes: Axes, filters: Mapping[str, Array]) -> None:
    """Draw the mean power of each body's filters; that of white noise is 1."""
    for (title, rows), (colour, dashes) in zip(filters.items(), _LINES, strict=False):
        mean = spectra(rows).mean(axis=0)
        axes.plot(frequencies(), mean, color=colour, linestyle=dashes, linewidth=1.5, label=title)
    axes.axvline(SLOW, color=TARGET, linewidth=0.8, linestyle=":")
    axes.set(xlim=(0.0, 0.5), ylim=(0.0, None))
    plain(axes)


def filter_table(networks: Mapping[str, Network]) -> str:
    """Write the share of slow waves in each body's filters, by their length, as Markdown."""
    filters = {title: first_filters(network) for title, network in networks.items()}
    lengths = list(next(iter(filters.values())))
    lines = [
        f"| filters of | {' | '.join(f'{length} points' for length in lengths)} |",
        "|---|" + "---:|" * len(lengths),
    ]
    for title, by_length in filters.items():
        shares = " | ".join(f"{slow_share(rows):.0%}" for rows in by_length.values())
        lines.append(f"| {title} | {shares} |")
    return "\n".join(lines)
