"""Where the machine code of numba's kernels is kept, and who is told when it has to be made."""

from __future__ import annotations

import logging
import os
import stat
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

log = logging.getLogger(__name__)

Kernel = TypeVar("Kernel")

_place = threading.Lock()


def kept(compile_kernel: Callable[[bool], Kernel]) -> Kernel:
    """Compile with the machine code kept where it can be: for the next process, if possible.

    numba's own places are tried first: ``NUMBA_CACHE_DIR``, beside the source, the user's cache.
    Where none can be written, as in many containers, a private folder among the temporary files
    does. The first kernel of a process that is really compiled is logged, for it takes its time.

    Parameters
    ----------
    compile_kernel : callable
        Compiles, with the code kept on disk if its argument is true; OSError or RuntimeError if it
        cannot be kept.
    """
    listener = _listener()
    listener.is_kept = True
    with suppress(OSError, RuntimeError):
        return compile_kernel(True)
    folder = private_folder()
    if folder is not None:
        with suppress(OSError, RuntimeError):
            return _kept_in(folder, compile_kernel)
    listener.is_kept = False
    return compile_kernel(False)


def private_folder() -> Path | None:
    """Give a folder among the temporary files that this user alone may read and write.

    None where that cannot be had, or somebody else has made it: who writes there could have us run
    their code.
    """
    if not hasattr(os, "geteuid"):
        return None
    folder = Path(tempfile.gettempdir()) / f"tszoo-kernels-{os.geteuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
    except OSError:
        return None
    is_ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
    if not is_ours or status.st_mode & 0o077:
        return None
    return folder


def _kept_in(folder: Path, compile_kernel: Callable[[bool], Kernel]) -> Kernel:
    """Compile with the code kept in a folder; numba's setting is as before when this returns."""
    from numba import config

    with _place:
        before = config.CACHE_DIR
        config.CACHE_DIR = str(folder)
        try:
            return compile_kernel(True)
        finally:
            config.CACHE_DIR = before


class _Listener:
    """Logs once that kernels are compiled: numba tells it of each that is not found on disk."""

    is_kept = True
    has_told = False

    def on_start(self, event: Any) -> None:
        """Hear that a kernel begins to be compiled."""
        dispatcher = (event.data or {}).get("dispatcher")
        module = getattr(getattr(dispatcher, "py_func", None), "__module__", "")
        if self.has_told or not module.startswith("tszoo."):
            return
        self.has_told = True
        if self.is_kept:
            log.info("compiling kernels, about 20 s on an idle machine, once")
        else:
            log.info(
                "compiling kernels, about 20 s on an idle machine, every time: there is no folder "
                "to keep them in (NUMBA_CACHE_DIR names one)"
            )

    def on_end(self, event: Any) -> None:
        """Hear that a kernel is done."""


@lru_cache(maxsize=1)
def _listener() -> _Listener:
    """Register a listener with numba, once a process."""
    from numba.core.event import Listener, register

    listener: _Listener = type("Listener", (_Listener, Listener), {})()
    register("numba:compile", listener)
    return listener
