"""Write a model's folder: config, weights, prototypes and card, in one step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tszoo.errors import ModelError
from tszoo.models.digests import digests
from tszoo.models.prototypes import write_prototypes
from tszoo.storage.files import reason, write_folder
from tszoo.storage.layout import (
    CARD,
    CONFIG,
    LOCAL_FILES,
    MODEL_FILES,
    MOST_BYTES,
    OPTIONAL_FILES,
    PICTURE,
    PROTOTYPES,
    WEIGHTS,
)
from tszoo.storage.leftovers import sibling
from tszoo.text import show

if TYPE_CHECKING:
    from tszoo.models.config import ModelConfig
    from tszoo.nets.network import Network
    from tszoo.similarity.prototypes import Prototypes

_PNG = b"\x89PNG\r\n\x1a\n"


def save_parts(
    path: str | Path,
    config: ModelConfig,
    networks: Sequence[Network],
    prototypes: Prototypes,
    *,
    dtype: str = "float16",
    overwrite: bool = False,
    picture: bytes | None = None,
) -> None:
    """Write a model's folder: all its files, or nothing. See ``Model.save``, which calls this.

    Parameters
    ----------
    path : str or Path
        The folder to make; its parents are made too. Its name is the one the card tells readers to
        load.
    config, networks, prototypes
        The parts of the model.
    dtype : {"float16", "bfloat16", "float32", "int8"}
        What weights are stored as; see ``write_weights``.
    overwrite : bool
        Whether a model folder that is there may be replaced. One that holds anything else never is.
    picture : bytes or None
        A PNG image of the prototypes, for the card to show; see ``tszoo.figures.draw_prototypes``.

    Raises
    ------
    ModelError
        If ``path`` is taken, or cannot be written (no space, no permission), or if the picture is
        no PNG image or too large. What was there stays as it was.
    OptionError
        If the dtype is unknown.
    """
    from tszoo.models.card.page import card
    from tszoo.models.weights import write_weights

    path = Path(path).absolute()
    check_target(path, overwrite)
    text = card(config, prototypes, path.name, picture=picture is not None)
    files = {
        WEIGHTS: write_weights(networks, config, dtype),
        PROTOTYPES: write_prototypes(prototypes),
        CARD: text.encode("utf-8"),
    }
    files[CONFIG] = config.to_json(digests(files))
    if picture is not None:
        files[PICTURE] = check_picture(picture)
    write_model_files(path, files, overwrite=overwrite)


def write_model_files(path: Path, files: Mapping[str, bytes], *, overwrite: bool) -> None:
    """Write the files of a model's folder, by their names: all, or nothing.

    ModelError if they cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_folder(path, files, replace=overwrite)
    except OSError as error:
        msg = f"{path}: the model cannot be written ({reason(error)})."
        raise ModelError(msg) from error


def check_picture(data: bytes) -> bytes:
    """Return a picture's content.

    ModelError if it is no PNG image or larger than the layout allows.
    """
    if not data.startswith(_PNG) or len(data) > MOST_BYTES[PICTURE]:
        given = f"{len(data)} bytes that begin with {show(data[:8])}"
        msg = f"{PICTURE} must be a PNG image of at most {MOST_BYTES[PICTURE]} bytes, not {given}."
        raise ModelError(msg)
    return data


def check_target(path: Path, overwrite: bool) -> None:
    """Raise ModelError if a model may not, or cannot, be written to ``path``.

    Free is what does not exist, an empty folder, and, with ``overwrite``, a folder with a model's
    files, a picture perhaps, and no others. The working folder is not: a model's folder takes its
    name in one step, and whoever is in the folder before it would be nowhere.
    """
    if path.absolute().name in ("", ".."):
        msg = f"{path}: name the folder that is to be made."
        raise ModelError(msg)
    _check_free(path, overwrite)
    try:
        if path.exists() and path.samefile(Path.cwd()):
            msg = (
                f"{path}: the folder that you are in, and a model's folder is made anew. Name "
                "another, or one in it."
            )
            raise ModelError(msg)
        try_to_make(path)
    except OSError as error:
        msg = f"{path}: the model cannot be written ({reason(error)})."
        raise ModelError(msg) from error


def try_to_make(path: Path) -> None:
    """Raise OSError where nothing can be made at ``path``; missing parents count as made.

    Something is really made, and taken away: not every system's answer to whether one may write is
    true, least of all the one that it gives its administrator.
    """
    trial = sibling(
        next(parent for parent in path.absolute().parents if parent.exists()) / path.name
    )
    trial.mkdir()
    with suppress(FileNotFoundError):  # swept by another writer
        trial.rmdir()


def _check_free(path: Path, overwrite: bool) -> None:
    """Raise ModelError if something is at ``path`` that is not to be replaced."""
    names = _names_in(path)
    if not names:
        return
    strangers = sorted(names - {*MODEL_FILES, *OPTIONAL_FILES, *LOCAL_FILES})
    if CONFIG not in names:
        strangers = strangers or [min(names)]
    if strangers:
        msg = (
            f"{path}: not a model's folder alone (it holds {strangers[0]}), so it is not replaced; "
            "choose another."
        )
        raise ModelError(msg)
    if not overwrite:
        msg = (
            f"{path}: there is a model already. Choose another folder, or pass overwrite=True to "
            "replace it."
        )
        raise ModelError(msg)


def _names_in(path: Path) -> set[str]:
    """List what a folder holds; nothing where there is none. ModelError for what is no folder."""
    try:
        if not path.exists() and not path.is_symlink():
            return set()
        if path.is_symlink() or not path.is_dir():
            msg = f"{path}: exists and is no folder; choose another."
            raise ModelError(msg)
        return {entry.name for entry in path.iterdir()}
    except (OSError, ValueError) as error:
        msg = f"{path}: cannot be looked into ({reason(error)})."
        raise ModelError(msg) from error
