"""A folder of data sets laid out as in the UCR archive: what is in it, and how more gets there."""

from __future__ import annotations

import re
import secrets
import shutil
import socket
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from tszoo.data.dataset import Dataset, Label
from tszoo.data.load import load_dataset, load_test_split
from tszoo.data.references import Split, split_file
from tszoo.data.writers import save_dataset
from tszoo.errors import DataError, OptionError

_PREFERRED = (".ts", ".txt", ".arff")  # the site's formats, the one that keeps most first


@dataclass(frozen=True)
class ArchiveEntry:
    """A data set in an archive: its name, its splits, and the bytes of their files."""

    name: str
    splits: tuple[Split, ...]
    n_bytes: int


@dataclass(frozen=True)
class Description:
    """What a data set is, both splits taken together unless it says otherwise.

    ``length`` and ``shortest`` are points of the longest and the shortest series, ``n_missing``
    values. ``n_test`` is None where there is no test split.
    """

    name: str
    n_train: int
    n_test: int | None
    n_channels: int
    length: int
    shortest: int
    unequal: bool
    n_missing: int
    classes: tuple[Label, ...]


def list_archive(archive: str | PathLike[str]) -> list[ArchiveEntry]:
    """List the data sets in an archive by name.

    Raises
    ------
    DataError
        If there is no such folder, or it cannot be read.
    """
    try:
        folders = sorted(
            path
            for path in Path(archive).iterdir()
            if path.is_dir() and not path.name.startswith(".")
        )
    except OSError as error:
        msg = f"{archive}: cannot be read as an archive ({error.strerror})."
        raise DataError(msg) from error
    splits: tuple[Split, ...] = ("train", "test")
    entries = []
    for folder in folders:
        found = {split: split_file(folder, split, folder.name, only=True) for split in splits}
        files = {split: path for split, path in found.items() if path is not None}
        if files:
            entries.append(
                ArchiveEntry(
                    folder.name, tuple(files), sum(path.stat().st_size for path in files.values())
                )
            )
    return entries


def describe(
    ref: str | PathLike[str],
    *,
    archive: str | PathLike[str] | None = None,
    label_column: str | int = "first",
    unequal: bool | None = None,
) -> Description:
    """Describe a data set: the file, or both splits of a folder or an archive's name.

    Parameters are those of ``load_dataset``, and so are the errors raised.
    """
    train = load_dataset(ref, archive=archive, label_column=label_column, unequal=unequal)
    test = load_test_split(ref, archive=archive, label_column=label_column, unequal=unequal)
    parts = [train] if test is None else [train, test]
    lengths = [length for part in parts for length in part.lengths.tolist()]
    return Description(
        name=train.name,
        n_train=train.n_series,
        n_test=None if test is None else test.n_series,
        n_channels=train.n_channels,
        length=max(lengths),
        shortest=min(lengths),
        unequal=max(lengths) != min(lengths),
        n_missing=sum(part.n_missing for part in parts),
        classes=train.classes,
    )


def fetch(
    name: str, out: str | PathLike[str], *, force: bool = False, timeout: float = 60.0
) -> Path:
    """Download a data set from the UCR/UEA site into ``out/NAME``, checked, all or nothing.

    tslearn downloads and unpacks into a temporary folder; both splits are read there, compared with
    what tslearn read, written as ``NAME_TRAIN.tsv`` and ``NAME_TEST.tsv`` (``.ts`` where ``.tsv``
    could not hold them), read again and compared, and only then the finished folder is moved to its
    place.

    Parameters
    ----------
    name : str
        A data set of the site, for instance ``"GunPoint"``.
    out : path
        The archive's folder; made if it does not exist.
    force : bool
        Replace ``out/NAME`` if it exists.
    timeout : float
        Seconds without an answer after which the site counts as unreachable.

    Returns
    -------
    Path
        The new folder.

    Raises
    ------
    DataError
        If the folder exists and ``force`` is not given, the site has no such data set or cannot be
        reached, or what came is damaged.
    OptionError
        If ``name`` is not a name.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
        msg = f"{name!r} is not the name of a data set: expected letters, digits, - and _."
        raise OptionError(msg)
    target = Path(out) / name
    if target.exists() and not force:
        msg = f"{target}: already there. Pass --force to download it again."
        raise DataError(msg)
    with tempfile.TemporaryDirectory(prefix="tszoo-fetch-") as scratch:
        splits = _download(name, Path(scratch), timeout)
        part = Path(out) / f".{name}.{secrets.token_hex(4)}.part"
        try:
            part.mkdir(parents=True)
            _write_checked(splits, part, name)
            _move(part, target)
        except OSError as error:
            msg = f"{target}: cannot be written ({error.strerror})."
            raise DataError(msg) from error
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return target


def _download(name: str, scratch: Path, timeout: float) -> dict[Split, Dataset]:
    """Let tslearn download and unpack a data set, and read both its splits."""
    from http.client import HTTPException
    from urllib.error import HTTPError

    from tslearn.datasets import UCR_UEA_datasets

    with _contained(scratch, timeout), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            client = UCR_UEA_datasets(use_cache=False, root_dir=str(scratch))
            arrays = client.load_dataset(name)
        except HTTPError as error:
            why = (
                "the UCR/UEA site has no data set of that name"
                if error.code == 404
                else "the UCR/UEA site refused"
            )
            msg = f"{name}: {why} (HTTP status {error.code})."
            raise DataError(msg) from error
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            msg = (
                f"{name}: the download from the UCR/UEA site failed ({reason}). Try again when it "
                "can be reached."
            )
            raise DataError(msg) from error
    splits = _read_unpacked(name, scratch, "; ".join(str(warning.message) for warning in caught))
    for split, own in zip(("train", "test"), arrays[::2], strict=True):
        n_series = splits["train" if split == "train" else "test"].n_series
        if own is not None and len(own) != n_series:
            msg = (
                f"{name}: the {split} split has {n_series} series in one file and {len(own)} in "
                "another; not kept."
            )
            raise DataError(msg)
    return splits


def _read_unpacked(name: str, scratch: Path, complaints: str) -> dict[Split, Dataset]:
    """Read both splits in the first of the site's formats that can be read."""
    failure: DataError | None = None
    for suffix in _PREFERRED:
        for train in sorted(scratch.glob(f"*/*/*_TRAIN{suffix}")):
            test = train.with_name(train.name.replace("_TRAIN", "_TEST"))
            try:
                splits: dict[Split, Dataset] = {
                    "train": load_dataset(train),
                    "test": load_dataset(test),
                }
            except DataError as error:
                failure = failure or error
                continue
            if splits["train"].n_channels == splits["test"].n_channels:
                return splits
    reason = failure or complaints or "it holds no training split"
    msg = f"{name}: what the UCR/UEA site sent cannot be used ({str(reason).splitlines()[0]})."
    raise DataError(msg) from failure


def _write_checked(splits: dict[Split, Dataset], folder: Path, name: str) -> None:
    """Write both splits and read them back; in .ts if .tsv does not bring back the same."""
    try:
        _write_as(".tsv", splits, folder, name)
    except DataError:  # several channels, or gaps that .tsv cannot tell apart
        for path in folder.iterdir():
            path.unlink()
        _write_as(".ts", splits, folder, name)


def _write_as(suffix: str, splits: dict[Split, Dataset], folder: Path, name: str) -> None:
    for split, dataset in splits.items():
        save_dataset(dataset, folder / f"{name}_{split.upper()}{suffix}")
    for split, dataset in splits.items():
        if load_dataset(folder / f"{name}_{split.upper()}{suffix}").sha256 != dataset.sha256:
            msg = f"{name}: the {split} split does not read back as it was downloaded."
            raise DataError(msg)


def _move(part: Path, target: Path) -> None:
    """Put a finished folder in its place; an old one goes only when the new one is there."""
    old = part.with_suffix(".old")
    if target.exists():
        target.replace(old)
    try:
        part.replace(target)
    except OSError:
        if old.exists():
            old.replace(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _contained(scratch: Path, seconds: float) -> Iterator[None]:
    """Hold a library that downloads to a time without an answer and to one folder, where it offers no option for it.

    Sockets get a timeout, for without one a silent server is waited for for ever; temporary files
    go to ``scratch``, for what an interrupted download leaves goes with it.
    """
    timeout, folder = socket.getdefaulttimeout(), tempfile.tempdir
    socket.setdefaulttimeout(seconds)
    tempfile.tempdir = str(scratch)
    try:
        yield
    finally:
        socket.setdefaulttimeout(timeout)
        tempfile.tempdir = folder
