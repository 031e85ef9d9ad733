"""Where the trials of a sweep are done, and for how long."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from tszoo.errors import OptionError
from tszoo.nets.device import resolve_device
from tszoo.study.local import Work, do_here, do_in_processes
from tszoo.study.on_ray import do_on_ray
from tszoo.training.cores import usable_cores
from tszoo.training.episodic.budget import Budget

ENGINES = ("local", "ray")


@dataclass(frozen=True)
class Engine:
    """Where trials are done. None of it changes what comes out, but for the seconds.

    Attributes
    ----------
    name : {"local", "ray"}
        Processes of this machine, or Ray.
    jobs : int or None
        How many trials are done at a time; None is one for each core, and one on a GPU.
    budget : str or None
        No trial begins after that time, such as ``"90m"``; the same sweep goes on later.
    stop : callable or None
        Asked before a trial begins; True begins no more.

    Raises
    ------
    OptionError
        If a value makes no sense.
    """

    name: str = "local"
    jobs: int | None = None
    budget: str | None = None
    stop: Callable[[], bool] | None = None

    def __post_init__(self) -> None:
        if self.name not in ENGINES:
            msg = f"engine must be one of {', '.join(ENGINES)}, not {self.name!r}."
            raise OptionError(msg)
        if self.jobs is not None and self.jobs < 1:
            msg = f"jobs must be 1 or more, not {self.jobs}."
            raise OptionError(msg)
        self.seconds()

    def seconds(self) -> float:
        """Return for how long trials may begin."""
        if self.budget is None:
            return math.inf
        with suppress(OptionError):
            seconds = Budget.of(self.budget).seconds
            if seconds is not None:
                return seconds
        msg = f"budget must be a time such as 480s, 90m or 2h, not {self.budget!r}."
        raise OptionError(msg)

    def clock(self) -> Callable[[], bool]:
        """Return a function that says whether another trial may begin, from now on."""
        ends = time.monotonic() + self.seconds()

        def may_begin() -> bool:
            is_stopped = self.stop is not None and self.stop()
            return not is_stopped and time.monotonic() < ends

        return may_begin

    def do(self, work: Work, device: str) -> None:
        """Do trials."""
        if self.name == "ray":
            do_on_ray(work, self.jobs)
            return
        n_processes = self.jobs or 1
        if self.jobs is None and resolve_device(device).type == "cpu":
            n_processes = usable_cores()
        n_processes = min(n_processes, len(work.trials))
        if n_processes <= 1:
            do_here(work)
        else:
            do_in_processes(work, n_processes)
