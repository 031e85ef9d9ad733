"""Zoos on this machine: the one that ships with tszoo, and any folder of models."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from tszoo.errors import ZooError
from tszoo.models import folder as model_folder
from tszoo.models.files import reason
from tszoo.models.folder import is_model_folder, save_model
from tszoo.models.layout import CATALOGUE
from tszoo.models.text import show
from tszoo.zoo.catalogue import Catalogue, read_catalogue, write_catalogue
from tszoo.zoo.entry import CatalogueEntry
from tszoo.zoo.lock import locked
from tszoo.zoo.names import check_name, is_name, name_for, suggestion

if TYPE_CHECKING:
    from tszoo.models.model import Model

HUB = "hf://"


def embedded_zoo() -> Path:
    """Find the zoo that ships with tszoo: inside an installed package, or beside the package in a clone.

    Raises
    ------
    ZooError
        If this installation has none.
    """
    package = Path(__file__).resolve().parent.parent
    for root in (package / "cards", package.parent / "cards"):
        if (root / CATALOGUE).is_file():
            return root
    msg = "this installation of tszoo has no embedded zoo. Install it again, or name a zoo with --zoo."
    raise ZooError(msg)


def open_zoo(reference: str | Path | None = None) -> Catalogue:
    """Open a zoo.

    Parameters
    ----------
    reference : str, Path or None
        A folder of models; None for the embedded zoo.

    Raises
    ------
    ZooError
        If there is no such folder, or no model in it.
    """
    if reference is None:
        return read_catalogue(embedded_zoo())
    root = _as_path(reference)
    if is_model_folder(root):
        msg = f"{root}: a model, not a zoo; the zoo is the folder around it."
        raise ZooError(msg)
    catalogue = read_catalogue(root)
    if not catalogue.entries and not catalogue.broken:
        msg = f"{root}: no models in this folder; a zoo holds one folder a model."
        raise ZooError(msg)
    return catalogue


def find_model(reference: str | Path, zoo: Catalogue | str | Path | None = None) -> Path:
    """Find a model's folder.

    Parameters
    ----------
    reference : str or Path
        A name in the zoo, for instance ``"inception.GunPoint"``, or the path of a model folder.
    zoo : Catalogue, str, Path or None
        Where names are looked up; None for the embedded zoo.

    Raises
    ------
    ZooError
        If there is no such model; close names are suggested.
    """
    path, text = _as_path(reference), str(reference)
    if not (isinstance(reference, str) and is_name(reference)):
        if is_model_folder(path):
            return path
        msg = f"{show(text)}: no such model folder."
        raise ZooError(msg)
    try:
        root = zoo.root if isinstance(zoo, Catalogue) else embedded_zoo() if zoo is None else _as_path(zoo)
    except ZooError:
        if is_model_folder(path):  # needs no zoo
            return path
        raise
    if is_model_folder(root / reference):
        return root / reference
    if is_model_folder(path):
        return path
    known = [entry.model for entry in (zoo if isinstance(zoo, Catalogue) else read_catalogue(root)).entries]
    msg = f"{root}: no model {reference!r} in this zoo, and no such folder.{suggestion(reference, known)}"
    raise ZooError(msg)


def load_model(reference: str | Path, zoo: Catalogue | str | Path | None = None, device: str = "cpu") -> Model:
    """Load a model by its name in a zoo or by its folder; see ``find_model`` and ``tszoo.models.folder.load_model``."""
    return model_folder.load_model(find_model(reference, zoo), device)


def add_model(
    zoo: str | Path, model: Model, name: str | None = None, *, dtype: str = "float16", overwrite: bool = False
) -> Path:
    """Write a model into a zoo, and the zoo's catalogue; safe with several processes at once.

    Parameters
    ----------
    zoo : str or Path
        The zoo's folder; made if it is not there.
    model : Model
    name : str or None
        What to call it; None for architecture dot data set, with ``_`` for what a name may not have.
    dtype, overwrite
        As for ``tszoo.models.folder.save_model``.

    Returns
    -------
    Path
        The model's folder.

    Raises
    ------
    ZooError
        If the name cannot be one, or the zoo cannot be written.
    ModelError
        If the zoo has a model of that name and ``overwrite`` is not set, or the model cannot be written.
    """
    root = _as_path(zoo)
    name = name_for(model.config.name) if name is None else check_name(name)
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"{root}: the zoo cannot be made ({reason(error)})."
        raise ZooError(msg) from error
    with locked(root):
        save_model(model, root / name, dtype=dtype, overwrite=overwrite)
        write_catalogue(root)
    return root / name


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
        Only models whose name or data set matches; ``*``, ``?`` and ``[...]`` as in file names, case does not matter.
    """
    entries = [
        entry
        for entry in catalogue.entries
        if (architecture is None or entry.architecture == architecture)
        and (pattern is None or _matches(entry, pattern.casefold()))
    ]
    return sorted(entries, key=lambda entry: (entry.dataset.casefold(), entry.architecture, entry.model))


def _matches(entry: CatalogueEntry, pattern: str) -> bool:
    return any(fnmatchcase(text.casefold(), pattern) for text in (entry.model, entry.dataset))


def _as_path(reference: str | Path) -> Path:
    """Read a reference as the path of a folder; ZooError for one that can be none."""
    text = str(reference)
    if text.startswith(HUB):
        msg = f"{show(text)}: this version of tszoo does not reach the Hub yet; a later one will. Name a folder."
        raise ZooError(msg)
    if "\0" in text or not text:
        msg = f"{show(text)} is no path."
        raise ZooError(msg)
    return Path(reference)
