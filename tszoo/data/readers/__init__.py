"""Read time series files, one function a format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tszoo.data.readers.arff import read_arff
from tszoo.data.readers.collect import join
from tszoo.data.readers.delimited import read_delimited
from tszoo.data.readers.frame.read import read_feather, read_parquet
from tszoo.data.readers.npy import read_npy
from tszoo.data.readers.npz import read_npz
from tszoo.data.readers.raw import RawSeries, ReadOptions, TableOptions
from tszoo.data.readers.ts import read_ts
from tszoo.errors import DataError, OptionError

__all__ = [
    "READERS",
    "RawSeries",
    "ReadOptions",
    "TableOptions",
    "data_suffix",
    "read_file",
    "read_parts",
]

_read_csv = partial(read_delimited, spreadsheet=True)
_TABLES = (read_delimited, _read_csv, read_parquet, read_feather)
READERS: dict[str, Callable[[Path, ReadOptions], Iterator[RawSeries]]] = {
    ".tsv": read_delimited,
    ".txt": read_delimited,
    ".csv": _read_csv,
    ".ts": read_ts,
    ".arff": read_arff,
    ".npz": read_npz,
    ".npy": read_npy,
    ".parquet": read_parquet,
    ".feather": read_feather,
}
_UNPACKED = (".npz", ".npy", ".parquet", ".feather")


def data_suffix(path: Path) -> str:
    """Return the suffix that names a file's format, in lower case; ``""`` if it is unknown.

    >>> data_suffix(Path("A.TSV.gz"))
    '.tsv'
    """
    whole = path.name.lower()
    if whole.endswith(tuple(f"{suffix}.gz" for suffix in _UNPACKED)):
        return ""
    name = whole.removesuffix(".gz")
    for suffix in READERS:
        if name.endswith(suffix):
            return suffix
    return ""


def read_file(path: Path, options: ReadOptions) -> RawSeries:
    """Read a whole file in the format that its suffix names.

    Raises
    ------
    DataError
        If the suffix is unknown, or the file is not what it says.
    OptionError
        If the options are none of this format's.
    """
    return join(list(read_parts(path, options)))


def read_parts(path: Path, options: ReadOptions) -> Iterator[RawSeries]:
    """Read a file part by part, at least one: text about 8 MiB at a time, arrays at once.

    Raises as ``read_file``.
    """
    suffix = data_suffix(path)
    if not suffix:
        suffixes = ", ".join(READERS)
        msg = (
            f"{path.name}: not a format that is read here. Known are {suffixes}, and text with "
            ".gz behind. What pandas reads can be saved as .csv, or given to "
            "tszoo.Dataset.from_frame."
        )
        raise DataError(msg)
    if READERS[suffix] not in _TABLES and options.table():
        msg = (
            f"{path.name}: {options.table()[0]}=... is for tables: .csv, .tsv, .txt, .parquet "
            "and .feather files. Leave it out."
        )
        raise OptionError(msg)
    if path.exists() and not path.is_file():
        msg = f"{path}: not a file."
        raise DataError(msg)
    yield from READERS[suffix](path, options)
