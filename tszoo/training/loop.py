"""The training loop. There is only this one."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor

from tszoo.errors import TrainingError
from tszoo.nets.network import Network
from tszoo.training.batchnorm import recompute_batch_norm
from tszoo.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from tszoo.training.recipe import Recipe
from tszoo.training.schedule import Schedule


@dataclass(frozen=True)
class EpochReport:
    """What a progress bar wants to know.

    Attributes
    ----------
    epoch : int
        Epochs done, from 1.
    epochs : int
        Epochs at most.
    loss : float
        Mean training loss of the epoch, in nats.
    accuracy : float
        Share of series that were right when their batch passed, during the epoch.
    learning_rate : float
        Of the epoch's last step.
    """

    epoch: int
    epochs: int
    loss: float
    accuracy: float
    learning_rate: float


@dataclass
class History:
    """What happened in a run: one entry an epoch, and the epoch (from 1) whose weights were kept."""

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    best_epoch: int = 0
    best_loss: float = math.inf
    seconds: float = 0.0


OnEpoch = Callable[[EpochReport], None]


def train(
    network: Network,
    x: Tensor,
    y: Tensor,
    recipe: Recipe,
    *,
    lengths: Tensor | None = None,
    seed: int,
    precision: torch.dtype = torch.float32,
    trainable: str = "all",
    on_epoch: OnEpoch | None = None,
    checkpoint: Checkpoint | None = None,
) -> History:
    """Train a network in place, and leave it with its best weights and exact batch-norm statistics.

    Parameters
    ----------
    network : Network
        On the device of ``x``; it is left in evaluation mode.
    x : Tensor, shape (n_series, n_channels, length), float32
        The whole training set; batches are drawn on its device.
    y : Tensor, shape (n_series,), int64
    recipe : Recipe
    lengths : Tensor, shape (n_series,), int64, or None
        Where series of unequal lengths end; zeros follow in ``x``. None if all are equally long.
    seed : int
        Of the shuffling. The same seed on the same machine gives the same weights.
    precision : torch.dtype
        ``torch.bfloat16`` runs the body under autocast; weights, head and loss stay float32.
    trainable : str
        ``"all"``, or ``"head"`` to leave the body as it is, batch-norm statistics included.
    on_epoch : callable or None
        Called with an EpochReport after every epoch. If it raises KeyboardInterrupt the run is saved first.
    checkpoint : Checkpoint or None
        Where and how often the run is saved, and whether to go on from what is there.

    Raises
    ------
    TrainingError
        If the loss is no longer finite, or the checkpoint belongs to another run.
    """
    n_series, batch = len(x), recipe.batch(len(x))
    steps_per_epoch = math.ceil(n_series / batch)
    shortest = x.shape[2] if lengths is None else int(lengths.min())
    whole = trainable == "all"
    network.body.requires_grad_(whole)
    parameters = [p for p in network.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(parameters, recipe.learning_rate, fused=True)
    schedule = Schedule.of(recipe, recipe.epochs * steps_per_epoch)
    shuffle = torch.Generator().manual_seed(seed)
    history = History()
    best = deepcopy(network.state_dict())
    if checkpoint is not None and checkpoint.resume:
        load_checkpoint(checkpoint, network, best, optimizer, schedule, shuffle, history)

    started, saved = time.monotonic() - history.seconds, time.monotonic()
    while len(history.loss) < recipe.epochs and not schedule.converged:
        epoch = len(history.loss)
        network.train(whole)
        total, right = torch.zeros((), device=x.device), torch.zeros((), device=x.device)
        order = torch.randperm(n_series, generator=shuffle).to(x.device)
        for i, chosen in enumerate(_batches(order, batch, shortest)):
            optimizer.param_groups[0]["lr"] = schedule.before_step(epoch * steps_per_epoch + i)
            with torch.autocast(x.device.type, torch.bfloat16, enabled=precision == torch.bfloat16):
                logits = network(x[chosen], None if lengths is None else lengths[chosen])
            loss = F.cross_entropy(logits, y[chosen])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            total += loss.detach() * len(chosen)
            right += (logits.detach().argmax(1) == y[chosen]).sum()

        mean_loss, accuracy = total.item() / n_series, right.item() / n_series
        if not math.isfinite(mean_loss):
            msg = f"the training loss is {mean_loss} in epoch {epoch + 1}; try a lower --learning-rate."
            raise TrainingError(msg)
        history.loss.append(mean_loss)
        history.accuracy.append(accuracy)
        history.learning_rate.append(schedule.learning_rate)
        if mean_loss < history.best_loss:
            history.best_loss, history.best_epoch = mean_loss, epoch + 1
            for name, tensor in network.state_dict().items():
                best[name].copy_(tensor)
        schedule.after_epoch(mean_loss)
        history.seconds = time.monotonic() - started
        due = checkpoint is not None and time.monotonic() - saved >= checkpoint.every_seconds
        try:
            if on_epoch is not None:
                on_epoch(EpochReport(epoch + 1, recipe.epochs, mean_loss, accuracy, history.learning_rate[-1]))
        except KeyboardInterrupt:
            due = checkpoint is not None
            raise
        finally:
            if due and checkpoint is not None:
                save_checkpoint(checkpoint, network, best, optimizer, schedule, shuffle, history)
                saved = time.monotonic()
    network.load_state_dict(best)
    network.requires_grad_(True)
    if whole:
        recompute_batch_norm(network, x, lengths)
    network.eval()
    return history


def _batches(order: Tensor, batch: int, length: int) -> list[Tensor]:
    """Cut ``order`` into batches; a series of one point never goes alone, for batch norm needs two points."""
    batches = list(torch.split(order, batch if length > 1 else max(batch, 2)))
    if length == 1 and len(batches) > 1 and len(batches[-1]) == 1:
        batches[-2:] = [torch.cat(batches[-2:])]
    return batches
