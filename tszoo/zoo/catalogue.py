"""A zoo's catalogue: one file to list its models, one file with all their prototypes.

``catalogue.json`` records the digest of the ``catalogue.safetensors`` that it was written with, and for each model what
its files were. A reader that finds anything else than recorded goes to the model folders, which are always right.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from tszoo.errors import DataError, ModelError, ZooError
from tszoo.models import check
from tszoo.models.files import read_checked, reason, write_file
from tszoo.models.folder import is_model_folder, load_prototypes
from tszoo.models.layout import CATALOGUE, CATALOGUE_PROTOTYPES, FORMAT_VERSION
from tszoo.models.prototypes import check_series
from tszoo.models.strictjson import dump_json, parse_json
from tszoo.models.tensors import Header, read_safetensors
from tszoo.similarity.prototypes import Prototypes
from tszoo.zoo.entry import CatalogueEntry, is_fresh, read_entry
from tszoo.zoo.lock import locked
from tszoo.zoo.names import suggestion

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BrokenModel:
    """A model folder that cannot be used, and why."""

    model: str
    reason: str


@dataclass(frozen=True, eq=False)
class Catalogue:
    """The models of a zoo.

    Attributes
    ----------
    root : Path
        The zoo's folder.
    entries : tuple of CatalogueEntry
        Usable models, by name.
    broken : tuple of BrokenModel
        Folders that hold a config but no usable model. Weights are not looked into.
    packed_sha256 : str or None
        Digest of the ``catalogue.safetensors`` that goes with the entries; None if prototypes are to be read from
        the model folders.
    """

    root: Path
    entries: tuple[CatalogueEntry, ...]
    broken: tuple[BrokenModel, ...] = field(default=())
    packed_sha256: str | None = None

    def entry(self, model: str) -> CatalogueEntry:
        """Look a model up; ZooError, with the names that are close, if there is none of that name."""
        for entry in self.entries:
            if entry.model == model:
                return entry
        known = [entry.model for entry in self.entries]
        msg = f"{self.root}: no model {model!r} in this zoo.{suggestion(model, known)}"
        raise ZooError(msg)

    def prototypes(self, model: str, /) -> Prototypes:
        """Read the prototypes of a model's source; all models' are read at once, on first use.

        Raises
        ------
        ZooError
            If there is no such model.
        ModelError
            If its folder has been damaged since the catalogue was read.
        """
        self.entry(model)
        packed = self._packed.get(model)
        return load_prototypes(self.root / model) if packed is None else packed

    @cached_property
    def _packed(self) -> dict[str, Prototypes]:
        if self.packed_sha256 is None:
            return {}
        try:
            return _read_packed(self.root, self.entries, self.packed_sha256)
        except (ModelError, DataError) as error:
            # for instance because the zoo has been written to since its entries were read
            log.info("%s; reading prototypes from the model folders.", error)
            return {}


def read_catalogue(root: str | Path) -> Catalogue:
    """Read a zoo's catalogue; one that is missing, damaged or stale is made anew, in memory.

    Raises
    ------
    ZooError
        If ``root`` is not a folder or cannot be read.
    """
    root = Path(root)
    names = _model_folders(root)
    try:
        entries, packed_sha256 = _read_entries(root)
    except ModelError as error:
        if names:
            log.info("%s; describing the models from their folders.", error)
        return _scan(root, names)
    if [entry.model for entry in entries] == names and all(is_fresh(entry, root / entry.model) for entry in entries):
        return Catalogue(root, entries, packed_sha256=packed_sha256)
    log.info("%s: the catalogue is stale; describing the models from their folders.", root)
    return _scan(root, names)


def rebuild_catalogue(root: str | Path) -> Catalogue:
    """Write a zoo's catalogue from its model folders, and return it.

    Folders whose model cannot be used are left out, logged, and listed in ``broken``.

    Raises
    ------
    ZooError
        If the zoo cannot be read or written. The old catalogue stays then.
    """
    root = Path(root)
    with locked(root):
        return write_catalogue(root)


def write_catalogue(root: Path) -> Catalogue:
    """Write a zoo's catalogue; as ``rebuild_catalogue``, for a caller that holds the lock."""
    found = _scan(root, _model_folders(root))
    prototypes: dict[str, Prototypes] = {}
    broken = list(found.broken)
    for entry in found.entries:
        read = _prototypes_or_reason(root / entry.model)
        if isinstance(read, BrokenModel):
            broken.append(read)
        else:
            prototypes[entry.model] = read
    for model in broken:
        log.warning("%s left out of the catalogue: %s", model.model, model.reason)
    entries = tuple(entry for entry in found.entries if entry.model in prototypes)
    packed = _pack(prototypes)
    packed_sha256 = hashlib.sha256(packed).hexdigest()
    document = {
        "format_version": FORMAT_VERSION,
        "prototypes_sha256": packed_sha256,
        "models": [entry.to_dict() for entry in entries],
    }
    try:
        # the JSON file comes last: until it is there, a reader goes to the model folders
        write_file(root / CATALOGUE_PROTOTYPES, packed)
        write_file(root / CATALOGUE, dump_json(document))
    except OSError as error:
        msg = f"{root}: the catalogue cannot be written ({reason(error)})."
        raise ZooError(msg) from error
    return Catalogue(root, entries, tuple(broken), packed_sha256)


def _model_folders(root: Path) -> list[str]:
    """Names of the folders that hold a config, sorted; hidden ones are being written."""
    try:
        folders = [child for child in root.iterdir() if not child.name.startswith(".")]
        return sorted(child.name for child in folders if is_model_folder(child))
    except FileNotFoundError as error:
        msg = f"{root}: no such folder."
        raise ZooError(msg) from error
    except OSError as error:
        msg = f"{root}: not a folder that can be read ({reason(error)})."
        raise ZooError(msg) from error


def _scan(root: Path, names: list[str]) -> Catalogue:
    """Describe the models in the folders of these names."""
    entries: list[CatalogueEntry] = []
    broken: list[BrokenModel] = []
    for name in names:
        folder = root / name
        try:
            if folder.is_symlink():
                msg = f"{folder}: a link; put the model's folder itself into the zoo."
                raise ModelError(msg)
            entries.append(read_entry(folder))
        except ModelError as error:
            broken.append(BrokenModel(name, str(error)))
    return Catalogue(root, tuple(entries), tuple(broken))


def _prototypes_or_reason(folder: Path) -> Prototypes | BrokenModel:
    try:
        return load_prototypes(folder)
    except ModelError as error:
        return BrokenModel(folder.name, str(error))


def _read_entries(root: Path) -> tuple[tuple[CatalogueEntry, ...], str]:
    """Read ``catalogue.json``: the entries, and the digest of the prototypes' file."""
    try:
        values: Any = parse_json(read_checked(root, CATALOGUE))
        check.keys(values, {"format_version", "prototypes_sha256", "models"}, "a catalogue")
        check.version(values["format_version"])
        check.sha256(values["prototypes_sha256"], "prototypes_sha256")
        if not isinstance(values["models"], list):
            msg = "models must be a list."
            raise ModelError(msg)
        return tuple(CatalogueEntry.from_dict(entry) for entry in values["models"]), values["prototypes_sha256"]
    except ModelError as error:
        msg = f"{root / CATALOGUE}: {error}"
        raise ModelError(msg) from error


def _pack(prototypes: dict[str, Prototypes]) -> bytes:
    from safetensors.numpy import save

    series = {_key(model, k): s for model, own in prototypes.items() for k, s in enumerate(own.series)}
    return bytes(save({key: np.ascontiguousarray(s, dtype=np.float32) for key, s in series.items()}))


def _read_packed(root: Path, entries: tuple[CatalogueEntry, ...], sha256: str) -> dict[str, Prototypes]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    def check_header(header: Header) -> None:
        if len(header.tensors) != sum(entry.n_classes for entry in entries):
            msg = "another number of prototypes than the catalogue's models have classes."
            raise ModelError(msg)
        for entry in entries:
            for k in range(entry.n_classes):
                check_series(header, _key(entry.model, k), entry.n_channels)

    _, data = read_safetensors(root, CATALOGUE_PROTOTYPES, check_header)
    if hashlib.sha256(data).hexdigest() != sha256:
        msg = f"{root / CATALOGUE_PROTOTYPES}: not the file that {CATALOGUE} was written with."
        raise ModelError(msg)
    try:
        tensors = load(data)
    except SafetensorError as error:
        msg = f"{root / CATALOGUE_PROTOTYPES}: {error}"
        raise ModelError(msg) from error
    return {
        entry.model: Prototypes(
            entry.classes, tuple(tensors[_key(entry.model, k)] for k in range(entry.n_classes))
        )
        for entry in entries
    }  # fmt: skip


def _key(model: str, k: int) -> str:
    return f"{model}/classes.{k}"
