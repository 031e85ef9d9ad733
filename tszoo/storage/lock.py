"""One writer at a time, by a file that is there while somebody writes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

PAUSE_SECONDS = 0.05


@contextlib.contextmanager
def held_lock(path: Path, timeout: float = 120.0) -> Iterator[None]:
    """Hold a lock file, which goes away with the lock.

    A process that is killed leaves the file behind, and no lock.

    Raises
    ------
    TimeoutError
        If another process still holds it after ``timeout`` seconds.
    OSError
        If it cannot be made.
    """
    from filelock import FileLock  # takes longer to load than a zoo takes to list

    lock = FileLock(path, timeout=timeout)
    path.parent.stat()  # some releases would make the folder
    lock.acquire(poll_interval=PAUSE_SECONDS)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # an open file cannot be removed on Windows
            # removed while it is held: whoever waits on the removed file notices, and starts again
            path.unlink()
        lock.release()
