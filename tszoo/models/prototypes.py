"""Prototypes as a safetensors file.

One float32 tensor ``(n_channels, length)`` a prototype, named ``classes.K``.

The K-th label of the file's metadata is that prototype's class, so that the file can be understood
without a config. A class of the config may have several, which stand together, or none: that of few
series would show them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import numpy as np

from tszoo.errors import DataError, ModelError
from tszoo.models.config import ModelConfig
from tszoo.similarity.prototypes import Prototypes
from tszoo.storage.bounds import MOST_PROTOTYPES
from tszoo.storage.layout import PROTOTYPES
from tszoo.storage.strict_json import parse_json
from tszoo.storage.tensors import Header, read_tensors
from tszoo.text import show

LEAST_AVERAGED = 3  # series of a class whose prototype shows none of them


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
    classes: list[str] = []

    def check(header: Header) -> None:
        classes.extend(_checked_classes(header, config))

    tensors = read_tensors(folder, PROTOTYPES, check, lambda _: True)
    stored = (tensors.pop(f"classes.{k}") for k in range(len(classes)))
    try:
        # a copy, because others may write to it
        series = tuple(
            np.frombuffer(bytearray(data), "<f4").reshape(tensor.shape) for tensor, data in stored
        )
        return Prototypes(tuple(classes), series)
    except DataError as error:
        msg = f"{folder / PROTOTYPES}: {error}"
        raise ModelError(msg) from error


def check_agreement(prototypes: Prototypes, config: ModelConfig) -> None:
    """Raise ModelError if prototypes are of other classes or channels than the config has."""
    if not _are_some_of(prototypes.classes, config.class_names):
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


def averages(prototypes: Prototypes, config: ModelConfig) -> Prototypes:
    """Keep the prototypes that are averages of several training series: of three or more.

    The prototype of a class with fewer is one of its series, or near to one. Of a class with
    several prototypes, any may be of a single series. Where the config does not say how many series
    its classes have, no prototype is known to be an average.
    """
    counts: dict[str, int] = {}
    if len(config.trained_on.class_series) == config.n_classes:
        counts = dict(zip(config.class_names, config.trained_on.class_series, strict=True))
    kept = [
        (label, series)
        for label, series in zip(prototypes.classes, prototypes.series, strict=True)
        if counts.get(label, 0) >= LEAST_AVERAGED and prototypes.classes.count(label) == 1
    ]
    return Prototypes(tuple(label for label, _ in kept), tuple(series for _, series in kept))


def _are_some_of(labels: Sequence[str], names: Sequence[str]) -> bool:
    """Whether labels are some of these names, in their order, each once or several times."""
    left = iter(names)
    return all(label in left for label, _ in groupby(labels))


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


def _checked_classes(header: Header, config: ModelConfig) -> list[str]:
    """Return the class of each prototype; raise ModelError if a header promises anything else."""
    if set(header.metadata) != {"classes"}:
        msg = (
            "the metadata must hold 'classes' and nothing else, not "
            f"{show(sorted(header.metadata))}."
        )
        raise ModelError(msg)
    classes: list[str] = parse_json(header.metadata["classes"].encode("utf-8", "replace"))
    are_labels = isinstance(classes, list) and all(isinstance(label, str) for label in classes)
    if not are_labels or not _are_some_of(classes, config.class_names):
        msg = (
            f"prototypes of classes {show(classes)}, config.json has "
            f"{show(list(config.class_names))}."
        )
        raise ModelError(msg)
    most = MOST_PROTOTYPES * config.n_classes
    if len(header.tensors) != len(classes) or len(classes) > most:
        msg = (
            f"{len(header.tensors)} tensors, expected one for each of the {len(classes)} classes "
            f"that the metadata name, and {most} at most."
        )
        raise ModelError(msg)
    for k in range(len(classes)):
        _check_series(header, f"classes.{k}", config.n_channels, config.length)
    return classes
