"""Runs that are interrupted."""

from __future__ import annotations

import torch

from tszoo.nets.network import Network, initialize
from tszoo.nets.registry import build
from tszoo.training.data import TrainingData
from tszoo.training.recipe import Recipe

FCN = {"filters": [4, 4], "kernel_lengths": [5, 3]}


RECIPE = Recipe(epochs=6, batch_size=5, learning_rate=1e-2)


def noise() -> TrainingData:
    x = torch.randn(18, 1, 21, generator=torch.Generator().manual_seed(3))
    return TrainingData(x, torch.arange(18) % 3)


def fresh(seed: int = 0) -> Network:
    network = build("fcn", FCN, 1, 3)
    initialize(network, torch.Generator().manual_seed(seed))
    return network.to(memory_format=torch.channels_last)


LIMIT = 1000
