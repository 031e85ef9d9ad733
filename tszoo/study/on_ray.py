"""Do trials on Ray: on this machine, or on all machines of a cluster."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tszoo.errors import MissingExtraError, TrainingError
from tszoo.study.local import Work
from tszoo.study.outcome import Done
from tszoo.study.perform import perform
from tszoo.study.trial import Conditions, Sets, Trial
from tszoo.text import one_line


def do_on_ray(work: Work, most: int | None) -> None:
    """Do trials on Ray, each on one core; what comes out is the same, bit for bit.

    A Ray that the program is connected to is used, then the one that ``RAY_ADDRESS`` names, which
    may have many machines, each with tszoo installed. Without either, one is started here, and
    ended with the work.

    Parameters
    ----------
    work : Work
    most : int or None
        How many trials are done at a time, and the cores of a Ray that is started here. None is as
        many as there are cores.

    Raises
    ------
    MissingExtraError
        If Ray is not installed.
    TrainingError
        If it cannot be started or reached.
    """
    ray = _ray()
    with _connected(ray, most):
        at_a_time = most or max(1, int(ray.cluster_resources().get("CPU", 1)))
        _do(ray, work, at_a_time)


def _ray() -> Any:
    try:
        import ray
    except ImportError as error:
        msg = 'engine="ray" needs Ray: pip install "tszoo[ray]"'
        raise MissingExtraError(msg) from error
    return ray


@contextmanager
def _connected(ray: Any, most: int | None) -> Iterator[None]:
    """Connect to a Ray, or start one, unless the program has done so."""
    if ray.is_initialized():
        yield
        return
    try:
        _connect(ray, most)
    except (ConnectionError, OSError, RuntimeError, ValueError) as error:
        msg = f"Ray cannot be started or reached ({one_line(str(error))})."
        raise TrainingError(msg) from error
    try:
        yield
    finally:
        ray.shutdown()


def _connect(ray: Any, most: int | None) -> None:
    quiet = {"log_to_driver": False, "logging_level": "error", "include_dashboard": False}
    if os.environ.get("RAY_ADDRESS"):
        del quiet["include_dashboard"]  # that is the cluster's to say
        ray.init(**quiet)
        return
    ray.init(address="local", num_cpus=most, **quiet)


def _do(ray: Any, work: Work, at_a_time: int) -> None:
    """Keep so many trials going as long as there are some that may begin."""
    remote = ray.remote(num_cpus=1, max_retries=0)(_perform)
    sets = [ray.put(some) for some in work.sets]
    waiting, doing = deque(work.trials), dict[Any, Trial]()
    while True:
        while waiting and len(doing) < at_a_time:
            if not work.may_begin():
                waiting.clear()
                break
            trial = waiting.popleft()
            doing[remote.remote(trial, work.conditions, sets[trial.dataset])] = trial
        if not doing:
            return
        ended, _ = ray.wait(list(doing), timeout=1.0)
        for reference in ended:
            work.take(doing.pop(reference), _outcome(ray, reference))


def _perform(trial: Trial, conditions: Conditions, sets: Sets) -> dict[str, Any]:
    return perform(trial, conditions, sets).to_dict()


def _outcome(ray: Any, reference: Any) -> Done:
    """Take what a trial came to; one whose machine or process is gone has failed."""
    try:
        return Done.from_dict(ray.get(reference))
    except ray.exceptions.RayError as error:
        return Done.failed(f"{type(error).__name__}: {error}")
