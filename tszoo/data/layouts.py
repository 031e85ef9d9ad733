"""Say which axis of an array is time."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from tszoo.data.frames import series_of_frames
from tszoo.errors import DataError, DataWarning, OptionError

LAYOUTS = ("NCT", "NTC")


def channels_first(X: Any, layout: str | None, name: str) -> Any:
    """Bring series to (n_series, n_channels, length), or to a list of (n_channels, length).

    Frames are read as what they are (``tszoo.data.frames``). What has no axis of channels stays.

    Parameters
    ----------
    X : array-like, frame, or list of arrays or frames
    layout : {"NCT", "NTC"} or None
        The order of an array's axes: series, channels, time, or series, time, channels. None takes
        the first, and warns where there are more channels than points.
    name : str
        For messages.

    Raises
    ------
    OptionError
        If there is no such layout.
    DataError
        If the layout is None, and series have one point and several channels; or as
        ``series_of_frames`` does.
    """
    check_layout(layout)
    taken = series_of_frames(X, name)
    if taken is not X:
        return taken
    if layout == "NTC":
        return _last_axes_swapped(X)
    if layout is None:
        _question_axes(X, name)
    return X


def refuse_other_order(X: Any, y: Any, name: str) -> None:
    """Raise DataError if X and y are of pandas, and their indices are the same in another order.

    Labels are taken in their order, as scikit-learn does, and not by what an index says.
    """
    ours: Any = getattr(X, "index", None)
    others: Any = getattr(y, "index", None)
    if not hasattr(ours, "equals") or not hasattr(others, "equals"):
        return
    if ours.nlevels > 1:
        ours = ours.get_level_values(0).unique()
    if len(ours) != len(others) or ours.equals(others):
        return
    if ours.is_unique and others.is_unique and ours.isin(others).all():
        msg = (
            f"{name}: y has the index of X in another order, and labels are taken as they stand. "
            "Bring them in one order, with y.loc[X.index], or give y.to_numpy()."
        )
        raise DataError(msg)


def check_layout(layout: str | None) -> None:
    """Raise OptionError if there is no such layout."""
    if layout is not None and layout not in LAYOUTS:
        msg = f"layout must be NCT, NTC or None, not {layout!r}."
        raise OptionError(msg)


def _last_axes_swapped(X: Any) -> Any:
    if isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 1:
        X = list(X)
    if isinstance(X, (list, tuple)):
        arrays = [np.asarray(row) for row in X]
        return [array.T if array.ndim == 2 else array for array in arrays]
    array = np.asarray(X)
    return array.swapaxes(1, 2) if array.ndim == 3 else array


def _question_axes(X: Any, name: str) -> None:
    """Warn, or refuse, where the axes of series look swapped."""
    first = _first_series(X)
    if len(first) != 2:
        return
    n_channels, n_points = first
    if n_channels <= n_points:
        return
    readings = (
        f'{name}: series of {n_channels} channels and {n_points} point(s), as layout="NCT" reads '
        f'them, or of {n_points} channel(s) and {n_channels} points, as layout="NTC" does?'
    )
    if n_points == 1:
        msg = f"{readings} Nothing can be learnt from one point. Say which with layout=...."
        raise DataError(msg)
    msg = f"{readings} They are taken for the former. Say which with layout=...."
    warnings.warn(msg, DataWarning, stacklevel=4)


def _first_series(X: Any) -> tuple[int, ...]:
    """Return the shape of the first series; () if there is none to see."""
    if isinstance(X, (list, tuple)) or (isinstance(X, np.ndarray) and X.dtype == object):
        shapes = {_shape(row) for row in X}
        # the longest, as the others will be padded
        return max(shapes, key=lambda shape: shape[-1:], default=())
    shape = tuple(np.shape(X)) if hasattr(X, "shape") else ()
    return shape[1:]


def _shape(row: Any) -> tuple[int, ...]:
    """Return an array's shape; () of what is none, which is refused where values are checked."""
    try:
        return np.shape(row)
    except ValueError:
        return ()
