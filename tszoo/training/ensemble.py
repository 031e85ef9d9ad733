"""The members of an ensemble, trained one after another; each is on disk as soon as it is done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from tszoo.errors import TrainingError
from tszoo.nets.network import Network
from tszoo.training.checkpoint import Checkpoint, one_line, read_tensors, write_tensors
from tszoo.training.loop import EpochReport, History, train
from tszoo.training.recipe import Recipe

MakeMember = Callable[[int, torch.Generator], Network]
OnMemberEpoch = Callable[[int, EpochReport], None]


@dataclass(frozen=True)
class Job:
    """What is trained, and where it is kept meanwhile.

    Attributes
    ----------
    recipe : Recipe
    seed : int
        Member k is initialised and shuffled with seed ``seed + k``.
    members : int
        How many networks.
    device : torch.device
    precision : torch.dtype
    trainable : str
        ``"all"`` or ``"head"``.
    folder : Path or None
        Where members and checkpoints are kept; None keeps nothing.
    description : str
        Data, architecture and start of the run, so that ``resume`` never mixes two runs.
    resume : bool
        Whether to go on from what ``folder`` holds.
    checkpoint_seconds : float
        How often a member in training is saved.
    """

    recipe: Recipe
    seed: int
    members: int
    device: torch.device
    precision: torch.dtype = torch.float32
    trainable: str = "all"
    folder: Path | None = None
    description: str = ""
    resume: bool = False
    checkpoint_seconds: float = 60.0

    def run(self, member: int) -> str:
        """Digest of everything that decides what member ``member`` becomes."""
        parts = [self.description, self.recipe.to_dict(), self.seed + member, str(self.precision), self.trainable]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def train_members(
    make_member: MakeMember,
    x: Tensor,
    y: Tensor,
    job: Job,
    on_epoch: OnMemberEpoch | None = None,
    lengths: Tensor | None = None,
) -> list[tuple[Network, History]]:
    """Train ``job.members`` networks.

    Parameters
    ----------
    make_member : callable
        ``make_member(k, generator)`` gives member k before training; the generator is seeded for it.
    x : Tensor, shape (n_series, n_channels, length), float32
    y : Tensor, shape (n_series,), int64
    job : Job
    on_epoch : callable or None
        Called with the member's number and an EpochReport.
    lengths : Tensor, shape (n_series,), int64, or None
        Where series of unequal lengths end.

    Returns
    -------
    list of (Network, History)
        On the CPU, in evaluation mode.
    """
    x, y = x.to(job.device), y.to(job.device)
    lengths = None if lengths is None else lengths.to(job.device)
    trained = []
    for k in range(job.members):
        network = make_member(k, torch.Generator().manual_seed(job.seed + k)).to(job.device)
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        trained.append((network, _train_member(network, k, (x, y, lengths), job, on_epoch)))
        network.cpu()
    return trained


def _train_member(
    network: Network, k: int, data: tuple[Tensor, Tensor, Tensor | None], job: Job, on_epoch: OnMemberEpoch | None
) -> History:
    x, y, lengths = data
    run = job.run(k)
    done = None if job.folder is None else job.folder / f"member-{k}.safetensors"
    if done is not None and job.resume and done.exists():
        tensors, progress = read_tensors(done, run)
        try:
            network.load_state_dict(tensors)
            network.eval()
            return History(**progress["history"])
        except (KeyError, RuntimeError, TypeError) as error:
            msg = f"{done}: not a whole member ({one_line(error)}). Delete it, or train without --resume."
            raise TrainingError(msg) from error
    checkpoint = None
    if job.folder is not None:
        checkpoint = Checkpoint(job.folder / f"member-{k}.partial.safetensors", run, job.checkpoint_seconds, job.resume)
    history = train(
        network,
        x,
        y,
        job.recipe,
        lengths=lengths,
        seed=job.seed + k,
        precision=job.precision,
        trainable=job.trainable,
        on_epoch=None if on_epoch is None else lambda report: on_epoch(k, report),
        checkpoint=checkpoint,
    )
    if done is not None and checkpoint is not None:
        write_tensors(done, dict(network.state_dict()), {"run": run, "history": asdict(history)})
        checkpoint.path.unlink(missing_ok=True)
    return history
