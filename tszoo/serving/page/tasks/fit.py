"""Make a model: plan it, fit it, save it, judge it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tszoo.data.dataset import Dataset
from tszoo.report.facts import choice_facts, data_facts
from tszoo.report.report import write_report
from tszoo.serving.page.desktop import Desktop
from tszoo.serving.page.reading import read_split
from tszoo.serving.page.tasks.judge import keep_judged
from tszoo.serving.page.tasks.plans import keep_plan, plan_file, read_plan
from tszoo.training.run import Run
from tszoo.training.watch.runlog import RunLog
from tszoo.transfer.planning import make_plan

if TYPE_CHECKING:
    from tszoo.models.model import Model
    from tszoo.nets.network import Network
    from tszoo.training.epoch import EpochReport
    from tszoo.transfer.plan import Plan

# what was said of an earlier model
OF_A_MODEL = ("judged.json", "answered.json", "answers.csv", "model.onnx")
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
    """Fit a model, and write what is known of it as ``fitted``.

    Raises as ``tszoo.make_plan`` and ``Plan.fit`` do.
    """
    work = desktop.work
    desktop.say("Reading your series")
    train, held = read_split(work)
    plan = None
    if resume:
        plan = read_plan(plan_file(work))
    elif members is None and epochs is None:
        plan = read_plan(plan_file(work, head))
    if plan is None:
        desktop.say("Choosing where to start")
        run = Run(progress=desktop.count, cache=Path(cache))
        recipe = None if epochs is None else {"epochs": epochs}
        plan = make_plan(train, zoo=zoo, head=head, members=members, recipe=recipe, run=run)
    keep_plan(work, plan)
    model = _fitted(plan, train, held, desktop, resume)
    desktop.saves_itself = False
    _keep(model, held, desktop)


def _keep(model: Model, held: Dataset | None, desktop: Desktop) -> None:
    """Save the model in the place of an earlier one, and judge it."""
    work = desktop.work
    desktop.say("Saving the model")
    model.save(work.model, overwrite=True)
    shutil.rmtree(work.training, ignore_errors=True)
    for name in OF_A_MODEL:
        work.file(name).unlink(missing_ok=True)
    desktop.say("Judging the model")
    if held is not None:
        keep_judged(work, model, held, "held")
    else:
        write_report(model, work.file("report.html"), plan=read_plan(plan_file(work)))
    work.write("fitted", _told(model))


def _fitted(
    plan: Plan, train: Dataset, held: Dataset | None, desktop: Desktop, resume: bool
) -> Model:
    """Fit the plan; training is watched, and saves itself when it is cancelled."""
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


def _told(model: Model) -> dict[str, Any]:
    """Say what the model is, and what is known of it without other series."""
    config = model.config
    return {
        "facts": [*choice_facts(config), *data_facts(config, None)],
        "classes": list(config.class_names),
        "left_out": config.results.left_out_accuracy,
    }
