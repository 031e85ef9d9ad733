"""Read files that cannot be trusted; write files and folders so that nobody sees half of one."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from tszoo.errors import ModelError
from tszoo.storage.exchange import swap
from tszoo.storage.layout import MOST_BYTES
from tszoo.storage.leftovers import held_file, held_folder, sibling, sweep


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
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                msg = f"{path}: not a regular file."
                raise ModelError(msg)
            if status.st_size > MOST_BYTES[name]:
                msg = f"{path}: {status.st_size} bytes; such a file has {MOST_BYTES[name]} at most."
                raise ModelError(msg)
            yield file, status.st_size
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


@contextlib.contextmanager
def open_atomically(path: Path, temporary: Path | None = None) -> Iterator[BinaryIO]:
    """Open a temporary file that takes the place of ``path`` when the block ends.

    If the block fails, the temporary file vanishes and ``path`` stays as it was. A reader sees the
    old content or the new.

    Parameters
    ----------
    path : Path
    temporary : Path or None
        The temporary file, in the same folder; an old one of that name is written over. None makes
        up an unused name. A process that is killed leaves its temporary file behind, and the next
        one that makes up a name for ``path`` sweeps it.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    with contextlib.ExitStack() as stack:
        if temporary is None:
            sweep(path)
            part, file = stack.enter_context(held_file(path))
        else:
            part, file = temporary, temporary.open("wb")
        try:
            with file:
                yield file
                _sync(file)
            part.replace(path)
        except BaseException:
            # a folder that cannot be written may not let go of the file either
            with contextlib.suppress(OSError):
                part.unlink()
            raise
    _sync_folder(path.parent)


def write_file(path: Path, data: bytes, temporary: Path | None = None) -> None:
    """Write a file in one step: a reader sees the old content or the new.

    ``temporary`` and errors are those of ``open_atomically``.
    """
    with open_atomically(path, temporary) as file:
        file.write(data)


def append(path: Path, data: bytes) -> None:
    """Put bytes behind a file that is there, all of them or nothing; OSError where that fails."""
    with path.open("r+b", buffering=0) as file:
        end = file.seek(0, os.SEEK_END)
        try:
            left = memoryview(data)
            while left:
                left = left[file.write(left) :]
        except OSError:
            with contextlib.suppress(OSError):  # the first error is the one to report
                file.truncate(end)
            raise


@contextlib.contextmanager
def build_folder(path: Path, replace: bool) -> Iterator[Path]:
    """Make an empty folder beside ``path`` that takes its place when the block ends.

    If the block fails, the new folder vanishes and ``path`` stays as it was. A reader sees the old
    folder, the new one, or none.

    Raises
    ------
    OSError
        If the folder cannot be written, or exists and ``replace`` is not set.
    """
    sweep(path)
    with held_folder(path) as temporary:
        try:
            yield temporary
            _sync_folder(temporary)
            if replace and path.exists():
                # a name that is never swept: for a moment nothing else has what was there
                swap(temporary, path, aside=sibling(path).with_suffix(".old"))
            else:
                temporary.rename(path)
        finally:
            # the folder that was not finished, or the one that was replaced
            shutil.rmtree(temporary, ignore_errors=True)
    _sync_folder(path.parent)


def write_folder(path: Path, files: Mapping[str, bytes], replace: bool) -> None:
    """Write a folder of files in one step; OSError as ``build_folder``."""
    with build_folder(path, replace) as folder:
        for name, data in files.items():
            with (folder / name).open("xb") as file:
                file.write(data)
                _sync(file)


def reason(error: BaseException) -> str:
    """Give the system's words for an error, without paths."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _open_inside(folder: Path, path: Path) -> int:
    """Open a file that belongs to ``folder``, as a descriptor.

    OSError if it cannot be opened, ModelError if it lies elsewhere.
    """
    # without O_NONBLOCK a named pipe would keep us waiting for ever
    flags = os.O_RDONLY
    for name in ("NONBLOCK", "BINARY", "CLOEXEC", "NOFOLLOW"):
        flags |= getattr(os, f"O_{name}", 0)
    try:
        file = _followed(folder, path) if path.is_symlink() else path
        return os.open(file, flags)
    except (ValueError, RuntimeError) as error:
        # a NUL; a loop of links, for which Python before 3.13 has no OSError
        msg = f"{path}: cannot be read ({reason(error)})."
        raise ModelError(msg) from error


def _followed(folder: Path, link: Path) -> Path:
    """Give the file that a link in ``folder`` leads to; ModelError if the folder does not own it.

    Neither path in the result has a link in it: the folder itself may be reached through one.
    """
    home, file = folder.resolve(), link.resolve()
    cached = home.parent.name == "snapshots" and file.parent == home.parent.parent / "blobs"
    if not cached and not file.is_relative_to(home):
        msg = f"{link}: a link that leaves its folder. Put the file itself there."
        raise ModelError(msg)
    return file


def _sync(file: BinaryIO) -> None:
    """Bring what was written to the disk."""
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make names durable where the system can; the content is safe in any case."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
