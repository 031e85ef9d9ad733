"""A zoo's folder: read through its catalogue, or model by model where the catalogue is no use."""

from __future__ import annotations

import itertools
import logging
import os
from pathlib import Path

from tszoo.errors import ModelError, ZooError
from tszoo.models.load import is_model_folder, load_prototypes
from tszoo.similarity.prototypes import Prototypes
from tszoo.storage.files import reason
from tszoo.storage.layout import CATALOGUE
from tszoo.text import one_line
from tszoo.zoo.catalogue import read_entries, write_catalogue_files
from tszoo.zoo.contents import BrokenModel, Contents
from tszoo.zoo.entry import CatalogueEntry, is_fresh, read_entry
from tszoo.zoo.lock import locked

log = logging.getLogger(__name__)


def read_folder(root: str | Path) -> Contents:
    """Read what a zoo's folder holds, by its catalogue if that is whole and up to date.

    A catalogue that is damaged or stale is named in the log as a warning, and the model folders
    are read instead. The next model that is added mends it, and so does ``rebuild_catalogue``.

    Raises
    ------
    ZooError
        If ``root`` is not a folder or cannot be read.
    """
    root = Path(root)
    names = _child_names(root)
    try:
        entries, packed_sha256 = read_entries(root)
    except ModelError as error:
        models = _model_names(root, names)
        if models:
            # model folders that somebody put side by side need no catalogue
            level = logging.INFO
            if CATALOGUE in names:
                level = logging.WARNING
            problem = str(error).removesuffix(".")
            log.log(level, "%s; describing the models from their folders.", problem)
        return _scan(root, models)
    if _is_current(root, names, entries):
        return Contents(root, entries, packed_sha256=packed_sha256)
    log.warning("%s: the catalogue is stale; describing the models from their folders.", root)
    return _scan(root, _model_names(root, names))


def rebuild_catalogue(root: str | Path) -> Contents:
    """Write a zoo's catalogue from its model folders, and return what the zoo holds.

    Folders whose model cannot be used are left out, logged, and listed in ``broken``.

    Raises
    ------
    ZooError
        If the zoo cannot be read or written. The old catalogue stays then.
    """
    root = Path(root)
    with locked(root):
        return write_catalogue(root)


def write_catalogue(root: Path) -> Contents:
    """Write a zoo's catalogue, for a caller that holds the lock; see ``rebuild_catalogue``."""
    contents = _scan(root, _model_names(root, _child_names(root)))
    prototypes: dict[str, Prototypes] = {}
    broken = list(contents.broken)
    for entry in contents.models:
        result = _prototypes_or_reason(root / entry.name)
        if isinstance(result, BrokenModel):
            broken.append(result)
        else:
            prototypes[entry.name] = result
    for model in broken:
        log.warning("%s left out of the catalogue: %s", model.model, model.reason)
    entries = tuple(entry for entry in contents.models if entry.name in prototypes)
    packed_sha256 = write_catalogue_files(root, entries, prototypes)
    return Contents(root, entries, tuple(broken), packed_sha256)


def _child_names(root: Path) -> list[str]:
    """List what a zoo's folder holds, sorted; hidden names are files that are being written."""
    try:
        with os.scandir(root) as children:
            return sorted(child.name for child in children if not child.name.startswith("."))
    except FileNotFoundError as error:
        msg = f"{root}: no such folder."
        raise ZooError(msg) from error
    except OSError as error:
        msg = f"{root}: not a folder that can be read ({reason(error)})."
        raise ZooError(msg) from error


def _model_names(root: Path, names: list[str]) -> list[str]:
    """Keep the names of the folders that hold a config."""
    return [name for name in names if is_model_folder(root / name)]


def _is_current(root: Path, names: list[str], entries: tuple[CatalogueEntry, ...]) -> bool:
    """Whether the entries are those of the model folders, each as it is now."""
    listed = [entry.model for entry in entries]
    if any(name >= following for name, following in itertools.pairwise(listed)):
        return False
    if _model_names(root, sorted(set(names) - set(listed))):
        return False
    return all(is_fresh(entry, root / entry.model) for entry in entries)


def _scan(root: Path, names: list[str]) -> Contents:
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
    return Contents(root, tuple(entries), tuple(broken))


def _prototypes_or_reason(folder: Path) -> Prototypes | BrokenModel:
    try:
        return load_prototypes(folder)
    except ModelError as error:
        return BrokenModel(folder.name, str(error))
