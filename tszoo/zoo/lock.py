"""One writer at a time in a zoo."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tszoo.errors import ZooError
from tszoo.storage.files import reason
from tszoo.storage.lock import held_lock

LOCK = ".lock"


@contextlib.contextmanager
def locked(root: Path, timeout: float = 120.0) -> Iterator[None]:
    """Hold a zoo's lock; the lock file goes away with it.

    Raises
    ------
    ZooError
        If another process still holds it after ``timeout`` seconds, or the zoo cannot be written.
    """
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(held_lock(root / LOCK, timeout))
        except TimeoutError as error:
            msg = (
                f"{root}: another process has been writing to this zoo for {timeout:.0f} s. Try "
                "again later."
            )
            raise ZooError(msg) from error
        except OSError as error:
            msg = f"{root}: the zoo cannot be written ({reason(error)})."
            raise ZooError(msg) from error
        yield
