"""Write time series files, one function a format; each file reads back as the same data set."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from tszoo.data.dataset import Dataset
from tszoo.data.readers import data_suffix
from tszoo.data.writers.lines import write_arff, write_csv, write_ts, write_tsv
from tszoo.data.writers.npz import write_npz
from tszoo.errors import DataError
from tszoo.storage.files import open_atomically, reason

__all__ = ["WRITERS", "save_dataset"]

WRITERS: dict[str, Callable[[Dataset, BinaryIO, str], None]] = {
    ".csv": write_csv,
    ".tsv": write_tsv,
    ".txt": write_tsv,
    ".ts": write_ts,
    ".arff": write_arff,
    ".npz": write_npz,
}


def save_dataset(dataset: Dataset, path: str | PathLike[str]) -> Path:
    """Write a data set in the format that the suffix of ``path`` names.

    A second suffix ``.gz`` packs the file. Every value reads back as the same 32-bit number, and
    missing values, lengths and labels as they are. Labels come back as text or plain integers;
    ``.npz`` keeps their type. An existing file is replaced at once or not at all.

    Raises
    ------
    DataError
        If the suffix is unknown, the file cannot be written, or the format cannot hold the data:
        several channels in ``.csv`` and ``.tsv``, missing values that would read back as padding,
        labels that would read back otherwise.
    """
    path = Path(path)
    suffix = data_suffix(path)
    if suffix not in WRITERS:
        msg = f"{path.name}: not a format that is written here. Known are {', '.join(WRITERS)}."
        raise DataError(msg)
    try:
        with open_atomically(path) as file:
            if path.suffix.lower() == ".gz":
                with gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0) as packed:
                    WRITERS[suffix](dataset, packed, path.name)  # type: ignore[arg-type]
            else:
                WRITERS[suffix](dataset, file, path.name)
    except OSError as error:
        msg = f"{path}: cannot be written ({reason(error)})."
        raise DataError(msg) from error
    return path
