"""Find the file that a user means: a path, a folder as in the UCR archive, or an archive's name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Literal

from tszoo.data.readers import READERS, data_suffix
from tszoo.data.readers.npz import npz_splits
from tszoo.errors import DataError, OptionError
from tszoo.text import listed

Split = Literal["train", "test"]

_TRAIN, _TEST = "_TRAIN", "_TEST"


@dataclass(frozen=True)
class DataFile:
    """Name a file of series, and say what is in it.

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
        The split that is wanted. Where a file called ``NAME_TRAIN`` or ``NAME_TEST`` is the other
        split, the file beside it is taken. A file whose name does not say is taken as it is.
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
    for wanted in (split, default_split):
        if wanted not in ("train", "test", None):
            msg = f"split {wanted!r}: expected train or test."
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
        return _find_file(path, split, default_split)
    folder = _look_up(str(ref), archive)
    return _find_split(folder, folder.name, split or default_split)


def split_file(folder: Path, split: str, name: str, only: bool = False) -> Path | None:
    """Return the file in ``folder`` that holds a split, or None.

    A file called ``name`` goes before others; ``only`` allows no others. Among files of one name,
    a simpler format goes first.

    Raises
    ------
    DataError
        If the folder cannot be read, or holds several data sets and none of them is ``name``.
    """
    ending = _TEST if split == "test" else _TRAIN
    files = _files_ending(folder, ending)
    for path in files:
        if _stem(path) == f"{name}{ending}":
            return path
    if only or not files:
        return None
    names = sorted({_stem(path).removesuffix(ending) for path in files})
    if len(names) > 1:
        msg = f"{folder}: several data sets ({listed(names, 5)}). Name the file."
        raise DataError(msg)
    return files[0]


def _files_ending(folder: Path, ending: str) -> list[Path]:
    """List a folder's data files whose stems end so, the simplest format first."""
    order = list(READERS)
    try:
        paths = list(folder.iterdir())
    except OSError as error:
        msg = f"{folder}: cannot be read ({error.strerror})."
        raise DataError(msg) from error
    files = [path for path in paths if data_suffix(path) and _stem(path).endswith(ending)]
    return sorted(files, key=lambda path: (order.index(data_suffix(path)), path.name))


def has_split(source: DataFile, split: str) -> bool:
    """Tell whether the file holds another split as well, or a file beside it does."""
    if split in _splits_inside(source.path):
        return True
    return split_file(source.path.parent, split, source.name, only=True) is not None


def _splits_inside(path: Path) -> tuple[str, ...]:
    """List the splits of a file that holds several, or whose arrays are named after one."""
    if data_suffix(path) != ".npz":
        return ()
    return npz_splits(path)


def _find_file(path: Path, split: str | None, default_split: str) -> DataFile:
    """Take a file, or the file beside it that holds the split that is wanted."""
    stem = _stem(path)
    if stem.endswith(_TRAIN):
        source = DataFile(path, stem.removesuffix(_TRAIN), "train")
    elif stem.endswith(_TEST):
        source = DataFile(path, stem.removesuffix(_TEST), "test")
    else:
        return _find_inside(path, split, default_split)
    if split is not None and split != source.split:
        return _find_split(path.parent, source.name, split, only=True)
    if source.split == "test" and path.exists():
        train = split_file(path.parent, "train", source.name, only=True)
        return replace(source, train=train)
    return source


def _find_inside(path: Path, split: str | None, default_split: str) -> DataFile:
    """Take a file whose name says no split; what is in it may say one."""
    inside, name = _splits_inside(path), _stem(path)
    if not inside:
        return DataFile(path, name, None)
    if split is not None and split not in inside:
        msg = f"{path.name}: no {split} split, only X_{inside[0]}."
        raise DataError(msg)
    if (split or default_split) == "test" and "test" in inside:
        return DataFile(path, name, "test", path if "train" in inside else None)
    if "train" in inside:
        return DataFile(path, name, "train")
    return DataFile(path, name, "test")


def _find_split(folder: Path, name: str, split: str, only: bool = False) -> DataFile:
    """Find a split in a folder; DataError, which says what is there, if there is none."""
    path = split_file(folder, split, name, only)
    if path is None:
        raise _no_split(folder, name, split, only)
    if split == "train":
        return DataFile(path, _stem(path).removesuffix(_TRAIN), "train")
    name = _stem(path).removesuffix(_TEST)
    return DataFile(path, name, "test", split_file(folder, "train", name, only=True))


def _no_split(folder: Path, name: str, split: str, only: bool) -> DataError:
    """Say what a folder holds in place of a split."""
    other = split_file(folder, "train" if split == "test" else "test", name, only)
    if other is not None:
        return DataError(f"{folder}: no {split} split, only {other.name}.")
    suffixes = ", ".join(list(READERS)[1:])
    return DataError(f"{folder}: no data here, expected {name}_TRAIN.tsv (or {suffixes}).")


def _look_up(ref: str, archive: str | PathLike[str] | None) -> Path:
    """Find a bare name's folder in an archive; DataError if there is none."""
    is_bare = ref not in ("", ".", "..") and Path(ref).name == ref
    if not is_bare:
        msg = f"{ref or repr(ref)}: no such file or folder."
        raise DataError(msg)
    if archive is None:
        msg = (
            f"{ref}: no such file or folder. Say with archive=... where the archive is, if this is "
            "a name in it."
        )
        raise DataError(msg)
    folder = Path(archive) / ref
    if not folder.is_dir():
        msg = f"{ref}: no such file or folder, and no such data set in {archive}."
        near = _names_like(ref, Path(archive))
        if near:
            msg += f" Did you mean {' or '.join(near)}?"
        raise DataError(msg)
    return folder


def _names_like(name: str, archive: Path) -> list[str]:
    """List the names in an archive that are nearest to a name that is not there."""
    import difflib  # only an error needs it

    if not archive.is_dir():
        return []
    return difflib.get_close_matches(name, [path.name for path in archive.iterdir()], n=3)


def _stem(path: Path) -> str:
    """Return the file's name without suffix and ``.gz``."""
    name = path.name
    if name.lower().endswith(".gz"):
        name = name[:-3]
    return name[: len(name) - len(data_suffix(path))]
