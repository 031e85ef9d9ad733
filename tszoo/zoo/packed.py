"""The prototypes of all models of a zoo in one file, ``catalogue.safetensors``.

The file is mapped into memory and used as it is. It holds the arrays of a
`tszoo.similarity.PrototypePool`: float32 ``values``, int64 ``starts``, ``lengths``, ``channels``
and ``owners``, with the models in the order of the catalogue's entries. A universal body, which
has no classes and so no prototypes, is not among them.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from tszoo.errors import DataError, ModelError
from tszoo.similarity.pool import PrototypePool
from tszoo.storage.layout import CATALOGUE, CATALOGUE_PROTOTYPES
from tszoo.storage.tensors import Header, Tensor, map_safetensors
from tszoo.text import show
from tszoo.zoo.entry import CatalogueEntry

_TENSORS = ("values", "starts", "lengths", "channels", "owners")
_CHUNK = 1 << 18  # values that are checked at a time, so that the check needs little memory


def pack(pool: PrototypePool) -> bytes:
    """Encode a pool as the content of ``catalogue.safetensors``."""
    from safetensors.numpy import save

    if not len(pool):
        return bytes(save({}))
    return bytes(save({name: getattr(pool, name) for name in _TENSORS}))


def map_packed(root: Path, entries: tuple[CatalogueEntry, ...], sha256: str) -> PrototypePool:
    """Map the prototypes of all entries.

    ModelError, naming the file, if it holds anything else.
    """
    path = root / CATALOGUE_PROTOTYPES
    entries = tuple(entry for entry in entries if not entry.is_universal)
    n_prototypes = sum(entry.n_classes for entry in entries)
    tensors, data = map_safetensors(
        root, CATALOGUE_PROTOTYPES, lambda header: _check_header(header, n_prototypes)
    )
    if hashlib.sha256(data).hexdigest() != sha256:
        msg = f"{path}: not the file that {CATALOGUE} was written with."
        raise ModelError(msg)
    if not entries:
        return PrototypePool.of({})
    try:
        pool = PrototypePool(
            tuple(entry.model for entry in entries),
            tuple(entry.classes for entry in entries),
            **tensors,
        )
    except DataError as error:
        msg = f"{path}: {error}"
        raise ModelError(msg) from error
    problem = _problem(pool, entries)
    if problem:
        msg = f"{path}: {problem}."
        raise ModelError(msg)
    return pool


def _check_header(header: Header, n_prototypes: int) -> None:
    """Raise ModelError unless a header promises the arrays of a pool of so many prototypes."""
    expected_names = set(_TENSORS)
    if n_prototypes == 0:
        expected_names = set()
    if set(header.tensors) != expected_names:
        msg = f"tensors {show(sorted(header.tensors))}, expected {', '.join(_TENSORS)}."
        raise ModelError(msg)
    for key, tensor in header.tensors.items():
        if key == "values":
            _check_tensor(key, tensor, "F32", tensor.shape[:1], "one row")
        else:
            shape = (n_prototypes,)
            expected = f"shape {shape}, a number for each class of the models"
            _check_tensor(key, tensor, "I64", shape, expected)


def _check_tensor(
    key: str, tensor: Tensor, dtype: str, shape: tuple[int, ...], expected: str
) -> None:
    if tensor.dtype == dtype and tensor.shape == shape and len(shape) == 1:
        return
    msg = f"{show(key)} is {tensor.dtype} of shape {tensor.shape}, expected {dtype} in {expected}."
    raise ModelError(msg)


def _problem(pool: PrototypePool, entries: tuple[CatalogueEntry, ...]) -> str | None:
    """Say what of a pool is not as the entries and the model folders have it."""
    counts = [entry.n_classes for entry in entries]
    channels = np.repeat([entry.n_channels for entry in entries], counts)
    if not np.array_equal(pool.channels, channels):
        return "series of other channels than the models have"
    if (pool.lengths > np.repeat([entry.length for entry in entries], counts)).any():
        return "series that are longer than the models' training series"
    sizes = pool.lengths * pool.channels
    if not np.array_equal(pool.starts, np.cumsum(sizes) - sizes) or sizes.sum() != len(pool.values):
        return "series that do not stand side by side"
    for start in range(0, len(pool.values), _CHUNK):
        if not np.isfinite(pool.values[start : start + _CHUNK]).all():
            return "missing or infinite values"
    return None
