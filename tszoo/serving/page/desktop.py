"""What a task has of its surroundings, in the process that does it."""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import replace

from tszoo.serving.page.jobs import CANCEL, Job, write_job
from tszoo.serving.page.work import Work

CANCELLED = 130


class Desktop:
    """Says how far a task is, and hears when it is to stop.

    Attributes
    ----------
    work : Work
    job : Job
    is_cancelled : bool
        Whether somebody asked it to stop.
    saves_itself : bool
        Whether the task looks at ``is_cancelled`` and saves what it has; else it is ended at once.
    """

    def __init__(self, work: Work, job: Job) -> None:
        self.work, self.job = work, job
        self.is_cancelled = self.saves_itself = False
        self._lock = threading.Lock()

    def say(self, phase: str) -> None:
        """Say what begins now."""
        self._write(replace(self.job, phase=phase, done=0, all=0))

    def count(self, done: int, in_all: int) -> None:
        """Say how far it is; what training and comparing call as they go."""
        self._write(replace(self.job, done=done, all=in_all))

    def end(self, state: str, said: str = "") -> None:
        """Say how it ended."""
        self._write(replace(self.job, state=state, said=said))

    def _write(self, job: Job) -> None:
        with self._lock:
            self.job = job
            write_job(self.work, job)

    def listen(self) -> None:
        """Hear what the server says: to cancel, or, at the end of the pipe, that it is gone."""
        for line in sys.stdin.buffer:
            if line == CANCEL:
                self.is_cancelled = True
                if not self.saves_itself:
                    self.end("cancelled")
                    os._exit(CANCELLED)
                self._write(replace(self.job, phase="Stopping after this epoch"))
        os._exit(CANCELLED)
