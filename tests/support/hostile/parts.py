"""What hostile folders are made with."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

CONFIG, WEIGHTS, PROTOTYPES, CARD = (
    "config.json",
    "model.safetensors",
    "prototypes.safetensors",
    "README.md",
)
TENSORS = {WEIGHTS: "weights", PROTOTYPES: "prototypes"}

Spoil = Callable[[Path], None]
# of a safetensors file: its header, parsed or as it stands there, and the bytes behind it
Edit = Callable[[dict[str, Any], bytes], tuple[dict[str, Any] | bytes, bytes]]


def header_of(path: Path) -> tuple[dict[str, Any], bytes]:
    """Split a safetensors file into its header and the bytes behind it."""
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    return json.loads(data[8 : 8 + size]), data[8 + size :]


def write_tensors(
    path: Path, header: dict[str, Any] | bytes, body: bytes, size: int | None = None
) -> None:
    """Write a safetensors file, which may announce a header of another ``size``."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if size is None else size) + text + body)


def header_edited(name: str, edit: Edit) -> Spoil:
    def spoil(folder: Path) -> None:
        header, body = header_of(folder / name)
        write_tensors(folder / name, *edit(header, body))

    return spoil


def keys_of(header: dict[str, Any]) -> list[str]:
    """Names of the tensors, in the order of their bytes."""
    named = (key for key in header if key != "__metadata__")
    return sorted(named, key=lambda key: tuple(header[key]["data_offsets"]))


def config_edited(edit: Callable[[Any], Any]) -> Spoil:
    def spoil(folder: Path) -> None:
        tree = json.loads((folder / CONFIG).read_text())
        (folder / CONFIG).write_text(json.dumps(edit(tree)))

    return spoil


def config_text(edit: Callable[[bytes], bytes]) -> Spoil:
    def spoil(folder: Path) -> None:
        (folder / CONFIG).write_bytes(edit((folder / CONFIG).read_bytes()))

    return spoil


def in_recipe(text: str) -> Callable[[bytes], bytes]:
    """Put a value into the recipe as it stands there."""
    return lambda config: config.replace(
        b'"recipe": {', b'"recipe": {"more": %s, ' % text.encode(), 1
    )
