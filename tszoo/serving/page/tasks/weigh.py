"""Find what to start from: the nearest sources at once, then how well they do on the series."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tszoo.data.dataset import Dataset
from tszoo.errors import TszooError, ZooError
from tszoo.serving.page.desktop import Desktop
from tszoo.serving.page.pictures import write_svg
from tszoo.serving.page.reading import read_split
from tszoo.serving.page.tasks.plans import plan_file
from tszoo.serving.page.work import Work

if TYPE_CHECKING:
    from tszoo.recommendation import Advice, Choice, Recommendation
    from tszoo.training.run import Run
    from tszoo.zoo.zoo import Zoo

TOP = 6
# a panel on a page, rather than six
PANELS = 2


def weigh(desktop: Desktop, *, zoo: str | None, cache: str) -> None:
    """Write ``near``, then ``advice``, which holds what two ways to a model would take.

    Raises as ``tszoo.recommendation.advise`` does.
    """
    from tszoo.recommendation.advice import advise
    from tszoo.training.run import Run
    from tszoo.zoo.find import open_zoo

    desktop.say("Reading your series")
    train, _ = read_split(desktop.work)
    catalogue = open_zoo(zoo)
    desktop.say("Looking for series like yours")
    run = Run(progress=desktop.count, cache=Path(cache))
    near = advise(train, catalogue, top=TOP, method="dtw", run=run)
    _draw(train, near, catalogue, desktop.work.file("near.svg"))
    desktop.work.write("near", [_near(source) for source in near.sources])
    desktop.say("Trying the nearest on your series")
    advice = advise(train, catalogue, top=TOP, run=run)
    desktop.say("Working out how long it will take")
    told = _advice(train, advice) | {"ways": _ways(train, catalogue, run, desktop.work)}
    desktop.work.write("advice", told)


def _draw(train: Dataset, advice: Advice, catalogue: Zoo, path: Path) -> None:
    """Draw the prototypes over those of the first sources; nothing where none has any."""
    from tszoo.figures.recommendation import plot_recommendation
    from tszoo.recommendation.sets import nearest_set, prototypes_of

    shown: dict[str, Recommendation] = {}
    for source in advice.sources:
        if source.distance is not None:
            shown.setdefault(nearest_set(source, catalogue.entry(source.model)), source)
    panels = list(shown.items())[:PANELS]
    if not panels:
        return
    sources = [(name, prototypes_of(source, catalogue)) for name, source in panels]
    write_svg(
        path,
        lambda place: plot_recommendation(
            advice.prototypes, sources, place, target_name=train.name
        ),
    )


def _near(source: Recommendation) -> dict[str, Any]:
    return {
        "dataset": source.dataset,
        "model": source.model,
        "distance": source.distance,
        "classes": [source.target_class, source.source_class],
        "is_target": source.is_target,
    }


def _advice(train: Dataset, advice: Advice) -> dict[str, Any]:
    """Say how the sources did, and what is advised."""
    from tszoo.evaluation.baselines import left_out_baselines

    best = _best(advice)
    guessing = left_out_baselines(train, most_cells=0).majority.accuracy
    rows = [
        {"model": source.model, "score": source.score, "is_target": source.is_target}
        for source in advice.sources
    ]
    without = next((c for c in advice.choices if c.source is None and c.head == "ridge"), None)
    return {
        "sources": rows,
        "best": None if best is None else vars(best),
        "without": None if without is None else without.expected,
        "guessing": guessing,
        "level": None if advice.level is None else advice.level.why,
        "reduced": advice.reduced,
    }


def _best(advice: Advice) -> Choice | None:
    try:
        return advice.best()
    except ZooError:
        return None


def _ways(train: Dataset, catalogue: Zoo, run: Run, work: Work) -> dict[str, Any]:
    """Plan the quick way, and training; say about how long each takes, or why it cannot be gone."""
    from tszoo.transfer.planning import make_plan

    ways: dict[str, Any] = {}
    for head in ("ridge", "softmax"):
        try:
            plan = make_plan(train, zoo=catalogue, head=head, run=run)
        except TszooError as error:
            ways[head] = {"seconds": None, "why": str(error)}
            continue
        plan_file(work, head).write_text(plan.to_json(), encoding="utf-8")
        ways[head] = {"seconds": plan.seconds, "why": plan.reasons["source"]}
    return ways
