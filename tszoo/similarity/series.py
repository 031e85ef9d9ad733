"""The one form that this room brings all series to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tszoo.errors import DataError, OptionError


@dataclass(frozen=True, eq=False)
class Stack:
    """Series of one number of channels, side by side.

    Attributes
    ----------
    values : ndarray of float64, shape (n_series, n_channels, longest length), C-contiguous
        Zeros stand behind a series shorter than the longest.
    lengths : ndarray of int64, shape (n_series,)
    """

    values: NDArray[np.float64]
    lengths: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def n_channels(self) -> int:
        """Number of channels, the same for every series."""
        return int(self.values.shape[1])

    def series(self, i: int) -> NDArray[np.float64]:
        """Return series ``i`` without padding, shape (n_channels, its length): a view."""
        return self.values[i, :, : self.lengths[i]]

    def backwards(self) -> NDArray[np.float64]:
        """Reverse every series in time; the padding stays behind it."""
        reversed_values = np.zeros_like(self.values)
        for i, length in enumerate(self.lengths):
            reversed_values[i, :, :length] = self.values[i, :, :length][:, ::-1]
        return reversed_values

    def take(self, indices: ArrayLike) -> Stack:
        """Pick the series at ``indices``."""
        rows = np.asarray(indices, dtype=np.int64)
        return Stack(np.ascontiguousarray(self.values[rows]), self.lengths[rows])


def joined(stacks: Sequence[Stack]) -> Stack:
    """Put the series of several stacks, all of one number of channels, into one."""
    width = max(stack.values.shape[2] for stack in stacks)
    padded = [
        np.pad(stack.values, ((0, 0), (0, 0), (0, width - stack.values.shape[2])))
        for stack in stacks
    ]
    return Stack(np.concatenate(padded), np.concatenate([stack.lengths for stack in stacks]))


def as_stack(series: ArrayLike | Sequence[ArrayLike] | Stack, what: str = "series") -> Stack:
    """Check series, and bring them to one form.

    Parameters
    ----------
    series : array-like or sequence of array-like
        An array is (n, length) or (n, n_channels, length); a sequence has (length,) or (n_channels,
        length). NaNs at the end of a series are padding.
    what : str
        What to call them in an error.

    Raises
    ------
    DataError
        If there are none, or one is empty, is not numeric, has missing or infinite values, or has
        another number of channels.
    """
    if isinstance(series, Stack):
        return series
    if isinstance(series, np.ndarray):
        stack = _whole_stack(series)
        if stack is not None:
            return stack
    rows = [as_series(row, f"{what} {i}") for i, row in enumerate(_listed(series, what))]
    if not rows:
        msg = f"{what}: none given, at least one is needed."
        raise DataError(msg)
    lengths = np.array([row.shape[1] for row in rows], dtype=np.int64)
    for i, row in enumerate(rows):
        if row.shape[0] != rows[0].shape[0]:
            msg = f"{what} {i}: {row.shape[0]} channel(s), the first has {rows[0].shape[0]}."
            raise DataError(msg)
    values = np.zeros((len(rows), rows[0].shape[0], int(lengths.max())))
    for i, row in enumerate(rows):
        values[i, :, : row.shape[1]] = row
    return Stack(values, lengths)


def _whole_stack(series: NDArray[Any]) -> Stack | None:
    """Take an array of finite numbers as it is; None if it is anything else."""
    if series.ndim not in (2, 3) or series.size == 0 or series.dtype.kind not in "fiu":
        return None
    if series.ndim == 2:
        series = series[:, None]
    values = np.array(series, dtype=np.float64, order="C")
    if not np.isfinite(values).all():
        return None
    return Stack(values, np.full(len(values), values.shape[2], dtype=np.int64))


def as_series(values: ArrayLike, what: str = "series") -> NDArray[np.float64]:
    """Check one series, and bring it to float64 (n_channels, length), C-contiguous.

    NaNs at the end are padding, and are cut off.

    Raises
    ------
    DataError
        As `as_stack` does.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = f"{what}: not numeric ({error})."
        raise DataError(msg) from error
    if array.ndim == 1:
        array = array[None, :]
    if array.ndim != 2 or array.shape[0] == 0:
        msg = f"{what}: shape {np.shape(values)}, expected (length,) or (n_channels, length)."
        raise DataError(msg)
    points = np.flatnonzero(~np.isnan(array).all(axis=0))
    if len(points) == 0:
        msg = f"{what}: no values."
        raise DataError(msg)
    array = array[:, : int(points[-1]) + 1]
    if not np.isfinite(array).all():
        first_bad = int(np.argwhere(~np.isfinite(array).all(axis=0))[0, 0])
        msg = f"{what}: a missing or infinite value at point {first_bad}; fill it in first."
        raise DataError(msg)
    return np.ascontiguousarray(array)


def window_code(window: int | None) -> int:
    """Turn a window into the radius that the kernels read, -1 for no window.

    Raises
    ------
    OptionError
        If it is negative or not whole.
    """
    if window is None:
        return -1
    if isinstance(window, bool) or not isinstance(window, (int, np.integer)) or window < 0:
        msg = (
            "window must be a whole number of points, 0 or more, or None for no window, not "
            f"{window!r}."
        )
        raise OptionError(msg)
    return min(int(window), 2**31)


def _listed(series: Any, what: str) -> list[Any]:
    """List the series; a single series of numbers becomes a list of one, as in tslearn."""
    if not isinstance(series, (np.ndarray, Sequence)):
        series = np.asarray(series)
    if isinstance(series, np.ndarray) and series.ndim == 0:
        msg = (
            f"{what}: a single value, expected (n_series, length) or (n_series, n_channels, "
            "length)."
        )
        raise DataError(msg)
    rows = list(series)
    if rows and all(np.ndim(row) == 0 for row in rows):
        return [rows]
    return rows
