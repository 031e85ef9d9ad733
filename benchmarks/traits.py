"""What the series of a data set are like, in sixteen numbers.

They need no prototypes and no network.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tszoo.data.dataset import Dataset
from tszoo.data.preprocess import Preprocessing, prepare
from tszoo.errors import DataError

# Upper ends of the bands, in cycles a point. A network's first filters see tens of points, and
# cannot tell apart what is slower than the first band.
BANDS = (1 / 128, 1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2)
NAMES = (
    *(f"power up to 1/{round(1 / end)}" for end in BANDS),
    "step",
    "spread of steps",
    "frequency",
    "cycles",
    "peakedness",
    "peakedness of steps",
    "skewness",
    "flatness",
    "classes",
)

# Averages over more series than this hardly change.
MOST_SERIES = 2000
_LEAST = 1e-6


def traits(dataset: Dataset) -> NDArray[np.float64]:
    """Describe the series of a data set by how fast they change.

    Series are z-normalised one by one, after their missing values are interpolated; numbers are
    averages over series, channels and points. Of more than ``MOST_SERIES`` series, evenly spaced
    ones are looked at.

    Parameters
    ----------
    dataset : Dataset
        The number of its classes is one of the traits: 1 without labels.

    Returns
    -------
    ndarray of float64, shape (len(NAMES),)
        Square root of the share of power in each band of ``BANDS``; logarithms of the mean absolute
        step from point to point, the steps' standard deviation, the mean frequency in cycles a
        point and in cycles a series, the fourth moments of points and of steps (these in units of
        their own spread); the third moment of points, the share of steps that are none, and the
        logarithm of the number of classes.

    Raises
    ------
    DataError
        If there are no series.
    """
    n = dataset.n_series
    if n > MOST_SERIES:
        dataset = dataset.take(np.arange(MOST_SERIES) * n // MOST_SERIES)
    rows = []
    for length in np.unique(dataset.lengths).tolist():
        alike = dataset.take(dataset.lengths == length)
        series = prepare(alike, Preprocessing()).reshape(-1, length)
        rows.append(_measure(series.astype(np.float64)))
    if not rows:
        msg = f"{dataset.name}: no series to describe."
        raise DataError(msg)
    mean = np.concatenate(rows).mean(axis=0)
    shares, (step, square, frequency, cycles, fourth, step_fourth, third, flat) = np.split(
        mean, [len(BANDS)]
    )
    peakedness_of_steps = 0.0
    if square > 0:
        peakedness_of_steps = step_fourth / square**2
    sizes = (step, np.sqrt(square), frequency, cycles, fourth, peakedness_of_steps)
    logarithms = np.log(np.maximum(sizes, _LEAST))
    return np.concatenate(
        [np.sqrt(shares), logarithms, [third, flat, np.log(max(1, dataset.n_classes))]]
    )


def _measure(series: NDArray[np.float64]) -> NDArray[np.float64]:
    """Describe series of one length, a row each.

    Shares of power by band, and means over the points.
    """
    length = series.shape[1]
    power, frequency = np.abs(np.fft.rfft(series, axis=1)) ** 2, np.fft.rfftfreq(length)
    power[:, 0] = 0.0  # a level, not a change; and all that a constant series might have
    whole = power.sum(axis=1, keepdims=True)
    power /= np.where(whole > 0, whole, 1.0)
    bands = np.digitize(frequency, (0.0, *BANDS[:-1]), right=True) - 1
    shares = [power[:, bands == k].sum(axis=1) for k in range(len(BANDS))]
    steps = np.diff(series, axis=1)
    if length == 1:
        steps = np.zeros_like(series)
    speeds = (
        np.abs(steps).mean(axis=1),
        (steps**2).mean(axis=1),
        power @ frequency,
        power @ frequency * length,
    )
    moments = ((series**4).mean(axis=1), (steps**4).mean(axis=1), (series**3).mean(axis=1))
    flat = (np.abs(steps) < _LEAST).mean(axis=1)
    return np.stack([*shares, *speeds, *moments, flat], axis=1)
