"""Two folders change names, in one step where the system has one."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

# Of Linux: resolve from the working folder; swap the two names.
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def swap(new: Path, old: Path, aside: Path) -> None:
    """Let the folders ``new`` and ``old`` change names.

    Where the system cannot do it in one step, ``aside`` is a name that is used meanwhile, and for a
    moment there is nothing at ``old``.

    Raises
    ------
    OSError
        If a folder cannot be renamed; both have their names still.
    """
    if _exchange(new, old):
        return
    old.rename(aside)
    try:
        new.rename(old)
    except BaseException:
        aside.rename(old)
        raise
    aside.rename(new)


def _exchange(new: Path, old: Path) -> bool:
    """Swap two names in one step, with Linux's renameat2; False where there is no such thing."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    status = renameat2(_AT_FDCWD, os.fsencode(new), _AT_FDCWD, os.fsencode(old), _RENAME_EXCHANGE)
    return bool(status == 0)
