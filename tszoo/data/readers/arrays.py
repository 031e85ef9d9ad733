"""Make series and labels of arrays: those of .npz and .npy files."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from tszoo.data.dataset import Label
from tszoo.data.narrow import narrow
from tszoo.data.readers.raw import RawSeries
from tszoo.errors import DataError


def to_raw(
    X: NDArray[Any], y: NDArray[Any] | None, lengths: NDArray[Any] | None, file: str
) -> RawSeries:
    """Check that the arrays fit each other, and narrow the values to 32 bits."""
    if X.ndim not in (2, 3) or X.size == 0:
        msg = (
            f"{file}: X has shape {X.shape}, expected (n_series, length) or (n_series, n_channels, "
            "length)."
        )
        raise DataError(msg)
    series = X.reshape(len(X), -1, X.shape[-1])
    labels = None if y is None else to_labels(y, len(series), file)

    def place(i: int, channel: int) -> str:
        where = f"{file}, X, series {i}"
        if series.shape[1] > 1:
            where += f", channel {channel}"
        return where

    if lengths is None:
        return RawSeries(narrow(series, lambda at: place(*at)), labels, typed=True)
    if lengths.shape != (len(series),) or (lengths < 1).any() or (lengths > series.shape[2]).any():
        msg = (
            f"{file}: lengths must be {len(series)} whole numbers from 1 to {series.shape[2]}, as "
            f"X is {X.shape}."
        )
        raise DataError(msg)
    # each without its padding, which would hide how near each other the values of a series are
    rows = [
        narrow(values[:, :length], lambda at, i=i: place(i, *at))  # type: ignore[misc]
        for i, (values, length) in enumerate(zip(series, lengths.tolist(), strict=True))
    ]
    return RawSeries(rows, labels, padded=False, typed=True)


def to_labels(y: NDArray[Any], n_series: int, file: str, name: str = "y") -> list[Label]:
    """Return the labels as Python values, bytes as text; ``name`` is what a message calls them."""
    if y.shape not in ((n_series,), (n_series, 1)):
        of = "X has" if name == "y" else "there are"
        msg = (
            f"{file}: {name} has shape {y.shape}, expected ({n_series},) as {of} {n_series} series."
        )
        raise DataError(msg)
    values = y.ravel().tolist()
    try:
        return [value.decode() if isinstance(value, bytes) else value for value in values]
    except UnicodeDecodeError as error:
        msg = f"{file}: {name} holds bytes that are not UTF-8 text."
        raise DataError(msg) from error
