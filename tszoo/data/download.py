"""Download a data set of the UCR/UEA site, and read both its splits."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath

from tszoo.data.dataset import Dataset
from tszoo.data.load import load_dataset
from tszoo.data.references import Split
from tszoo.errors import DataError

# asked in turn, until one has the data set
SITES = ("https://www.timeseriesclassification.com/aeon-toolkit/",)
# what the sites' files are called where that is not the data set's name, as tslearn 0.10 has it
FILE_NAMES = {
    "AtrialFibrillation": "AtrialFibrilation",
    "CinCECGtorso": "CinCECGTorso",
    "MixedShapes": "MixedShapesRegularTrain",
    "NonInvasiveFetalECGThorax1": "NonInvasiveFatalECGThorax1",
    "NonInvasiveFetalECGThorax2": "NonInvasiveFatalECGThorax2",
    "StarlightCurves": "StarLightCurves",
}
MOST_BYTES = 2**33
_BLOCK = 2**20
_PREFERRED = (".ts", ".txt", ".arff")  # the site's formats, the one that keeps most first
_ENDS = tuple(f"_{split}{suffix}" for split in ("TRAIN", "TEST") for suffix in _PREFERRED)


def download(name: str, scratch: Path, timeout: float) -> dict[Split, Dataset]:
    """Download a data set, and read both its splits in the format that keeps most.

    Nothing of the process is changed: neither its sockets' timeout nor its folder for temporary
    files.

    Parameters
    ----------
    name : str
        As the site calls it: letters, digits, - and _.
    scratch : Path
        A folder that is there; what comes is unpacked in it.
    timeout : float
        Seconds without an answer after which a site counts as unreachable.

    Raises
    ------
    DataError
        If no site has such a data set or can be reached, or what came is damaged.
    """
    archive = scratch / "download.zip"
    _fetch_from_any(name, archive, timeout)
    try:
        _unpack(name, archive, scratch)
    except zipfile.BadZipFile as error:
        msg = f"{name}: what the UCR/UEA site sent cannot be used ({error})."
        raise DataError(msg) from error
    return _read(name, scratch)


def _fetch_from_any(name: str, target: Path, timeout: float) -> None:
    """Fetch the packed data set from the first site that has it."""
    failure: DataError | None = None
    for site in SITES:
        try:
            _fetch(name, f"{site}{FILE_NAMES.get(name, name)}.zip", target, timeout)
        except DataError as error:
            failure = failure or error
            continue
        return
    raise failure or DataError(f"{name}: no site to download it from.")


def _fetch(name: str, url: str, target: Path, timeout: float) -> None:
    """Fetch a file; DataError if it does not come whole."""
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import urlopen

    try:
        with urlopen(url, timeout=timeout) as response, target.open("wb") as file:  # noqa: S310
            expected = response.headers.get("Content-Length")
            while block := response.read(_BLOCK):
                file.write(block)
            came = file.tell()
        if expected is not None and came != int(expected):
            msg = f"only {came} of {expected} bytes came"
            raise OSError(msg)
    except HTTPError as error:
        why = "the UCR/UEA site refused"
        if error.code == 404:
            why = "the UCR/UEA site has no data set of that name"
        error.close()
        msg = f"{name}: {why} (HTTP status {error.code})."
        raise DataError(msg) from error
    except (OSError, HTTPException, ValueError) as error:
        cause = getattr(error, "reason", None) or error
        msg = (
            f"{name}: the download from the UCR/UEA site failed ({cause}). Try again when it can "
            "be reached."
        )
        raise DataError(msg) from error


def _unpack(name: str, archive: Path, folder: Path) -> None:
    """Unpack the splits, each by the last part of its path, so that none leaves the folder."""
    with zipfile.ZipFile(archive) as packed:
        members = [member for member in packed.infolist() if _base(member).endswith(_ENDS)]
        if sum(member.file_size for member in members) > MOST_BYTES:
            msg = f"{name}: unpacks to more than {MOST_BYTES} bytes; not kept."
            raise DataError(msg)
        for member in members:
            with packed.open(member) as source, (folder / _base(member)).open("wb") as file:
                while block := source.read(_BLOCK):
                    file.write(block)


def _base(member: zipfile.ZipInfo) -> str:
    return PurePosixPath(member.filename.replace("\\", "/")).name


def _read(name: str, folder: Path) -> dict[Split, Dataset]:
    """Read both splits in the first format that can be read, and check their sizes by the next."""
    readable: list[dict[Split, Dataset]] = []
    failure: DataError | None = None
    for suffix in _PREFERRED:
        for train in sorted(folder.glob(f"*_TRAIN{suffix}")):
            test = train.with_name(train.name.replace("_TRAIN", "_TEST"))
            try:
                readable.append({"train": load_dataset(train), "test": load_dataset(test)})
            except DataError as error:
                failure = failure or error
    usable = [splits for splits in readable if _go_together(splits)]
    if not usable:
        why = str(failure or "it holds no training split").splitlines()[0]
        msg = f"{name}: what the UCR/UEA site sent cannot be used ({why})."
        raise DataError(msg) from failure
    for other in usable[1:2]:
        _compare(name, usable[0], other)
    return usable[0]


def _go_together(splits: dict[Split, Dataset]) -> bool:
    return splits["train"].n_channels == splits["test"].n_channels


def _compare(name: str, splits: dict[Split, Dataset], others: dict[Split, Dataset]) -> None:
    """Raise DataError if two formats have other numbers of series."""
    for split, dataset in splits.items():
        if others[split].n_series != dataset.n_series:
            msg = (
                f"{name}: the {split} split has {dataset.n_series} series in one file and "
                f"{others[split].n_series} in another; not kept."
            )
            raise DataError(msg)
