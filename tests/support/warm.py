"""Processes that begin with everything loaded.

Most of a short command is the loading of PyTorch, numba and ourselves: three seconds of one core, a
few hundred times. `run` and `Popen` are those of `subprocess`, for calls of Python. A process that
has loaded all of it once (`warm_server.py`, one of each tests' process) forks the process that is
asked for, which has its own streams, signals, environment and exit.

What is about loading, about starting, or about a stream's encoding starts Python by `subprocess`.
So does what cannot be had here: see `_asked`.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PYTHON = sys.executable  # some tests change that
SERVER = Path(__file__).with_name("warm_server.py")
SIZE = 8
# what a process reads when it starts, or modules when they are loaded
AT_START = ("CUDA", "FORCE_COLOR", "GITHUB_ACTIONS", "LANG", "LC_", "MKL", "MPL", "NUMBA")
AT_START += ("OMP", "PYTHON", "PY_COLORS", "TERMINAL_WIDTH", "TORCH")

# what PyTorch's compiler leaves behind where it has worked
LEFT_BEHIND = "TORCHINDUCTOR"
# as it is before any test changes it, so that one test's variables are not those of all that follow
AT_IMPORT = dict(os.environ)
TAKEN_OVER = ("PYTHONIOENCODING", "PYTHONPATH", "PYTHONUNBUFFERED")  # by what is forked


class _Server:
    """The process that forks, and the line to it."""

    def __init__(self) -> None:
        self.environment = AT_IMPORT
        ours, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [PYTHON, SERVER, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env=self.environment,
            )
        self.line = ours
        self.lock = threading.Lock()
        atexit.register(self.end)

    def ask(self, request: dict[str, Any], streams: list[int]) -> None:
        text = json.dumps(request).encode()
        with self.lock:
            socket.send_fds(self.line, [len(text).to_bytes(SIZE, "big")], streams)
            self.line.sendall(text)

    def end(self) -> None:
        self.line.close()
        self.process.wait()


_server: _Server | None = None
_starting = threading.Lock()


def _started() -> _Server:
    global _server
    with _starting:
        if _server is None:
            _server = _Server()
    return _server


class Popen(subprocess.Popen):
    """As `subprocess.Popen`, forked where that makes no difference."""

    _status: int | None = None  # where the process's number and later its status are read

    def _execute_child(self, args, executable, preexec_fn, close_fds, pass_fds, cwd, env, *rest):
        handles = rest[3:9]
        request = None
        is_shell = rest[2]
        if executable is None and preexec_fn is None and not pass_fds and not is_shell:
            request = _asked([os.fspath(arg) for arg in args], cwd, env)
        if request is None:
            super()._execute_child(
                args, executable, preexec_fn, close_fds, pass_fds, cwd, env, *rest
            )
            return
        request["start_new_session"] = bool(rest[14])
        wanted = (handles[0], handles[3], handles[5])
        streams = [k if stream == -1 else stream for k, stream in enumerate(wanted)]
        self._status, telling = os.pipe()
        try:
            _started().ask(request, [*streams, telling])
        finally:
            os.close(telling)
            self._close_pipe_fds(*handles)
        self.pid = self._told()
        self._child_created = True

    def _told(self) -> int:
        """Read a number and no more: the next one may be there already."""
        line = b""
        while not line.endswith(b"\n"):
            read = os.read(self._status, 1)
            assert read, "the process that forks has ended"
            line += read
        return int(line)

    def _try_wait(self, wait_flags):
        if self._status is None:
            return super()._try_wait(wait_flags)
        if wait_flags and not select.select([self._status], [], [], 0)[0]:
            return 0, 0
        status = self._told()
        os.close(self._status)
        return self.pid, status

    def _internal_poll(self, *unused, **others):
        if self._status is None:
            return super()._internal_poll(*unused, **others)
        if self.returncode is None and self._waitpid_lock.acquire(False):
            try:
                if self.returncode is None:
                    pid, status = self._try_wait(os.WNOHANG)
                    if pid == self.pid:
                        self._handle_exitstatus(status)
            finally:
                self._waitpid_lock.release()
        return self.returncode


def run(args, *, input=None, capture_output=False, timeout=None, check=False, **options):  # noqa: A002
    """As `subprocess.run`, forked where that makes no difference."""
    if capture_output:
        options.update(stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if input is not None:
        options["stdin"] = subprocess.PIPE
    with Popen(args, **options) as process:
        try:
            out, err = process.communicate(input, timeout)
        except BaseException:
            process.kill()
            raise
    done = subprocess.CompletedProcess(args, process.returncode, out, err)
    if check:
        done.check_returncode()
    return done


def _asked(
    args: list[str], cwd: str | None, env: Mapping[str, str] | None
) -> dict[str, Any] | None:
    """What is to be forked; None of what only a process that starts can be."""
    environment = dict(os.environ if env is None else env)
    if not hasattr(os, "fork") or any(name.startswith("COVERAGE_") for name in environment):
        return None  # what is forked would measure what was loaded before
    server = _started()
    if args[0] != PYTHON or _at_start(environment) != _at_start(server.environment):
        return None
    rest = args[1:]
    warned = []
    while rest[:1] == ["-W"]:
        warned.append(rest[1])
        rest = rest[2:]
    if rest[0] in ("-m", "-c"):
        kind, what, *arguments = rest[0][1:], *rest[1:]
    elif rest[0].startswith("-"):
        return None
    else:
        kind, what, *arguments = "script", *rest
    return {
        "kind": kind,
        "what": what,
        "arguments": arguments,
        "warnings": warned,
        "no_interrupts": signal.getsignal(signal.SIGINT) is signal.SIG_IGN,
        "cwd": str(Path(cwd or ".").absolute()),
        "env": environment,
        "python_path": _paths(environment),
        "n_path": len(_paths(server.environment)),
    }


def _at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(AT_START) and not name.startswith(LEFT_BEHIND) and name not in TAKEN_OVER
    }


def _paths(environment: Mapping[str, str]) -> list[str]:
    named = environment.get("PYTHONPATH", "")
    return [str(Path(path).absolute()) for path in named.split(os.pathsep)] if named else []
