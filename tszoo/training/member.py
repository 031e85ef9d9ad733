"""Hold one member of an ensemble in training: all of it that changes from epoch to epoch."""

from __future__ import annotations

import logging
import math
from copy import deepcopy
from dataclasses import dataclass, field

import torch
from torch import Tensor

from tszoo.errors import TrainingError
from tszoo.nets.network import Network
from tszoo.training.optimizers import SGD, Adam
from tszoo.training.recipe import Recipe
from tszoo.training.schedule import Schedule

log = logging.getLogger(__name__)

# A loss this many times that of guessing is not on its way to anything.
EXPLODED = 1000.0


@dataclass
class History:
    """What happened to one network in a run.

    Attributes
    ----------
    loss, accuracy, learning_rate : list of float
        One entry an epoch.
    best_epoch : int
        The epoch, from 1, whose weights are kept; 0 before the first one whose loss is finite.
    best_loss : float
    best_validation_epoch : int
        The epoch, from 1, with the highest accuracy on held-out series, and the first of those; 0
        before there is one.
    best_validation_accuracy : float
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
    best_validation_epoch: int = 0
    best_validation_accuracy: float = 0.0
    batch_size: int = 0
    seconds: float = 0.0
    stopped: str | None = None

    def take_validation(self, accuracy: float) -> None:
        """Note how the epoch that has just ended does on held-out series; nothing goes by it."""
        if self.best_validation_epoch == 0 or accuracy > self.best_validation_accuracy:
            self.best_validation_epoch = len(self.loss)
            self.best_validation_accuracy = accuracy


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
    begun_with : dict of str to Tensor
        Its state before the first epoch, where the recipe keeps a share of that; empty elsewhere.
    """

    number: int
    network: Network
    recipe: Recipe
    optimizer: torch.optim.Optimizer
    schedule: Schedule
    shuffle: torch.Generator
    history: History
    best: dict[str, Tensor]
    begun_with: dict[str, Tensor]

    @classmethod
    def start(cls, number: int, network: Network, recipe: Recipe, seed: int) -> Member:
        """Make ready for the first epoch."""
        begun_with = {}
        if recipe.start_share:
            begun_with = deepcopy(network.state_dict())
        return cls(
            number,
            network,
            recipe,
            _optimizer(network, recipe),
            Schedule.of(recipe),
            torch.Generator().manual_seed(seed),
            History(batch_size=recipe.batch_size),
            deepcopy(network.state_dict()),
            begun_with,
        )

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return len(self.history.loss)

    @property
    def done(self) -> bool:
        """Whether nothing is left to train."""
        return (
            self.epoch >= self.recipe.epochs
            or self.schedule.converged
            or self.history.stopped is not None
        )

    def learning_rates(self, progress: float) -> tuple[float, float]:
        """Body's and head's learning rate when ``progress`` (0 to 1) of the run is done."""
        rate = self.schedule.at(progress)
        return rate * self.recipe.body_rate, rate * self.recipe.head_rate

    def take_note(self, loss: float, accuracy: float) -> None:
        """End an epoch.

        Keep the weights if they are the best, move the schedule, and stop where the loss explodes.

        Raises
        ------
        TrainingError
            If it explodes before there was anything to keep.
        """
        history = self.history
        history.loss.append(loss)
        history.accuracy.append(accuracy)
        history.learning_rate.append(self.schedule.learning_rate)
        guessing = max(math.log(self.network.head.out_features), 1.0)
        if not loss <= EXPLODED * guessing:
            self._stop(f"the training loss is {loss:.4g} in epoch {self.epoch}")
        elif loss < history.best_loss or self.recipe.keep == "last":
            history.best_loss, history.best_epoch = loss, self.epoch
            # all at once: on a GPU each copy by itself would cost as much as a layer
            torch._foreach_copy_(list(self.best.values()), list(self.network.state_dict().values()))
        self.schedule.after_epoch(loss)

    def _stop(self, why: str) -> None:
        if self.history.best_epoch == 0:
            msg = f"{why}; try a lower learning rate: recipe={{'learning_rate': ...}}."
            raise TrainingError(msg)
        kept = self.history.best_epoch
        self.history.stopped = (
            f"{why}; the weights of epoch {kept} are kept; try a lower learning rate"
        )
        log.warning("member %d: %s", self.number, self.history.stopped)


def _optimizer(network: Network, recipe: Recipe) -> torch.optim.Optimizer:
    groups = [
        {"params": list(network.body.parameters())},
        {"params": list(network.head.parameters())},
    ]
    on_cuda = network.head.weight.device.type == "cuda"
    if recipe.optimizer == "sgd":
        # on CUDA, fused is the one that takes its learning rate from the device
        return SGD(
            groups,
            recipe.learning_rate,
            momentum=recipe.momentum,
            dampening=recipe.dampening,
            fused=on_cuda or None,
        )
    return Adam(groups, recipe.learning_rate, fused=True, capturable=on_cuda)
