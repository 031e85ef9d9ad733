"""Decide how members are spread: which are trained as one, in how many processes and threads.

Sums over threads, and layers of several members, are added up in another order than those of one
member and one thread. So which members are trained as one, and with how many threads, depends on
what is trained alone, and never on the number of processes.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import torch

from tszoo.nets.described import is_describable
from tszoo.nets.network import Network
from tszoo.nets.stack import can_stack
from tszoo.training.data import TrainingData
from tszoo.training.job import Job
from tszoo.training.threads import cores_to_use, using_threads

# Up to this many points, a step of one network is more overhead than work: benchmarks/members.py.
POINTS_SIDE_BY_SIDE = 2500
# An estimate, to be measured by benchmarks/training_gpu.py: one network's convolutions fill a large
# GPU from here on.
POINTS_SIDE_BY_SIDE_CUDA = 100_000
MOST_SIDE_BY_SIDE = 8
# On a CPU, long training is spread over processes: two members side by side keep a core busy.
SIDE_BY_SIDE_IN_PROCESSES = 2
# Up to this many points in all steps of all members, training ends before more processes have
# begun. A step takes as long as one of LEAST_POINTS at least.
POINTS_IN_ONE_PROCESS = 500_000
LEAST_POINTS = 500
# With fewer points of a step for each, threads wait for each other more than they work.
POINTS_A_THREAD = 1000
# Until a process has loaded PyTorch; it has to save more.
SECONDS_A_PROCESS = 4.0
# A step takes as long as this many passes of the network, as tszoo.transfer.estimate has it.
PASSES_A_STEP = 3.0


def groups_of(
    networks: Sequence[Network], sets: Sequence[TrainingData], job: Job
) -> list[list[int]]:
    """List the numbers of the members that are trained as one, group by group."""
    size = _side_by_side(networks, sets, job)
    if job.devices:
        size = min(size, -(-job.members // len(job.devices)))
    numbers = list(range(job.members))
    return [numbers[first : first + size] for first in range(0, job.members, size)]


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
    points = _points_a_step(sets, job)
    if points > most_points_side_by_side(job.device):
        return 1
    if job.device.type == "cpu" and not _is_short(points, sets, job):
        return SIDE_BY_SIDE_IN_PROCESSES
    return MOST_SIDE_BY_SIDE


def most_points_side_by_side(device: torch.device) -> int:
    """Return up to how many points a step, series times length, members are trained side by side.

    A few thousand points keep a CPU's few cores busy. Only a large batch of long series does that
    to a GPU: until then, five networks take it hardly more time than one.
    """
    if device.type == "cuda":
        return POINTS_SIDE_BY_SIDE_CUDA
    return POINTS_SIDE_BY_SIDE


def _points_a_step(sets: Sequence[TrainingData], job: Job) -> int:
    """Count the points of the largest step, series times length."""
    return max(job.recipe.batch(len(data.x)) * data.x.shape[2] for data in sets)


def _n_steps(sets: Sequence[TrainingData], job: Job) -> int:
    """Count the steps of all members."""
    return job.members * job.recipe.epochs * sum(job.recipe.steps(len(data.x)) for data in sets)


def _is_short(points: int, sets: Sequence[TrainingData], job: Job) -> bool:
    return max(points, LEAST_POINTS) * _n_steps(sets, job) <= POINTS_IN_ONE_PROCESS


def threads_for(sets: Sequence[TrainingData], job: Job) -> int:
    """Say how many of PyTorch's threads a member is trained with on a CPU.

    That is one where there are several members, each of which may have a process of its own, and
    as many as its steps keep busy where there is one.
    """
    threads = torch.get_num_threads()
    if job.device.type != "cpu":
        return threads
    if job.members > 1:
        return 1
    return max(1, min(threads, _points_a_step(sets, job) // POINTS_A_THREAD))


def choose_processes(
    networks: Sequence[Network],
    groups: Sequence[Sequence[int]],
    sets: Sequence[TrainingData],
    job: Job,
) -> int:
    """Choose how many processes train the groups; 1 is this one alone."""
    if len(groups) < 2 or not _may_start(networks):
        return 1
    if job.devices:
        return min(len(job.devices), len(groups))
    if job.device.type != "cpu":
        return 1
    if job.run.jobs is not None:
        return min(job.run.jobs, len(groups))
    most = min(cores_to_use(), len(groups))
    if most == 1:
        return 1
    share = sum(map(len, groups)) / job.members  # some may be done already
    seconds = share * _n_steps(sets, job) * _seconds_a_step(networks[0], sets, job)
    if seconds_spread(seconds, len(groups), most) == seconds:
        return 1
    return most


def seconds_spread(seconds: float, n_parts: int, most: int) -> float:
    """Say how long work takes in up to ``most`` processes, if that is faster than in one.

    Parameters
    ----------
    seconds : float
        In one process.
    n_parts : int
        Into how many parts of the same size the work falls.
    most : int
        How many processes there may be.
    """
    rounds = -(-n_parts // most)
    return min(seconds, seconds * rounds / n_parts + SECONDS_A_PROCESS)


def _may_start(networks: Sequence[Network]) -> bool:
    """Whether this program is a Python that can be started once more, and can say what to train."""
    is_python = bool(sys.executable) and not getattr(sys, "frozen", False)
    return is_python and all(map(is_describable, networks))


@torch.inference_mode()
def _seconds_a_step(network: Network, sets: Sequence[TrainingData], job: Job) -> float:
    """Time a pass of a network on a batch of the first data set, and count it up to a step."""
    data = sets[0].take(slice(job.recipe.batch(len(sets[0].x))))
    network.eval()
    times = []
    with using_threads(threads_for(sets, job)):
        for _ in range(2):  # the first one warms up
            # of this thread, for other work on the machine slows the start of a process as well
            began = time.thread_time()
            network.features(data.x, data.lengths, data.levels)
            times.append(time.thread_time() - began)
    return PASSES_A_STEP * min(times)
