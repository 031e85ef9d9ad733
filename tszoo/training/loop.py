"""Train networks, in the only training loop that there is."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

import torch
from torch import Tensor

from tszoo.errors import TrainingError
from tszoo.nets.network import Network
from tszoo.nets.stack import give_own_memory
from tszoo.training.batchnorm import recompute_batch_norm
from tszoo.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from tszoo.training.data import TrainingData, draw_epoch
from tszoo.training.epoch import Audience, EpochReport
from tszoo.training.graph import steps_for
from tszoo.training.member import History, Member
from tszoo.training.recipe import Recipe
from tszoo.training.step import Steps
from tszoo.training.validation import as_finished, score

log = logging.getLogger(__name__)

# What held-out series are called among those that are scored; no user's data are called nothing.
VALIDATION = ""


def train(
    networks: Sequence[Network],
    sets: Sequence[TrainingData],
    recipe: Recipe,
    *,
    seeds: Sequence[int],
    precision: torch.dtype = torch.float32,
    trainable: str = "all",
    audience: Audience | None = None,
    checkpoint: Checkpoint | None = None,
) -> list[History]:
    """Train networks in place.

    They end with their best weights and with exact batch-norm statistics.

    Parameters
    ----------
    networks : sequence of Network
        On the device of the data; left in evaluation mode. Several are trained side by side, every
        layer of all of them as one operation. They become what they would one after another.
    sets : sequence of TrainingData
        What is learnt; batches are drawn on its device. With several, every step draws from one of
        them.
    recipe : Recipe
    seeds : sequence of int
        Of every network's shuffling. The same seed on the same machine gives the same weights.
    precision : torch.dtype
        ``torch.bfloat16`` runs the body under autocast; weights, head and loss stay float32.
    trainable : str
        ``"all"``, or ``"head"`` to leave the body as it is, batch-norm statistics included.
    audience : Audience or None
        Who is told of every epoch. If a watcher raises KeyboardInterrupt, the run is saved first.
    checkpoint : Checkpoint or None
        Where and how often the run is saved, and whether to go on from what is there.

    Returns
    -------
    list of History
        A network whose loss explodes, or is no longer a number, is not trained further. It keeps
        its best weights, and ``stopped`` says why.

    Raises
    ------
    TrainingError
        If a loss is not finite from the first epoch on, a single series is too much for the
        device's memory, or the checkpoint belongs to another run.
    """
    audience = audience or Audience()
    numbers = audience.numbers or range(len(networks))
    members = [
        Member.start(number, network, recipe, seed)
        for number, network, seed in zip(numbers, networks, seeds, strict=True)
    ]
    if checkpoint is not None and checkpoint.resume:
        load_checkpoint(checkpoint, members)
    saved = time.monotonic()
    steps: Steps | None = None
    while running := [member for member in members if not member.done]:
        if steps is None or list(steps.networks) != [member.network for member in running]:
            steps = steps_for(running, sets, recipe.loss, precision)
        started = time.monotonic()
        epoch(running, steps, trainable)
        seconds = time.monotonic() - started
        for member in running:
            member.history.seconds += seconds / len(running)
        due = checkpoint is not None and time.monotonic() - saved >= checkpoint.every_seconds
        interrupts = [_tell(member, seconds, steps, audience) for member in running]
        interrupt = next(filter(None, interrupts), None)
        if checkpoint is not None and (due or interrupt is not None):
            save_checkpoint(checkpoint, members)
            saved = time.monotonic()
        if interrupt is not None:
            raise interrupt
    for member in members:
        if len(members) > 1:
            give_own_memory(member.network)
        _finish(member, sets, trainable)
    return [member.history for member in members]


def _finish(member: Member, sets: Sequence[TrainingData], trainable: str) -> None:
    """Put a member's best weights into its network, and make its batch-norm statistics exact."""
    network = member.network
    network.load_state_dict(member.best)
    for name, tensor in network.state_dict().items():
        if name in member.begun_with:
            tensor.lerp_(member.begun_with[name], member.recipe.start_share)
    network.requires_grad_(True)
    if trainable == "all" and member.recipe.batch_norm == "learnt":
        recompute_batch_norm(network, sets)
    network.eval()


def epoch(members: Sequence[Member], steps: Steps, trainable: str) -> None:
    """Show every member the training sets once, each in its own order, and note its loss."""
    body = trainable == "all" and members[0].recipe.trains_body(members[0].epoch)
    steps.begin_epoch(body=body, norms=members[0].recipe.batch_norm == "learnt")
    plans = [
        draw_epoch(steps.sets, member.recipe, member.shuffle, member.history.batch_size)
        for member in members
    ]
    n_steps = len(plans[0])
    # drawn on the CPU, so that every device sees the same order, and sent in one piece
    orders = torch.stack([torch.cat([batch.chosen for batch in plan]) for plan in plans])
    parts = torch.split(steps.upload(orders), [len(batch.chosen) for batch in plans[0]], dim=1)
    for i, (batch, chosen) in enumerate(zip(plans[0], parts, strict=True)):
        rates = [
            member.learning_rates((member.epoch + i / n_steps) / member.recipe.epochs)
            for member in members
        ]
        steps.set_learning_rates(rates)
        _step(members, steps, batch.data, chosen)
    seen = orders.shape[1]
    for member, loss, right in zip(members, *steps.sums.tolist(), strict=True):
        member.take_note(loss / seen, right / seen)


def _step(members: Sequence[Member], steps: Steps, data: int, chosen: Tensor) -> None:
    """Train every member on one batch, of shape (members, series).

    Where the device's memory does not hold it, it is taken in parts.
    """
    size = chosen.shape[1]
    most = min(member.history.batch_size for member in members)
    if most < min(size, members[0].recipe.batch_size):  # lowered since the epoch was planned
        for part in torch.split(chosen, most, dim=1):
            _step(members, steps, data, part)
        return
    try:
        steps.take(data, chosen)
    except torch.OutOfMemoryError as error:
        if size == 1:
            msg = 'the device\'s memory does not hold the network and one series. Try device="cpu".'
            raise TrainingError(msg) from error
    else:
        return
    torch.cuda.empty_cache()  # only here: the error held on to the memory of the step
    half = -(-size // 2)
    for member in members:
        member.history.batch_size = min(member.history.batch_size, half)
    log.warning("out of memory with %d series a step; going on with %d", size, half)
    for part in torch.split(chosen, half, dim=1):
        _step(members, steps, data, part)


def _scored(member: Member, steps: Steps, audience: Audience) -> dict[str, tuple[float, float]]:
    """Score the held-out series, as VALIDATION, and the others that are watched."""
    sets = dict(audience.watched)
    if audience.validation is not None:
        sets[VALIDATION] = audience.validation
    if not sets:
        return {}
    normalised = steps.sets if member.recipe.batch_norm == "learnt" else ()
    now = as_finished(member.network, normalised, steps.precision)
    return {name: score(now, data, steps.kind, steps.precision) for name, data in sets.items()}


def _tell(
    member: Member, seconds: float, steps: Steps, audience: Audience
) -> KeyboardInterrupt | None:
    """Tell the watchers of a member's epoch.

    Their wish to end the run is returned, not raised: the watchers are told of all members first.
    """
    if not audience.watchers and audience.validation is None:
        return None
    scored = _scored(member, steps, audience)
    held_out: tuple[float, float] | tuple[None, None] = None, None
    if VALIDATION in scored:
        held_out = scored.pop(VALIDATION)
        member.history.take_validation(held_out[1])
    history = member.history
    report = EpochReport(
        member.epoch,
        member.recipe.epochs,
        history.loss[-1],
        history.accuracy[-1],
        history.learning_rate[-1],
        seconds,
        *held_out,
        watched=scored,
    )
    interrupt = None
    for watcher in audience.watchers:
        try:
            watcher(member.number, report, member.network)
        except KeyboardInterrupt as error:  # noqa: PERF203
            interrupt = error
    return interrupt
