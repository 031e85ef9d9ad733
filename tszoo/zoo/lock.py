"""One writer at a time in a zoo."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from tszoo.errors import ZooError
from tszoo.storage.files import reason

try:
    import fcntl
except ImportError:  # no such locks on Windows
    fcntl = None  # type: ignore[assignment]

LOCK = ".lock"
PAUSE_SECONDS = 0.05
# where the system does not release a dead process's lock, one as old as this has been left behind
ABANDONED_SECONDS = 600.0


@contextlib.contextmanager
def locked(root: Path, timeout: float = 120.0) -> Iterator[None]:
    """Hold a zoo's lock; the lock file goes away with it.

    Raises
    ------
    ZooError
        If another process still holds it after ``timeout`` seconds, or the zoo cannot be written.
    """
    path = root / LOCK
    deadline = time.monotonic() + timeout
    acquire = _acquire_by_creation if fcntl is None else _acquire
    try:
        while (descriptor := acquire(path)) is None:
            if time.monotonic() > deadline:
                msg = (
                    f"{root}: another process has been writing to this zoo for {timeout:.0f} s. "
                    "Try again later."
                )
                raise ZooError(msg)
            time.sleep(PAUSE_SECONDS)
    except OSError as error:
        msg = f"{root}: the zoo cannot be written ({reason(error)})."
        raise ZooError(msg) from error
    try:
        yield
    finally:
        if fcntl is None:  # an open file cannot be removed there
            os.close(descriptor)
        with contextlib.suppress(OSError):
            # removed while it is held: whoever waits on the removed file notices, and starts again
            path.unlink()
        if fcntl is not None:
            os.close(descriptor)


def _acquire(path: Path) -> int | None:
    """Take the system's lock on the file; None if someone has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if path.stat().st_ino == os.fstat(descriptor).st_ino:
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def _acquire_by_creation(path: Path) -> int | None:
    """Create the file; None if it is there, unless its owner is long gone."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
    except FileExistsError:
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > ABANDONED_SECONDS:
                path.unlink()
        return None
