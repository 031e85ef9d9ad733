"""The process behind the page: does one job for one work, and says how far it is."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from dataclasses import replace
from pathlib import Path

from tszoo.errors import TszooError
from tszoo.serving.page.jobs import CANCEL, Job, read_job, write_job
from tszoo.serving.page.work import Work

NICE = 10
CANCELLED = 130


class Desktop:
    """What a task has of its surroundings: it says how far it is, and hears when to stop.

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
        os._exit(CANCELLED)


def main(folder: str) -> None:
    """Do the job that is written in a work's folder."""
    from tszoo.serving.page.tasks.actions import ACTIONS

    if hasattr(os, "nice"):
        os.nice(NICE)
    work = Work(Path(folder))
    job = read_job(work)
    if job is None:  # the work was deleted meanwhile
        return
    desktop = Desktop(work, job)
    threading.Thread(target=desktop.listen, daemon=True).start()
    try:
        ACTIONS[job.action](desktop, **job.options)
    except KeyboardInterrupt:
        desktop.end("cancelled")
    except TszooError as error:
        desktop.end("failed", str(error))
    except Exception as error:  # whoever looks at the page must hear of it
        traceback.print_exc()
        desktop.end("failed", f"tszoo itself has failed: {type(error).__name__}.")
    else:
        desktop.end("done")


if __name__ == "__main__":
    main(sys.argv[1])
