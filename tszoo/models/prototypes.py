"""Prototypes as a safetensors file.

One float32 tensor ``(n_channels, length)`` a class, named ``classes.K``.

The labels stand in the file's metadata, so that the file can be understood without a config.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tszoo.errors import DataError, ModelError
from tszoo.models.config import ModelConfig
from tszoo.similarity.prototypes import Prototypes
from tszoo.storage.layout import PROTOTYPES
from tszoo.storage.strict_json import parse_json
from tszoo.storage.tensors import Header, read_tensors
from tszoo.text import show


def write_prototypes(prototypes: Prototypes) -> bytes:
    """Write the content of ``prototypes.safetensors``."""
    from safetensors.numpy import save

    series = {
        f"classes.{k}": np.ascontiguousarray(s, dtype=np.float32)
        for k, s in enumerate(prototypes.series)
    }
    return bytes(save(series, metadata={"classes": json.dumps(list(prototypes.classes))}))


def read_prototypes(folder: Path, config: ModelConfig) -> Prototypes:
    """Read a model folder's ``prototypes.safetensors``.

    Raises
    ------
    ModelError
        Naming the file, if it is malformed, or has other classes or channels than the config, or
        longer series, or values that are not finite.
    """
    tensors = read_tensors(
        folder, PROTOTYPES, lambda header: _check_header(header, config), lambda _: True
    )
    stored = (tensors.pop(f"classes.{k}") for k in range(config.n_classes))
    try:
        # a copy, because others may write to it
        series = tuple(
            np.frombuffer(bytearray(data), "<f4").reshape(tensor.shape) for tensor, data in stored
        )
        return Prototypes(config.class_names, series)
    except DataError as error:
        msg = f"{folder / PROTOTYPES}: {error}"
        raise ModelError(msg) from error


def check_agreement(prototypes: Prototypes, config: ModelConfig) -> None:
    """Raise ModelError if prototypes are not those of the config's classes and channels."""
    if prototypes.classes != config.class_names:
        msg = (
            f"the prototypes are of classes {show(prototypes.classes)}, the config's are "
            f"{show(config.class_names)}."
        )
        raise ModelError(msg)
    if prototypes.series and prototypes.n_channels != config.n_channels:
        msg = (
            f"the prototypes have {prototypes.n_channels} channel(s), the config says "
            f"{config.n_channels}."
        )
        raise ModelError(msg)


def _check_series(header: Header, key: str, n_channels: int, most: int) -> None:
    """Raise ModelError unless a header promises a prototype of ``most`` points at most."""
    tensor = header.tensors.get(key)
    if tensor is None:
        msg = f"lacks {show(key)}."
        raise ModelError(msg)
    shape = tensor.shape
    if tensor.dtype != "F32" or len(shape) != 2 or shape[0] != n_channels or shape[1] > most:
        msg = (
            f"{show(key)} is {tensor.dtype} of shape {shape}, expected F32 of shape ({n_channels}, "
            f"1 to {most}): config.json says {n_channels} channel(s), of {most} points."
        )
        raise ModelError(msg)


def _check_header(header: Header, config: ModelConfig) -> None:
    if set(header.metadata) != {"classes"}:
        msg = (
            "the metadata must hold 'classes' and nothing else, not "
            f"{show(sorted(header.metadata))}."
        )
        raise ModelError(msg)
    classes = parse_json(header.metadata["classes"].encode("utf-8", "replace"))
    if classes != list(config.class_names):
        msg = (
            f"prototypes of classes {show(classes)}, config.json has "
            f"{show(list(config.class_names))}."
        )
        raise ModelError(msg)
    if len(header.tensors) != config.n_classes:
        msg = (
            f"{len(header.tensors)} tensors, expected one for each of config.json's "
            f"{config.n_classes} classes."
        )
        raise ModelError(msg)
    for k in range(config.n_classes):
        _check_series(header, f"classes.{k}", config.n_channels, config.length)
