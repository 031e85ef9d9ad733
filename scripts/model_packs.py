"""Keeps trained models in a few files of limited size, and makes a zoo of them again.

Each file is a zip archive of model folders. It is written anew, in one step, with every model that
it gets: whoever stops the writer has all models before.
"""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from tszoo.errors import ModelError, ZooError
from tszoo.models.model import Model
from tszoo.storage.files import write_file, write_folder
from tszoo.storage.layout import MODEL_FILES, MOST_BYTES, OPTIONAL_FILES
from tszoo.zoo.folder import rebuild_catalogue
from tszoo.zoo.names import is_name, name_for

MOST_PACKS, PACK_BYTES = 4, 16 << 20
SLACK = 64 << 10  # what a zip archive takes beside its files
PACK = re.compile(r"zoo-\d+\.zip")


class NoRoomError(ZooError):
    """All files are full."""


def add_to_packs(folder: Path, model: Model, pack_bytes: int = PACK_BYTES) -> Path:
    """Put a model into the last pack of a folder, or into a new one; return the pack.

    Raises
    ------
    NoRoomError
        If all packs are full.
    """
    name = name_for(model.config.name)
    with tempfile.TemporaryDirectory() as scratch:
        model.save(Path(scratch) / name)
        files = {
            f"{name}/{path.name}": path.read_bytes() for path in (Path(scratch) / name).iterdir()
        }
    packs = sorted(path for path in folder.iterdir() if PACK.fullmatch(path.name))
    if packs:
        both = zipped({**read_zip(packs[-1]), **files})
        if len(both) <= pack_bytes - SLACK:
            write_file(packs[-1], both)
            return packs[-1]
    data = zipped(files)
    if len(packs) == MOST_PACKS or len(data) > pack_bytes - SLACK:
        msg = f"{folder}: no room for {name} in {MOST_PACKS} files of {pack_bytes} bytes."
        raise NoRoomError(msg)
    pack = folder / f"zoo-{len(packs) + 1}.zip"
    write_file(pack, data)
    return pack


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Put files into a zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def read_zip(path: Path) -> dict[str, bytes]:
    """Read the files of a pack; ModelError if it holds anything but files of models."""
    files = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                model, _, name = info.filename.partition("/")
                is_expected = name in (*MODEL_FILES, *OPTIONAL_FILES) and is_name(model)
                if not is_expected or info.file_size > MOST_BYTES[name]:
                    msg = f"{path}: holds {info.filename!r}, which is no file of a model."
                    raise ModelError(msg)
                files[info.filename] = archive.read(info)
    except (OSError, zipfile.BadZipFile) as error:
        msg = f"{path}: cannot be read as a pack of models ({error})."
        raise ModelError(msg) from error
    return files


def unpack(folder: Path, zoo: Path) -> list[str]:
    """Write the models of a folder's packs into a zoo; return their names.

    Raises
    ------
    ModelError, ZooError
        If there are no packs, one is damaged, or the zoo has a model of one of these names.
    """
    packs = sorted(path for path in folder.iterdir() if PACK.fullmatch(path.name))
    if not packs:
        msg = f"{folder}: has no zoo-1.zip, so there are no models to unpack."
        raise ZooError(msg)
    models: dict[str, dict[str, bytes]] = {}
    for pack in packs:
        for path, data in read_zip(pack).items():
            model, _, name = path.partition("/")
            models.setdefault(model, {})[name] = data
    for model in models:
        if (zoo / model).exists():
            msg = f"{zoo / model}: there already. Delete it, or name another zoo."
            raise ZooError(msg)
    zoo.mkdir(parents=True, exist_ok=True)
    for model, files in models.items():
        write_folder(zoo / model, files, replace=False)
    rebuild_catalogue(zoo)
    return sorted(models)
