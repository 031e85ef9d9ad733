"""From what users write to what they mean: zoos and models, on this machine or on the Hub."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from tszoo.errors import OptionError, ZooError
from tszoo.models.load import check_reachable, is_model_folder
from tszoo.storage.hub_names import SCHEME
from tszoo.text import show
from tszoo.zoo.embedded import embedded_zoo
from tszoo.zoo.entry import CatalogueEntry
from tszoo.zoo.folder import read_folder
from tszoo.zoo.hub.address import Address, is_address, parse_address
from tszoo.zoo.local import as_path, is_absent
from tszoo.zoo.names import is_name, suggestion
from tszoo.zoo.place import Place
from tszoo.zoo.zoo import Zoo

if TYPE_CHECKING:
    from tszoo.models.model import Model

ZooLike = Zoo | str | Path | None


def open_zoo(reference: ZooLike = None) -> Zoo:
    """Open a zoo that has models.

    Parameters
    ----------
    reference : Zoo, str, Path or None
        A zoo that is open already, or what ``Zoo`` takes: a folder, ``hf://ORG`` or None for the
        embedded zoo.

    Raises
    ------
    ZooError
        If there is no such folder or account, or no model in it, or the Hub cannot be reached.
    """
    if isinstance(reference, Zoo):
        return reference
    if reference is None or is_address(reference):
        return Zoo(reference)
    root = as_path(reference)
    if is_absent(root):
        msg = f"{root}: no such folder."
        raise ZooError(msg)
    zoo = Zoo(reference)
    if not zoo.models and not zoo.broken:
        msg = f"{root}: no models in this folder; a zoo holds one folder a model."
        raise ZooError(msg)
    return zoo


def locate(reference: str | Path, zoo: ZooLike = None) -> Place:
    """Find a model; a model of the Hub is fetched into its cache first, unless it is there.

    Parameters
    ----------
    reference : str or Path
        A name in the zoo, for instance ``"inception.GunPoint"``, the path of a model folder, or a
        model of the Hub, ``hf://ORG/NAME`` or ``hf://ORG/NAME@REVISION``.
    zoo : Zoo, str, Path or None
        Where names are looked up, as for ``open_zoo``; None for the embedded zoo.

    Returns
    -------
    Place

    Raises
    ------
    ZooError
        If there is no such model; close names are suggested. If it cannot be fetched, or is not
        what the Hub has on record.
    ModelError
        If the folder cannot be read.
    """
    if is_address(reference):
        return _fetch(parse_address(str(reference)))
    path = as_path(reference)
    if not (isinstance(reference, str) and is_name(reference)):
        if is_model_folder(path):
            return Place(path)
        check_reachable(path)
        msg = f"{show(str(reference))}: no such model folder."
        raise ZooError(msg)
    if is_address(zoo):
        zoo = Zoo(str(zoo))
    if isinstance(zoo, Zoo) and zoo.remote is not None:
        return zoo.place(reference)
    return _locate_here(reference, zoo)


def _fetch(address: Address) -> Place:
    from tszoo.zoo.hub.repository import Repository

    if address.name is None:
        msg = f"{address}: a zoo, not a model; a model is {address}/NAME."
        raise ZooError(msg)
    return Repository(address).fetch().place


def _locate_here(name: str, zoo: ZooLike) -> Place:
    """Find a model by its name in a zoo's folder, or else in the working folder."""
    path = Path(name)
    try:
        root = _root_of(zoo)
    except ZooError:
        if is_model_folder(path):  # needs no zoo
            return Place(path)
        raise
    folder = root / name
    if is_model_folder(folder):
        if folder.is_symlink():
            msg = f"{folder}: a link; put the model's folder itself into the zoo."
            raise ZooError(msg)
        return Place(folder)
    if is_model_folder(path):
        return Place(path)
    check_reachable(folder)
    check_reachable(path)
    names = [entry.name for entry in _models_of(zoo, root)]
    msg = f"{root}: no model {name!r} in this zoo, and no such folder.{suggestion(name, names)}"
    raise ZooError(msg)


def _root_of(zoo: ZooLike) -> Path:
    """Find a zoo's folder, without reading the zoo."""
    if zoo is None:
        return embedded_zoo()
    if isinstance(zoo, Zoo):
        return zoo.root
    return as_path(zoo)


def _models_of(zoo: ZooLike, root: Path) -> tuple[CatalogueEntry, ...]:
    if isinstance(zoo, Zoo):
        return zoo.models
    return read_folder(root).models


def find_model(reference: str | Path, zoo: ZooLike = None) -> Path:
    """Find a model's folder; see ``locate``."""
    return locate(reference, zoo).folder


def load_model(reference: str | Path, zoo: ZooLike = None, device: str = "cpu") -> Model:
    """Load a model by its name in a zoo, by its folder or from the Hub.

    A model of the Hub keeps its address and commit (``model.reference``), and a model that is
    fine-tuned from it names them as its base. See ``locate`` and `tszoo.models.load.load_folder`
    for what is raised.
    """
    return locate(reference, zoo).load(device)


def pretrained(repo_id: str | Path, revision: str | None = None) -> str | Path:
    """Say what `load_model` is to load, for what the Hub's client would call a model.

    Parameters
    ----------
    repo_id : str or Path
        ``ORG/NAME``, with or without ``hf://``, or the path of a model folder.
    revision : str or None
        A branch, a tag or a commit; None for the newest.

    Raises
    ------
    OptionError
        If a revision is asked of a folder.
    ZooError
        If it is neither a model folder nor the name of a repository.
    """
    path = Path(repo_id)
    if not is_address(repo_id) and is_model_folder(path):
        if revision is not None:
            msg = f"revision={revision!r}: {path} is a folder, which has none."
            raise OptionError(msg)
        return path
    address = parse_address(SCHEME + str(repo_id).removeprefix(SCHEME))
    if address.name is None:
        msg = f"{show(str(repo_id))}: no such model folder, and no repository: write ORG/NAME."
        raise ZooError(msg)
    return str(replace(address, revision=revision or address.revision))


def list_models(
    zoo: Zoo, architecture: str | None = None, pattern: str | None = None
) -> list[CatalogueEntry]:
    """Select entries, sorted by data set and architecture.

    Parameters
    ----------
    zoo : Zoo
    architecture : str or None
        Only models of this architecture.
    pattern : str or None
        Only models whose name or data set matches; ``*``, ``?`` and ``[...]`` as in file names,
        case does not matter.
    """
    entries = list(zoo.models)
    if architecture is not None:
        entries = [entry for entry in entries if entry.architecture == architecture]
    if pattern is not None:
        entries = [entry for entry in entries if _matches(entry, pattern.casefold())]
    return sorted(
        entries, key=lambda entry: (entry.dataset.casefold(), entry.architecture, entry.name)
    )


def _matches(entry: CatalogueEntry, pattern: str) -> bool:
    return any(fnmatchcase(text.casefold(), pattern) for text in (entry.name, entry.dataset))
