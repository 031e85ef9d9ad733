"""Measure what normalisation takes out of series: their level, their scale and their trend."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tszoo.data.dataset import Dataset

# What is measured of every channel of a series, in this order.
NUMBERS = ("mean", "deviation", "least", "greatest", "slope")
# A number that differs between series by less than this share of their deviation says nothing.
NEGLIGIBLE = 0.01
# A number that differs by less than this share of the largest value differs by rounding.
ROUNDING = 5e-7
# Values that are measured at a time.
_CHUNK_VALUES = 1 << 22


def level_numbers(dataset: Dataset) -> NDArray[np.float32]:
    """Measure the level numbers of every series, as it was before normalisation.

    They are those of ``NUMBERS``: mean, standard deviation, least and greatest value of a channel,
    and the slope of its least-squares line, a point of time. Missing values and padding do not
    count. Numbers of a series do not depend on the others.

    Parameters
    ----------
    dataset : Dataset

    Returns
    -------
    ndarray of float32, shape (n_series, n_channels * 5)
        Those of the first channel come first.
    """
    numbers = np.zeros((dataset.n_series, dataset.n_channels * len(NUMBERS)), dtype=np.float32)
    for length in np.unique(dataset.lengths).tolist():
        at = np.flatnonzero(dataset.lengths == length)
        step = max(1, _CHUNK_VALUES // (dataset.n_channels * length))
        for start in range(0, len(at), step):
            rows = at[start : start + step]
            measured = _measured(dataset.series[rows, :, :length].astype(np.float64, order="C"))
            numbers[rows] = measured.reshape(len(rows), -1)
    return numbers


def _measured(series: NDArray[np.float64]) -> NDArray[np.float64]:
    """Measure series (n, channels, length), padding cut off: (n, channels, 5)."""
    seen = ~np.isnan(series)
    count = seen.sum(axis=-1)
    mean = np.where(seen, series, 0.0).sum(axis=-1) / count
    centred = np.where(seen, series - mean[..., None], 0.0)
    deviation = np.sqrt((centred * centred).sum(axis=-1) / count)
    times = np.arange(series.shape[-1])
    middle = (seen * times).sum(axis=-1) / count
    from_middle = np.where(seen, times - middle[..., None], 0.0)
    spread = np.maximum((from_middle * from_middle).sum(axis=-1), 0.25)
    slope = (from_middle * centred).sum(axis=-1) / spread
    least = mean + np.where(seen, centred, np.inf).min(axis=-1)
    greatest = mean + np.where(seen, centred, -np.inf).max(axis=-1)
    measured: NDArray[np.float64] = np.stack((mean, deviation, least, greatest, slope), axis=-1)
    return measured


def were_normalised(numbers: NDArray[np.float32]) -> bool:
    """Tell whether every channel has one mean and one deviation in all series.

    So has a data set that was z-normalised before. What is left to tell its series apart is in
    their shape.

    Parameters
    ----------
    numbers : ndarray of float32, shape (n_series, n_channels * 5)
    """
    by_channel = _by_channel(numbers)
    mean, deviation = by_channel[:, :, 0], by_channel[:, :, 1]
    much = _much(by_channel)
    return bool((mean.std(axis=0) <= much).all() and (deviation.std(axis=0) <= much).all())


def says_nothing(numbers: NDArray[np.float32], length: int) -> NDArray[np.bool_]:
    """Mark the numbers that hardly differ between series, shape (n_channels * 5,).

    Parameters
    ----------
    numbers : ndarray of float32, shape (n_series, n_channels * 5)
    length : int
        Points of the longest series: a slope counts by how far it leads over all of them.
    """
    by_channel = _by_channel(numbers)
    ranges = by_channel.max(axis=0) - by_channel.min(axis=0)
    ranges[:, NUMBERS.index("slope")] *= length
    nothing: NDArray[np.bool_] = ranges <= _much(by_channel)[:, None]
    return nothing.reshape(-1)


def _by_channel(numbers: NDArray[np.float32]) -> NDArray[np.float64]:
    return numbers.astype(np.float64).reshape(len(numbers), -1, len(NUMBERS))


def _much(by_channel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the difference that says something, of each channel, shape (n_channels,)."""
    deviation = np.median(by_channel[:, :, 1], axis=0)
    largest = np.abs(by_channel[:, :, 2:4]).max(axis=(0, 2))
    much: NDArray[np.float64] = np.maximum(NEGLIGIBLE * deviation, ROUNDING * largest)
    return much
