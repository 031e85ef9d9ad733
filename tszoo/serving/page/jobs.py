"""Long work in processes of their own, which end with the server."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from tszoo.errors import OptionError
from tszoo.serving.page.work import Work

CANCEL = b"cancel\n"
_JOB = "job"
_SECONDS_TO_END = 10.0


@dataclass(frozen=True)
class Job:
    """What a process does, or has done, for a work.

    Attributes
    ----------
    action : str
        One of ``tszoo.serving.page.tasks.actions``.
    options : dict
        JSON values.
    state : {"running", "done", "failed", "cancelled"}
    phase : str
        What it is at, in a few words.
    done, all : int
        Steps of that phase; 0 in all where they are not counted.
    said : str
        Why it failed, in one line.
    """

    action: str
    options: dict[str, Any]
    state: str = "running"
    phase: str = "Getting ready"
    done: int = 0
    all: int = 0
    said: str = ""


def read_job(work: Work) -> Job | None:
    """Return the last job of a work; None if there was none."""
    values = work.read(_JOB)
    return None if values is None else Job(**values)


def write_job(work: Work, job: Job) -> None:
    """Keep how a job stands."""
    work.write(_JOB, vars(job))


class Jobs:
    """The processes, one a work at most.

    Parameters
    ----------
    most : int
        How many may work at a time.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._lock = threading.Lock()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._cancelled: set[str] = set()

    def start(self, work: Work, action: str, **options: Any) -> None:
        """Start a process; OptionError while the work has one, or too many others go on."""
        with self._lock:
            last = read_job(work)
            if last is not None and last.state != "running":
                self.end(work.key)  # it has said its last word, and is on its way out
            running = [key for key, each in self._processes.items() if each.poll() is None]
            if work.key in running:
                msg = "Something is being done with this file already. Wait for it, or cancel it."
                raise OptionError(msg)
            if len(running) >= self.most:
                msg = f"{len(running)} others are at work on this computer. Try again in a minute."
                raise OptionError(msg)
            self.end(work.key)  # one that ended without a word
            self._cancelled.discard(work.key)
            write_job(work, Job(action, options))
            # -X utf8: text of any language on every system
            command = [sys.executable, "-X", "utf8", "-m", "tszoo.serving.page.worker"]
            self._processes[work.key] = subprocess.Popen(  # noqa: S603
                [*command, str(work.folder)], stdin=subprocess.PIPE
            )

    def state(self, work: Work) -> Job | None:
        """Say how the last job of a work stands; None if there was none."""
        has_ended = self.is_free(work)  # first, since a job that ends writes before it does
        job = read_job(work)
        if job is None or job.state != "running" or not has_ended:
            return job
        if work.key in self._cancelled:
            return replace(job, state="cancelled")
        return replace(job, state="failed", said="It ended without a word, perhaps for memory.")

    def is_free(self, work: Work) -> bool:
        """Whether nothing goes on for a work."""
        process = self._processes.get(work.key)
        return process is None or process.poll() is not None

    def cancel(self, work: Work) -> None:
        """Ask a job to end; one in training saves itself first."""
        process = self._processes.get(work.key)
        if process is None or process.stdin is None:
            return
        self._cancelled.add(work.key)
        with suppress(OSError):
            process.stdin.write(CANCEL)
            process.stdin.flush()

    def end(self, key: str) -> None:
        """End the job of the work with a key at once."""
        process = self._processes.pop(key, None)
        if process is None:
            return
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()  # which the process takes for an end
        try:
            process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def close(self) -> None:
        """End all jobs."""
        for key in list(self._processes):
            self.end(key)
