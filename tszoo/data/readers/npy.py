"""Read NumPy's .npy; sizes are checked before anything is allocated, and nothing is unpickled."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
from numpy.typing import NDArray

from tszoo.data.layouts import channels_first
from tszoo.data.readers.arrays import to_raw
from tszoo.data.readers.raw import RawSeries, ReadOptions
from tszoo.errors import DataError
from tszoo.storage.files import reason

MAX_ARRAY_BYTES = 2**35
MAX_HEADER_BYTES = 10_000
NUMBERS, LABELS = "biuf", "biufUS"
_HEADER = re.compile(
    rb"\{'descr': '(?P<dtype>[<>|=]?(?P<kind>[A-Za-z])[0-9]{0,9})', "
    rb"'fortran_order': (?P<fortran>True|False), "
    rb"'shape': \((?P<shape>[0-9]{0,18}(?:, ?[0-9]{1,18}){0,9},?)\),? ?\}\s*"
)


def read_npy(path: Path, options: ReadOptions) -> Iterator[RawSeries]:
    """Read series without labels from an ``.npy``: one part.

    The array is (n_series, length) or (n_series, n_channels, length), or of the layout that the
    options say.

    Raises
    ------
    DataError
        If the file is no array of numbers, or holds another number of bytes than that needs; or if
        32-bit numbers cannot tell a series' values apart.
    """
    X = channels_first(read_npy_array(path, NUMBERS), options.layout, path.name)
    yield to_raw(X, None, None, path.name)


def read_npy_array(path: Path, kinds: str) -> NDArray[Any]:
    """Read the array of an ``.npy``, of one of these kinds (NumPy's letters)."""
    try:
        with path.open("rb") as stream:
            return read_array(stream, path.stat().st_size, path.name, kinds)
    except FileNotFoundError as error:
        msg = f"{path}: no such file."
        raise DataError(msg) from error
    except OSError as error:
        msg = f"{path}: cannot be read ({reason(error)})."
        raise DataError(msg) from error


def read_array(stream: IO[bytes], size: int, where: str, kinds: str) -> NDArray[Any]:
    """Read an array of one of these kinds that fits the ``size`` in bytes of its file."""
    dtype, order, shape = _read_header(stream, where, kinds)
    n_bytes = math.prod(shape) * dtype.itemsize
    if not size - MAX_HEADER_BYTES <= n_bytes <= min(size, MAX_ARRAY_BYTES):
        msg = (
            f"{where}: shape {shape} of {dtype} does not fit the {size} bytes that the file holds."
        )
        raise DataError(msg)
    data = stream.read(n_bytes)
    if len(data) != n_bytes or stream.read(1):
        msg = (
            f"{where}: {len(data)} bytes or more, expected {n_bytes} for shape {shape} of {dtype}."
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
        expected = {NUMBERS: "numbers", LABELS: "numbers or text"}.get(kinds, "whole numbers")
        msg = f"{where}: values of type {name}, expected {expected}.{_remedy(header, kinds)}"
        raise DataError(msg) from error
    shape = tuple(int(size) for size in header["shape"].split(b",") if size.strip())
    if header["fortran"] == b"True":
        return dtype, "F", shape
    return dtype, "C", shape


def _remedy(header: re.Match[bytes], kinds: str) -> str:
    """Say how to save what pandas keeps as Python objects, which only pickle can read."""
    if header["kind"] != b"O":
        return ""
    if kinds == LABELS:
        return " Save y.astype(str) in its place."
    return (
        " Save it as numbers, with .astype(float); series of unequal lengths with NaN behind the "
        "shorter ones."
    )
