"""Hold space on a disk for what is to be written at the end of long work."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from tszoo.errors import TrainingError
from tszoo.storage.files import reason

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_BLOCK = 1 << 20


@contextlib.contextmanager
def reserved(folder: Path | None, n_bytes: int) -> Iterator[None]:
    """Hold ``n_bytes`` of the disk that ``folder`` is on, until the block ends.

    Nothing is seen of it in the folder, and nothing is left of it by a process that is killed. None
    holds nothing, and so does a folder that cannot be written: whoever writes there says so.

    Raises
    ------
    TrainingError
        If there is not so much space.
    """
    with contextlib.ExitStack() as stack:
        if folder is not None:
            try:
                file = _nameless(folder)
                stack.enter_context(file)
                _fill(file, n_bytes)
            except OSError as error:
                if error.errno in _FULL:
                    stack.close()
                    with contextlib.suppress(OSError):  # it holds what an earlier run kept
                        folder.rmdir()
                    raise _no_space(folder, n_bytes, error) from error
        yield


def _nameless(folder: Path) -> BinaryIO:
    """Open a file that nobody sees, in a folder that is made when needed."""
    folder.mkdir(parents=True, exist_ok=True)
    # the caller closes it
    return tempfile.TemporaryFile(dir=folder, buffering=0)


def _fill(file: BinaryIO, n_bytes: int) -> None:
    """Take up the space of a file."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, max(n_bytes, 1))
        return
    left = n_bytes
    while left > 0:
        left -= file.write(bytes(min(left, _BLOCK)))


def _no_space(folder: Path, n_bytes: int, error: OSError) -> TrainingError:
    return TrainingError(
        f"{folder}: no space for the model, about {n_bytes / 2**20:.1f} MiB ({reason(error)}). "
        "Make room, or choose another folder."
    )
