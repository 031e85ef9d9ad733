"""Members that are trained: from scratch, or from a source with fresh heads or its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

import torch

from tszoo.data import Dataset, Preprocessing
from tszoo.data.weights import ClassWeight
from tszoo.models.record import Base, TrainingRecipe
from tszoo.nets.device import resolve_device, resolve_precision
from tszoo.nets.network import Network, initialize, replace_head
from tszoo.nets.registry import build
from tszoo.readout.head import fit_head
from tszoo.readout.levels import learn_levels
from tszoo.storage.reserve import reserved
from tszoo.training.job import Job
from tszoo.training.member import History
from tszoo.training.members import train_members
from tszoo.training.recipe import Recipe
from tszoo.training.run import Run
from tszoo.transfer.ensemble import Ensemble
from tszoo.transfer.kept_head import keep_head
from tszoo.transfer.prepare import Prepared
from tszoo.transfer.start import Start, bases_of

# What a model's folder takes: a weight, a prototype's point, and all else together.
WEIGHT_BYTES = 2
PROTOTYPE_BYTES = 4
SLACK = 1 << 18


class Trained(NamedTuple):
    """Networks that were trained, and what happened.

    Attributes
    ----------
    networks : tuple of Network
    histories : list of History
    """

    networks: tuple[Network, ...]
    histories: list[History]

    def recipe(self, ensemble: Ensemble, heads: Recipe | None = None) -> TrainingRecipe:
        """Describe how they were trained."""
        recipe = ensemble.required_recipe()
        return TrainingRecipe(recipe, ensemble.seed, ensemble.trainable, heads, ensemble.keep_head)


def train_ensemble(
    ensemble: Ensemble, start: Start | None, target: Dataset, data: Prepared, run: Run
) -> Trained:
    """Train the members of an ensemble that are trained.

    From a source (Ismail Fawaz et al. 2018, section III), the head is replaced by a fresh one for
    the target's classes, or, where the recipe says so, by the ridge readout of its body; where the
    ensemble says so, it goes on as it is. From scratch (Ismail Fawaz et al. 2020, section 3.2),
    members differ only in their seed.

    Raises
    ------
    TrainingError
        If training fails, a checkpoint cannot be used, or the disk of the run's folder has no
        space for the model: that is found out, and the space held, before training.
    """
    description = describe_run(
        target.sha256,
        ensemble.architecture,
        dict(ensemble.architecture_args),
        data.preprocessing,
        bases_of(start),
        ensemble.class_weight,
        keep_head=ensemble.keep_head,
    )

    def make_member(k: int, generator: torch.Generator) -> Network:
        if start is None:
            return fresh_network(ensemble, target, generator)
        network = start.member(k, ensemble)
        if ensemble.keep_head:
            keep_head(network, start.source(k), target)
            return network
        if job.recipe.head == "ridge":
            fit_head(
                network,
                target,
                data.preprocessing,
                device=run.device,
                class_weight=ensemble.class_weight,
            )
            return network
        replace_head(network, target.n_classes, generator, readout="mean")
        if network.level:
            learn_levels(network, target)
        return network

    job = make_job(ensemble, run, description)
    size = ensemble.members * weights_size(fresh_network(ensemble, target, torch.Generator()))
    size += PROTOTYPE_BYTES * target.n_classes * target.n_channels * target.length
    with reserved(run.folder, size + SLACK):
        members = train_members(make_member, [data.train], job, data.validation, data.watched)
    return Trained(tuple(network for network, _ in members), [history for _, history in members])


def fresh_network(ensemble: Ensemble, target: Dataset, generator: torch.Generator) -> Network:
    """Make a network for a target, with weights drawn anew."""
    network = build(
        ensemble.architecture,
        ensemble.architecture_args,
        target.n_channels,
        target.n_classes,
        length=target.length,
    )
    initialize(network, generator)
    if network.level:
        learn_levels(network, target)
    return network


def weights_size(network: Network) -> int:
    """Count the bytes that a network has in a model's folder."""
    return WEIGHT_BYTES * sum(int(tensor.numel()) for tensor in network.state_dict().values())


def make_job(ensemble: Ensemble, run: Run, description: str) -> Job:
    """Say what is trained, and where, as training takes it."""
    device = resolve_device(run.device)
    return Job(
        recipe=ensemble.required_recipe(),
        seed=ensemble.seed,
        members=ensemble.n_trained,
        device=device,
        precision=resolve_precision(run.precision, device),
        trainable=ensemble.trainable,
        description=description,
        run=run,
        devices=tuple(resolve_device(name) for name in run.devices),
    )


def describe_run(
    data: str,
    architecture: str,
    args: dict[str, object],
    preprocessing: Preprocessing,
    bases: Sequence[Base] = (),
    class_weight: ClassWeight = None,
    *,
    keep_head: bool = False,
) -> str:
    """Spell what a run is made from, so that no other run goes on with its checkpoints.

    ``data`` is a digest.
    """
    starts = [[base.model, base.revision] for base in bases]
    run: dict[str, object] = {
        "data": data,
        "architecture": architecture,
        "architecture_args": args,
        "preprocessing": preprocessing.to_dict(),
        "bases": starts,
    }
    if class_weight is not None:
        run["class_weight"] = class_weight
    if keep_head:
        run["keep_head"] = True
    return json.dumps(run, sort_keys=True)
