"""One member of an ensemble in training: everything about it that changes from epoch to epoch."""

from __future__ import annotations

import math
from copy import deepcopy
from dataclasses import dataclass, field

import torch
from torch import Tensor

from tszoo.nets.network import Network
from tszoo.training.recipe import Recipe
from tszoo.training.schedule import Schedule


@dataclass
class History:
    """What happened in a run: one entry an epoch, and the epoch (from 1) whose weights were kept.

    Attributes
    ----------
    loss, accuracy, learning_rate : list of float
    best_epoch : int
        0 before the first epoch whose loss is finite.
    best_loss : float
    batch_size : int
        Series a step, at most: fewer than the recipe's if the device's memory held no more.
    seconds : float
    stopped : str or None
        Why the run ended before its recipe did, if it did.
    """

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    best_epoch: int = 0
    best_loss: float = math.inf
    batch_size: int = 0
    seconds: float = 0.0
    stopped: str | None = None


@dataclass
class Member:
    """A network with its optimizer, schedule, shuffling and history.

    Attributes
    ----------
    number : int
        Its place in the ensemble.
    network : Network
    recipe : Recipe
    optimizer : torch.optim.Optimizer
        One group for the body and one for the head.
    schedule : Schedule
    shuffle : torch.Generator
    history : History
    best : dict of str to Tensor
        The network's state after the best epoch.
    """

    number: int
    network: Network
    recipe: Recipe
    optimizer: torch.optim.Optimizer
    schedule: Schedule
    shuffle: torch.Generator
    history: History
    best: dict[str, Tensor]

    @classmethod
    def start(cls, number: int, network: Network, recipe: Recipe, seed: int) -> Member:
        """Make ready for the first epoch."""
        return cls(
            number,
            network,
            recipe,
            _optimizer(network, recipe),
            Schedule.of(recipe),
            torch.Generator().manual_seed(seed),
            History(batch_size=recipe.batch_size),
            deepcopy(network.state_dict()),
        )

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return len(self.history.loss)

    @property
    def done(self) -> bool:
        """Whether nothing is left to train."""
        return self.epoch >= self.recipe.epochs or self.schedule.converged or self.history.stopped is not None

    def set_learning_rate(self, progress: float) -> None:
        """Take the learning rate that comes when ``progress`` (0 to 1) of the run is done."""
        rate = self.schedule.at(progress)
        body, head = self.optimizer.param_groups
        body["lr"], head["lr"] = rate * self.recipe.body_rate, rate

    def take_note(self, loss: float, accuracy: float) -> None:
        """End an epoch: keep the weights if they are the best, and move the schedule."""
        history = self.history
        history.loss.append(loss)
        history.accuracy.append(accuracy)
        history.learning_rate.append(self.schedule.learning_rate)
        if loss < history.best_loss or (self.recipe.keep == "last" and math.isfinite(loss)):
            history.best_loss, history.best_epoch = loss, self.epoch
            for name, tensor in self.network.state_dict().items():
                self.best[name].copy_(tensor)
        self.schedule.after_epoch(loss)


def _optimizer(network: Network, recipe: Recipe) -> torch.optim.Optimizer:
    groups = [{"params": list(network.body.parameters())}, {"params": list(network.head.parameters())}]
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(groups, recipe.learning_rate, momentum=recipe.momentum)
    on_cuda = network.head.weight.device.type == "cuda"
    return torch.optim.Adam(groups, recipe.learning_rate, fused=True, capturable=on_cuda)
