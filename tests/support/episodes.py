"""Small things that learn in episodes: a recipe, a body, a pool and a job."""

from __future__ import annotations

from typing import Any

import torch

from tests.support.toys import make_toy
from tszoo.nets.network import Body, initialize
from tszoo.nets.registry import build
from tszoo.training.episodic.budget import Budget
from tszoo.training.episodic.job import Job
from tszoo.training.episodic.mixture import Mixture
from tszoo.training.episodic.pool import Pool
from tszoo.training.episodic.recipe import EpisodicRecipe

CPU = torch.device("cpu")
TINY_NETWORK = {"depth": 1, "filters": 4, "kernel_lengths": [8, 4, 2], "bottleneck": 4}
TINY_RECIPE: dict[str, Any] = {
    "points": 1 << 10,
    "series": 16,
    "classes": (2, 4),
    "class_shares": (0.5, 0.5),
    "lengths": (16, 32),
    "warmup": 2,
    "learning_rate": 1e-2,
}


def tiny_recipe(**changes: Any) -> EpisodicRecipe:
    return EpisodicRecipe(**{**TINY_RECIPE, **changes})


def tiny_body(architecture: str = "inception", seed: int = 0) -> Body:
    args = TINY_NETWORK if architecture == "inception" else {}
    network = build(architecture, args, 1, 2)
    initialize(network, torch.Generator().manual_seed(seed))
    return network.body.to(memory_format=torch.channels_last)


def toy_pool(n_classes: int = 4) -> Pool:
    return Pool.of([make_toy(n_series=8 * n_classes, n_classes=n_classes)], CPU)


def tiny_job(steps: int = 8, recipe: EpisodicRecipe | None = None, **fields: Any) -> Job:
    mixture = Mixture(recipe or tiny_recipe(synthetic=0.5), toy_pool())
    return Job(**{"mixture": mixture, "budget": Budget(steps=steps), "seed": 0, **fields})
