"""Describe what happens in an epoch, and who is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import torch

    from tszoo.nets.network import Network
    from tszoo.training.data import TrainingData


@dataclass(frozen=True)
class EpochReport:
    """What one epoch of one member came to.

    Attributes
    ----------
    epoch : int
        Epochs done, from 1.
    epochs : int
        Epochs at most.
    loss : float
        Mean training loss of the epoch.
    accuracy : float
        Share of series that were right when their batch passed, during the epoch.
    learning_rate : float
        Of the epoch's last step.
    seconds : float
        How long the epoch took.
    validation_loss, validation_accuracy : float or None
        Of the held-out series after the epoch; None if none are held out.
    watched : mapping of str to (float, float)
        Loss and accuracy after the epoch of other series, by what they are called.
    """

    epoch: int
    epochs: int
    loss: float
    accuracy: float
    learning_rate: float
    seconds: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    watched: Mapping[str, tuple[float, float]] = field(default_factory=dict, kw_only=True)


class Watcher(Protocol):
    """What is called after every epoch of every member.

    Members may be trained side by side, so that calls of different members interleave. The network
    holds the weights after that epoch, in whatever mode; a watcher changes neither it nor its mode,
    its gradients or any random state. A KeyboardInterrupt raised in a watcher ends the run, which
    is saved first.

    Where members are trained in processes of their own, the network is a copy, sent for each epoch.
    A watcher that never looks at it says so by an attribute, ``reads_network = False``, which saves
    the sending; it may then be as training began.
    """

    def __call__(self, member: int, report: EpochReport, network: Network) -> None:
        """Take note of member ``member``'s epoch."""


def reads_network(watcher: Watcher) -> bool:
    """Whether a watcher looks at networks, as all do that do not say otherwise."""
    return bool(getattr(watcher, "reads_network", True))


@dataclass(frozen=True)
class Audience:
    """Who is told of every epoch of some networks, and of what.

    Attributes
    ----------
    watchers : sequence of Watcher
        Called after every epoch of every network.
    numbers : sequence of int
        What the networks are called, for watchers and in checkpoints; 0, 1, … if empty.
    validation : TrainingData or None
        Held-out series, on the device of the training sets. Watchers are told how each network does
        on them after every epoch, and its history has the best one; nothing is chosen by them.
    watched : mapping of str to TrainingData
        Other series, likewise, by what they are called.
    """

    watchers: Sequence[Watcher] = ()
    numbers: Sequence[int] = ()
    validation: TrainingData | None = None
    watched: Mapping[str, TrainingData] = field(default_factory=dict)

    def on(self, device: torch.device) -> Audience:
        """Move what is scored to a device."""
        validation = self.validation
        if validation is not None:
            validation = validation.to(device)
        watched = {name: data.to(device) for name, data in self.watched.items()}
        return replace(self, validation=validation, watched=watched)
