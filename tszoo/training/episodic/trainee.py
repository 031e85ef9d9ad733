"""Hold a body in training: all that changes from step to step."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from tszoo.nets.network import Body
from tszoo.training.episodic.recipe import EpisodicRecipe
from tszoo.training.episodic.ridge import RidgeHead
from tszoo.training.optimizers import AdamW

# Steps that the loss and the accuracies that are told are means of.
RECENT = 50


class Recent(NamedTuple):
    """Means over the last steps; NaN where there was nothing to take a mean of."""

    loss: float
    accuracy: float
    real_accuracy: float
    synthetic_accuracy: float


@dataclass(eq=False)
class Trainee:
    """A body in training.

    Attributes
    ----------
    body : Body
    head : RidgeHead
    optimizer : torch.optim.Optimizer
        One group for the body and one, without weight decay, for the ridge head.
    shapes, episodes : torch.Generator
        What shapes are drawn by, on the CPU, and what episodes are drawn by, on the body's device.
    steps : int
        Steps done.
    seconds : float
        Seconds spent.
    notes : deque of Tensor, each of shape (4,)
        What ``Recent`` holds, of each of the last steps; on the body's device.
    """

    body: Body
    head: RidgeHead
    optimizer: torch.optim.Optimizer
    shapes: torch.Generator
    episodes: torch.Generator
    steps: int = 0
    seconds: float = 0.0
    notes: deque[Tensor] = field(default_factory=lambda: deque(maxlen=RECENT))

    @classmethod
    def start(cls, body: Body, recipe: EpisodicRecipe, seed: int) -> Trainee:
        """Make a body ready for its first step. It stays on its device."""
        device = next(body.parameters()).device
        head = RidgeHead(recipe).to(device)
        groups = [
            {"params": list(body.parameters()), "weight_decay": recipe.weight_decay},
            {"params": list(head.parameters()), "weight_decay": 0.0},
        ]
        on_cuda = device.type == "cuda"
        rate = recipe.learning_rate
        optimizer = AdamW(groups, rate, fused=True, capturable=on_cuda)
        shapes = torch.Generator().manual_seed(seed)
        episodes = torch.Generator(device).manual_seed(seed)
        return cls(body, head, optimizer, shapes, episodes)

    def take_note(self, loss: Tensor, accuracy: Tensor, n_real: int) -> None:
        """End a step: of its episodes, whose ``accuracy`` is given, the first are real."""
        self.steps += 1
        means = accuracy.mean(), accuracy[:n_real].mean(), accuracy[n_real:].mean()
        self.notes.append(torch.stack([loss, *means]))

    def recent(self) -> Recent:
        """Take the means over the last steps. This waits for the device."""
        if not self.notes:
            return Recent(math.nan, math.nan, math.nan, math.nan)
        notes = torch.stack(list(self.notes))
        loss = notes[:, 0].mean()  # a NaN among the losses is to be seen
        return Recent(*torch.cat([loss[None], notes[:, 1:].nanmean(dim=0)]).tolist())
