"""The members of an ensemble.

Side by side where that is faster, and each on disk as soon as it is done.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from tszoo.errors import TrainingError
from tszoo.nets.network import Network
from tszoo.nets.stack import can_stack
from tszoo.training.checkpoint import Checkpoint, discard, one_line, read_tensors, write_tensors
from tszoo.training.data import TrainingData
from tszoo.training.epoch import Watcher
from tszoo.training.loop import train
from tszoo.training.member import History
from tszoo.training.recipe import Recipe
from tszoo.training.run_folder import forget_run, member_path, partial_path

log = logging.getLogger(__name__)

MakeMember = Callable[[int, torch.Generator], Network]

# Up to this many points a step, a step of one network is overhead rather than work:
# benchmarks/members.py.
POINTS_SIDE_BY_SIDE = 2500
# An estimate, to be measured by benchmarks/training_gpu.py: one network's convolutions fill a large
# GPU from here on.
POINTS_SIDE_BY_SIDE_CUDA = 100_000
MOST_SIDE_BY_SIDE = 8


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
        Whether to go on from what ``folder`` holds; otherwise that is removed before training
        begins.
    checkpoint_seconds : float
        How often members in training are saved.
    watchers : sequence of Watcher
        Told after every epoch of every member.
    side_by_side : int or None
        How many members are trained as one; None chooses by the size of a step.
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
    watchers: Sequence[Watcher] = ()
    side_by_side: int | None = None

    def run(self, numbers: Sequence[int]) -> str:
        """Digest of everything that decides what these members become."""
        seeds = [self.seed + number for number in numbers]
        parts = [
            self.description,
            self.recipe.to_dict(),
            seeds,
            str(self.precision),
            self.trainable,
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def train_members(
    make_member: MakeMember,
    sets: Sequence[TrainingData],
    job: Job,
    validation: TrainingData | None = None,
) -> list[tuple[Network, History]]:
    """Train ``job.members`` networks.

    Parameters
    ----------
    make_member : callable
        ``make_member(k, generator)`` gives member k before training; the generator is seeded for
        it.
    sets : sequence of TrainingData
        What every member learns.
    job : Job
    validation : TrainingData or None
        Held-out series, for the watchers.

    Returns
    -------
    list of (Network, History)
        On the CPU, in evaluation mode.

    Raises
    ------
    TrainingError
        If training fails, if ``folder`` holds another run to resume, or one that cannot be removed.
    """
    networks = [
        make_member(k, torch.Generator().manual_seed(job.seed + k)) for k in range(job.members)
    ]
    if any(network.readout != "mean" for network in networks):
        msg = (
            "a head that reads all stages is fitted in closed form (a ridge head), not trained. "
            "Leave readout out."
        )
        raise TrainingError(msg)
    if job.folder is not None and not job.resume:
        forget_run(job.folder)  # or a later --resume of this run would meet members of that one
    networks = [network.to(job.device, memory_format=torch.channels_last) for network in networks]  # type: ignore[call-overload]
    sets = [one.to(job.device) for one in sets]
    validation = None if validation is None else validation.to(job.device)
    histories: dict[int, History] = {}
    for numbers in _groups(networks, sets, job):
        group = [networks[k] for k in numbers]
        finished = _finished(group, numbers, job)
        histories |= (
            _train_group(group, numbers, sets, job, validation) if finished is None else finished
        )
    return [(network.cpu(), histories[k]) for k, network in enumerate(networks)]


def _groups(
    networks: Sequence[Network], sets: Sequence[TrainingData], job: Job
) -> Iterator[list[int]]:
    """Which members are trained side by side."""
    size = job.side_by_side
    if size is None:
        points = job.recipe.batch(len(sets[0].x)) * sets[0].x.shape[2]
        size = MOST_SIDE_BY_SIDE if points <= most_points_side_by_side(job.device) else 1
    if (
        len(sets) > 1
        or any(one.lengths is not None for one in sets)
        or not all(map(can_stack, networks))
    ):
        size = 1  # a mask, or the data set that a step draws from, is one network's own
    numbers = list(range(job.members))
    for first in range(0, job.members, max(size, 1)):
        yield numbers[first : first + max(size, 1)]


def most_points_side_by_side(device: torch.device) -> int:
    """Points a step (series times length) up to which members are trained side by side.

    A CPU's few cores are busy with a few thousand points; a GPU's many only with the points of a
    large batch of long series, and until then five networks take it hardly more time than one.
    """
    return POINTS_SIDE_BY_SIDE_CUDA if device.type == "cuda" else POINTS_SIDE_BY_SIDE


def _finished(
    networks: Sequence[Network], numbers: Sequence[int], job: Job
) -> dict[int, History] | None:
    """Load members that an earlier run has finished, if it finished all of them."""
    if job.folder is None or not job.resume:
        return None
    paths = [member_path(job.folder, k) for k in numbers]
    if not all(path.exists() for path in paths):
        return None
    histories = {}
    for k, network, path in zip(numbers, networks, paths, strict=True):
        tensors, progress = read_tensors(path, job.run([k]))
        try:
            network.load_state_dict(tensors)
            network.eval()
            histories[k] = History(**progress["history"])
        except (KeyError, RuntimeError, TypeError) as error:
            msg = (
                f"{path}: not a whole member ({one_line(error)}). Delete it, or train without "
                "--resume."
            )
            raise TrainingError(msg) from error
    return histories


def _train_group(
    networks: Sequence[Network],
    numbers: Sequence[int],
    sets: Sequence[TrainingData],
    job: Job,
    validation: TrainingData | None,
) -> dict[int, History]:
    checkpoint = None
    if job.folder is not None:
        path = partial_path(job.folder, numbers)
        checkpoint = Checkpoint(path, job.run(numbers), job.checkpoint_seconds, job.resume)
    histories = train(
        networks,
        sets,
        job.recipe,
        seeds=[job.seed + k for k in numbers],
        numbers=numbers,
        precision=job.precision,
        trainable=job.trainable,
        validation=validation,
        watchers=job.watchers,
        checkpoint=checkpoint,
    )
    if job.folder is not None and checkpoint is not None:
        try:
            for k, network, history in zip(numbers, networks, histories, strict=True):
                facts = {"run": job.run([k]), "history": asdict(history)}
                write_tensors(member_path(job.folder, k), dict(network.state_dict()), facts)
        except TrainingError as error:
            # the last checkpoint stays, and the members are in memory: all may yet end well
            log.warning("%s Training goes on.", error)
        else:
            discard(checkpoint.path)
    return dict(zip(numbers, histories, strict=True))
