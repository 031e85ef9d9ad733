"""Read data frames as what they are: rows are points of time, columns are channels.

Frames are known by their attributes, so that pandas and polars need not be installed.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tszoo.errors import DataError, DataWarning
from tszoo.late import late
from tszoo.text import listed, show


def is_frame(value: Any) -> bool:
    """Tell whether a value is a data frame of pandas or polars."""
    return hasattr(value, "columns") and hasattr(value, "to_numpy")


def series_of_frame(frame: Any) -> NDArray[Any]:
    """Turn a frame of one series, (time, channels), into an array (n_channels, length).

    Its rows are brought in the order of their index, if that has one.
    """
    points: NDArray[Any] = np.asarray(frame.to_numpy()).T
    order = _order_of(getattr(frame, "index", None))
    return points if order is None else points[:, order]


def _order_of(index: Any) -> NDArray[np.int64] | None:
    """Return the order of a pandas index of different numbers or times that does not rise."""
    if not hasattr(index, "is_monotonic_increasing") or index.nlevels > 1:
        return None
    if index.is_monotonic_increasing or not index.is_unique:
        return None
    if index.dtype.kind not in "iufmM":
        return None
    return np.argsort(index.to_numpy(), kind="stable")


def series_of_frames(X: Any, name: str) -> Any:
    """Turn frames that hold series into a list of arrays, and give back everything else.

    Parameters
    ----------
    X : list of frames, a frame with an index of (series, time), or one with a series in every cell
        sktime's and aeon's ``df-list``, ``pd-multiindex`` and ``nested_univ``. A frame with one
        series of one channel a row is left as it is.
    name : str
        For messages.

    Returns
    -------
    list of ndarray, each (n_channels, length), or X

    Raises
    ------
    DataError
        If an index has more than two levels, or channels of a series differ in length; or if a
        column of a frame of numbers has a name of another kind than most, such as ``label`` beside
        ``t0``, ``t1``, ``t2``.
    """
    if is_frame(X):
        levels = getattr(getattr(X, "index", None), "nlevels", 1)
        if levels > 1:
            return _of_index(X, levels, name)
        return _of_cells(X, name)
    if isinstance(X, (list, tuple)) and any(is_frame(row) for row in X):
        return [series_of_frame(row) if is_frame(row) else row for row in X]
    return X


def _of_index(frame: Any, levels: int, name: str) -> list[NDArray[Any]]:
    """Split a frame by the first level of its index; the second is the time."""
    if levels > 2:
        msg = f"{name}: a frame with an index of {levels} levels, expected two: series and time."
        raise DataError(msg)
    values = series_of_frame(frame)
    rows: dict[Any, list[int]] = {}
    for place, key in enumerate(frame.index.get_level_values(0)):
        rows.setdefault(key, []).append(place)
    times = np.asarray(frame.index.get_level_values(1))
    ordered = (np.array(places) for places in rows.values())
    return [values[:, places[np.argsort(times[places], kind="stable")]] for places in ordered]


def _of_cells(frame: Any, name: str) -> Any:
    """Stack the series in the cells of each row, one a channel; a frame of numbers stays."""
    cells = np.asarray(frame.to_numpy())
    if cells.dtype != object or 0 in cells.shape or np.ndim(cells[0, 0]) != 1:
        _question_names(frame, name)
        return frame
    series = []
    for i, row in enumerate(cells):
        channels = [np.asarray(cell) for cell in row]
        for k, channel in enumerate(channels):
            if channel.shape != channels[0].shape:
                msg = (
                    f"{name}, series {i}, channel {k}: {np.size(channel)} values, channel 0 has "
                    f"{np.size(channels[0])}. The channels of one series must be equally long."
                )
                raise DataError(msg)
        series.append(np.stack(channels))
    return series


def _question_names(frame: Any, name: str) -> None:
    """Refuse columns that are no kin of the others, and warn of columns in the order of text."""
    names = dict(enumerate(map(str, frame.columns)))
    kin = late("tszoo.data.readers.table.names", "kin")(names)
    others = [column for at, column in names.items() if at not in kin]
    if others and 2 * len(kin) > len(names):
        msg = (
            f"{name}: the column {show(others[0])} is not of the kind of the others "
            f"({show(names[min(kin)])}, …), so it may be no value of the series. Leave it out, or "
            'say what it is: Dataset.from_frame(frame, label="..."). frame.to_numpy() takes every '
            "column for values."
        )
        raise DataError(msg)
    points = late("tszoo.data.readers.table.names", "axis_of")(list(names.values())) or [0.0]
    if points not in (sorted(points), sorted(points, reverse=True)):
        msg = (
            f"{name}: the numbers in the names of its columns neither rise nor fall "
            f"({listed(list(names.values()), 4)}). The values are taken as they stand; "
            "Dataset.from_frame brings them in the order of the names."
        )
        warnings.warn(msg, DataWarning, stacklevel=6)
