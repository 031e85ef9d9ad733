"""One writer at a time in a zoo."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tszoo.errors import ZooError
from tszoo.storage.files import reason

LOCK = ".lock"
PAUSE_SECONDS = 0.05


@contextlib.contextmanager
def locked(root: Path, timeout: float = 120.0) -> Iterator[None]:
    """Hold a zoo's lock; the lock file goes away with it.

    Raises
    ------
    ZooError
        If another process still holds it after ``timeout`` seconds, or the zoo cannot be written.
    """
    from filelock import FileLock, Timeout  # takes longer to load than a zoo takes to list

    path = root / LOCK
    lock = FileLock(path, timeout=timeout)
    try:
        root.stat()  # some releases would make the folder
        lock.acquire(poll_interval=PAUSE_SECONDS)
    except Timeout as error:
        msg = (
            f"{root}: another process has been writing to this zoo for {timeout:.0f} s. Try again "
            "later."
        )
        raise ZooError(msg) from error
    except OSError as error:
        msg = f"{root}: the zoo cannot be written ({reason(error)})."
        raise ZooError(msg) from error
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # an open file cannot be removed on Windows
            # removed while it is held: whoever waits on the removed file notices, and starts again
            path.unlink()
        lock.release()
