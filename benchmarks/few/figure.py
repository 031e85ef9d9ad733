"""Draw accuracy by series a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from few.draws import SETS, SIZES
from few.methods import METHODS
from few.table import Cell, Draws, measured
from tszoo.figures.figure import INK, MUTED, new_figure, plain, save_figure

# panels by number of classes: name, the fewest, the most
PANELS = (("all sets", 2, 999), ("two classes", 2, 2), ("3 to 6", 3, 6), ("7 and more", 7, 999))


def draw_curves(accuracies: Mapping[Cell, Draws], methods: Sequence[str], path: Path) -> None:
    """Draw a panel of all sets that have every method and size, and panels of some of them."""
    sets = set.intersection(*(set(measured(accuracies, methods, size)) for size in SIZES))
    if not sets:
        return
    figure = new_figure(11.0, 3.6)
    panels = figure.subplots(1, len(PANELS), sharex=True)
    for axes, (title, fewest, most) in zip(panels, PANELS, strict=True):
        chosen = [name for name in sorted(sets) if fewest <= SETS[name].n_classes <= most]
        axes.set_title(f"{title} ({len(chosen)})", fontsize=9, color=INK, loc="left")
        axes.set_xlabel("series a class", fontsize=8, color=MUTED)
        if chosen:
            draw_panel(axes, accuracies, methods, chosen)
    panels[0].set_ylabel("accuracy on test series", fontsize=8, color=MUTED)
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=5, fontsize=8, frameon=False)
    save_figure(figure, path)


def draw_panel(
    axes: Axes, accuracies: Mapping[Cell, Draws], methods: Sequence[str], sets: Sequence[str]
) -> None:
    """Draw the mean over sets of every method."""
    for method in methods:
        how = METHODS[method]
        means = []
        for size in SIZES:
            draws = [accuracies[Cell(name, method, size)] for name in sets]
            means.append(np.mean([np.mean(list(some.values())) for some in draws]))
        axes.plot(SIZES, means, how.line, color=how.colour, marker="o", markersize=3, label=method)
    axes.set_xscale("log")
    axes.set_xticks(SIZES, [str(size) for size in SIZES])
    axes.minorticks_off()
    plain(axes)
