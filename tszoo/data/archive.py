"""List, describe and download the data sets of a folder laid out as the UCR archive."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from tszoo.data.copied import count_copies, count_known
from tszoo.data.dataset import Dataset, Label
from tszoo.data.download import download
from tszoo.data.load import load_dataset, load_test_split
from tszoo.data.missing_marks import find_mark
from tszoo.data.readers import TableOptions
from tszoo.data.references import Split, split_file
from tszoo.data.writers import save_dataset
from tszoo.errors import DataError, OptionError
from tszoo.storage.files import build_folder, reason

if TYPE_CHECKING:
    from typing_extensions import Unpack


@dataclass(frozen=True)
class ArchiveEntry:
    """A data set in an archive: its name, its splits, and the bytes of their files."""

    name: str
    splits: tuple[Split, ...]
    n_bytes: int


@dataclass(frozen=True)
class Description:
    """Say what a data set is, both splits taken together where nothing else is said.

    ``length`` and ``shortest`` are the points of the longest and the shortest series; ``n_missing``
    counts values. ``n_test`` is None where there is no test split. ``read_as`` says how the
    training split's file was read, if that had to be decided. ``n_copies`` counts training series
    that have the values of another one, and ``n_known`` test series that have those of a training
    series. ``marked`` says which value seems to mark missing ones, if any does.
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
    read_as: str = ""
    n_copies: int = 0
    n_known: int = 0
    marked: str = ""


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
        files: dict[Split, Path] = {}
        for split in splits:
            path = split_file(folder, split, folder.name, only=True)
            if path is not None:
                files[split] = path
        if files:
            n_bytes = sum(path.stat().st_size for path in files.values())
            entries.append(ArchiveEntry(folder.name, tuple(files), n_bytes))
    return entries


def describe(
    ref: str | PathLike[str],
    *,
    archive: str | PathLike[str] | None = None,
    label_column: str | int = "first",
    unequal: bool | None = None,
    **table: Unpack[TableOptions],
) -> Description:
    """Describe a data set: the file, or both splits of a folder or an archive's name.

    Parameters are those of ``load_dataset``, and so are the errors raised.
    """
    train = load_dataset(ref, archive=archive, label_column=label_column, unequal=unequal, **table)
    test = load_test_split(
        ref, archive=archive, label_column=label_column, unequal=unequal, **table
    )
    parts = [part for part in (train, test) if part is not None]
    lengths = [length for part in parts for length in part.lengths.tolist()]
    mark = find_mark(train)
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
        read_as=train.read_as,
        n_copies=count_copies(train).n_series,
        n_known=0 if test is None else count_known(test, train),
        marked="" if mark is None else mark.told(),
    )


def fetch(
    name: str, out: str | PathLike[str], *, overwrite: bool = False, timeout: float = 60.0
) -> Path:
    """Download a data set from the UCR/UEA site into ``out/NAME``, checked, all or nothing.

    What comes is unpacked in a temporary folder. Both splits are read there, and their sizes
    compared with those of another format that came. They are written as ``NAME_TRAIN.tsv`` and
    ``NAME_TEST.tsv``, or as ``.ts`` where ``.tsv`` cannot hold them, then read again and compared.
    Only then is the finished folder moved to its place.

    Parameters
    ----------
    name : str
        A data set of the site, for instance ``"GunPoint"``.
    out : path
        The archive's folder; made if it does not exist.
    overwrite : bool
        Whether to replace ``out/NAME`` if it exists.
    timeout : float
        Seconds without an answer after which the site counts as unreachable.

    Returns
    -------
    Path
        The new folder.

    Raises
    ------
    DataError
        If the folder exists and ``overwrite`` is not set, the site has no such data set or cannot
        be reached, or what came is damaged.
    OptionError
        If ``name`` is not a name.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
        msg = f"{name!r} is not the name of a data set: expected letters, digits, - and _."
        raise OptionError(msg)
    target = Path(out) / name
    if target.exists() and not overwrite:
        msg = f"{target}: already there. Pass overwrite=True to download it again."
        raise DataError(msg)
    with tempfile.TemporaryDirectory(prefix="tszoo-fetch-") as scratch:
        splits = download(name, Path(scratch), timeout)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with build_folder(target, replace=overwrite) as folder:
                _write_checked(splits, folder, name)
        except OSError as error:
            msg = f"{target}: cannot be written ({reason(error)})."
            raise DataError(msg) from error
    return target


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
