"""Read safetensors files that cannot be trusted: the header is checked before it is believed.

A file is eight bytes (the header's length, little-endian), the header (a JSON object that gives
each tensor its dtype, shape and place), and the tensors' bytes. Reference: the safetensors format
description.
"""

from __future__ import annotations

import math
import mmap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from tszoo.errors import ModelError
from tszoo.storage.files import open_checked, read_exactly
from tszoo.storage.strict_json import parse_json
from tszoo.text import show

MOST_HEADER_BYTES = 16 << 20
MOST_DIMENSIONS = 8
BYTES_OF = {"F16": 2, "BF16": 2, "F32": 4, "I8": 1}
MAPPED: dict[str, np.dtype[Any]] = {"F32": np.dtype(np.float32), "I64": np.dtype(np.int64)}


@dataclass(frozen=True)
class Tensor:
    """What a header says of one tensor."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True)
class Header:
    """What a file says that it holds: tensors by name, and free text by name."""

    tensors: dict[str, Tensor]
    metadata: dict[str, str]


def read_tensors(
    folder: Path, name: str, check: Callable[[Header], None], wanted: Callable[[str], bool]
) -> dict[str, tuple[Tensor, bytes]]:
    """Read the tensors of a safetensors file that are ``wanted``, once its header passes ``check``.

    Parameters
    ----------
    folder : Path
    name : str
        A file of the layout, which bounds its size.
    check : callable
        Raises ModelError if the tensors are not those expected. Called before any of them is read.
    wanted : callable
        Told a tensor's name. The bytes of others are passed over, but they are checked to be there.

    Returns
    -------
    dict of (Tensor, bytes)
        What the header says of each, and its numbers, little-endian.

    Raises
    ------
    ModelError
        Naming the file, if it is missing, too large, truncated, or anything but well-formed
        safetensors with tensors of the types that weights are kept in, side by side from the
        header's end to the file's.
    """
    path = folder / name
    read = {}
    with open_checked(folder, name) as (file, size):
        header, before = _read_header(file, size, path, BYTES_OF, check)
        asked = [(key, tensor) for key, tensor in header.tensors.items() if wanted(key)]
        for key, tensor in sorted(asked, key=lambda item: item[1].start):
            file.seek(len(before) + tensor.start)
            read[key] = tensor, read_exactly(file, tensor.end - tensor.start, path)
    return read


def map_safetensors(
    folder: Path, name: str, check: Callable[[Header], None]
) -> tuple[dict[str, NDArray[Any]], memoryview]:
    """Map a safetensors file into memory, once its header passes ``check``.

    Nothing but the header is read, and nothing is copied. A file that is replaced meanwhile stays
    as it was for those who have it open.

    Parameters
    ----------
    folder, name, check
        As for ``read_tensors``.

    Returns
    -------
    tensors : dict of ndarray
        Read-only float32 and int64 arrays, by name.
    data : memoryview
        The whole file, for its digest.

    Raises
    ------
    ModelError
        As ``read_tensors``, but other tensors than float32 and int64, or any that do not begin at a
        multiple of their numbers' size, are refused.
    """
    path = folder / name
    with open_checked(folder, name) as (file, size):
        bytes_of = {key: dtype.itemsize for key, dtype in MAPPED.items()}
        header, before = _read_header(file, size, path, bytes_of, check)
        mapped = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ)
    tensors = {}
    for key, tensor in header.tensors.items():
        start, dtype = len(before) + tensor.start, MAPPED[tensor.dtype]
        if start % dtype.itemsize:
            msg = (
                f"{path}: {show(key)} begins at byte {start}, expected a multiple of "
                f"{dtype.itemsize}."
            )
            raise ModelError(msg)
        numbers = np.frombuffer(mapped, dtype, math.prod(tensor.shape), start)
        tensors[key] = numbers.reshape(tensor.shape)
    return tensors, memoryview(mapped)


def _read_header(
    file: BinaryIO, size: int, path: Path, bytes_of: dict[str, int], check: Callable[[Header], None]
) -> tuple[Header, bytes]:
    """Read and check what stands before the tensors; give it parsed, and as it stands there."""
    if size < 8:
        msg = f"{path}: {size} bytes are no safetensors file; it is truncated or something else."
        raise ModelError(msg)
    prefix = read_exactly(file, 8, path)
    length = int.from_bytes(prefix, "little")
    if not 2 <= length <= min(size - 8, MOST_HEADER_BYTES):
        msg = (
            f"{path}: announces a header of {length} bytes in a file of {size}; truncated, or not "
            "safetensors."
        )
        raise ModelError(msg)
    text = read_exactly(file, length, path)
    try:
        header = parse_header(text, size - 8 - length, bytes_of)
        check(header)
    except ModelError as error:
        msg = f"{path}: {error}"
        raise ModelError(msg) from error
    return header, prefix + text


def parse_header(text: bytes, n_bytes: int, bytes_of: dict[str, int] = BYTES_OF) -> Header:
    """Parse a header that stands before ``n_bytes`` bytes of tensors.

    ``bytes_of`` gives the bytes of a number, for each type that is expected. ModelError if the
    header is malformed or does not match the tensors' bytes.
    """
    if not text.startswith(b"{"):
        msg = "the header does not begin with '{'; no safetensors file."
        raise ModelError(msg)
    values = parse_json(text)
    if not isinstance(values, dict):
        msg = "the header is not a JSON object."
        raise ModelError(msg)
    metadata = values.pop("__metadata__", {})
    are_texts = isinstance(metadata, dict) and all(isinstance(v, str) for v in metadata.values())
    if not are_texts:
        msg = f"the header's metadata must be text by name, not {show(metadata)}."
        raise ModelError(msg)
    tensors = {key: _tensor(key, value, bytes_of) for key, value in values.items()}
    end = 0
    for key, tensor in sorted(tensors.items(), key=lambda item: (item[1].start, item[1].end)):
        if tensor.start != end:
            msg = (
                f"{show(key)} begins at byte {tensor.start}, expected {end}; tensors must stand "
                "side by side."
            )
            raise ModelError(msg)
        end = tensor.end
    if end != n_bytes:
        msg = (
            f"the tensors take {end} bytes, the file has {n_bytes}; it is truncated or has "
            "something behind them."
        )
        raise ModelError(msg)
    return Header(tensors, metadata)


def _tensor(key: str, value: Any, bytes_of: dict[str, int]) -> Tensor:
    if not isinstance(value, dict) or set(value) != {"dtype", "shape", "data_offsets"}:
        msg = f"{show(key)} must have exactly dtype, shape and data_offsets, not {show(value)}."
        raise ModelError(msg)
    dtype, shape, offsets = value["dtype"], value["shape"], value["data_offsets"]
    if not isinstance(dtype, str) or dtype not in bytes_of:
        msg = f"{show(key)} has dtype {show(dtype)}, expected one of {', '.join(bytes_of)}."
        raise ModelError(msg)
    if not _are_whole(shape) or len(shape) > MOST_DIMENSIONS or 0 in shape:
        msg = (
            f"{show(key)} has shape {show(shape)}, expected at most {MOST_DIMENSIONS} whole "
            "numbers above 0."
        )
        raise ModelError(msg)
    if not _are_whole(offsets) or len(offsets) != 2:
        msg = f"{show(key)} has data_offsets {show(offsets)}, expected two whole numbers."
        raise ModelError(msg)
    start, end = offsets
    needed = math.prod(shape) * bytes_of[dtype]
    if end - start != needed:
        msg = (
            f"{show(key)} has {end - start} bytes, but shape {show(shape)} in {dtype} takes "
            f"{needed}."
        )
        raise ModelError(msg)
    return Tensor(dtype, tuple(shape), start, end)


def _are_whole(values: Any) -> bool:
    return isinstance(values, list) and all(type(value) is int and value >= 0 for value in values)
