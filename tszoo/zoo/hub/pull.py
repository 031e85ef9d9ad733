"""From the Hub to plain folders: one model, or all of an account."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tszoo.errors import ZooError
from tszoo.models.digests import check_digests
from tszoo.models.load import load_config, load_prototypes, read_card
from tszoo.models.save import check_target, write_model_files
from tszoo.models.weights import read_weights
from tszoo.storage.files import read_checked, reason
from tszoo.storage.layout import CONFIG, LOCAL_FILES, MODEL_FILES, OPTIONAL_FILES
from tszoo.zoo.folder import write_catalogue
from tszoo.zoo.hub.address import Address
from tszoo.zoo.hub.repository import Repository
from tszoo.zoo.hub.snapshot import Snapshot
from tszoo.zoo.lock import locked
from tszoo.zoo.zoo import Zoo

Report = Callable[[str, bool, int, int], None]


def pull_model(address: Address, out: Path, *, overwrite: bool = False) -> tuple[Snapshot, bool]:
    """Write a model of the Hub into a folder of its own.

    Parameters
    ----------
    address : Address
    out : Path
        The folder. One that holds the very model is left alone.
    overwrite : bool
        Replace another model that is there.

    Returns
    -------
    snapshot : Snapshot
        What was fetched, and its commit.
    written : bool
        Whether anything was.

    Raises
    ------
    ZooError
        If it cannot be fetched; see `tszoo.zoo.hub.repository.Repository.fetch`.
    ModelError
        If it is broken, or the folder is taken or cannot be written.
    """
    snapshot = Repository(address).fetch(optional=OPTIONAL_FILES)
    return snapshot, copy_model(snapshot.folder, out, overwrite=overwrite)


def copy_model(folder: Path, out: Path, *, overwrite: bool = False) -> bool:
    """Copy a model's folder, file by file and nothing else, after it was found whole.

    See ``pull_model``.
    """
    config = load_config(folder)
    load_prototypes(folder)
    read_card(folder)
    read_weights(folder, config)
    check_digests(folder)
    names = [*MODEL_FILES, *(name for name in OPTIONAL_FILES if (folder / name).exists())]
    files = {name: read_checked(folder, name) for name in names}
    if _holds(out, files):
        return False
    check_target(out, overwrite)
    write_model_files(out, files, overwrite=overwrite)
    return True


def pull_zoo(zoo: Zoo, out: Path, *, overwrite: bool = False, report: Report | None = None) -> None:
    """Write all models of a zoo on the Hub into a zoo's folder here, and its catalogue.

    What is there already stays.

    Parameters
    ----------
    zoo : Zoo
    out : Path
        Made if it is not there. Its other models stay.
    overwrite : bool
        Replace models that are there in another version.
    report : callable or None
        Told a model's name, whether it was written, and (done, in all).

    Raises
    ------
    ZooError
        If a model cannot be fetched, or the folder cannot be written. What came is there; the same
        call goes on.
    ModelError
        If a model is broken, or another version of it is there.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"{out}: the zoo cannot be made ({reason(error)})."
        raise ZooError(msg) from error
    try:
        for done, entry in enumerate(zoo, start=1):
            place = zoo.place(entry.name, whole=True)
            written = copy_model(place.folder, out / entry.name, overwrite=overwrite)
            if report is not None:
                report(entry.name, written, done, len(zoo))
    finally:
        if any((out / entry.name / CONFIG).is_file() for entry in zoo):
            with locked(out):
                write_catalogue(out)


def _holds(out: Path, files: dict[str, bytes]) -> bool:
    """Whether a folder holds these files, and no others.

    It may hold a picture that was not fetched this time, and how it was made.
    """
    try:
        others = {path.name for path in out.iterdir()} - set(files)
        return others <= {*OPTIONAL_FILES, *LOCAL_FILES} and all(
            (out / name).read_bytes() == data for name, data in files.items()
        )
    except OSError:
        return False
