"""A model for a target in one call: a plan is made, and fitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from typing import Any

from tszoo.data import Dataset
from tszoo.data.given import as_dataset
from tszoo.data.weights import ClassWeight
from tszoo.models.model import Model
from tszoo.training.epoch import Watcher
from tszoo.training.recipe import RecipeLike
from tszoo.training.run import Run
from tszoo.transfer.planning import make_plan
from tszoo.transfer.request import Sources
from tszoo.zoo.find import ZooLike


def finetune(
    target: Dataset | str | PathLike[str],
    source: Sources = "auto",
    *,
    test: Dataset | None = None,
    zoo: ZooLike = None,
    head: str | None = None,
    members: int | None = None,
    most_sources: int | None = None,
    architecture: str | None = None,
    network: Mapping[str, Any] | None = None,
    recipe: RecipeLike = None,
    freeze: bool = False,
    keep_head: bool = False,
    level: str = "auto",
    reduce: str = "auto",
    class_weight: ClassWeight = None,
    seed: int = 0,
    callbacks: Sequence[Watcher] = (),
    run: Run | None = None,
) -> Model:
    """Make a model for a target: ``make_plan(target, ...)``, then ``plan.fit(target)``.

    Parameters
    ----------
    target : Dataset, str or path
        Labelled training series, or what `tszoo.load_dataset` reads them from.
    source, zoo, head, members, most_sources, architecture, network, recipe, freeze, keep_head
        What is asked for; see `tszoo.make_plan`.
    level, reduce, class_weight, seed
        As well.
    test : Dataset or None
        Read once, when all members are done, to report their accuracy.
    callbacks : sequence of Watcher
        Called as ``callback(member, report, network)`` after every epoch of every member that is
        trained; ``report`` is a ``tszoo.training.epoch.EpochReport``. They change nothing, and a
        KeyboardInterrupt of theirs ends the run. They are told after the run's own watchers, which
        are the same kind of thing.
    run : Run or None
        Where and how; None is ``Run()``.

    Returns
    -------
    Model

    Raises
    ------
    DataError, ModelError, OptionError, TrainingError, ZooError
        If the data, a source or a parameter cannot be used, or training fails.
    """
    target = as_dataset(target)
    run = run or Run()
    run = replace(run, watchers=(*run.watchers, *callbacks))
    plan = make_plan(
        target,
        source,
        zoo=zoo,
        head=head,
        members=members,
        most_sources=most_sources,
        architecture=architecture,
        network=network,
        recipe=recipe,
        freeze=freeze,
        keep_head=keep_head,
        level=level,
        reduce=reduce,
        class_weight=class_weight,
        seed=seed,
        run=run,
    )
    return plan.fit(target, test=test, run=run)
