"""Turn numbers of any type into 32-bit ones, or refuse where those are too coarse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tszoo.errors import DataError

_FEWEST_STEPS = 20


def narrow(wide: NDArray[Any], place: Callable[[tuple[int, ...]], str]) -> NDArray[np.float32]:
    """Copy series to float32, refusing those that would no longer say what they said.

    Around a large offset, 32-bit numbers are far apart. A series that runs over fewer than 20 of
    them turns into a few steps. It is refused if that makes different values equal. Not refused are
    values that 32 bits hold exactly, and a spread of fewer than 20 float64 steps: that is the
    rounding of a constant.

    Parameters
    ----------
    wide : ndarray of real numbers, shape (..., length)
        One series, or one channel, along the last axis; NaN is a missing value.
    place : callable
        Names the series at an index into the axes before the last, for an error: ``"a.csv, line
        3"``.

    Returns
    -------
    ndarray of float32, of the same shape
        Numbers beyond its range are infinite.

    Raises
    ------
    DataError
        At the first series that is refused.
    """
    with np.errstate(over="ignore"):
        close = wide.astype(np.float32)
    if wide.ndim == 0 or wide.shape[-1] < 2 or np.can_cast(wide.dtype, np.float32):
        return close
    at = _first_collapsed(wide)
    if at is not None:
        low, high = np.fmin.reduce(wide[at]), np.fmax.reduce(wide[at])
        msg = (
            f"{place(at)}: values from {low} to {high} are too near each other for 32-bit numbers, "
            f"which are {_spacing(np.maximum(abs(low), abs(high)), np.float32):g} apart there. "
            "Subtract an offset from the series first, or scale it."
        )
        raise DataError(msg)
    return close


def _first_collapsed(wide: NDArray[Any]) -> tuple[int, ...] | None:
    """Find the first series of which 32-bit numbers make a few steps.

    Different values of it become equal.
    """
    high, low = np.fmax.reduce(wide, axis=-1), np.fmin.reduce(wide, axis=-1)
    largest = np.maximum(np.abs(high), np.abs(low))
    with np.errstate(over="ignore", invalid="ignore"):
        # beyond its type an integer turns negative here, which is as good as large
        spread = high - low
        suspect = (spread > 0) & (spread < _FEWEST_STEPS * _spacing(largest, np.float32))
        if wide.dtype.kind == "f":
            suspect &= spread > _FEWEST_STEPS * _spacing(largest, np.float64)
    if not suspect.any():
        return None
    ordered = np.sort(wide[suspect], axis=-1)
    close = ordered.astype(np.float32)
    merged = ((ordered[:, 1:] != ordered[:, :-1]) & (close[:, 1:] == close[:, :-1])).any(axis=-1)
    if not merged.any():
        return None
    first = np.argwhere(suspect)[int(merged.argmax())]
    return tuple(int(k) for k in first)


def _spacing(values: NDArray[Any], dtype: type[np.floating[Any]]) -> NDArray[np.float64]:
    """Return the distance from each value to the next number of a type; NaN beyond the type."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(np.spacing(values.astype(dtype)), dtype=np.float64)
