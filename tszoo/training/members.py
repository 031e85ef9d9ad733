"""Train the members of an ensemble.

They are trained side by side where that is faster, and each is on disk as soon as it is done.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field

import torch

from tszoo.errors import TrainingError
from tszoo.nets.network import Network
from tszoo.nets.stack import can_stack
from tszoo.training.checkpoint import Checkpoint, discard, one_line, read_tensors, write_tensors
from tszoo.training.data import TrainingData
from tszoo.training.epoch import Audience
from tszoo.training.loop import train
from tszoo.training.member import History
from tszoo.training.recipe import Recipe
from tszoo.training.run import Run
from tszoo.training.run_folder import forget_run, member_path, partial_path

log = logging.getLogger(__name__)

MakeMember = Callable[[int, torch.Generator], Network]

# Up to this many points, a step of one network is more overhead than work: benchmarks/members.py.
POINTS_SIDE_BY_SIDE = 2500
# An estimate, to be measured by benchmarks/training_gpu.py: one network's convolutions fill a large
# GPU from here on.
POINTS_SIDE_BY_SIDE_CUDA = 100_000
MOST_SIDE_BY_SIDE = 8


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
        ``make_member(k, generator)`` gives member k before training; the generator has the member's
        seed.
    sets : sequence of TrainingData
        What every member learns.
    job : Job
    validation : TrainingData or None
        Held-out series, which the watchers are told of.

    Returns
    -------
    list of (Network, History)
        On the CPU, in evaluation mode.

    Raises
    ------
    TrainingError
        If training fails, or the run's folder holds another run to resume or one that cannot be
        removed.
    """
    networks = [
        make_member(k, torch.Generator().manual_seed(job.seed + k)) for k in range(job.members)
    ]
    _check_heads(networks, job)
    if job.run.folder is not None and not job.run.resume:
        forget_run(job.run.folder)  # or who resumes this run would meet members of that one
    networks = [network.to(job.device, memory_format=torch.channels_last) for network in networks]  # type: ignore[call-overload]
    sets = [data.to(job.device) for data in sets]
    if validation is not None:
        validation = validation.to(job.device)
    histories: dict[int, History] = {}
    for numbers in _groups(networks, sets, job):
        group = [networks[k] for k in numbers]
        of_group = _finished(group, numbers, job)
        if of_group is None:
            audience = Audience(job.run.watchers, numbers, validation)
            of_group = _train_group(group, sets, job, audience)
        histories |= of_group
    return [(network.cpu(), histories[k]) for k, network in enumerate(networks)]


def _check_heads(networks: Sequence[Network], job: Job) -> None:
    """Raise TrainingError unless heads are those that the recipe goes on from."""
    has_ridge = job.recipe.head == "ridge"
    if any((network.readout == "stages") != has_ridge for network in networks):
        msg = (
            "a head that reads all stages is a ridge head at first: it is trained on with "
            'recipe={"name": "continue"} from a source, and only with such a recipe.'
        )
        raise TrainingError(msg)


def _groups(
    networks: Sequence[Network], sets: Sequence[TrainingData], job: Job
) -> Iterator[list[int]]:
    """Yield the numbers of the members that are trained side by side, group by group."""
    size = _side_by_side(networks, sets, job)
    numbers = list(range(job.members))
    for first in range(0, job.members, size):
        yield numbers[first : first + size]


def _side_by_side(networks: Sequence[Network], sets: Sequence[TrainingData], job: Job) -> int:
    """Choose how many members are trained as one."""
    # a mask, or the data set that a step draws from, is each network's own; and stacks are for
    # batch norms that learn, and for heads on the last maps
    has_mask = any(data.lengths is not None for data in sets)
    is_kept = job.recipe.batch_norm == "kept"
    if len(sets) > 1 or has_mask or is_kept or not all(map(can_stack, networks)):
        return 1
    if job.run.side_by_side is not None:
        return job.run.side_by_side
    points = job.recipe.batch(len(sets[0].x)) * sets[0].x.shape[2]
    if points <= most_points_side_by_side(job.device):
        return MOST_SIDE_BY_SIDE
    return 1


def most_points_side_by_side(device: torch.device) -> int:
    """Return up to how many points a step, series times length, members are trained side by side.

    A few thousand points keep a CPU's few cores busy. Only a large batch of long series does that
    to a GPU: until then, five networks take it hardly more time than one.
    """
    if device.type == "cuda":
        return POINTS_SIDE_BY_SIDE_CUDA
    return POINTS_SIDE_BY_SIDE


def _finished(
    networks: Sequence[Network], numbers: Sequence[int], job: Job
) -> dict[int, History] | None:
    """Load members that an earlier run has finished, if it finished all of them."""
    folder = job.run.folder
    if folder is None or not job.run.resume:
        return None
    paths = [member_path(folder, k) for k in numbers]
    if not all(path.exists() for path in paths):
        return None
    histories = {}
    for k, network, path in zip(numbers, networks, paths, strict=True):
        tensors, progress = read_tensors(path, job.digest([k]))
        try:
            network.load_state_dict(tensors)
            network.eval()
            histories[k] = History(**progress["history"])
        except (KeyError, RuntimeError, TypeError) as error:
            msg = (
                f"{path}: not a whole member ({one_line(error)}). Delete it, or train without "
                "resume=True."
            )
            raise TrainingError(msg) from error
    return histories


def _train_group(
    networks: Sequence[Network],
    sets: Sequence[TrainingData],
    job: Job,
    audience: Audience,
) -> dict[int, History]:
    """Train the members of a group as one, and keep them if the run is kept."""
    run, numbers = job.run, audience.numbers
    checkpoint = None
    if run.folder is not None:
        path = partial_path(run.folder, numbers)
        checkpoint = Checkpoint(path, job.digest(numbers), run.checkpoint_seconds, run.resume)
    trained = train(
        networks,
        sets,
        job.recipe,
        seeds=[job.seed + k for k in numbers],
        precision=job.precision,
        trainable=job.trainable,
        audience=audience,
        checkpoint=checkpoint,
    )
    histories = dict(zip(numbers, trained, strict=True))
    if run.folder is not None and checkpoint is not None:
        try:
            for network, (k, history) in zip(networks, histories.items(), strict=True):
                facts = {"run": job.digest([k]), "history": asdict(history)}
                write_tensors(member_path(run.folder, k), dict(network.state_dict()), facts)
        except TrainingError as error:
            # the last checkpoint stays, and the members are in memory: all may yet end well
            log.warning("%s Training goes on.", error)
        else:
            discard(checkpoint.path)
    return histories
