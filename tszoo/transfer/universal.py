"""A universal body: trained in episodes to be read by a ridge head, on data that it never saw.

Episodes are those of meta-learning (Bertinetto et al. 2019, "Meta-learning with differentiable
closed-form solvers"), of time series here: small tasks of many data sets, and made-up ones.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import torch

from tszoo.data import Dataset, Preprocessing
from tszoo.data.task import require_task
from tszoo.errors import DataError, OptionError
from tszoo.models.config import ModelConfig
from tszoo.models.model import Model
from tszoo.models.record import EpisodicRecord, ModelRecipe, TrainedOn, TrainingRecord
from tszoo.nets.device import resolve_device, resolve_precision
from tszoo.nets.network import Body
from tszoo.nets.registry import build
from tszoo.readout.directions import with_nuisance
from tszoo.similarity.prototypes import Prototypes
from tszoo.text import counted, show
from tszoo.training.checkpoint import Checkpoint
from tszoo.training.episodic.budget import Budget
from tszoo.training.episodic.held_out import HeldOut, choose_held_out
from tszoo.training.episodic.job import Job
from tszoo.training.episodic.judge import Judge
from tszoo.training.episodic.loop import train_in_episodes
from tszoo.training.episodic.mixture import Mixture
from tszoo.training.episodic.pool import Pool
from tszoo.training.episodic.recipe import EpisodicRecipe
from tszoo.training.episodic.report import EpisodicHistory
from tszoo.training.run import Run
from tszoo.training.run_folder import forget_run, partial_path
from tszoo.transfer.describe import training_record
from tszoo.transfer.universal_start import FreshBody, StartBody, start_body
from tszoo.zoo.names import check_name

# The points that a head reads series at, beside their own length: benchmarks/README.md, "What a
# frozen readout stands on".
RESAMPLED = 128
# Directions of its features that a body names as nuisance: benchmarks/README.md, "What series of
# one class differ by".
NUISANCES = 24


def pretrain_universal(
    sets: Sequence[Dataset],
    *,
    name: str,
    start: str | FreshBody | Model = "inception",
    recipe: Mapping[str, Any] | None = None,
    budget: int | str = "8m",
    held_out: HeldOut = None,
    seed: int = 0,
    run: Run | None = None,
) -> Model:
    """Train a universal body: one to be read by a ridge head, on data that it never saw.

    Parameters
    ----------
    sets : sequence of Dataset
        Labelled training series, of different names; none are needed if all episodes are made up
        (``recipe={"synthetic": 1}``). Of several channels, an episode shows one.
    name : str
        What they are called together; the model is called ``architecture.name``.
    start : str, FreshBody or Model
        An architecture, or one with arguments, whose body starts from random weights; or a model
        whose first member's body is trained on.
    recipe : mapping or None
        What differs from ``EpisodicRecipe()``, by field.
    budget : int or str
        Steps, or a time such as ``"480s"``, ``"8m"`` or ``"2h"``. The same steps and seed give the
        same weights, on one machine.
    held_out : int, sequence of str, or None
        How many of the data sets, or which, are kept to judge the body by, with their kin; None
        keeps about a tenth of five or more. If all episodes are made up, None keeps them all.
    seed : int
        Of the first weights and of the episodes.
    run : Run or None
        Where and how, and who is told (``episodes``); None is ``Run()``.

    Returns
    -------
    Model
        One without classes. It is a source like any other.

    Raises
    ------
    DataError, ModelError, OptionError, TrainingError, ZooError
        If the data, the name, the network or the run cannot be used, or training fails.
    """
    started = time.monotonic()
    run = run or Run()
    episodic = episodic_recipe(recipe)
    check_universal(sets, name, run, seed)
    begun = start_body(start, seed)
    learnt, judged = _split(sets, held_out, episodic, begun)
    device = resolve_device(run.device)
    job = _job(learnt, judged, begun, episodic, Budget.of(budget), seed, run)
    job = replace(job, started=started)
    history = train_in_episodes(_on(begun.body, device), job)
    return _model(name, learnt, judged, begun, EpisodicOutcome(episodic, seed, history), run)


@dataclass(frozen=True)
class EpisodicOutcome:
    """How a body was trained, and what came of it."""

    recipe: EpisodicRecipe
    seed: int
    history: EpisodicHistory

    def record(self, judged: Sequence[Dataset]) -> EpisodicRecord:
        """Write down how it went."""
        history = self.history
        return EpisodicRecord(
            recipe=self.recipe,
            steps=history.steps,
            seed=self.seed,
            loss=history.loss,
            accuracy=history.accuracy,
            held_out=tuple(dataset.name for dataset in judged),
            held_out_accuracy=history.held_out_accuracy,
            held_out_untrained=history.held_out_untrained,
        )


def episodic_recipe(changes: Mapping[str, Any] | None) -> EpisodicRecipe:
    """Return the recipe with what differs from its defaults; OptionError for an unknown field."""
    changes = dict(changes or {})
    names = [field.name for field in fields(EpisodicRecipe)]
    for change in changes:
        if change not in names:
            msg = f"recipe={{{change!r}: ...}}: no such field; there are {', '.join(names)}."
            raise OptionError(msg)
    try:
        return EpisodicRecipe(**changes)
    except TypeError as error:
        msg = f"recipe: a field is of a wrong type ({error})."
        raise OptionError(msg) from error


def check_universal(sets: Sequence[Dataset], name: str, run: Run, seed: int) -> None:
    """Raise an error for what cannot be trained on or for.

    Raises
    ------
    DataError, OptionError, ZooError
        If two data sets have one name, one has no labels, or the name or the run cannot be used.
    """
    check_name(name)
    if type(seed) is not int or not 0 <= seed < 2**63:
        msg = f"seed must be a whole number from 0 up, not {seed!r}."
        raise OptionError(msg)
    if run.validation is not None or run.watched or run.watchers:
        msg = (
            "a universal body has no epochs to watch and no validation series: run.episodes is "
            "told how it goes, and held_out=... keeps data sets for judging."
        )
        raise OptionError(msg)
    if run.devices:
        msg = f"a universal body is one network, trained on one device, not {len(run.devices)}."
        raise OptionError(msg)
    names: set[str] = set()
    for dataset in sets:
        require_task(dataset)
        if dataset.name in names:
            msg = f"two data sets are called {show(dataset.name)}; their names tell them apart."
            raise DataError(msg)
        names.add(dataset.name)


def _split(
    sets: Sequence[Dataset], held_out: HeldOut, recipe: EpisodicRecipe, begun: StartBody
) -> tuple[list[Dataset], list[Dataset]]:
    """Split data sets into those that are learnt and those that are kept for judging.

    What the start has learnt, or kin of it, can judge nothing.
    """
    is_made_up = recipe.synthetic == 1
    strangers = [dataset for dataset in sets if not begun.knows(dataset.name)]
    if is_made_up and held_out is None:
        return [], strangers
    chosen = choose_held_out(_to_choose_from(sets, strangers, held_out), held_out)
    judged = [dataset for dataset in sets if dataset.name in chosen]
    learnt = [dataset for dataset in sets if dataset.name not in chosen and not is_made_up]
    if not learnt and not is_made_up:
        msg = (
            f"no data set is left to learn from: {len(sets)} given, {len(judged)} kept for judging "
            "(held_out=...). Give more, or make all episodes up with synthetic=1."
        )
        raise OptionError(msg)
    return learnt, judged


def _to_choose_from(
    sets: Sequence[Dataset], strangers: Sequence[Dataset], held_out: HeldOut
) -> Sequence[Dataset]:
    """Return the data sets that may be held out; OptionError where one is named that may not."""
    if held_out is None or isinstance(held_out, int):
        return strangers
    names = {dataset.name for dataset in strangers}
    for dataset in sets:
        if dataset.name in held_out and dataset.name not in names:
            msg = (
                f"held_out={dataset.name!r}: the source that training starts from has learnt it, "
                "or kin of it, so it can judge nothing. Name another."
            )
            raise OptionError(msg)
    return sets


def _job(
    learnt: Sequence[Dataset],
    judged: Sequence[Dataset],
    begun: StartBody,
    recipe: EpisodicRecipe,
    budget: Budget,
    seed: int,
    run: Run,
) -> Job:
    device = resolve_device(run.device)
    precision = resolve_precision(run.precision, device)
    judge = Judge.of(Pool.of(judged, device), recipe)
    untrained = None
    if judge is not None:
        untrained = _on(start_body(begun.fresh, seed).body, device)
    facts = {
        "learnt": [dataset.sha256 for dataset in learnt],
        "judged": [dataset.sha256 for dataset in judged],
        "start": begun.describe(),
        "recipe": recipe.to_dict(),
        "budget": [budget.steps, budget.seconds],
        "seed": seed,
        "precision": str(precision),
    }
    return Job(
        mixture=Mixture(recipe, Pool.of(learnt, device)),
        budget=budget,
        seed=seed,
        precision=precision,
        judge=judge,
        untrained=untrained,
        watch=run.episodes,
        checkpoint=_checkpoint(run, facts),
    )


def _checkpoint(run: Run, facts: Mapping[str, Any]) -> Checkpoint | None:
    """Say where the run is kept; what an earlier run left there is removed unless it goes on."""
    if run.folder is None:
        return None
    if not run.resume:
        forget_run(run.folder)
    digest = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
    return Checkpoint(partial_path(run.folder, [0]), digest, run.checkpoint_seconds, run.resume)


def _on(body: Body, device: torch.device) -> Body:
    moved: Body = body.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return moved


def _model(
    name: str,
    learnt: Sequence[Dataset],
    judged: Sequence[Dataset],
    begun: StartBody,
    outcome: EpisodicOutcome,
    run: Run,
) -> Model:
    """Make a finished body a model."""
    fresh = begun.fresh
    of_the_head = {"resampled": RESAMPLED, "nuisances": NUISANCES, **(fresh.network or {})}
    args = {**of_the_head, **fresh.complete_args()}
    config = ModelConfig(
        architecture=fresh.architecture,
        architecture_args={**args, "readout": "stages"},
        members=1,
        classes=(),
        n_channels=1,
        length=max((dataset.length for dataset in learnt), default=max(outcome.recipe.lengths)),
        preprocessing=Preprocessing(unequal=True),
        recipe=ModelRecipe(episodic=outcome.record(judged)),
        trained_on=TrainedOn.joint(name, learnt, begun.parts),
        base=begun.base,
        training=_training_record(outcome.history, run),
    )
    network = build(fresh.architecture, config.architecture_args, 1, 0)
    network.body = begun.body
    with_nuisance(network, outcome.seed)
    return Model(config, (network.cpu(),), Prototypes((), ()))


def _training_record(history: EpisodicHistory, run: Run) -> TrainingRecord:
    stopped = {}
    if history.stopped_early:
        stopped[0] = f"it was stopped after {counted(history.steps, 'step')}"
    precision = resolve_precision(run.precision, resolve_device(run.device))
    return replace(
        training_record(run),
        epochs=(),
        best_epoch=(),
        seconds=round(history.seconds, 1),
        precision=str(precision).removeprefix("torch."),
        stopped=stopped,
    )
