"""Data as hyper-parameters: fewer series to train on, and series of another length."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tszoo.data import Dataset
from tszoo.errors import OptionError

MOST_LENGTH = 1 << 20


def take_some(train: Dataset, n_series: int, seed: int) -> Dataset:
    """Draw so many series, each class in proportion to its size.

    Parameters
    ----------
    train : Dataset
    n_series : int
        From the number of classes to that of the series.
    seed : int
        Of the draw.

    Raises
    ------
    OptionError
        If there are not so many, or too few for each class to have one.
    """
    labels = train.require_labels()
    least = len(np.unique(labels))
    if type(n_series) is not int or not least <= n_series <= train.n_series:
        msg = (
            f"n_series must be a whole number from {least} to {train.n_series}, for "
            f"{train.name} has {least} classes and that many series to train on; got {n_series!r}."
        )
        raise OptionError(msg)
    if n_series == train.n_series:
        return train
    counts = _shares(np.bincount(labels, minlength=train.n_classes), n_series)
    rng = np.random.default_rng(seed)
    drawn = [rng.permutation(np.flatnonzero(labels == k))[:count] for k, count in enumerate(counts)]
    return train.take(np.sort(np.concatenate(drawn)))


def _shares(sizes: NDArray[np.int64], n_series: int) -> NDArray[np.int64]:
    """Share ``n_series`` out in proportion, one at least to each class that has any."""
    wanted = sizes * n_series / sizes.sum()
    counts: NDArray[np.int64] = np.maximum(np.floor(wanted).astype(np.int64), sizes > 0)
    while counts.sum() < n_series:
        missing = np.where(counts < sizes, wanted - counts, -np.inf)
        counts[missing.argmax()] += 1
    while counts.sum() > n_series:
        spare = np.where(counts > 1, counts - wanted, -np.inf)
        counts[spare.argmax()] -= 1
    return counts


def stretch(dataset: Dataset, length: int) -> Dataset:
    """Bring every series to ``length`` points, evenly spaced, by linear interpolation.

    The first and the last point stay. Points that are missing are passed over.

    Raises
    ------
    OptionError
        If the length is no whole number from 2 up.
    """
    if type(length) is not int or not 2 <= length <= MOST_LENGTH:
        msg = f"length must be a whole number from 2 to {MOST_LENGTH}, not {length!r}."
        raise OptionError(msg)
    series = np.full((dataset.n_series, dataset.n_channels, length), np.nan, dtype=np.float32)
    for i, n_points in enumerate(dataset.lengths.tolist()):
        for channel in range(dataset.n_channels):
            series[i, channel] = _stretched(dataset.series[i, channel, :n_points], length)
    lengths = np.full(dataset.n_series, length, dtype=np.int64)
    return replace(dataset, series=series, lengths=lengths)


def _stretched(values: NDArray[np.float32], length: int) -> NDArray[np.float64] | float:
    seen = np.flatnonzero(~np.isnan(values))
    if not len(seen):
        return np.nan
    at = np.linspace(0.0, len(values) - 1, length)
    return np.interp(at, seen, values[seen].astype(np.float64))
