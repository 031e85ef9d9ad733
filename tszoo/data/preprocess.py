"""What is done to a series before a network sees it; stored with the model, done again at prediction."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tszoo.data.dataset import Dataset
from tszoo.errors import DataError, ModelError


@dataclass(frozen=True)
class Preprocessing:
    """How series become a network's input. Each series is treated by itself, never by its neighbours.

    Attributes
    ----------
    normalize : bool
        Bring every channel of every series to mean 0 and standard deviation 1 over its observed points.
    length : int or None
        Resample every series linearly to this many points, whatever its length; None leaves lengths alone,
        and then all series must be equally long.

    Missing values are always interpolated linearly; those before the first or behind the last value take it.
    """

    normalize: bool = True
    length: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Preprocessing:
        """Read what ``to_dict`` wrote; raise ModelError if it is anything else."""
        if not isinstance(values, dict) or set(values) != {"normalize", "length"}:
            msg = f"preprocessing must hold exactly 'normalize' and 'length', not {values!r}."
            raise ModelError(msg)
        length = values["length"]
        if not isinstance(values["normalize"], bool) or not (
            length is None or (type(length) is int and 1 <= length <= 1_000_000)
        ):
            msg = f"preprocessing has a value out of range: {values!r}."
            raise ModelError(msg)
        return cls(**values)


def choose_preprocessing(train: Dataset) -> Preprocessing:
    """What suits a training set: series of unequal lengths are resampled to the longest of them."""
    return Preprocessing(length=train.length if train.is_unequal else None)


def prepare(dataset: Dataset, preprocessing: Preprocessing, expected_length: int | None = None) -> NDArray[np.float32]:
    """Turn a data set into a network's input.

    Parameters
    ----------
    dataset : Dataset
        Series (n_series, n_channels, length).
    preprocessing : Preprocessing
    expected_length : int or None
        The length the model was trained on, checked when ``preprocessing`` does not resample.

    Returns
    -------
    ndarray of float32, shape (n_series, n_channels, length), without NaN

    Raises
    ------
    DataError
        If the series have lengths that the preprocessing cannot take.
    """
    if preprocessing.length is None:
        expected = dataset.length if expected_length is None else expected_length
        odd = np.flatnonzero(dataset.lengths != expected)
        if len(odd):
            msg = (
                f"{dataset.name}, series {odd[0]}: {dataset.lengths[odd[0]]} values, expected {expected}. "
                "Train with --unequal to allow series of different lengths."
            )
            raise DataError(msg)
    series = dataset.series
    if np.isnan(series).any():
        series = interpolate_missing(series, dataset.lengths)
    if preprocessing.normalize:
        series = _znormalize(series, dataset)
    if preprocessing.length is not None:
        series = _resample(series, dataset.lengths, preprocessing.length)
    return np.ascontiguousarray(series, dtype=np.float32)


def interpolate_missing(series: NDArray[np.float32], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
    """Fill NaNs inside each series linearly and at its ends with the nearest value; padding stays.

    ``series`` is (n, channels, length), ``lengths`` (n,); a new array of the same shape comes back.
    """
    filled = series.copy()
    for i in np.flatnonzero(np.isnan(series).any(axis=(1, 2))):
        own = filled[i, :, : lengths[i]]
        for row in own:
            gap = np.isnan(row)
            if gap.all():
                row[:] = 0.0  # a channel silent within this series' own length
            elif gap.any():
                at = np.arange(len(row))
                row[gap] = np.interp(at[gap], at[~gap], row[~gap])
    return filled


def znormalize(series: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Mean 0 and standard deviation 1 over the last axis, NaN left out; a constant series becomes zeros.

    Any shape; the result is float32, and NaN stays NaN.
    """
    wide = np.asarray(series, dtype=np.float64)
    mean = np.nanmean(wide, axis=-1, keepdims=True)
    scale = np.nanstd(wide, axis=-1, keepdims=True)
    # rounding leaves a constant series a spread of about one unit in the last place, not zero
    constant = scale <= 1e-7 * np.maximum(np.abs(mean), np.finfo(np.float32).tiny)
    return np.where(constant, wide * 0.0, (wide - mean) / np.where(constant, 1.0, scale)).astype(np.float32)


def _znormalize(filled: NDArray[np.float32], dataset: Dataset) -> NDArray[np.float32]:
    """Scale by the observed points alone: interpolated ones say nothing new about level and spread."""
    if not np.isnan(dataset.series).any():
        return znormalize(filled)
    normalized = np.empty_like(filled)
    for i, length in enumerate(dataset.lengths):
        for channel in range(dataset.n_channels):
            own = filled[i, channel, :length].astype(np.float64)
            observed = own[~np.isnan(dataset.series[i, channel, :length])]
            mean, scale = (observed.mean(), observed.std()) if len(observed) else (0.0, 0.0)
            constant = scale <= 1e-7 * max(abs(mean), float(np.finfo(np.float32).tiny))
            normalized[i, channel, :length] = 0.0 if constant else (own - mean) / scale
            normalized[i, channel, length:] = np.nan
    return normalized


def _resample(series: NDArray[np.float32], lengths: NDArray[np.int64], length: int) -> NDArray[np.float32]:
    if series.shape[2] == length and (lengths == length).all():
        return series
    resampled = np.empty((*series.shape[:2], length), dtype=np.float32)
    for i, own in enumerate(lengths):
        at = np.linspace(0, own - 1, length)
        for channel in range(series.shape[1]):
            resampled[i, channel] = np.interp(at, np.arange(own), series[i, channel, :own])
    return resampled
