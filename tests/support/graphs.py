"""What recorded steps are tried on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from tests.support.loops import tiny, toy_tensors
from tszoo.training import graph
from tszoo.training.data import TrainingData
from tszoo.training.graph import RecordedSteps
from tszoo.training.loop import epoch
from tszoo.training.member import Member
from tszoo.training.recipe import Recipe
from tszoo.training.step import Steps

RATE = 2.0**-7  # the same number in float32, in which recorded steps keep it, as in float64


CONSTANT = Recipe(epochs=9, batch_size=9, learning_rate=RATE, schedule="constant")


def toy(n_series: int = 24, length: int = 32, **facts: int) -> TrainingData:
    return TrainingData(*toy_tensors(n_series, length), **facts)  # type: ignore[arg-type]


def run(
    sets: Sequence[TrainingData],
    recipe: Recipe = CONSTANT,
    *,
    recorder: graph.Recorder | None = None,
    members: int = 2,
    precision: torch.dtype = torch.float32,
    trainable: str = "all",
    device: str = "cpu",
    between: Callable[[Steps, int], None] = lambda steps, k: None,
) -> list[Member]:
    """Train step by step, or with recorded steps."""
    outputs = 2 * len(sets)
    sets = [one.to(torch.device(device)) for one in sets]
    networks = [
        tiny(k, outputs).to(device, memory_format=torch.channels_last) for k in range(members)
    ]  # type: ignore[call-overload]
    running = [Member.start(k, network, recipe, seed=k) for k, network in enumerate(networks)]
    if recipe.optimizer == "sgd":  # as on a GPU
        for member in running:
            groups = [{"params": group["params"]} for group in member.optimizer.param_groups]
            member.optimizer = torch.optim.SGD(groups, RATE, momentum=recipe.momentum, fused=True)
    optimizers = [member.optimizer for member in running]
    steps = Steps(networks, optimizers, sets, recipe.loss, precision)
    if recorder is not None:
        steps = RecordedSteps(networks, optimizers, sets, recipe.loss, precision, recorder)
    for k in range(recipe.epochs):
        between(steps, k)
        epoch(running, steps, trainable)
    return running
