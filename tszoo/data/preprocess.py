"""Prepare series for a network; a model stores how, and does it again when it predicts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tszoo.data.dataset import Dataset
from tszoo.errors import DataError, ModelError

_CHUNK_VALUES = 2**22  # bounds the float64 working copies to some tens of megabytes


@dataclass(frozen=True)
class Preprocessing:
    """Say how series become a network's input; each series is treated by itself.

    Attributes
    ----------
    normalize : bool
        Bring every channel of every series to mean 0 and standard deviation 1 over its observed
        points.
    unequal : bool
        Whether series may differ in length. A shorter one is then followed by zeros, which the
        networks mask.

    Missing values are always interpolated linearly; those before the first or behind the last value
    take it.
    """

    normalize: bool = True
    unequal: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Preprocessing:
        """Read what ``to_dict`` wrote; raise ModelError if it is anything else."""
        if not isinstance(values, dict) or set(values) != {"normalize", "unequal"}:
            msg = f"preprocessing must hold exactly 'normalize' and 'unequal', not {values!r}."
            raise ModelError(msg)
        if not all(isinstance(value, bool) for value in values.values()):
            msg = f"preprocessing must hold truth values, not {values!r}."
            raise ModelError(msg)
        return cls(**values)


def choose_preprocessing(train: Dataset) -> Preprocessing:
    """Choose what suits a training set.

    A model takes series of any length if its training series differ in length, or if they are to be
    taken so (``Dataset.any_length``).
    """
    return Preprocessing(unequal=train.is_unequal or train.any_length)


def prepare(
    dataset: Dataset, preprocessing: Preprocessing, expected_length: int | None = None
) -> NDArray[np.float32]:
    """Turn a data set into a network's input.

    Parameters
    ----------
    dataset : Dataset
        Series (n_series, n_channels, length).
    preprocessing : Preprocessing
    expected_length : int or None
        The length the model was trained on, checked unless series may differ in length.

    Returns
    -------
    ndarray of float32, shape (n_series, n_channels, length), without NaN
        Zeros follow a series that is shorter than the longest; ``dataset.lengths`` says where it
        ends.

    Raises
    ------
    DataError
        If the series have lengths that the preprocessing cannot take.
    """
    if not preprocessing.unequal:
        _check_lengths(dataset, dataset.length if expected_length is None else expected_length)
    prepared = np.zeros(dataset.series.shape, dtype=np.float32)
    # series of one length are treated together, and only their own points enter: the result for a
    # series is the same to the last bit, whatever its neighbours are
    for length in np.unique(dataset.lengths).tolist():
        at = np.flatnonzero(dataset.lengths == length)
        step = max(1, _CHUNK_VALUES // (dataset.n_channels * length))
        for start in range(0, len(at), step):
            rows = at[start : start + step]
            prepared[rows, :, :length] = _prepare_equal(
                dataset.series[rows, :, :length], preprocessing
            )
    return prepared


def _check_lengths(dataset: Dataset, expected: int) -> None:
    """Raise DataError at the first series of another length than ``expected``."""
    others = np.flatnonzero(dataset.lengths != expected)
    if len(others):
        first = others[0]
        msg = (
            f"{dataset.name}, series {first}: {dataset.lengths[first]} values, expected "
            f"{expected}. Train with unequal=True to allow series of different lengths."
        )
        raise DataError(msg)


def _prepare_equal(
    series: NDArray[np.float32], preprocessing: Preprocessing
) -> NDArray[np.floating[Any]]:
    """Prepare series that are equally long, shape (n, channels, length), padding cut off."""
    wide = series.astype(np.float64, order="C")
    if preprocessing.normalize:
        # before filling: interpolated points say nothing new about level and spread
        wide = _scale(wide)
    return _fill(wide)


def znormalize(series: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Bring the last axis to mean 0 and standard deviation 1, NaN left out.

    ``series`` may have any shape; the result is float32. A constant series becomes zeros, and NaN
    stays NaN.
    """
    return _scale(np.array(series, dtype=np.float64)).astype(np.float32)


def _scale(wide: NDArray[np.float64]) -> NDArray[np.float64]:
    """Z-normalise the last axis over its observed points; NaN stays NaN."""
    missing = np.isnan(wide)
    observed = np.where(missing, 0.0, wide) if missing.any() else wide
    count = np.maximum(wide.shape[-1] - missing.sum(axis=-1, keepdims=True), 1)
    mean = observed.sum(axis=-1, keepdims=True) / count
    centred: NDArray[np.float64] = observed - mean
    centred[missing] = 0.0
    scale = np.sqrt((centred * centred).sum(axis=-1, keepdims=True) / count)
    # rounding leaves a constant series a spread of about one unit in the last place, not zero
    constant = scale <= 1e-7 * np.maximum(np.abs(mean), np.finfo(np.float32).tiny)
    centred /= np.where(constant, np.inf, scale)
    centred[missing] = np.nan
    return centred


def _fill(series: NDArray[np.float64]) -> NDArray[np.float64]:
    """Interpolate NaNs along the last axis.

    NaNs at an end take the nearest value; a series without a value becomes zeros.
    """
    missing = np.isnan(series)
    if not missing.any():
        return series
    length = series.shape[-1]
    filled = np.where(missing.all(axis=-1, keepdims=True), 0.0, series)
    flat = filled.reshape(-1)
    gaps = np.isnan(flat)
    seen, at = np.flatnonzero(~gaps), np.flatnonzero(gaps)
    behind = np.searchsorted(seen, at)
    left, right = seen[np.maximum(behind - 1, 0)], seen[np.minimum(behind, len(seen) - 1)]
    # at an end of a series one neighbour belongs to another series: take the other one twice
    left, right = (
        np.where(left // length == at // length, left, right),
        np.where(right // length == at // length, right, left),
    )
    weight = (at - left) / np.maximum(right - left, 1)
    flat[at] = flat[left] + weight * (flat[right] - flat[left])
    return filled
