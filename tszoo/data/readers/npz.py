"""Read NumPy's .npz: X, y and lengths, of one split or of both."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from tszoo.data.layouts import channels_first
from tszoo.data.readers.arrays import to_raw
from tszoo.data.readers.npy import LABELS, NUMBERS, read_array
from tszoo.data.readers.numbers import shorten
from tszoo.data.readers.raw import RawSeries, ReadOptions
from tszoo.errors import DataError

# what zipfile raises at broken files, most of it undocumented
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
)


def read_npz(path: Path, options: ReadOptions) -> Iterator[RawSeries]:
    """Read ``X``, and ``y`` and ``lengths`` if they are there, from an ``.npz``: one part.

    Nothing is ever unpickled. ``X`` is (n_series, length) or (n_series, n_channels, length), or of
    the layout that the options say; ``y`` is (n_series,), and ``lengths`` (n_series,) says how many
    points each series has. Case does not matter. Where there is no ``X``, it may be ``X_train`` or
    ``X_test``, by ``options.split``, with ``y_train`` and ``lengths_train`` beside it.

    Raises
    ------
    DataError
        If the file is not an .npz, an array is missing, is not what it should be, or needs more
        bytes than the file holds for it; or if 32-bit numbers cannot tell a series' values apart.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            X, y, lengths = _read_arrays(archive, options, path.name)
    except FileNotFoundError as error:
        msg = f"{path}: no such file."
        raise DataError(msg) from error
    except DataError:
        raise
    except _ZIP_ERRORS as error:
        msg = f"{path.name}: a damaged file, or not an .npz ({shorten(str(error))})."
        raise DataError(msg) from error
    yield to_raw(channels_first(X, options.layout, path.name), y, lengths, path.name)


def npz_splits(path: Path) -> tuple[str, ...]:
    """List the splits that an ``.npz`` holds side by side, as ``X_train`` and ``X_test``.

    None where it holds ``X``, or cannot be read: who reads it says why.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(archive)
    except _ZIP_ERRORS:
        return ()
    if _member(members, "X") is not None:
        return ()
    return tuple(split for split in ("train", "test") if _member(members, f"X_{split}") is not None)


def _read_arrays(
    archive: zipfile.ZipFile, options: ReadOptions, file: str
) -> tuple[NDArray[Any], NDArray[Any] | None, NDArray[Any] | None]:
    """Read X, y and lengths; None for those that are not there or not wanted."""
    members = _members(archive)
    suffix = ""
    if _member(members, "X") is None:
        suffix = f"_{options.split or 'train'}"

    def read(array: str, kinds: str) -> NDArray[Any] | None:
        info = _member(members, f"{array}{suffix}")
        if info is None:
            return None
        return _read_member(archive, info, f"{file}, {_name(info)}", kinds)

    X = read("X", NUMBERS)
    if X is None:
        names = ", ".join(shorten(name) for name in sorted(members)[:10]) or "nothing"
        msg = f"{file}: no array X, expected X and y; it holds {names}."
        raise DataError(msg)
    y = read("y", LABELS) if options.reads_labels else None
    return X, y, read("lengths", "iu")


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    return {_name(info): info for info in archive.infolist()}


def _name(info: zipfile.ZipInfo) -> str:
    return info.filename.removesuffix(".npy")


def _member(members: dict[str, zipfile.ZipInfo], name: str) -> zipfile.ZipInfo | None:
    """Find an array by its name, or else by its name in another case."""
    if name in members:
        return members[name]
    for other, info in members.items():
        if other.lower() == name.lower():
            return info
    return None


def _read_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str, kinds: str
) -> NDArray[Any]:
    """Read an array of one of these kinds (NumPy's letters) that fits the bytes of its file."""
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        msg = f"{where}: packed in a way that NumPy does not use (method {info.compress_type})."
        raise DataError(msg)
    with archive.open(info) as stream:
        return read_array(stream, info.file_size, where, kinds)
