"""A model folder.

Config, weights, prototypes and card, written in one step and read with suspicion.

The functions that need no weights do not load PyTorch.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tszoo.errors import ModelError
from tszoo.models.config import ModelConfig, read_config
from tszoo.models.prototypes import read_prototypes, write_prototypes
from tszoo.similarity.prototypes import Prototypes
from tszoo.storage.files import read_checked, reason, sibling, write_folder
from tszoo.storage.layout import (
    CARD,
    CONFIG,
    MODEL_FILES,
    MOST_BYTES,
    OPTIONAL_FILES,
    PICTURE,
    PROTOTYPES,
    WEIGHTS,
)
from tszoo.text import show

if TYPE_CHECKING:
    from tszoo.models.model import Model
    from tszoo.nets.network import Network

_PNG = b"\x89PNG\r\n\x1a\n"


def save_model(
    model: Model,
    path: str | Path,
    *,
    dtype: str = "float16",
    overwrite: bool = False,
    picture: bytes | None = None,
) -> None:
    """Write a model's folder: all its files, or nothing.

    Parameters
    ----------
    model : Model
    path : str or Path
        The folder to make; its parents are made too. Its name is the one the card tells readers to
        load.
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
    files = {
        WEIGHTS: write_weights(model.networks, model.config, dtype),
        PROTOTYPES: write_prototypes(model.prototypes),
        CONFIG: model.config.to_json(),
        CARD: card(model.config, model.prototypes, path.name, picture=picture is not None).encode(
            "utf-8"
        ),
    }
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


def load_model(path: str | Path, device: str = "cpu") -> Model:
    """Read a model's folder; every part is checked against the others before it is used.

    Parameters
    ----------
    path : str or Path
    device : str
        Where the networks are put: ``"cpu"``, ``"cuda"``, ``"cuda:N"`` or ``"auto"``.

    Raises
    ------
    ModelError
        Naming the file and what is wrong: missing, too large, malformed, or in disagreement with
        another.
    OptionError
        If there is no such device.
    """
    from tszoo.models.model import Model
    from tszoo.models.weights import read_weights
    from tszoo.nets.device import resolve_device

    folder = Path(path)
    where = resolve_device(device)
    config, prototypes = _read_parts(folder)
    networks = read_weights(folder, config)
    return Model(config, tuple(network.to(where) for network in networks), prototypes)


def load_networks(path: str | Path, n_members: int) -> tuple[Network, ...]:
    """Read the first networks of a model's folder, or all that it has, on the CPU.

    Faster than the whole model.

    Raises
    ------
    ModelError
        As ``load_model``, but values of the other networks' weights are not looked at.
    """
    from tszoo.models.weights import read_weights

    folder = Path(path)
    config, _ = _read_parts(folder)
    return read_weights(folder, config, n_members)


def _read_parts(folder: Path) -> tuple[ModelConfig, Prototypes]:
    """Read all but the weights."""
    config = load_config(folder)
    prototypes = read_prototypes(folder, config)
    read_card(folder)
    return config, prototypes


def load_config(path: str | Path) -> ModelConfig:
    """Read a model folder's config; ModelError as ``load_model``, weights excepted.

    PyTorch is not loaded.
    """
    folder = Path(path)
    check_complete(folder)
    return read_config(folder)


def load_prototypes(path: str | Path) -> Prototypes:
    """Read a model folder's prototypes; ModelError as ``load_model``, weights excepted.

    PyTorch is not loaded.
    """
    return read_prototypes(Path(path), load_config(path))


def read_card(path: str | Path) -> str:
    """Read a model folder's card, as its author wrote it.

    ModelError if it is missing, too large or not text.
    """
    file = Path(path) / CARD
    try:
        return read_checked(Path(path), CARD).decode("utf-8")
    except UnicodeDecodeError as error:
        msg = f"{file}: not UTF-8 text (byte {error.start})."
        raise ModelError(msg) from error


def is_model_folder(path: Path) -> bool:
    """Whether ``path`` looks like a model's folder: it has a config."""
    try:
        return (path / CONFIG).is_file()
    except OSError:  # not ours to look into
        return False


def check_complete(folder: Path) -> None:
    """Raise ModelError if ``folder`` is no folder, or lacks one of a model's four files.

    All missing ones are named.
    """
    try:
        held = {entry.name for entry in folder.iterdir()}
    except (OSError, ValueError) as error:
        msg = f"{folder}: {reason(error)}; a model is a folder that holds {', '.join(MODEL_FILES)}."
        raise ModelError(msg) from error
    missing = [name for name in MODEL_FILES if name not in held]
    if missing:
        msg = (
            f"{folder}: no model, {' and '.join(missing)} missing; a model is "
            f"{', '.join(MODEL_FILES)}."
        )
        raise ModelError(msg)


def check_picture(data: bytes) -> bytes:
    """Return a picture's content.

    ModelError if it is no PNG image or larger than the layout allows.
    """
    if not data.startswith(_PNG) or len(data) > MOST_BYTES[PICTURE]:
        found = f"{len(data)} bytes that begin with {show(data[:8])}"
        msg = f"{PICTURE} must be a PNG image of at most {MOST_BYTES[PICTURE]} bytes, not {found}."
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
    """Raise OSError where nothing can be made at ``path``, although its missing parents would be made too.

    Something is really made, and taken away: not every system's answer to whether one may write is
    true, least of all the one that it gives its administrator.
    """
    trial = sibling(
        next(parent for parent in path.absolute().parents if parent.exists()) / path.name
    )
    trial.mkdir()
    trial.rmdir()


def _check_free(path: Path, overwrite: bool) -> None:
    """Raise ModelError if something is at ``path`` that is not to be replaced."""
    try:
        if not path.exists() and not path.is_symlink():
            return
        if path.is_symlink() or not path.is_dir():
            msg = f"{path}: exists and is no folder; choose another."
            raise ModelError(msg)
        held = {entry.name for entry in path.iterdir()}
    except (OSError, ValueError) as error:
        msg = f"{path}: cannot be looked into ({reason(error)})."
        raise ModelError(msg) from error
    if not held:
        return
    others = sorted(held - {*MODEL_FILES, *OPTIONAL_FILES})
    if CONFIG not in held or others:
        stranger = others[0] if others else min(held)
        msg = (
            f"{path}: not a model's folder alone (it holds {stranger}), so it is not replaced; "
            "choose another."
        )
        raise ModelError(msg)
    if not overwrite:
        msg = (
            f"{path}: there is a model already. Choose another folder, or pass overwrite "
            "(--overwrite) to replace it."
        )
        raise ModelError(msg)
