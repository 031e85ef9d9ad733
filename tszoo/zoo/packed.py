"""The prototypes of all models of a zoo in one file, ``catalogue.safetensors``.

The file is mapped into memory and used as it is. It holds the arrays of a
`tszoo.similarity.PrototypePool`: float32 ``values``, int64 ``starts``, ``lengths``, ``channels``
and ``owners``, which counts the catalogue's entries with classes, so all but universal bodies.
Where some of their classes have no prototype, or several, int64 ``classes`` says which class each
prototype stands for: its position among the entry's.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tszoo.errors import DataError, ModelError
from tszoo.similarity.pool import PrototypePool
from tszoo.similarity.prototypes import Prototypes
from tszoo.storage.bounds import MOST_PROTOTYPES
from tszoo.storage.layout import CATALOGUE, CATALOGUE_PROTOTYPES
from tszoo.storage.tensors import Header, Tensor, map_safetensors
from tszoo.text import show
from tszoo.zoo.entry import CatalogueEntry

_TENSORS = ("values", "starts", "lengths", "channels", "owners")
_CLASSES = "classes"
_CHUNK = 1 << 18  # values that are checked at a time, so that the check needs little memory


def pack(entries: Sequence[CatalogueEntry], prototypes: Mapping[str, Prototypes]) -> bytes:
    """Encode the prototypes of models as the content of ``catalogue.safetensors``.

    Parameters
    ----------
    entries : sequence of CatalogueEntry
    prototypes : mapping of str to Prototypes
        Of each entry with classes, by the model's name.
    """
    from safetensors.numpy import save

    entries = _with_classes(entries)
    places = [i for i, entry in enumerate(entries) if prototypes[entry.model].series]
    stored = [entries[place] for place in places]
    if not stored:
        return bytes(save({}))
    pool = PrototypePool.of({entry.model: prototypes[entry.model] for entry in stored})
    tensors = {name: getattr(pool, name) for name in _TENSORS}
    tensors["owners"] = np.array(places, dtype=np.int64)[pool.owners]
    if any(pool.classes[i] != entry.classes for i, entry in enumerate(stored)) or stored != entries:
        tensors[_CLASSES] = np.concatenate(
            [_positions(labels, entry) for labels, entry in zip(pool.classes, stored, strict=True)]
        )
    return bytes(save(tensors))


def _with_classes(entries: Sequence[CatalogueEntry]) -> list[CatalogueEntry]:
    return [entry for entry in entries if not entry.is_universal]


def _positions(labels: Sequence[str], entry: CatalogueEntry) -> NDArray[np.int64]:
    """Find labels among the classes of an entry."""
    places = {label: place for place, label in enumerate(entry.classes)}
    return np.array([places[label] for label in labels], dtype=np.int64)


def map_packed(root: Path, entries: tuple[CatalogueEntry, ...], sha256: str) -> PrototypePool:
    """Map the prototypes of all entries.

    ModelError, naming the file, if it holds anything else.
    """
    path = root / CATALOGUE_PROTOTYPES
    listed = _with_classes(entries)
    n_classes = sum(entry.n_classes for entry in listed)
    tensors, data = map_safetensors(
        root, CATALOGUE_PROTOTYPES, lambda header: _check_header(header, n_classes)
    )
    if hashlib.sha256(data).hexdigest() != sha256:
        msg = f"{path}: not the file that {CATALOGUE} was written with."
        raise ModelError(msg)
    if not tensors:
        return PrototypePool.of({})
    try:
        stored, classes = _owners(tensors, listed)
        pool = PrototypePool(tuple(entry.model for entry in stored), classes, **tensors)
    except DataError as error:
        msg = f"{path}: {error}"
        raise ModelError(msg) from error
    problem = _problem(pool, stored)
    if problem:
        msg = f"{path}: {problem}."
        raise ModelError(msg)
    return pool


def _owners(
    tensors: dict[str, NDArray[Any]], listed: Sequence[CatalogueEntry]
) -> tuple[list[CatalogueEntry], tuple[tuple[str, ...], ...]]:
    """Say which entries have prototypes, and of which classes; ``tensors`` become a pool's.

    DataError if the file names an entry, or a class, that there is not.
    """
    if _CLASSES not in tensors:
        return list(listed), tuple(entry.classes for entry in listed)
    owners, classes = tensors["owners"], tensors.pop(_CLASSES)
    if (owners < 0).any() or (owners >= len(listed)).any() or (np.diff(owners) < 0).any():
        msg = "the owners are not the models in their order."
        raise DataError(msg)
    places, firsts, tensors["owners"] = np.unique(owners, return_index=True, return_inverse=True)
    stored = [listed[place] for place in places]
    labels = []
    # the owners rise, so that all prototypes of a model lie together
    of_each = np.split(classes, firsts[1:])[: len(stored)]  # one part, if there are none
    for entry, positions in zip(stored, of_each, strict=True):
        if positions[0] < 0 or positions[-1] >= entry.n_classes or (np.diff(positions) < 0).any():
            msg = f"the prototypes of {entry.model} are not of its classes, in their order."
            raise DataError(msg)
        labels.append(tuple(entry.classes[position] for position in positions))
    return stored, tuple(labels)


def _check_header(header: Header, n_classes: int) -> None:
    """Raise ModelError unless a header promises the arrays of a pool, of so many classes at most.

    It may promise none at all: no class needs to have a prototype.
    """
    if not header.tensors:
        return
    expected_names, n_prototypes, most = set(_TENSORS), n_classes, MOST_PROTOTYPES * n_classes
    if _CLASSES in header.tensors:
        expected_names.add(_CLASSES)
        n_prototypes = min(math.prod(header.tensors[_CLASSES].shape), most)
    if set(header.tensors) != expected_names:
        msg = f"tensors {show(sorted(header.tensors))}, expected {', '.join(_TENSORS)}."
        raise ModelError(msg)
    for key, tensor in header.tensors.items():
        if key == "values":
            _check_tensor(key, tensor, "F32", tensor.shape[:1], "one row")
        else:
            shape = (n_prototypes,)
            expected = f"shape {shape}, a number for each prototype of the models"
            _check_tensor(key, tensor, "I64", shape, expected)


def _check_tensor(
    key: str, tensor: Tensor, dtype: str, shape: tuple[int, ...], expected: str
) -> None:
    if tensor.dtype == dtype and tensor.shape == shape and len(shape) == 1:
        return
    msg = f"{show(key)} is {tensor.dtype} of shape {tensor.shape}, expected {dtype} in {expected}."
    raise ModelError(msg)


def _problem(pool: PrototypePool, entries: Sequence[CatalogueEntry]) -> str | None:
    """Say what of a pool is not as the entries and the model folders have it."""
    counts = np.diff(pool.offsets)
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
