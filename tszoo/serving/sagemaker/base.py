"""The model that training goes on from: what the channel ``model`` holds."""

from __future__ import annotations

import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from tszoo.errors import ModelError
from tszoo.models.load import is_model_folder, load_folder
from tszoo.models.model import Model
from tszoo.storage.files import reason
from tszoo.storage.layout import MODEL_FILES, MOST_BYTES, OPTIONAL_FILES

ARCHIVE = "model.tar.gz"
_EXPECTED = f"expected {ARCHIVE} of an earlier training job, or a model's files"
_FILES = (*MODEL_FILES, *OPTIONAL_FILES)


def load_base(channel: Path) -> Model | None:
    """Load the model of a channel: its files, or ``model.tar.gz``; None without the channel.

    Raises
    ------
    ModelError
        If there is no model, several, or one that cannot be used.
    """
    if not channel.is_dir():
        return None
    archive = channel / ARCHIVE
    if archive.is_file():
        with _unpacked(archive) as folder:
            return load_folder(find_model(folder, f"channel {channel.name}, {ARCHIVE}"))
    return load_folder(find_model(channel, f"channel {channel.name}"))


def find_model(folder: Path, called: str) -> Path:
    """Find a model's folder: this one, or the only one in it.

    Raises
    ------
    ModelError
        If there is none, or several.
    """
    if is_model_folder(folder):
        return folder
    inside = [path for path in sorted(folder.iterdir()) if is_model_folder(path)]
    if len(inside) == 1:
        return inside[0]
    what = f"{len(inside)} models" if inside else "no model"
    msg = f"{called}: {what} in it; {_EXPECTED}."
    raise ModelError(msg)


@contextmanager
def _unpacked(archive: Path) -> Iterator[Path]:
    """Unpack a model's files into a folder that is gone when the block ends.

    Files of other names, links and devices are left where they are; no file may be larger than a
    model's may.
    """
    with tempfile.TemporaryDirectory(prefix="tszoo-") as place:
        try:
            with tarfile.open(archive, "r:gz") as packed:
                for member in packed:
                    _unpack(packed, member, Path(place))
        except (OSError, EOFError, tarfile.TarError) as error:
            msg = f"{archive.name}: cannot be unpacked ({reason(error)})."
            raise ModelError(msg) from error
        yield Path(place)


def _unpack(packed: tarfile.TarFile, member: tarfile.TarInfo, place: Path) -> None:
    path = PurePosixPath(member.name)
    content = packed.extractfile(member) if member.isfile() else None
    if content is None or not _is_of_a_model(path):
        return
    if member.size > MOST_BYTES[path.name]:
        msg = f"{ARCHIVE}, {path.name}: {member.size} bytes, more than a model's may have."
        raise ModelError(msg)
    target = place / path
    target.parent.mkdir(exist_ok=True)
    with target.open("wb") as file:
        shutil.copyfileobj(content, file)


def _is_of_a_model(path: PurePosixPath) -> bool:
    """Whether a packed file is one of a model's, at the top or in a folder there."""
    is_inside = not path.is_absolute() and ".." not in path.parts
    return is_inside and len(path.parts) <= 2 and path.name in _FILES
