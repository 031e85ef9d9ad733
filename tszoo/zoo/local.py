"""Zoos on this machine: folders of models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tszoo.errors import ZooError
from tszoo.storage.files import reason
from tszoo.storage.hub_names import SCHEME
from tszoo.text import show
from tszoo.zoo.folder import write_catalogue
from tszoo.zoo.lock import locked
from tszoo.zoo.names import check_name, name_for

if TYPE_CHECKING:
    from tszoo.models.model import Model


def add_model(
    zoo: str | Path,
    model: Model,
    name: str | None = None,
    *,
    dtype: str = "float16",
    overwrite: bool = False,
    picture: bytes | None = None,
) -> Path:
    """Write a model into a zoo, and the zoo's catalogue; safe with several processes at once.

    Parameters
    ----------
    zoo : str or Path
        The zoo's folder; made if it is not there.
    model : Model
    name : str or None
        What to call it; None for architecture dot data set, with ``_`` for what a name may not
        have.
    dtype, overwrite, picture
        As for ``tszoo.Model.save``.

    Returns
    -------
    Path
        The model's folder.

    Raises
    ------
    ZooError
        If the name cannot be one, or the zoo cannot be written.
    ModelError
        If the zoo has a model of that name and ``overwrite`` is not set, or the model cannot be
        written.
    """
    root = as_path(zoo)
    if name is None:
        name = name_for(model.config.name)
    check_name(name)
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"{root}: the zoo cannot be made ({reason(error)})."
        raise ZooError(msg) from error
    with locked(root):
        _check_case(root, name)
        model.save(root / name, dtype=dtype, overwrite=overwrite, picture=picture)
        write_catalogue(root)
    return root / name


def _check_case(root: Path, name: str) -> None:
    """Raise ZooError if another model's name differs in upper and lower case only.

    Some systems, and the Hub, take two such names for one.
    """
    for path in root.iterdir():
        if path.name != name and path.name.casefold() == name.casefold():
            msg = (
                f"{root}: has {path.name} already, which not every system can tell from {name}. "
                "Choose another name."
            )
            raise ZooError(msg)


def as_path(reference: str | Path) -> Path:
    """Read a reference as the path of a folder; ZooError for one that can be none."""
    text = str(reference)
    if text.startswith(SCHEME):
        msg = f"{show(text)} is on the Hub; name a folder here. (Model.publish writes to the Hub.)"
        raise ZooError(msg)
    if "\0" in text or not text:
        msg = f"{show(text)} is no path."
        raise ZooError(msg)
    return Path(reference)


def is_absent(path: Path) -> bool:
    """Whether nothing is at a path."""
    try:
        return not path.exists() and not path.is_symlink()
    except OSError:  # a name that is too long, for instance; who reads the path says so
        return False
