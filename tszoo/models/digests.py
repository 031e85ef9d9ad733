"""Digests of a model's files, which its config records so that damage does not go unnoticed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tszoo.errors import ModelError
from tszoo.storage import checks
from tszoo.storage.files import open_checked, read_checked
from tszoo.storage.layout import CONFIG, PROTOTYPES, WEIGHTS
from tszoo.storage.strict_json import parse_json

DIGESTED = (WEIGHTS, PROTOTYPES)
KEY = "sha256"
_CHUNK = 1 << 20


def digests(files: Mapping[str, bytes]) -> dict[str, str]:
    """Compute the SHA-256 of a model's weights and of its prototypes, by the files' names."""
    return {name: hashlib.sha256(files[name]).hexdigest() for name in DIGESTED}


def check_recorded(values: Any) -> None:
    """Raise ModelError unless a config's ``sha256`` has a digest for each of the two files."""
    checks.keys(values, set(DIGESTED), KEY)
    for name, digest in values.items():
        checks.sha256(digest, f"{KEY}.{name}")


def check_digests(folder: Path, names: Sequence[str] = DIGESTED) -> None:
    """Compare a model's files with the digests that its config records.

    A config that was written before there were digests has none, and nothing is compared.

    Raises
    ------
    ModelError
        Naming the file that is another, or the config if it is not sound.
    """
    recorded = recorded_digests(folder)
    for name in names:
        expected = recorded.get(name)
        if expected is None:
            continue
        found = file_digest(folder, name)
        if found != expected:
            msg = (
                f"{folder / name}: not the file that {CONFIG} was written with (SHA-256 "
                f"{found[:12]}…, not {expected[:12]}…). It is damaged or was replaced; get or "
                "train the model again."
            )
            raise ModelError(msg)


def recorded_digests(folder: Path) -> dict[str, str]:
    """Read the digests that a model folder's config records; none if it has none."""
    values = parse_json(read_checked(folder, CONFIG))
    if not isinstance(values, dict) or KEY not in values:
        return {}
    check_recorded(values[KEY])
    return dict(values[KEY])


def file_digest(folder: Path, name: str) -> str:
    """Compute the SHA-256 of a model's file, a part at a time."""
    digest = hashlib.sha256()
    with open_checked(folder, name) as (file, _):
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
