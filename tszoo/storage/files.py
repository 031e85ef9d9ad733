"""Reading files that cannot be trusted, and writing files and folders so that a reader sees all of them or nothing."""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from tszoo.errors import ModelError
from tszoo.storage.layout import MOST_BYTES

# Of Linux: resolve from the working folder; swap the two names.
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


@contextlib.contextmanager
def open_checked(folder: Path, name: str) -> Iterator[tuple[BinaryIO, int]]:
    """Open a file of a folder for reading; give it and its size in bytes.

    Raises
    ------
    ModelError
        If the file is missing, unreadable, no regular file, a link to outside the folder, or larger
        than the layout allows. A link of the Hub's cache, from ``snapshots/REVISION`` into
        ``blobs`` beside it, is followed.
    """
    path = folder / name
    try:
        descriptor = _open_inside(folder, path)
        with os.fdopen(descriptor, "rb") as file:
            about = os.fstat(descriptor)
            if not stat.S_ISREG(about.st_mode):
                msg = f"{path}: not a regular file."
                raise ModelError(msg)
            if about.st_size > MOST_BYTES[name]:
                msg = f"{path}: {about.st_size} bytes; such a file has {MOST_BYTES[name]} at most."
                raise ModelError(msg)
            yield file, about.st_size
    except FileNotFoundError as error:
        msg = f"{path}: no such file."
        raise ModelError(msg) from error
    except OSError as error:
        msg = f"{path}: cannot be read ({reason(error)})."
        raise ModelError(msg) from error


def read_checked(folder: Path, name: str) -> bytes:
    """Read a file of a folder; ModelError as ``open_checked``, or if the file changes meanwhile."""
    with open_checked(folder, name) as (file, size):
        return read_exactly(file, size, folder / name)


def read_exactly(file: BinaryIO, size: int, path: Path) -> bytes:
    """Read the next ``size`` bytes; ModelError if the file ends before."""
    data = file.read(size)
    if len(data) != size:
        msg = (
            f"{path}: ends after {len(data)} bytes where {size} were expected; it is truncated or "
            "being written."
        )
        raise ModelError(msg)
    return data


def write_file(path: Path, data: bytes) -> None:
    """Write a file in one step: a reader sees the old content or the new.

    OSError if it cannot be.
    """
    temporary = sibling(path)
    try:
        _write_through(temporary, data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


def write_folder(path: Path, files: Mapping[str, bytes], replace: bool) -> None:
    """Write a folder in one step: a reader sees the old folder, the new one, or none.

    Raises
    ------
    OSError
        If it cannot be written, or exists and ``replace`` is not set. What was there is there
        still.
    """
    temporary = sibling(path)
    temporary.mkdir()
    try:
        for name, data in files.items():
            _write_through(temporary / name, data)
        _sync_folder(temporary)
        if replace and path.exists():
            _swap(temporary, path)
        else:
            temporary.rename(path)
    finally:
        # the folder that was not finished, or the one that was replaced
        shutil.rmtree(temporary, ignore_errors=True)
    _sync_folder(path.parent)


def sibling(path: Path) -> Path:
    """Make up an unused hidden name in the same folder."""
    return path.with_name(f".{path.name[:80]}.{secrets.token_hex(6)}.tmp")


def reason(error: BaseException) -> str:
    """Give the system's words for an error, without paths."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _open_inside(folder: Path, path: Path) -> int:
    """Open a file that belongs to ``folder``, as a descriptor.

    OSError if it cannot be, ModelError if it does not.
    """
    # without O_NONBLOCK a named pipe would keep us waiting for ever
    flags = sum(
        getattr(os, f"O_{name}", 0) for name in ("NONBLOCK", "BINARY", "CLOEXEC", "NOFOLLOW")
    )
    try:
        return os.open(_followed(folder, path) if path.is_symlink() else path, os.O_RDONLY | flags)
    except (
        ValueError,
        RuntimeError,
    ) as error:  # a NUL; a loop of links, for which Python before 3.13 has no OSError
        msg = f"{path}: cannot be read ({reason(error)})."
        raise ModelError(msg) from error


def _followed(folder: Path, link: Path) -> Path:
    """Give the file that a link in ``folder`` leads to.

    ModelError if that is not the folder's own.
    """
    # neither has a link in it: the folder itself may be reached through one
    home, file = folder.resolve(), link.resolve()
    cached = home.parent.name == "snapshots" and file.parent == home.parent.parent / "blobs"
    if not cached and not file.is_relative_to(home):
        msg = f"{link}: a link that leaves its folder. Put the file itself there."
        raise ModelError(msg)
    return file


def _write_through(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make names durable where the system can.

    Where it cannot, the content is safe all the same.
    """
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _swap(new: Path, old: Path) -> None:
    """Let the folders ``new`` and ``old`` change names."""
    if _exchange(new, old):
        return
    # Two renames where the system has no exchange: for a moment there is nothing at ``old``.
    aside = sibling(old)
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
    return bool(
        renameat2(_AT_FDCWD, os.fsencode(new), _AT_FDCWD, os.fsencode(old), _RENAME_EXCHANGE) == 0
    )
