"""A model small enough to be built, saved and loaded hundreds of times."""

from __future__ import annotations

from typing import Any

import torch

from tests.support.toys import make_toy
from tszoo.data import Dataset, Preprocessing
from tszoo.models.config import ModelConfig
from tszoo.models.model import Model
from tszoo.models.record import (
    ModelRecipe,
    Published,
    ReadoutRecipe,
    Results,
    TrainedOn,
    TrainingRecipe,
    TrainingRecord,
)
from tszoo.nets.network import initialize
from tszoo.nets.registry import build
from tszoo.similarity.prototypes import Prototypes
from tszoo.training.recipe import Recipe

TINY_ARGS = {"depth": 3, "filters": 4, "kernel_lengths": [8, 4, 2], "bottleneck": 4}


def make_config(dataset: Dataset | None = None, members: int = 2, **changes: Any) -> ModelConfig:
    dataset = make_toy() if dataset is None else dataset
    values: dict[str, Any] = {
        "architecture": "inception",
        "architecture_args": TINY_ARGS,
        "members": members,
        "classes": dataset.classes,
        "n_channels": dataset.n_channels,
        "length": dataset.length,
        "preprocessing": Preprocessing(),
        "recipe": ModelRecipe(TrainingRecipe(Recipe(epochs=3, learning_rate=1e-3))),
        "trained_on": TrainedOn.of(dataset),
        "results": Results(
            split="test",
            n_series=40,
            accuracy=0.925,
            member_accuracy=tuple(0.9 + 0.01 * k for k in range(members)),
            train_accuracy=1.0,
            published=Published("InceptionTime", 0.95),
        ),
        "training": TrainingRecord(
            epochs=(3,) * members,
            seconds=1.5,
            device="cpu",
            precision="float32",
            versions={"torch": "2.4.0"},
            date="2026-01-31",
        ),
    }
    return ModelConfig(**{**values, **changes})


def ridge_recipe(members: int = 2, bases: tuple[str, ...] = ()) -> ModelRecipe:
    """The recipe of ridge heads on frozen bodies."""
    penalty = tuple(1.0 + k for k in range(members))
    readout = ReadoutRecipe("source", 0, "mean and max", (1.0, 2.0, 3.0), penalty, penalty)
    return ModelRecipe(readout=readout, bases=bases)


def make_model(
    dataset: Dataset | None = None,
    members: int = 2,
    seed: int = 0,
    prototypes: Prototypes | None = None,
    **changes: Any,
) -> Model:
    """A model with random weights and batch-norm statistics that are not the trivial ones."""
    dataset = make_toy() if dataset is None else dataset
    config = make_config(dataset, members, **changes)
    generator = torch.Generator().manual_seed(seed)
    networks = []
    for _ in range(members):
        network = build(
            config.architecture,
            config.architecture_args,
            config.n_channels,
            config.n_classes,
            length=config.length,
        )
        initialize(network, generator)
        for key, value in network.state_dict().items():
            if key.endswith(("running_mean", "running_var")):
                value.copy_(torch.rand(value.shape, generator=generator) + 0.5)
        networks.append(network)
    if prototypes is None:
        series = tuple(dataset.series[k, :, :] for k in range(config.n_classes))
        prototypes = Prototypes(config.class_names, series)
    return Model(config, tuple(networks), prototypes)
