"""Say what is trained: networks, how many, how, and from which seed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from tszoo.training.recipe import Recipe
from tszoo.training.run import Run


@dataclass(frozen=True)
class Job:
    """What is trained, on what device, and how the run is kept and watched.

    Attributes
    ----------
    recipe : Recipe
    seed : int
        Member k is initialised and shuffled with seed ``seed + k``.
    members : int
        How many networks.
    device : torch.device
        The one that ``run.device`` names.
    devices : tuple of torch.device
        Those that ``run.devices`` names: all that members are spread over, or none.
    precision : torch.dtype
        The one that ``run.precision`` names, on that device.
    trainable : str
        ``"all"`` or ``"head"``.
    description : str
        Data, architecture and start of the run, so that ``run.resume`` never mixes two runs.
    run : Run
        Its folder, resume, checkpoint_seconds, watchers and side_by_side count. Unless it resumes,
        what an earlier run left in its folder is removed before training begins.
    """

    recipe: Recipe
    seed: int
    members: int
    device: torch.device
    precision: torch.dtype = torch.float32
    trainable: str = "all"
    description: str = ""
    run: Run = field(default_factory=Run)
    devices: tuple[torch.device, ...] = ()

    def digest(self, numbers: Sequence[int]) -> str:
        """Hash everything that decides what these members become."""
        seeds = [self.seed + number for number in numbers]
        parts = [
            self.description,
            self.recipe.to_dict(),
            seeds,
            str(self.precision),
            self.trainable,
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
