"""Runs work in processes of its own, each until a time at most.

A process is forked, so that what is loaded is loaded once, and what a part breaks (a CUDA context,
memory) is gone with it. The parent must not have touched CUDA.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

POLL_SECONDS = 0.05
GRACE_SECONDS = 2.0  # from an interrupt until the process is killed
CUT = 124  # the status of a part that ran out of time, as of timeout(1)
INTERRUPTED = 130
_LIBC = ctypes.CDLL(None)  # loaded here, because little should happen after a fork
_PR_SET_PDEATHSIG = 1  # of Linux


class Part:
    """One process at a time; an interrupt of this one is passed on, and ends the whole run."""

    def __init__(self) -> None:
        self.stopped = False
        self._pid: int | None = None

    def on_signal(self, _number: int, _frame: object) -> None:
        """Pass an interrupt, or a request to terminate, on to the process that runs."""
        self.stopped = True
        self._signal(signal.SIGINT)

    def run(self, work: Callable[[], int], until: float) -> int:
        """Run ``work`` until ``time.monotonic()`` is ``until``; return its exit status."""
        self._pid = pid = _fork(work)
        status = self._wait(until)
        was_cut = status is None and not self.stopped
        if status is None:
            self._signal(signal.SIGINT)
            status = self._wait(time.monotonic() + GRACE_SECONDS, is_stopping=True)
        self._signal(signal.SIGKILL)  # and whatever it began
        if status is None:
            _, status = os.waitpid(pid, 0)
        self._pid = None
        if self.stopped:
            return INTERRUPTED
        if was_cut:
            return CUT
        return os.waitstatus_to_exitcode(status)

    def _wait(self, until: float, is_stopping: bool = False) -> int | None:
        """Wait for the process; return its status, or None if it still runs at the end."""
        while self._pid is not None:
            ended, status = os.waitpid(self._pid, os.WNOHANG)
            if ended:
                return status
            if time.monotonic() >= until or (self.stopped and not is_stopping):
                break
            time.sleep(POLL_SECONDS)
        return None

    def _signal(self, number: int) -> None:
        if self._pid is not None:
            with suppress(ProcessLookupError):  # all of its group have ended
                os.killpg(self._pid, number)


def _fork(work: Callable[[], int]) -> int:
    """Begin ``work`` in a process of its own, which leads a group; return its number."""
    parent = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    with warnings.catch_warnings():
        # the threads that numerical libraries keep wait for work, and a child begins its own
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        _child(work, parent)
    with suppress(OSError):  # the child does the same; whoever is first
        os.setpgid(pid, pid)
    return pid


def _child(work: Callable[[], int], parent: int) -> None:
    # in a group of its own, so that Ctrl-C at a terminal reaches it once, through its parent
    os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(_LIBC, "prctl"):
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # too late to be told
            os._exit(1)
    status = 1
    try:
        status = work()
    except KeyboardInterrupt:
        status = INTERRUPTED
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    # no threads are waited for, and nothing of the parent's is tidied up here
    os._exit(status)


def become(command: list[str], output: Path, folder: Path, path: list[Path]) -> int:
    """Become another program, which writes to a file; ``path`` goes before its module path."""
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.chdir(folder)
    inherited = os.environ.get("PYTHONPATH", "")
    entries = [*map(str, path), *filter(None, [inherited])]
    os.execve(command[0], command, {**os.environ, "PYTHONPATH": os.pathsep.join(entries)})
