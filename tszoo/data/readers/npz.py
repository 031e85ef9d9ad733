"""Read NumPy's .npz: X, y and lengths; sizes are checked before anything is allocated."""

from __future__ import annotations

import math
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
from numpy.typing import NDArray

from tszoo.data.dataset import Label
from tszoo.data.narrow import narrow
from tszoo.data.readers.numbers import shorten
from tszoo.data.readers.raw import RawSeries, ReadOptions
from tszoo.errors import DataError

MAX_ARRAY_BYTES = 2**35
MAX_HEADER_BYTES = 10_000
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
_HEADER = re.compile(
    rb"\{'descr': '(?P<dtype>[<>|=]?(?P<kind>[A-Za-z])[0-9]{0,9})', "
    rb"'fortran_order': (?P<fortran>True|False), "
    rb"'shape': \((?P<shape>[0-9]{0,18}(?:, ?[0-9]{1,18}){0,9},?)\),? ?\}\s*"
)


def read_npz(path: Path, options: ReadOptions) -> Iterator[RawSeries]:
    """Read ``X``, and ``y`` and ``lengths`` if they are there, from an ``.npz``: one part.

    Nothing is ever unpickled. ``X`` is (n_series, length) or (n_series, n_channels, length), ``y``
    is (n_series,), and ``lengths`` (n_series,) says how many points each series has.

    Raises
    ------
    DataError
        If the file is not an .npz, an array is missing, is not what it should be, or needs more
        bytes than the file holds for it; or if 32-bit numbers cannot tell a series' values apart.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            if "X" not in members:
                names = ", ".join(shorten(name) for name in sorted(members)[:10]) or "nothing"
                msg = f"{path.name}: no array X, expected X and y; it holds {names}."
                raise DataError(msg)
            X = _read_member(archive, members["X"], f"{path.name}, X", "biuf")
            y = None
            if "y" in members and options.reads_labels:
                y = _read_member(archive, members["y"], f"{path.name}, y", "biufUS")
            lengths = None
            if "lengths" in members:
                lengths = _read_member(archive, members["lengths"], f"{path.name}, lengths", "iu")
    except FileNotFoundError as error:
        msg = f"{path}: no such file."
        raise DataError(msg) from error
    except DataError:
        raise
    except _ZIP_ERRORS as error:
        msg = f"{path.name}: a damaged file, or not an .npz ({shorten(str(error))})."
        raise DataError(msg) from error
    yield _to_raw(X, y, lengths, path.name)


def _read_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str, kinds: str
) -> NDArray[Any]:
    """Read an array of one of these kinds (NumPy's letters) that fits the bytes of its file."""
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        msg = f"{where}: packed in a way that NumPy does not use (method {info.compress_type})."
        raise DataError(msg)
    with archive.open(info) as stream:
        dtype, order, shape = _read_header(stream, where, kinds)
        n_bytes = math.prod(shape) * dtype.itemsize
        if not info.file_size - MAX_HEADER_BYTES <= n_bytes <= min(info.file_size, MAX_ARRAY_BYTES):
            msg = (
                f"{where}: shape {shape} of {dtype} does not fit the {info.file_size} bytes that "
                "the file holds."
            )
            raise DataError(msg)
        data = stream.read(n_bytes)
        if len(data) != n_bytes or stream.read(1):
            msg = (
                f"{where}: {len(data)} bytes or more, expected {n_bytes} for shape {shape} of "
                f"{dtype}."
            )
            raise DataError(msg)
    return np.frombuffer(data, dtype=dtype).reshape(shape, order=order)


def _read_header(
    stream: IO[bytes], where: str, kinds: str
) -> tuple[np.dtype[Any], Literal["C", "F"], tuple[int, ...]]:
    """Read an array's header by its grammar: its type, its order in memory and its shape.

    NumPy's own reader evaluates the header as Python.
    """
    start = stream.read(8)
    width = 2 if start[6:7] == b"\x01" else 4
    n_bytes = int.from_bytes(stream.read(width), "little")
    header = _HEADER.fullmatch(stream.read(min(n_bytes, MAX_HEADER_BYTES)))
    if not start.startswith(b"\x93NUMPY") or header is None:
        msg = f"{where}: not a NumPy array of numbers or text."
        raise DataError(msg)
    name = header["dtype"].decode()
    try:
        if header["kind"].decode() not in kinds:
            raise TypeError
        dtype = np.dtype(name)
    except (TypeError, ValueError) as error:
        expected = "numbers or text" if "U" in kinds else "numbers"
        msg = f"{where}: values of type {name}, expected {expected}."
        raise DataError(msg) from error
    shape = tuple(int(size) for size in header["shape"].split(b",") if size.strip())
    if header["fortran"] == b"True":
        return dtype, "F", shape
    return dtype, "C", shape


def _to_raw(
    X: NDArray[Any], y: NDArray[Any] | None, lengths: NDArray[Any] | None, file: str
) -> RawSeries:
    """Check that the arrays fit each other, and narrow the values to 32 bits."""
    if X.ndim not in (2, 3) or X.size == 0:
        msg = (
            f"{file}: X has shape {X.shape}, expected (n_series, length) or (n_series, n_channels, "
            "length)."
        )
        raise DataError(msg)
    series = X.reshape(len(X), -1, X.shape[-1])
    labels = None if y is None else _to_labels(y, len(series), file)

    def place(i: int, channel: int) -> str:
        where = f"{file}, X, series {i}"
        if series.shape[1] > 1:
            where += f", channel {channel}"
        return where

    if lengths is None:
        return RawSeries(narrow(series, lambda at: place(*at)), labels, typed=True)
    if lengths.shape != (len(series),) or (lengths < 1).any() or (lengths > series.shape[2]).any():
        msg = (
            f"{file}: lengths must be {len(series)} whole numbers from 1 to {series.shape[2]}, as "
            f"X is {X.shape}."
        )
        raise DataError(msg)
    # each without its padding, which would hide how near each other the values of a series are
    rows = [
        narrow(values[:, :length], lambda at, i=i: place(i, *at))  # type: ignore[misc]
        for i, (values, length) in enumerate(zip(series, lengths.tolist(), strict=True))
    ]
    return RawSeries(rows, labels, padded=False, typed=True)


def _to_labels(y: NDArray[Any], n_series: int, file: str) -> list[Label]:
    """Return the labels as Python values, bytes as text."""
    if y.shape not in ((n_series,), (n_series, 1)):
        msg = f"{file}: y has shape {y.shape}, expected ({n_series},) as X has {n_series} series."
        raise DataError(msg)
    values = y.ravel().tolist()
    try:
        return [value.decode() if isinstance(value, bytes) else value for value in values]
    except UnicodeDecodeError as error:
        msg = f"{file}: y holds bytes that are not UTF-8 text."
        raise DataError(msg) from error
