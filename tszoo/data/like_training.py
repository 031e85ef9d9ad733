"""Read what people hand to a model as its training data were read."""

from __future__ import annotations

from os import PathLike
from typing import Any

from tszoo.data.dataset import Dataset
from tszoo.data.frames import is_frame
from tszoo.data.from_frame import frame_without_labels
from tszoo.data.load import load_dataset
from tszoo.data.table_reading import Like


def read_like_training(X: Any, like: Like) -> Any:
    """Return the series of a path, or of a frame, without labels; anything else as it is.

    A frame is read so if the training data had names of columns. Those whose index or cells say
    where series are, as sktime and aeon have them, are left as they are.

    Raises
    ------
    DataError
        If the file or the frame cannot be read so.
    """
    if isinstance(X, (str, PathLike)):
        return load_dataset(X, default_split="test", labels_wanted=False, like=like)
    if like.reading is None or not like.reading.header or not _is_plain(X):
        return X
    return frame_without_labels(X, like)


def _is_plain(X: Any) -> bool:
    """Tell whether X is a frame of pandas, polars or pyarrow whose columns have names."""
    if isinstance(X, Dataset) or not (is_frame(X) or hasattr(X, "column_names")):
        return False
    index = getattr(X, "index", None)
    return getattr(index, "nlevels", 1) == 1
