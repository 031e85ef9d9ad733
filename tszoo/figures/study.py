"""Draws all figures of a sweep into a folder."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from tszoo.figures.confusions import draw_confusions
from tszoo.figures.critical_difference import plot_critical_difference
from tszoo.figures.node_maps import draw_node_maps
from tszoo.figures.seconds import draw_seconds
from tszoo.figures.sweep import draw_accuracies, draw_curves
from tszoo.storage.hub_names import own_slugs
from tszoo.study.seconds import seconds_by_value
from tszoo.study.study import Study
from tszoo.study.tables import confusions_of

T = TypeVar("T")

# Panels on one picture; what is more goes on to further ones.
MOST_CURVES, MOST_MATRICES, MOST_MAPS = 60, 12, 20


def draw_study(study: Study, folder: Path) -> None:
    """Draw what a sweep came to.

    ``accuracy.png`` and ``curves.png`` show accuracy by value and error by epoch, ``seconds.png``
    how long training takes by the values that are numbers. On two data sets
    or more, ``critical-difference-KEY.png`` shows which values of a key are better than which.
    ``confusion-NAME.png`` and, where nodes were recorded, ``nodes-NAME.png`` have a panel a
    combination of values, for each data set. Panels that one picture does not hold go on to
    ``confusion-NAME--2.png`` and so on, which is the name of no data set's file.

    Parameters
    ----------
    study : Study
        At least one trial has ended well.
    folder : Path
        Which is there.

    Raises
    ------
    DataError, MissingExtraError, OptionError
        If there is nothing to draw, matplotlib is not installed, or a file cannot be written.
    """
    draw_accuracies(study.points(), folder / "accuracy.png")
    for shown, path, part in _pages(study.curves(), MOST_CURVES, folder / "curves.png"):
        draw_curves(shown, path, title=f"Error by epoch{part}")
    taken = seconds_by_value(study.rows)
    if taken:
        draw_seconds(taken, folder / "seconds.png")
    for key, standings in study.standings().items():
        plot_critical_difference(standings, folder / f"critical-difference-{key}.png", of=key)
    _draw_confusions(study, folder)
    _draw_nodes(study, folder)


def _draw_confusions(study: Study, folder: Path) -> None:
    for name, (matrices, classes) in confusions_of(study).items():
        path = folder / f"confusion-{name}.png"
        for shown, page, part in _pages(matrices, MOST_MATRICES, path):
            draw_confusions(shown, classes, page, title=f"{name}, held out{part}")


def _draw_nodes(study: Study, folder: Path) -> None:
    names = dict(zip(study.plan.names, own_slugs(study.plan.names), strict=True))
    for dataset, runs in study.nodes().items():
        name = names[dataset]
        begun = {told: run for told, run in runs.items() if len(run.epoch)}
        for shown, page, part in _pages(begun, MOST_MAPS, folder / f"nodes-{name}.png"):
            draw_node_maps(shown, page, title=f"How nodes learnt {name}{part}")


def _pages(
    panels: Mapping[str, T], most: int, path: Path
) -> Iterator[tuple[dict[str, T], Path, str]]:
    """Share panels out to pictures: those of each, its path, and what to add to its title."""
    rest, n_pages = list(panels.items()), math.ceil(len(panels) / most)
    for k in range(n_pages):
        part, page = "", path
        if n_pages > 1:
            part = f", {k + 1} of {n_pages}"
        if k:
            page = path.with_name(f"{path.stem}--{k + 1}{path.suffix}")
        yield dict(rest[k * most : (k + 1) * most]), page, part
