"""What ensembles are tried on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from tszoo.nets.network import Network, initialize
from tszoo.nets.registry import build
from tszoo.training.data import TrainingData
from tszoo.training.member import History
from tszoo.training.members import Job
from tszoo.training.recipe import Recipe
from tszoo.training.run import Run

TINY = {"depth": 3, "filters": 4, "kernel_lengths": [8, 4, 2], "bottleneck": 4}


RECIPE = Recipe(epochs=5, batch_size=5, learning_rate=1e-2)


JOB = Job(
    RECIPE,
    seed=10,
    members=3,
    device=torch.device("cpu"),
    description="noise",
    run=Run(side_by_side=1),
)


Trained = list[tuple[Network, History]]


def running(job: Job = JOB, **changes: Any) -> Job:
    """The same job, kept or watched in another way."""
    return replace(job, run=replace(job.run, **changes))


def noise() -> list[TrainingData]:
    x = torch.randn(18, 1, 21, generator=torch.Generator().manual_seed(3))
    return [TrainingData(x, torch.arange(18) % 3)]


def make_member(_: int, generator: torch.Generator) -> Network:
    network = build("inception", TINY, 1, 3)
    initialize(network, generator)
    return network


def assert_same(a: Trained, b: Trained) -> None:
    assert len(a) == len(b)
    for (first, history), (second, other) in zip(a, b, strict=True):
        states = first.state_dict(), second.state_dict()
        for name, tensor in states[0].items():
            assert torch.equal(tensor, states[1][name]), name
        # neither its time nor what it is watched by makes a member another one
        unseen = {"seconds": 0.0, "best_validation_epoch": 0, "best_validation_accuracy": 0.0}
        assert replace(history, **unseen) == replace(other, **unseen)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


KILLED = running(replace(JOB, recipe=replace(RECIPE, epochs=12), members=2), checkpoint_seconds=0.0)
