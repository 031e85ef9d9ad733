"""Make a model: plan it, fit it, save it, judge it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tszoo.data.dataset import Dataset
from tszoo.serving.page.reading import read_split
from tszoo.serving.page.tasks.judge import keep_judged
from tszoo.serving.page.worker import Desktop

if TYPE_CHECKING:
    from tszoo.models.model import Model
    from tszoo.nets.network import Network
    from tszoo.training.epoch import EpochReport
    from tszoo.transfer.plan import Plan

# what is lost when the computer stops
CHECKPOINT_SECONDS = 20.0


def fit(
    desktop: Desktop,
    *,
    head: str,
    members: int | None,
    epochs: int | None,
    resume: bool,
    zoo: str | None,
    cache: str,
) -> None:
    """Fit a model and write what is known of it as ``fitted``; go on with a plan that was kept.

    Raises as ``tszoo.make_plan`` and ``Plan.fit`` do.
    """
    from tszoo.models.save import check_target

    work = desktop.work
    desktop.say("Reading your series")
    train, held = read_split(work)
    plan = _plan_again(work.file("plan.json")) if resume else None
    if plan is None:
        desktop.say("Choosing where to start")
        recipe = None if epochs is None else {"epochs": epochs}
        plan = _plan(train, desktop, head, members, recipe, zoo, cache)
        work.file("plan.json").write_text(plan.to_json(), encoding="utf-8")
        work.write("planned", _planned(plan))
    check_target(work.model, True)
    model = _fitted(plan, train, held, desktop, resume)
    desktop.saves_itself = False
    desktop.say("Saving the model")
    model.save(work.model, overwrite=True)
    shutil.rmtree(work.training, ignore_errors=True)
    work.write("fitted", _told(model))
    desktop.say("Judging it")
    if held is not None:
        keep_judged(work, model, held, "held")


def _plan(
    train: Dataset,
    desktop: Desktop,
    head: str,
    members: int | None,
    recipe: dict[str, int] | None,
    zoo: str | None,
    cache: str,
) -> Plan:
    from tszoo.training.run import Run
    from tszoo.transfer.planning import make_plan

    run = Run(progress=desktop.count, cache=Path(cache))
    return make_plan(train, zoo=zoo, head=head, members=members, recipe=recipe, run=run)


def _plan_again(path: Path) -> Plan | None:
    from tszoo.transfer.plan import Plan

    if not path.exists():
        return None
    return Plan.from_json(path.read_text(encoding="utf-8"))


def _fitted(
    plan: Plan, train: Dataset, held: Dataset | None, desktop: Desktop, resume: bool
) -> Model:
    """Fit the plan; training is watched, and saves itself when it is cancelled."""
    from tszoo.training.run import Run
    from tszoo.training.watch.runlog import RunLog

    if plan.ensemble.n_trained == 0:
        desktop.say("Computing the model")
        return plan.fit(train, run=Run(progress=desktop.count))
    desktop.say("Training")
    desktop.saves_itself = True
    work = desktop.work
    log = RunLog(work.log, {"members": plan.ensemble.n_trained}, resume=resume)
    run = Run(
        folder=work.training,
        resume=resume,
        checkpoint_seconds=CHECKPOINT_SECONDS,
        watchers=[log, _Ear(desktop, plan)],
        validation=held,
    )
    return plan.fit(train, run=run)


class _Ear:
    """Says after every epoch how far the training is, and ends it where somebody asked for it."""

    reads_network = False

    def __init__(self, desktop: Desktop, plan: Plan) -> None:
        self.desktop = desktop
        self.members = plan.ensemble.n_trained
        self.done: dict[int, int] = {}

    def __call__(self, member: int, report: EpochReport, network: Network) -> None:  # noqa: ARG002
        """Count the epochs of all members."""
        self.done[member] = report.epoch
        self.desktop.count(sum(self.done.values()), self.members * report.epochs)
        if self.desktop.is_cancelled:
            raise KeyboardInterrupt


def _planned(plan: Plan) -> dict[str, Any]:
    return {
        "text": str(plan),
        "seconds": plan.seconds,
        "trained": plan.ensemble.n_trained,
        "members": plan.ensemble.members,
        "head": plan.head,
    }


def _told(model: Model) -> dict[str, Any]:
    """Say what the model is, and what is known of it without other series."""
    from tszoo.report.facts import choice_facts, data_facts

    config = model.config
    return {
        "facts": [*choice_facts(config), *data_facts(config, None)],
        "classes": list(config.class_names),
        "left_out": config.results.left_out_accuracy,
    }
