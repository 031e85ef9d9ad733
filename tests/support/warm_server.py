"""Load what the commands need once, and fork a process for everyone who asks.

`tests/support/warm.py` starts this file and asks it. What is forked here is what Python would have
started: it has the module, the code or the script as its `__main__`, and arguments, environment,
folder, streams, warnings, signals and exit of its own.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import io
import json
import os
import pkgutil
import runpy
import selectors
import signal
import socket
import sys
import tempfile
import threading
import types
import warnings
from pathlib import Path
from typing import Any

SIZE = 8  # of the number that says how long a request is
N_DEFAULT = len(warnings.filters)  # what Python itself begins with, before anything is loaded
# What commands load of others; nothing that keeps what the environment says when it is loaded, as
# the Hub's client does.
OTHERS = (
    "PIL.JpegImagePlugin",
    "filelock",
    "fsspec",
    "h11",
    "httpx2",
    "jinja2",
    "markdown_it",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "matplotlib.figure",
    "matplotlib.style",
    "pandas",
    "pydantic.type_adapter",
    "rich.markdown",
    "rich.progress",
    "rich.table",
    "safetensors.torch",
    "sklearn.metrics",
    "sklearn.preprocessing",
    "torch.profiler",
    "tqdm.auto",
    "truststore",
    "typer._adapters",
    "uvicorn.protocols.http.h11_impl",
    "uvicorn.protocols.http.httptools_impl",
    "yaml",
)


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    load()
    gc.freeze()
    request = serve(control)
    try:
        become(request)
    except SystemExit as wanted:
        end(status_of(wanted))
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
        end(1, interrupted=isinstance(error, KeyboardInterrupt))
    end(0)


def load() -> None:
    """Load all of ours, what it loads when it is used, and numba's compiler."""
    # not at the top, for N_DEFAULT
    import numba

    import tszoo

    ours = (found.name for found in pkgutil.walk_packages(tszoo.__path__, "tszoo."))
    for name in (*OTHERS, *(name for name in ours if not name.endswith(".__main__"))):
        with contextlib.suppress(ImportError):  # of what is not installed
            importlib.import_module(name)
    numba.njit(lambda number: number + 1)(1)


def serve(control: socket.socket) -> dict[str, Any]:
    """Answer for ever; only what is forked comes back, with what it is asked to be."""
    woken, waking = socket.socketpair()
    for half in (woken, waking):
        half.setblocking(False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waking.fileno(), warn_on_full_buffer=False)
    running: dict[int, int] = {}  # a process, and where its status is waited for
    with selectors.DefaultSelector() as selector, woken, waking, control:
        selector.register(control, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        while True:
            ready = [key.fileobj for key, _ in selector.select()]
            if woken in ready:
                woken.recv(4096)
                tell_ended(running)
            if control in ready:
                request, streams = receive(control)
                pid = os.fork()
                if pid == 0:
                    take_streams(streams[:3])
                    for status in (streams[3], *running.values()):
                        os.close(status)
                    return request
                running[pid] = streams[3]
                tell(streams[3], pid)
                for stream in streams[:3]:
                    os.close(stream)


def receive(control: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Take a request and its streams: stdin, stdout, stderr, and where its status is waited for."""
    size, streams, _, _ = socket.recv_fds(control, SIZE, 4)
    if not size:  # the tests are done
        os._exit(0)
    wanted = int.from_bytes(size, "big")
    text = b""
    while len(text) < wanted:
        text += control.recv(wanted - len(text))
    return json.loads(text), streams


def tell_ended(running: dict[int, int]) -> None:
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        tell(running[pid], status)
        os.close(running.pop(pid))


def tell(pipe: int, number: int) -> None:
    with contextlib.suppress(BrokenPipeError):  # nobody waits for it any more
        os.write(pipe, f"{number}\n".encode())


def take_streams(streams: list[int]) -> None:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    for stream in streams:
        os.close(stream)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def become(request: dict[str, Any]) -> None:
    if not request["no_interrupts"]:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if request["start_new_session"]:
        os.setsid()
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    tempfile.tempdir = None
    open_streams()
    warn_as_told(request["warnings"])
    kind, what = request["kind"], request["what"]
    sys.argv = [what if kind == "script" else f"-{kind}", *request["arguments"]]
    first = {"m": request["cwd"], "c": "", "script": str(Path(what).parent)}[kind]
    sys.path[:] = [first, *request["python_path"], *sys.path[1 + request["n_path"] :]]
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    if kind == "m":
        runpy._run_module_as_main(what)
        return
    source = Path(what).read_text() if kind == "script" else what
    if kind == "script":
        main.__file__ = what
    exec(compile(source, what if kind == "script" else "<string>", "exec"), main.__dict__)


def open_streams() -> None:
    """Open the streams as Python does, which looks then whether they are a terminal."""
    unbuffered = bool(os.environ.get("PYTHONUNBUFFERED"))
    asked, _, strict = os.environ.get("PYTHONIOENCODING", "").partition(":")
    encoding = asked or sys.stdout.encoding
    errors = strict or ("strict" if asked else sys.stdout.errors)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        live = not unbuffered and (name == "stderr" or os.isatty(number))
        buffering = 0 if unbuffered and number else -1
        stream = io.TextIOWrapper(
            open(number, "wb" if number else "rb", buffering, closefd=False),  # noqa: SIM115 - kept
            encoding=encoding,
            errors="backslashreplace" if name == "stderr" else errors,
            line_buffering=live,
            write_through=unbuffered,
        )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def status_of(wanted: SystemExit) -> int:
    if wanted.code is None or isinstance(wanted.code, int):
        return wanted.code or 0
    sys.stderr.write(f"{wanted.code}\n")
    return 1


def end(status: int, interrupted: bool = False) -> None:
    """End as Python does, but for taking every module apart, which is half a second of nothing."""
    threading._shutdown()
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        status = 120
    if interrupted:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    os._exit(status & 0xFF)


def warn_as_told(options: list[str]) -> None:
    """Put what -W says behind what modules have filtered, and before the defaults."""
    modules, defaults = warnings.filters[:-N_DEFAULT], warnings.filters[-N_DEFAULT:]
    warnings.filters[:] = defaults
    sys.warnoptions[:] = options
    warnings._processoptions(options)
    warnings.filters[:0] = modules


main()
