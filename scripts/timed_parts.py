"""Runs work in processes of its own, each until a time at most.

A process is forked, so that what is loaded is loaded once, and what a part breaks (a CUDA context,
memory) is gone with it. The parent must not have touched CUDA.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

GRACE_SECONDS = 2.0  # from an interrupt until the process is killed
CUT = 124  # the status of a part that ran out of time, as of timeout(1)
INTERRUPTED = 130
_LIBC = ctypes.CDLL(None)  # loaded here, because little should happen after a fork
_PR_SET_PDEATHSIG = 1  # of Linux


class Part:
    """One process at a time; an interrupt of this one is passed on, and ends the whole run."""

    def __init__(self) -> None:
        self.stopped = False
        self._process: multiprocessing.process.BaseProcess | None = None

    def on_signal(self, _number: int, _frame: object) -> None:
        """Pass an interrupt, or a request to terminate, on to the process that runs."""
        self.stopped = True
        self._signal(signal.SIGINT)

    def run(self, work: Callable[[], int], until: float) -> int:
        """Run ``work`` until ``time.monotonic()`` is ``until``; return its exit status."""
        context = multiprocessing.get_context("fork")
        process = context.Process(target=_child, args=(work, os.getpid()))
        self._process = process
        process.start()
        while process.is_alive() and time.monotonic() < until and not self.stopped:
            process.join(min(0.2, max(0.0, until - time.monotonic())))
        was_cut = process.is_alive()
        if was_cut:
            self._signal(signal.SIGINT)
            process.join(GRACE_SECONDS)
        self._signal(signal.SIGKILL)  # and whatever it began
        process.join()
        self._process = None
        if self.stopped:
            return INTERRUPTED
        if was_cut:
            return CUT
        return process.exitcode or 0

    def _signal(self, number: int) -> None:
        if self._process is None or self._process.pid is None:
            return
        with suppress(ProcessLookupError):  # it has ended, or leads no group yet
            os.killpg(self._process.pid, number)
        if number == signal.SIGKILL:
            self._process.kill()


def _child(work: Callable[[], int], parent: int) -> None:
    # in a session of its own, so that Ctrl-C at a terminal reaches it once, through its parent
    os.setsid()
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
