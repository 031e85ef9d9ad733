"""Read a model's folder with suspicion: every part is checked against the others before it is used.

What needs no weights does not load PyTorch.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tszoo.errors import ModelError
from tszoo.models.config import ModelConfig, read_config
from tszoo.models.digests import check_digests
from tszoo.models.prototypes import read_prototypes
from tszoo.similarity.prototypes import Prototypes
from tszoo.storage.files import read_checked, reason
from tszoo.storage.layout import CARD, CONFIG, LOADED_FILES, MODEL_FILES, PROTOTYPES

if TYPE_CHECKING:
    from tszoo.models.model import Model
    from tszoo.nets.network import Network

_NOTHING_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EINVAL)


def load_folder(path: str | Path, device: str = "cpu") -> Model:
    """Read a model's folder; every part is checked against the others before it is used.

    The card is for people: a folder without it is a model, too.

    Parameters
    ----------
    path : str or Path
    device : str
        Where the networks are put: ``"cpu"``, ``"cuda"``, ``"cuda:N"`` or ``"auto"``.

    Raises
    ------
    ModelError
        Naming the file and what is wrong: missing, too large, malformed, in disagreement with
        another, or not the file that the config records the digest of.
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
    check_digests(folder)
    return Model(config, tuple(network.to(where) for network in networks), prototypes)


def load_networks(path: str | Path, n_members: int) -> tuple[Network, ...]:
    """Read the first networks of a model's folder, or all that it has, on the CPU.

    Faster than the whole model.

    Raises
    ------
    ModelError
        As ``load_folder``, but values of the other networks' weights are not looked at.
    """
    from tszoo.models.weights import read_weights

    folder = Path(path)
    config, _ = _read_parts(folder)
    networks = read_weights(folder, config, n_members)
    check_digests(folder)
    return networks


def _read_parts(folder: Path) -> tuple[ModelConfig, Prototypes]:
    """Read all but the weights."""
    config = load_config(folder)
    prototypes = read_prototypes(folder, config)
    if (folder / CARD).exists():
        read_card(folder)
    return config, prototypes


def load_config(path: str | Path) -> ModelConfig:
    """Read a model folder's config; ModelError as ``load_folder``, weights excepted.

    PyTorch is not loaded.
    """
    folder = Path(path)
    check_complete(folder, LOADED_FILES)
    return read_config(folder)


def load_prototypes(path: str | Path) -> Prototypes:
    """Read a model folder's prototypes; ModelError as ``load_folder``, weights excepted.

    PyTorch is not loaded.
    """
    folder = Path(path)
    prototypes = read_prototypes(folder, load_config(folder))
    check_digests(folder, (PROTOTYPES,))
    return prototypes


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


def check_reachable(path: Path) -> None:
    """Raise ModelError if the system does not let us see whether a path is a model's folder.

    Nothing is raised where there is nothing.
    """
    try:
        (path / CONFIG).stat()
    except OSError as error:
        if error.errno not in _NOTHING_THERE:
            msg = f"{path}: cannot be read ({reason(error)})."
            raise ModelError(msg) from error


def check_complete(folder: Path, files: Sequence[str] = MODEL_FILES) -> None:
    """Raise ModelError if ``folder`` is no folder, or lacks one of a model's ``files``.

    All missing ones are named.
    """
    try:
        names = {entry.name for entry in folder.iterdir()}
    except (OSError, ValueError) as error:
        msg = f"{folder}: {reason(error)}; a model is a folder that holds {', '.join(MODEL_FILES)}."
        raise ModelError(msg) from error
    missing = [name for name in files if name not in names]
    if missing:
        msg = (
            f"{folder}: no model, {' and '.join(missing)} missing; a model is "
            f"{', '.join(MODEL_FILES)}."
        )
        raise ModelError(msg)
