"""What would take the most time or memory if it were believed."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from typing import Any

from tests.support.hostile.files import sparse
from tests.support.hostile.parts import (
    PROTOTYPES,
    TENSORS,
    WEIGHTS,
    Edit,
    Spoil,
    config_edited,
    config_text,
    header_edited,
    in_recipe,
)
from tszoo.storage.strict_json import MOST_VALUES

DEEPEST = {"depth": 100, "filters": 1, "kernel_lengths": [1] * 16}
WIDEST = {"depth": 100, "filters": 4096, "kernel_lengths": [4096] * 16, "bottleneck": 0}


def asking(architecture: str, arguments: dict[str, Any], **changes: Any) -> Spoil:
    own = {
        "architecture": architecture,
        "architecture_args": arguments,
        "results": {},
        "training": {},
        **changes,
    }
    return config_edited(lambda tree: {**tree, **own})


def many_tensors(header: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    entry = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
    return {f"members.{k}.x": entry for k in range(MOST_VALUES // 7 - 1)}, body


def full_of(piece: bytes) -> Edit:
    """Fill the largest header that is read."""
    return lambda _, body: (b'{"a": [' + piece * ((16 << 20) // len(piece) - 10), body)


def listing(piece: str, times: int, end: str = "1]") -> Callable[[bytes], bytes]:
    """Put a list of so many pieces into the recipe, which may not end."""
    return lambda text: in_recipe("[" + piece * times + end)(text)


def large() -> Iterator[tuple[str, Spoil]]:
    announced = struct.pack("<Q", 2 << 30)
    yield "weights: 2 GB, all of it header", sparse(WEIGHTS, (2 << 30) + 8, announced + b"{")
    yield "weights: 4 GiB of zeros", sparse(WEIGHTS, 4 << 30)
    yield "weights: 4 GiB behind the tensors", lambda folder: os.truncate(folder / WEIGHTS, 4 << 30)
    yield (
        "prototypes: 256 MiB behind the tensors",
        lambda folder: os.truncate(folder / PROTOTYPES, 256 << 20),
    )
    for name, short in TENSORS.items():
        for kind, piece in {
            "lists": b"[],",
            "objects": b'{"":1},',
            "numbers": b"1,",
            "brackets": b"[",
        }.items():
            yield f"{short}: 16 MiB of {kind} for a header", header_edited(name, full_of(piece))
        yield f"{short}: as many tensors as are read", header_edited(name, many_tensors)
    room = (4 << 20) - 4096
    for kind, piece in {
        "lists": "[],",
        "objects": '{"":1},',
        "numbers": "1,",
        "fractions": "1.5,",
    }.items():
        yield f"config: 4 MiB of {kind}", config_text(listing(piece, room // len(piece)))
        yield (
            f"config: as many {kind} as are read",
            config_text(listing(piece, MOST_VALUES // 2 - 1000, "")),
        )
    yield "config: 4 MiB of brackets", config_text(listing("[", room))
    yield "config: 4 MiB of nests", config_text(listing("[" * 500 + "]" * 500 + ",", room // 1001))
    yield "config: a number of 4 MiB", config_text(listing("1", room))
    yield (
        "config: a fraction of 4 MiB, and nested",
        config_text(lambda text: in_recipe(f"[0.{'3' * room}, {'[' * 20}{']' * 20}]")(text)),
    )
    yield (
        "config: 100,000 classes",
        config_edited(lambda tree: {**tree, "classes": [str(k) for k in range(100_000)]}),
    )
    yield "config: 10^9 filters", asking("inception", {"filters": 10**9})
    yield "config: a kernel of 10^9", asking("inception", {"kernel_lengths": [10**9]})
    yield "config: 10^6 modules", asking("inception", {"depth": 10**6})
    yield "config: 10^6 members", asking("inception", {}, members=10**6)
    yield "config: the deepest network", asking("inception", DEEPEST)
    yield "config: the widest network", asking("inception", WIDEST)
    yield (
        "config: most of everything",
        asking("inception", {**WIDEST, "readout": "stages"}, members=1000, length=10**6),
    )
    yield "config: a thousand deep networks", asking("inception", DEEPEST, members=1000)
    yield (
        "config: blocks without end",
        asking("resnet", {"widths": [1, 2] * 16, "kernel_lengths": [1] * 16}),
    )
    yield (
        "config: layers without end",
        asking("fcn", {"filters": [4096] * 100, "kernel_lengths": [4096] * 100}),
    )
    yield "config: a weight for every point", asking("mlp", {"widths": [4096] * 100}, length=10**6)
    yield "config: most layers of most lengths", asking("convtimenet", DEEPEST)
