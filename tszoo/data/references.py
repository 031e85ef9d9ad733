"""From what a user types to files.

A file, a folder laid out as in the UCR archive, or a name in an archive.
"""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Literal

from tszoo.data.readers import READERS, data_suffix
from tszoo.errors import DataError, OptionError

Split = Literal["train", "test"]

_ENDINGS: dict[Split, str] = {"train": "_TRAIN", "test": "_TEST"}


@dataclass(frozen=True)
class DataFile:
    """A file of series that has been found.

    Attributes
    ----------
    path : Path
    name : str
        The data set's name, without split and suffix.
    split : str or None
        ``"train"``, ``"test"`` or None when the file's name does not say.
    train : Path or None
        For a test split, the file of its training split, if there is one.
    """

    path: Path
    name: str
    split: Split | None
    train: Path | None = None


def find_data(
    ref: str | PathLike[str],
    split: str | None = None,
    default_split: str = "train",
    archive: str | PathLike[str] | None = None,
) -> DataFile:
    """Find the file that a reference means.

    Parameters
    ----------
    ref : str or path
        A file; a folder that holds ``NAME_TRAIN.*`` and perhaps ``NAME_TEST.*``; or a bare name in
        ``archive``.
    split : {"train", "test"} or None
        The split that is wanted. For a file called ``NAME_TRAIN`` or ``NAME_TEST`` it is the one
        beside it if the file is not it; a file whose name does not say is taken as it is.
    default_split : {"train", "test"}
        What a folder means when ``split`` is None.
    archive : path or None
        Folder of folders in which to look up bare names.

    Raises
    ------
    DataError
        If there is no such file, folder, name or split.
    OptionError
        If a split is neither train nor test.
    """
    for asked in (split, default_split):
        if asked not in ("train", "test", None):
            msg = f"split {asked!r}: expected train or test."
            raise OptionError(msg)
    if "\0" in str(ref):
        msg = "a reference to data holds a NUL character."
        raise DataError(msg)
    path = Path(ref)
    try:
        is_folder, is_file = path.is_dir(), path.exists()
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror})."
        raise DataError(msg) from error
    if is_folder:
        return _find_split(path, path.resolve().name, split or default_split)
    if is_file or data_suffix(path):
        return _find_file(path, split)
    folder = _look_up(str(ref), archive)
    return _find_split(folder, folder.name, split or default_split)


def split_file(folder: Path, split: str, name: str, only: bool = False) -> Path | None:
    """Return the file in ``folder`` that holds a split, or None.

    A file called ``name`` goes before one called otherwise (``only`` allows no other), a simpler
    format before others.

    Raises
    ------
    DataError
        If the folder cannot be read, or holds several data sets and none of them is ``name``.
    """
    ending = _ENDINGS["test" if split == "test" else "train"]
    order = list(READERS)
    try:
        found = [
            path for path in folder.iterdir() if data_suffix(path) and _stem(path).endswith(ending)
        ]
    except OSError as error:
        msg = f"{folder}: cannot be read ({error.strerror})."
        raise DataError(msg) from error
    found.sort(key=lambda path: (order.index(data_suffix(path)), path.name))
    own = [path for path in found if _stem(path) == f"{name}{ending}"]
    if own or only:
        return own[0] if own else None
    names = sorted({_stem(path).removesuffix(ending) for path in found})
    if len(names) > 1:
        msg = (
            f"{folder}: several data sets ({', '.join(names[:5])}{', …' if names[5:] else ''}). "
            "Name the file."
        )
        raise DataError(msg)
    return found[0] if found else None


def _find_file(path: Path, split: str | None) -> DataFile:
    stem = _stem(path)
    own: Split | None = next(
        (key for key, ending in _ENDINGS.items() if stem.endswith(ending)), None
    )
    if own is None:
        return DataFile(path, stem, None)
    name = stem.removesuffix(_ENDINGS[own])
    if split is not None and split != own:
        return _find_split(path.parent, name, split, only=True)
    train = (
        split_file(path.parent, "train", name, only=True)
        if own == "test" and path.exists()
        else None
    )
    return DataFile(path, name, own, train)


def _find_split(folder: Path, name: str, split: str, only: bool = False) -> DataFile:
    wanted = split_file(folder, split, name, only)
    if wanted is None:
        other = split_file(folder, "train" if split == "test" else "test", name, only)
        if other is None:
            msg = (
                f"{folder}: no data here, expected {name}_TRAIN.tsv (or "
                f"{', '.join(list(READERS)[1:])})."
            )
        else:
            msg = f"{folder}: no {split} split, only {other.name}."
        raise DataError(msg)
    if split == "train":
        return DataFile(wanted, _stem(wanted).removesuffix("_TRAIN"), "train")
    name = _stem(wanted).removesuffix("_TEST")
    return DataFile(wanted, name, "test", split_file(folder, "train", name, only=True))


def _look_up(ref: str, archive: str | PathLike[str] | None) -> Path:
    bare = ref not in ("", ".", "..") and Path(ref).name == ref
    if not bare:
        msg = f"{ref or repr(ref)}: no such file or folder."
        raise DataError(msg)
    if archive is None:
        msg = (
            f"{ref}: no such file or folder. To read it from an archive, pass --archive or set "
            "TSZOO_ARCHIVE."
        )
        raise DataError(msg)
    folder = Path(archive) / ref
    if not folder.is_dir():
        import difflib  # only an error needs it

        names = [path.name for path in Path(archive).iterdir()] if Path(archive).is_dir() else []
        near = difflib.get_close_matches(ref, names, n=3)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        msg = f"{ref}: no such file or folder, and no such data set in {archive}.{hint}"
        raise DataError(msg)
    return folder


def _stem(path: Path) -> str:
    """Return the file's name without suffix and ``.gz``."""
    name = path.name
    if name.lower().endswith(".gz"):
        name = name[:-3]
    return name[: len(name) - len(data_suffix(path))]
