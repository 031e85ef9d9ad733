"""Train the members of an ensemble.

They are trained in processes of their own or side by side, as is faster, and each is on disk as
soon as it is done.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace

import torch

from tszoo.errors import TrainingError
from tszoo.nets.network import Network
from tszoo.training.checkpoint import Checkpoint, discard, one_line, read_tensors, write_tensors
from tszoo.training.data import TrainingData
from tszoo.training.epoch import Audience
from tszoo.training.job import Job
from tszoo.training.loop import train
from tszoo.training.member import History
from tszoo.training.processes import train_in_processes
from tszoo.training.run_folder import forget_run, member_path, partial_path
from tszoo.training.spread import choose_processes, groups_of, threads_for
from tszoo.training.threads import using_threads

log = logging.getLogger(__name__)

MakeMember = Callable[[int, torch.Generator], Network]


def train_members(
    make_member: MakeMember,
    sets: Sequence[TrainingData],
    job: Job,
    validation: TrainingData | None = None,
    watched: Mapping[str, TrainingData] | None = None,
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
    watched : mapping of str to TrainingData, or None
        Other series that they are told of, by what they are called.

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
    audience = _audience(job, validation, watched or {})
    histories: dict[int, History] = {}
    groups = []
    for numbers in groups_of(networks, sets, job):
        of_group = _finished([networks[k] for k in numbers], numbers, job)
        if of_group is None:
            groups.append(numbers)
        histories |= of_group or {}
    histories |= _train_groups(networks, groups, sets, job, audience)
    return [(network.cpu(), histories[k]) for k, network in enumerate(networks)]


def _audience(
    job: Job, validation: TrainingData | None, watched: Mapping[str, TrainingData]
) -> Audience:
    """Put what is scored for watchers on the device."""
    audience = Audience(job.run.watchers, validation=validation, watched=watched)
    return audience.on(job.device)


def _train_groups(
    networks: Sequence[Network],
    groups: Sequence[Sequence[int]],
    sets: Sequence[TrainingData],
    job: Job,
    audience: Audience,
) -> dict[int, History]:
    """Train groups of members: in processes of their own, or one after another in this one."""
    histories: dict[int, History] = {}
    n_processes = choose_processes(networks, groups, sets, job)
    if n_processes > 1:
        histories = train_in_processes(networks, groups, sets, job, audience, n_processes)
    with using_threads(threads_for(sets, job)):
        for numbers in groups:
            if numbers[0] not in histories:
                group = [networks[k] for k in numbers]
                of_group = replace(audience, numbers=numbers)
                histories |= train_group(group, sets, job, of_group)
    return histories


def _check_heads(networks: Sequence[Network], job: Job) -> None:
    """Raise TrainingError unless heads are those that the recipe goes on from."""
    has_ridge = job.recipe.head == "ridge"
    if any((network.readout == "stages") != has_ridge for network in networks):
        msg = (
            "a head that reads all stages is a ridge head at first: it is trained on with "
            'recipe={"name": "continue"} from a source, and only with such a recipe.'
        )
        raise TrainingError(msg)


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


def train_group(
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
