"""Take what a caller gives for a data set."""

from __future__ import annotations

from os import PathLike
from typing import Any

from tszoo.data.dataset import Dataset
from tszoo.data.load import load_dataset
from tszoo.data.table_reading import Like
from tszoo.errors import DataError


def as_dataset(given: Any, parameter: str = "target", like: Like | None = None) -> Dataset:
    """Return a data set as it is, and load a path's.

    Parameters
    ----------
    given : Dataset, str or path
    parameter : str
        What the caller calls it, for the message.
    like : Like or None
        What a file is to be read like.

    Raises
    ------
    DataError
        If it is anything else, such as an array or a frame, or the file cannot be read.
    """
    if isinstance(given, Dataset):
        return given
    if isinstance(given, (str, PathLike)):
        return load_dataset(given, default_split="test" if like else "train", like=like)
    msg = (
        f"{parameter} is of type {type(given).__name__}, expected a Dataset or a file's path. "
        "Of arrays, make one with tszoo.Dataset.from_arrays(X, y); of a frame, with "
        'tszoo.Dataset.from_frame(frame, label="...").'
    )
    raise DataError(msg)
