"""Temporary names: held while somebody writes, swept when whoever wrote was killed."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # no such locks on Windows: nothing is swept there
    fcntl = None  # type: ignore[assignment]

_LONGEST = 80


def sibling(path: Path) -> Path:
    """Make up an unused hidden name in the same folder."""
    return path.with_name(f".{path.name[:_LONGEST]}.{secrets.token_hex(6)}.tmp")


def sweep(path: Path) -> None:
    """Remove the temporary files and folders that killed writers of ``path`` left beside it.

    One that somebody holds is being written, and stays.
    """
    if fcntl is None:
        return
    name = re.compile(rf"\.{re.escape(path.name[:_LONGEST])}\.[0-9a-f]{{12}}\.tmp")
    left: list[Path] = []
    # a folder that cannot be read is not ours to clean
    with contextlib.suppress(OSError), os.scandir(path.parent) as entries:
        left = [path.with_name(entry.name) for entry in entries if name.fullmatch(entry.name)]
    for temporary in left:
        with contextlib.suppress(OSError):  # it is being written, or somebody swept it before us
            _remove(temporary)


@contextlib.contextmanager
def held_file(path: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """Open a file with an unused name beside ``path``, and hold it until the block ends.

    It is held even if the block closes it, so that it can be renamed then.
    """
    while True:
        temporary = sibling(path)
        file = temporary.open("xb")
        if hold(file.fileno(), temporary):
            break
        file.close()
    with file:
        if fcntl is None:
            yield temporary, file
            return
        descriptor = os.dup(file.fileno())
        try:
            yield temporary, file
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def held_folder(path: Path) -> Iterator[Path]:
    """Make a folder with an unused name beside ``path``, and hold it until the block ends."""
    if fcntl is None:
        temporary = sibling(path)
        temporary.mkdir()
        yield temporary
        return
    temporary, descriptor = _make_held(path)
    try:
        yield temporary
    finally:
        os.close(descriptor)


def _make_held(path: Path) -> tuple[Path, int]:
    """Make a folder and hold it; another one where somebody sweeps it before that."""
    while True:
        temporary = sibling(path)
        temporary.mkdir()
        try:
            descriptor = os.open(temporary, os.O_RDONLY)
        except FileNotFoundError:
            continue
        if hold(descriptor, temporary):
            return temporary, descriptor
        os.close(descriptor)


def hold(descriptor: int, path: Path) -> bool:
    """Keep ``sweep`` off a file that is open, until it is closed; False if it was swept before."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:  # it is being swept
        return False
    except OSError:  # the system has no locks for it: then nobody can take one to sweep it, either
        return True
    with contextlib.suppress(FileNotFoundError):
        return path.stat().st_ino == os.fstat(descriptor).st_ino
    return False


def _remove(temporary: Path) -> None:
    """Remove a temporary file or folder, unless somebody holds it."""
    descriptor = os.open(temporary, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if temporary.is_dir():
            shutil.rmtree(temporary)
        else:
            temporary.unlink()
    finally:
        os.close(descriptor)
