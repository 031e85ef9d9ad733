"""Draws all figures of a sweep into a folder."""

from __future__ import annotations

from pathlib import Path

from tszoo.figures.confusions import draw_confusions
from tszoo.figures.critical_difference import plot_critical_difference
from tszoo.figures.node_maps import draw_node_maps
from tszoo.figures.seconds import draw_seconds
from tszoo.figures.sweep import draw_accuracies, draw_curves
from tszoo.storage.hub_names import own_slugs
from tszoo.study.seconds import seconds_by_value
from tszoo.study.study import Study
from tszoo.study.tables import confusions_of

# Pictures of confusions or of nodes, a data set each, and the matrices on one.
MOST_SETS, MOST_MATRICES = 12, 12


def draw_study(study: Study, folder: Path) -> None:
    """Draw what a sweep came to.

    ``accuracy.png`` and ``curves.png`` show accuracy by value and error by epoch, ``seconds.png``
    how long training takes by the values that are numbers. On two data sets
    or more, ``critical-difference-KEY.png`` shows which values of a key are better than which.
    ``confusion-NAME.png`` and, where nodes were recorded, ``nodes-NAME.png`` have a panel a
    combination of values, for each of the first 12 data sets.

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
    panels = study.curves()
    if panels:
        draw_curves(panels, folder / "curves.png")
    taken = seconds_by_value(study.rows)
    if taken:
        draw_seconds(taken, folder / "seconds.png")
    for key, standings in study.standings().items():
        plot_critical_difference(standings, folder / f"critical-difference-{key}.png", of=key)
    _draw_confusions(study, folder)
    _draw_nodes(study, folder)


def _draw_confusions(study: Study, folder: Path) -> None:
    for name, (matrices, classes) in list(confusions_of(study).items())[:MOST_SETS]:
        shown = dict(list(matrices.items())[:MOST_MATRICES])
        title = f"{name}, held out"
        if len(shown) < len(matrices):
            title += f": the first {len(shown)} of {len(matrices)}"
        draw_confusions(shown, classes, folder / f"confusion-{name}.png", title=title)


def _draw_nodes(study: Study, folder: Path) -> None:
    names = dict(zip(study.plan.names, own_slugs(study.plan.names), strict=True))
    for dataset, runs in list(study.nodes().items())[:MOST_SETS]:
        if any(len(run.epoch) for run in runs.values()):
            name = names[dataset]
            draw_node_maps(runs, folder / f"nodes-{name}.png", title=f"How nodes learnt {name}")
