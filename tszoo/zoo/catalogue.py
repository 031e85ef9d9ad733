"""A zoo's catalogue: one file to list its models, one file with all their prototypes.

``catalogue.json`` records the digest of the ``catalogue.safetensors`` that it was written with, and
for each model what its files were. A reader that finds anything else than recorded goes to the
model folders, which are always right.

``catalogue.safetensors`` is used as it lies, mapped into memory: the arrays of a
`tszoo.similarity.PrototypePool` (float32 ``values``, int64 ``starts``, ``lengths``, ``channels``
and ``owners``), of the entries in their order.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from tszoo.errors import DataError, ModelError, ZooError
from tszoo.models.load import is_model_folder, load_prototypes
from tszoo.similarity.pool import PrototypePool
from tszoo.similarity.prototypes import Prototypes
from tszoo.storage import checks
from tszoo.storage.files import read_checked, reason, write_file
from tszoo.storage.layout import CATALOGUE, CATALOGUE_PROTOTYPES, CATALOGUE_VERSION
from tszoo.storage.strict_json import dump_json, parse_json
from tszoo.storage.tensors import Header, map_safetensors
from tszoo.text import one_line, show
from tszoo.zoo.entry import CatalogueEntry, is_fresh, read_entry
from tszoo.zoo.lock import locked
from tszoo.zoo.names import suggestion
from tszoo.zoo.place import Place

log = logging.getLogger(__name__)

_TENSORS = ("values", "starts", "lengths", "channels", "owners")
MOST_CATALOGUE_VALUES = 1_000_000  # those of some 40,000 models of ten classes
_CHUNK = 1 << 18  # values that are looked through at a time, without much memory of its own


@dataclass(frozen=True)
class BrokenModel:
    """A model folder that cannot be used, and why."""

    model: str
    reason: str


class Remote(Protocol):
    """Where the models of a zoo that is not on this machine come from."""

    @property
    def name(self) -> str:
        """What users call the zoo."""

    def fetch_model(self, entry: CatalogueEntry, *, whole: bool = False) -> Place:
        """Bring a model here, ``whole`` with the picture that its card shows.

        ZooError if that fails.
        """

    def fetch_packed(self) -> None:
        """Bring ``catalogue.safetensors`` into the catalogue's folder; ZooError if that fails."""

    def fetch_prototypes(self, entry: CatalogueEntry) -> Prototypes:
        """Bring one source's prototypes here; ZooError or ModelError if that fails."""


@dataclass(frozen=True, eq=False)
class Catalogue:
    """The models of a zoo.

    Attributes
    ----------
    root : Path
        The zoo's folder, or where the catalogue of a remote one is kept.
    entries : tuple of CatalogueEntry
        Usable models, by name.
    broken : tuple of BrokenModel
        Folders that hold a config but no usable model. Weights are not looked into.
    packed_sha256 : str or None
        Digest of the ``catalogue.safetensors`` that goes with the entries; None if prototypes are
        to be read from the model folders.
    remote : Remote or None
        Where models come from; None if they lie in ``root``.
    """

    root: Path
    entries: tuple[CatalogueEntry, ...]
    broken: tuple[BrokenModel, ...] = field(default=())
    packed_sha256: str | None = None
    remote: Remote | None = None

    @property
    def name(self) -> str:
        """What users call the zoo: its folder, or its address."""
        return str(self.root) if self.remote is None else self.remote.name

    def entry(self, model: str) -> CatalogueEntry:
        """Look a model up.

        ZooError, with the names that are close, if there is none of that name.
        """
        for entry in self.entries:
            if entry.model == model:
                return entry
        known = [entry.model for entry in self.entries]
        msg = f"{self.name}: no model {model!r} in this zoo.{suggestion(model, known)}"
        raise ZooError(msg)

    def place(self, model: str, *, whole: bool = False) -> Place:
        """Find a model.

        One of a remote zoo is brought here first, ``whole`` with the picture that its card shows.

        ZooError if there is none, or it cannot be brought.
        """
        entry = self.entry(model)
        return (
            Place(self.root / model)
            if self.remote is None
            else self.remote.fetch_model(entry, whole=whole)
        )

    def prototypes(self, model: str, /) -> Prototypes:
        """Give the prototypes of a model's source; all models' are mapped at once, on first use.

        Raises
        ------
        ZooError
            If there is no such model, or a remote zoo does not give its prototypes.
        ModelError
            If its folder has been damaged since the catalogue was read.
        """
        entry = self.entry(model)
        if self._packed is None:
            return self._unpacked(entry)
        return self._packed.source(self._positions[model])

    def pool(self, models: Sequence[str]) -> PrototypePool:
        """Give the prototypes of several models' sources, in that order.

        Raises as ``prototypes``.
        """
        for model in models:
            if model not in self._positions:
                self.entry(model)  # raises
        if self._packed is None:
            return PrototypePool.of({model: self._unpacked(self.entry(model)) for model in models})
        if tuple(models) == self._packed.names:
            return self._packed
        return self._packed.take([self._positions[model] for model in models])

    def _unpacked(self, entry: CatalogueEntry) -> Prototypes:
        return (
            load_prototypes(self.root / entry.model)
            if self.remote is None
            else self.remote.fetch_prototypes(entry)
        )

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {entry.model: i for i, entry in enumerate(self.entries)}

    @cached_property
    def _packed(self) -> PrototypePool | None:
        if self.packed_sha256 is None:
            return None
        if self.remote is not None:
            self.remote.fetch_packed()
            return _map_packed(self.root, self.entries, self.packed_sha256)
        try:
            return _map_packed(self.root, self.entries, self.packed_sha256)
        except ModelError as error:
            # for instance because the zoo has been written to since its entries were read
            log.warning(
                "%s; reading prototypes from the model folders.", str(error).removesuffix(".")
            )
            return None


def read_catalogue(root: str | Path) -> Catalogue:
    """Read a zoo's catalogue; one that is missing, damaged or stale is made anew, in memory.

    A damaged or stale one is named as a warning in the log, at whatever it is used for; the next
    model that is added, or ``rebuild_catalogue``, mends it.

    Raises
    ------
    ZooError
        If ``root`` is not a folder or cannot be read.
    """
    root = Path(root)
    names = _folders(root)
    try:
        entries, packed_sha256 = read_entries(root)
    except ModelError as error:
        models = _models_of(root, names)
        if models:
            # folders that somebody put side by side have no catalogue, and nothing is wrong with
            # that
            level = logging.WARNING if CATALOGUE in names else logging.INFO
            log.log(
                level, "%s; describing the models from their folders.", str(error).removesuffix(".")
            )
        return _scan(root, models)
    if _agree(root, names, entries):
        return Catalogue(root, entries, packed_sha256=packed_sha256)
    log.warning("%s: the catalogue is stale; describing the models from their folders.", root)
    return _scan(root, _models_of(root, names))


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
    found = _scan(root, _models_of(root, _folders(root)))
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
    files = encode_catalogue(entries, prototypes)
    try:
        # the JSON file comes last: until it is there, a reader goes to the model folders
        for name in (CATALOGUE_PROTOTYPES, CATALOGUE):
            write_file(root / name, files[name])
    except OSError as error:
        msg = f"{root}: the catalogue cannot be written ({reason(error)})."
        raise ZooError(msg) from error
    return Catalogue(
        root, entries, tuple(broken), hashlib.sha256(files[CATALOGUE_PROTOTYPES]).hexdigest()
    )


def encode_catalogue(
    entries: Sequence[CatalogueEntry], prototypes: Mapping[str, Prototypes]
) -> dict[str, bytes]:
    """Make the two files of a catalogue.

    By their names, of entries sorted by their names, and their prototypes.
    """
    packed = _pack(PrototypePool.of({entry.model: prototypes[entry.model] for entry in entries}))
    document = {
        "format_version": CATALOGUE_VERSION,
        "prototypes_sha256": hashlib.sha256(packed).hexdigest(),
        "models": [entry.to_dict() for entry in entries],
    }
    return {CATALOGUE_PROTOTYPES: packed, CATALOGUE: dump_json(document)}


def _folders(root: Path) -> list[str]:
    """Names of all that a zoo's folder holds, sorted; what is hidden is being written."""
    try:
        with os.scandir(root) as held:
            return sorted(child.name for child in held if not child.name.startswith("."))
    except FileNotFoundError as error:
        msg = f"{root}: no such folder."
        raise ZooError(msg) from error
    except OSError as error:
        msg = f"{root}: not a folder that can be read ({reason(error)})."
        raise ZooError(msg) from error


def _models_of(root: Path, names: list[str]) -> list[str]:
    """Keep the names of the folders that hold a config."""
    return [name for name in names if is_model_folder(root / name)]


def _agree(root: Path, names: list[str], entries: tuple[CatalogueEntry, ...]) -> bool:
    """Whether the entries are those of the model folders, each as it is now."""
    listed = [entry.model for entry in entries]
    if any(a >= b for a, b in itertools.pairwise(listed)) or _models_of(
        root, sorted(set(names) - set(listed))
    ):
        return False
    return all(is_fresh(entry, root / entry.model) for entry in entries)


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
            broken.append(BrokenModel(one_line(name), str(error)))
    return Catalogue(root, tuple(entries), tuple(broken))


def _prototypes_or_reason(folder: Path) -> Prototypes | BrokenModel:
    try:
        return load_prototypes(folder)
    except ModelError as error:
        return BrokenModel(folder.name, str(error))


def read_entries(root: Path) -> tuple[tuple[CatalogueEntry, ...], str]:
    """Read ``catalogue.json``: the entries, and the digest of the prototypes' file."""
    try:
        values: Any = parse_json(read_checked(root, CATALOGUE), MOST_CATALOGUE_VALUES)
        checks.keys(values, {"format_version", "prototypes_sha256", "models"}, "a catalogue")
        if values["format_version"] != CATALOGUE_VERSION:
            msg = (
                f"format_version is {show(values['format_version'])}, this tszoo reads "
                f"{CATALOGUE_VERSION}."
            )
            raise ModelError(msg)
        checks.sha256(values["prototypes_sha256"], "prototypes_sha256")
        if not isinstance(values["models"], list):
            msg = "models must be a list."
            raise ModelError(msg)
        return tuple(CatalogueEntry.from_dict(entry) for entry in values["models"]), values[
            "prototypes_sha256"
        ]
    except ModelError as error:
        msg = f"{root / CATALOGUE}: {error}"
        raise ModelError(msg) from error


def _pack(pool: PrototypePool) -> bytes:
    from safetensors.numpy import save

    return bytes(save({name: getattr(pool, name) for name in _TENSORS} if len(pool) else {}))


def _map_packed(root: Path, entries: tuple[CatalogueEntry, ...], sha256: str) -> PrototypePool:
    """Map the prototypes of all entries; ModelError, naming the file, if it holds anything else."""
    path = root / CATALOGUE_PROTOTYPES
    n = sum(entry.n_classes for entry in entries)
    tensors, data = map_safetensors(
        root, CATALOGUE_PROTOTYPES, lambda header: _check_header(header, n)
    )
    if hashlib.sha256(data).hexdigest() != sha256:
        msg = f"{path}: not the file that {CATALOGUE} was written with."
        raise ModelError(msg)
    if not entries:
        return PrototypePool.of({})
    try:
        pool = PrototypePool(
            tuple(e.model for e in entries), tuple(e.classes for e in entries), **tensors
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
    if set(header.tensors) != (set(_TENSORS) if n_prototypes else set()):
        msg = f"tensors {show(sorted(header.tensors))}, expected {', '.join(_TENSORS)}."
        raise ModelError(msg)
    for key, tensor in header.tensors.items():
        dtype, shape = ("F32", tensor.shape[:1]) if key == "values" else ("I64", (n_prototypes,))
        if tensor.dtype != dtype or tensor.shape != shape or len(shape) != 1:
            expected = (
                "one row"
                if key == "values"
                else f"shape {shape}, a number for each class of the models"
            )
            msg = (
                f"{show(key)} is {tensor.dtype} of shape {tensor.shape}, expected {dtype} in "
                f"{expected}."
            )
            raise ModelError(msg)


def _problem(pool: PrototypePool, entries: tuple[CatalogueEntry, ...]) -> str | None:
    """Say what of a pool is not as the entries and the model folders have it."""
    counts = [entry.n_classes for entry in entries]
    if not np.array_equal(
        pool.channels, np.repeat([entry.n_channels for entry in entries], counts)
    ):
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
