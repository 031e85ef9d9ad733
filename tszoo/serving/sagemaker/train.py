"""A training job, from its channels to its model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from tszoo.data.dataset import Dataset
from tszoo.models.model import Model
from tszoo.serving.sagemaker.asked import plan_for
from tszoo.serving.sagemaker.base import load_base
from tszoo.serving.sagemaker.channels import MODEL
from tszoo.serving.sagemaker.hyperparameters import HyperParameters
from tszoo.serving.sagemaker.layout import Layout
from tszoo.serving.sagemaker.placed import place_model
from tszoo.serving.sagemaker.series import described, read_series
from tszoo.serving.sagemaker.stop import Stop
from tszoo.text import one_line
from tszoo.training.run import Run
from tszoo.training.run_folder import forget_run
from tszoo.training.watch.epoch_line import epoch_line, named_numbers

if TYPE_CHECKING:
    from tszoo.nets.network import Network
    from tszoo.training.epoch import EpochReport
    from tszoo.transfer.plan import Plan

Say = Callable[[str], None]


class _Job(NamedTuple):
    """What is trained on, watched by and planned."""

    target: Dataset
    validation: Dataset | None
    plan: Plan


def train(layout: Layout, asked: HyperParameters, say: Say, stop: Stop) -> None:
    """Train as the files of a container say, and leave the model where SageMaker fetches it.

    Parameters
    ----------
    layout : Layout
    asked : HyperParameters
    say : callable
        Told each line of the log: the plan, and a line for each epoch of each member.
    stop : Stop
        What is asked to end the job. It is looked at after every epoch; the run is kept in
        ``checkpoints`` if there is such a folder.

    Raises
    ------
    KeyboardInterrupt
        If the job was ended so.
    TszooError
        If something cannot be used, or training fails.
    """
    if _is_idle(layout):
        say("one machine trains, and this is another: there is nothing to do.")
        return
    job = _plan(layout, asked, say)
    folder = _folder(layout, job)
    model = _fit(job, folder, say, stop)
    numbers = {
        "train_loss": model.config.results.train_loss,
        "train_accuracy": model.config.results.train_accuracy,
    }
    judged = model.config.results.validation
    if judged is not None:
        numbers |= {"valid_loss": judged.loss, "valid_accuracy": judged.accuracy}
    say(f"model {named_numbers(numbers)}")
    place_model(model, layout.model)
    if folder is not None:
        forget_run(folder)
    say(f"saved {layout.model}")


def _is_idle(layout: Layout) -> bool:
    """Whether another of several machines trains."""
    resources = layout.config("resourceconfig.json")
    hosts = resources.get("hosts")
    return isinstance(hosts, list) and len(hosts) > 1 and resources.get("current_host") != hosts[0]


def _plan(layout: Layout, asked: HyperParameters, say: Say) -> _Job:
    base = load_base(layout.channel(MODEL))
    target, validation = read_series(layout, asked, base)
    say(one_line(f"training: {described(target)}"))
    if validation is not None:
        say(one_line(f"validation: {described(validation)}"))
    plan, heads = plan_for(target, asked, base, Run())
    for line in filter(None, (heads, *str(plan).splitlines())):
        say(one_line(line))
    return _Job(target, validation, plan)


def _folder(layout: Layout, job: _Job) -> Path | None:
    """Name the folder of a run among the checkpoints: another job has another one.

    None where SageMaker keeps no checkpoints, or nothing is trained.
    """
    if not layout.checkpoints.is_dir() or not job.plan.ensemble.n_trained:
        return None
    sources = [source.config_sha256 for source in job.plan.sources]
    facts = [job.target.sha256, job.plan.ensemble.to_dict(), sources]
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    return layout.checkpoints / f"tszoo-{digest[:16]}"


@dataclass(frozen=True)
class _Watch:
    """Says a line an epoch, and ends the run where that is asked for: it is saved first."""

    members: int
    say: Say
    stop: Stop
    reads_network: ClassVar[bool] = False

    def __call__(self, member: int, report: EpochReport, network: Network) -> None:  # noqa: ARG002
        whose = f" member {member + 1}/{self.members}" if self.members > 1 else ""
        self.say(epoch_line(report) + whose)
        if self.stop.asked:
            raise KeyboardInterrupt


def _fit(job: _Job, folder: Path | None, say: Say, stop: Stop) -> Model:
    members = job.plan.ensemble.n_trained
    run = Run(
        folder=folder,
        resume=folder is not None,
        watchers=[_Watch(members, say, stop)],
        validation=job.validation,
    )
    stop.waits = True
    return job.plan.fit(job.target, run=run)
