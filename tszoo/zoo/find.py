"""From what users write to what they mean: zoos and models, on this machine or on the Hub."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from tszoo.errors import ZooError
from tszoo.models.load import is_model_folder
from tszoo.models.load import load_model as load_folder
from tszoo.text import show
from tszoo.zoo.catalogue import Catalogue, read_catalogue
from tszoo.zoo.entry import CatalogueEntry
from tszoo.zoo.hub.address import is_address, parse_address
from tszoo.zoo.local import as_path, embedded_zoo
from tszoo.zoo.names import is_name, suggestion
from tszoo.zoo.place import Place

if TYPE_CHECKING:
    from tszoo.models.model import Model

ZooLike = Catalogue | str | Path | None


def open_zoo(reference: ZooLike = None) -> Catalogue:
    """Open a zoo.

    Parameters
    ----------
    reference : str, Path, Catalogue or None
        A folder of models; ``hf://ORG``, all tszoo models of an account of the Hub, or
        ``hf://ORG@REVISION``, as its catalogue was then; a zoo that is open already; None for the
        embedded one.

    Raises
    ------
    ZooError
        If there is no such folder or account, or no model in it, or the Hub cannot be reached.
    """
    if isinstance(reference, Catalogue):
        return reference
    if reference is None:
        return read_catalogue(embedded_zoo())
    if is_address(reference):
        from tszoo.zoo.hub.zoo import open_hub_zoo

        return open_hub_zoo(parse_address(str(reference)))
    root = as_path(reference)
    if is_model_folder(root):
        msg = f"{root}: a model, not a zoo; the zoo is the folder around it."
        raise ZooError(msg)
    catalogue = read_catalogue(root)
    if not catalogue.entries and not catalogue.broken:
        msg = f"{root}: no models in this folder; a zoo holds one folder a model."
        raise ZooError(msg)
    return catalogue


def locate(reference: str | Path, zoo: ZooLike = None) -> Place:
    """Find a model; a model of the Hub is fetched into its cache first, unless it is there.

    Parameters
    ----------
    reference : str or Path
        A name in the zoo, for instance ``"inception.GunPoint"``, the path of a model folder, or a
        model of the Hub, ``hf://ORG/NAME`` or ``hf://ORG/NAME@REVISION``.
    zoo : Catalogue, str, Path or None
        Where names are looked up, as for ``open_zoo``; None for the embedded zoo.

    Returns
    -------
    Place

    Raises
    ------
    ZooError
        If there is no such model; close names are suggested. If it cannot be fetched, or is not
        what the Hub has on record.
    """
    if is_address(reference):
        from tszoo.zoo.hub.download import fetch

        address = parse_address(str(reference))
        if address.name is None:
            msg = f"{address}: a zoo, not a model; a model is {address}/NAME."
            raise ZooError(msg)
        return fetch(address).place
    path, text = as_path(reference), str(reference)
    if not (isinstance(reference, str) and is_name(reference)):
        if is_model_folder(path):
            return Place(path)
        msg = f"{show(text)}: no such model folder."
        raise ZooError(msg)
    if is_address(zoo):
        zoo = open_zoo(str(zoo))
    if isinstance(zoo, Catalogue) and zoo.remote is not None:
        return zoo.place(reference)
    try:
        root = (
            zoo.root
            if isinstance(zoo, Catalogue)
            else embedded_zoo()
            if zoo is None
            else as_path(zoo)
        )
    except ZooError:
        if is_model_folder(path):  # needs no zoo
            return Place(path)
        raise
    if is_model_folder(root / reference):
        if (root / reference).is_symlink():
            msg = f"{root / reference}: a link; put the model's folder itself into the zoo."
            raise ZooError(msg)
        return Place(root / reference)
    if is_model_folder(path):
        return Place(path)
    known = [
        entry.model
        for entry in (zoo if isinstance(zoo, Catalogue) else read_catalogue(root)).entries
    ]
    msg = (
        f"{root}: no model {reference!r} in this zoo, and no such "
        f"folder.{suggestion(reference, known)}"
    )
    raise ZooError(msg)


def find_model(reference: str | Path, zoo: ZooLike = None) -> Path:
    """Find a model's folder; see ``locate``."""
    return locate(reference, zoo).folder


def load_model(reference: str | Path, zoo: ZooLike = None, device: str = "cpu") -> Model:
    """Load a model by its name in a zoo, by its folder or from the Hub.

    A model of the Hub knows its address and its commit (``reference``), and so does what is fine-tuned
    from it. See ``locate`` and ``tszoo.models.load.load_model`` for what is raised.
    """
    place = locate(reference, zoo)
    return replace(load_folder(place.folder, device), reference=place.reference)


def list_models(
    catalogue: Catalogue, architecture: str | None = None, pattern: str | None = None
) -> list[CatalogueEntry]:
    """Select entries, sorted by data set and architecture.

    Parameters
    ----------
    catalogue : Catalogue
    architecture : str or None
        Only models of this architecture.
    pattern : str or None
        Only models whose name or data set matches; ``*``, ``?`` and ``[...]`` as in file names,
        case does not matter.
    """
    entries = [
        entry
        for entry in catalogue.entries
        if (architecture is None or entry.architecture == architecture)
        and (pattern is None or _matches(entry, pattern.casefold()))
    ]
    return sorted(
        entries, key=lambda entry: (entry.dataset.casefold(), entry.architecture, entry.model)
    )


def _matches(entry: CatalogueEntry, pattern: str) -> bool:
    return any(fnmatchcase(text.casefold(), pattern) for text in (entry.model, entry.dataset))
