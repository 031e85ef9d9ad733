"""A zoo's catalogue: the index file that lists its models.

``catalogue.json`` records the digest of the ``catalogue.safetensors`` that it was written with
(`tszoo.zoo.packed`), and for each model what its files were. A reader that finds anything else
than recorded reads the model folders instead, which are always right.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tszoo.errors import ModelError, ZooError
from tszoo.similarity.prototypes import Prototypes
from tszoo.storage import checks
from tszoo.storage.files import read_checked, reason, write_file
from tszoo.storage.layout import CATALOGUE, CATALOGUE_PROTOTYPES, CATALOGUE_VERSION
from tszoo.storage.strict_json import dump_json, parse_json
from tszoo.text import show
from tszoo.zoo.entry import CatalogueEntry
from tszoo.zoo.packed import pack

MOST_CATALOGUE_VALUES = 1_000_000  # those of some 40,000 models of ten classes


class NewerCatalogueError(ModelError):
    """A catalogue is of a format that a newer tszoo wrote, so it is not for this one to mend."""


def read_entries(root: Path) -> tuple[tuple[CatalogueEntry, ...], str]:
    """Read ``catalogue.json``: the entries, and the digest of the prototypes' file.

    ModelError, naming the file, if it is missing or damaged; NewerCatalogueError if it is newer.
    """
    try:
        return _parse(read_checked(root, CATALOGUE))
    except ModelError as error:
        msg = f"{root / CATALOGUE}: {error}"
        raise type(error)(msg) from error


def _parse(data: bytes) -> tuple[tuple[CatalogueEntry, ...], str]:
    values: Any = parse_json(data, MOST_CATALOGUE_VALUES)
    checks.keys(values, {"format_version", "prototypes_sha256", "models"}, "a catalogue")
    version, packed_sha256 = values["format_version"], values["prototypes_sha256"]
    if type(version) is int and version > CATALOGUE_VERSION:
        msg = (
            f"format_version is {version}, this tszoo reads {CATALOGUE_VERSION}. Install a newer "
            "tszoo."
        )
        raise NewerCatalogueError(msg)
    if version != CATALOGUE_VERSION:
        msg = f"format_version is {show(version)}, this tszoo reads {CATALOGUE_VERSION}."
        raise ModelError(msg)
    checks.sha256(packed_sha256, "prototypes_sha256")
    if not isinstance(values["models"], list):
        msg = "models must be a list."
        raise ModelError(msg)
    entries = tuple(CatalogueEntry.from_dict(entry) for entry in values["models"])
    return entries, packed_sha256


def encode_catalogue(
    entries: Sequence[CatalogueEntry], prototypes: Mapping[str, Prototypes]
) -> dict[str, bytes]:
    """Encode the two files of a catalogue, by their names.

    Parameters
    ----------
    entries : sequence of CatalogueEntry
        Sorted by name.
    prototypes : mapping of str to Prototypes
        Of each entry's source, by the model's name; those that there are.
    """
    packed = pack(entries, prototypes)
    document = {
        "format_version": CATALOGUE_VERSION,
        "prototypes_sha256": hashlib.sha256(packed).hexdigest(),
        "models": [entry.to_dict() for entry in entries],
    }
    return {CATALOGUE_PROTOTYPES: packed, CATALOGUE: dump_json(document)}


def write_catalogue_files(
    root: Path, entries: Sequence[CatalogueEntry], prototypes: Mapping[str, Prototypes]
) -> str:
    """Write the two files of a catalogue, and return the digest of the prototypes' file.

    ZooError if they cannot be written. The old catalogue stays then.
    """
    files = encode_catalogue(entries, prototypes)
    try:
        # the JSON file comes last: until it is there, a reader goes to the model folders
        for name in (CATALOGUE_PROTOTYPES, CATALOGUE):
            write_file(root / name, files[name])
    except OSError as error:
        msg = f"{root}: the catalogue cannot be written ({reason(error)})."
        raise ZooError(msg) from error
    return hashlib.sha256(files[CATALOGUE_PROTOTYPES]).hexdigest()
