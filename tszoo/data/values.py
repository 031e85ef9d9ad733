"""Check values: from any accepted form of X to padded blocks of 32-bit numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tszoo.data.narrow import narrow
from tszoo.data.spellings import as_floats, filled
from tszoo.errors import DataError


def as_padded(X: Any, name: str) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Bring any accepted form of X to one padded block.

    Returns
    -------
    series : ndarray of float32, shape (n_series, n_channels, length)
        NaN behind a series that is shorter than the longest.
    lengths : ndarray of int64, shape (n_series,)

    Raises
    ------
    DataError
        If X is not numeric, or its series do not fit each other.
    """
    if not isinstance(X, (list, tuple)) and hasattr(X, "__array__"):
        X = np.asarray(filled(X))  # also a data frame or a tensor
    if isinstance(X, np.ndarray) and (X.dtype != object or X.ndim != 1):
        return _from_block(X, name)
    try:
        given = list(X)
    except TypeError as error:
        msg = f"{name}: X is of type {type(X).__name__}, expected an array or a list of arrays."
        raise DataError(msg) from error
    rows = [_as_numeric(row, f"{name}, series {i}", ("channel",)) for i, row in enumerate(given)]
    if not rows:
        msg = f"{name}: no series."
        raise DataError(msg)
    if len({row.shape for row in rows}) == 1:
        return _from_block(np.stack(rows), name)
    return _from_rows(rows, name)


def check_values(series: NDArray[np.float32], name: str, first: int = 0) -> None:
    """Raise DataError if a value is infinite, or a channel of a series is all NaN.

    ``series`` is (n_series, n_channels, length); ``first`` is the number of the first series, for
    the message.
    """
    infinite = np.isinf(series)
    if infinite.any():
        i, channel, t = (int(k) for k in np.argwhere(infinite)[0])
        place = _of_channel(" of", series, channel)
        msg = (
            f"{name}, series {first + i}: infinite value at point {t}{place}. Remove it or leave "
            "it empty (missing values are interpolated)."
        )
        raise DataError(msg)
    blank = np.isnan(series).all(axis=2)
    if blank.any():
        i, channel = (int(k) for k in np.argwhere(blank)[0])
        place = _of_channel(" in", series, channel)
        msg = f"{name}, series {first + i}: every value is missing{place}. Remove the series."
        raise DataError(msg)


def observed_lengths(series: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the position behind the last value that any channel has, shape (n_series,)."""
    seen: NDArray[np.bool_] = ~np.asarray(np.isnan(series).all(axis=1))
    return np.asarray(seen.shape[1] - seen[:, ::-1].argmax(axis=1), dtype=np.int64)


def has_inner_gap(series: NDArray[np.float32]) -> bool:
    """Tell whether any series (n_series, n_channels, length) has a NaN before its last value."""
    inside = np.arange(series.shape[2]) < observed_lengths(series)[:, None]
    return bool((np.isnan(series) & inside[:, None, :]).any())


def _from_rows(
    rows: list[NDArray[np.float32]], name: str
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Pad series of different lengths, each (length,) or (n_channels, length)."""
    rows = list(map(_with_channels, rows))
    for i, row in enumerate(rows):
        if row.ndim != 2 or row.shape[0] != rows[0].shape[0]:
            msg = (
                f"{name}, series {i}: shape {row.shape}, the first has {rows[0].shape}. Every "
                "series must be (length,) or (n_channels, length), with the same number of "
                "channels."
            )
            raise DataError(msg)
    lengths = np.array([row.shape[1] for row in rows], dtype=np.int64)
    empty = np.flatnonzero(lengths == 0)
    if len(empty):
        msg = f"{name}, series {empty[0]}: no values."
        raise DataError(msg)
    series = np.full((len(rows), rows[0].shape[0], int(lengths.max())), np.nan, dtype=np.float32)
    for i, row in enumerate(rows):
        series[i, :, : row.shape[1]] = row
    return series, lengths


def _with_channels(row: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give a series of one channel, (length,), its axis of channels."""
    return row[None, :] if row.ndim == 1 else row


def _from_block(X: NDArray[Any], name: str) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Check an array that holds series of one length."""
    block = _as_numeric(X, name, ("series", "channel"))
    if block.ndim == 2:
        block = block[:, None, :]
    if block.ndim != 3:
        msg = (
            f"{name}: X has {X.ndim} dimension(s), expected (n_series, length) or (n_series, "
            "n_channels, length)."
        )
        raise DataError(msg)
    if 0 in block.shape:
        msg = f"{name}: no series, or series without values (X has shape {X.shape})."
        raise DataError(msg)
    return block, np.full(block.shape[0], block.shape[2], dtype=np.int64)


def _as_numeric(values: Any, where: str, axes: tuple[str, ...]) -> NDArray[np.float32]:
    """Copy numbers to float32; ``axes`` says what the axes before the last count."""
    try:
        array = np.asarray(filled(values))
        if array.dtype.kind in "OSU":
            array = _from_objects(array)
    except (TypeError, ValueError, OverflowError) as error:
        msg = f"{where}: not numeric ({error})."
        raise DataError(msg) from error
    if array.dtype.kind not in "biuf":
        msg = f"{where}: values of type {array.dtype}, expected real numbers."
        raise DataError(msg)

    def place(at: tuple[int, ...]) -> str:
        names = [where]
        for axis, k, n in zip(axes, at, array.shape, strict=False):
            if n > 1 or axis == "series":
                names.append(f"{axis} {k}")
        return ", ".join(names)

    return narrow(array, place)


def _from_objects(array: NDArray[Any]) -> NDArray[np.float64]:
    """Convert objects or text to numbers; what stands for a missing value becomes NaN."""
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        try:
            return as_floats(array)
        except (TypeError, ValueError):
            raise error from None  # which names what is no number


def _of_channel(preposition: str, series: NDArray[np.float32], channel: int) -> str:
    """Name a channel in a message; where there is only one, there is nothing to name."""
    if series.shape[1] == 1:
        return ""
    return f"{preposition} channel {channel}"
