"""Random series for which a file has to say what its model says."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from tszoo.data.dataset import Dataset
from tszoo.data.preprocess import Preprocessing
from tszoo.models.model import Model

BATCH_SIZES = (1, 7)


@dataclass(frozen=True)
class Sample:
    """A batch of series as a graph takes them, and what their model says.

    Attributes
    ----------
    series : ndarray of float32, shape (batch, n_channels, time)
        With noise in the padding.
    lengths : ndarray of int64, shape (batch,), or None
        None for a graph that takes none.
    probabilities : ndarray of float64, shape (batch, n_classes)
    """

    series: NDArray[np.float32]
    lengths: NDArray[np.int64] | None
    probabilities: NDArray[np.float64]

    @property
    def inputs(self) -> tuple[torch.Tensor, ...]:
        """What a graph takes."""
        arrays = (self.series,) if self.lengths is None else (self.series, self.lengths)
        return tuple(torch.from_numpy(array) for array in arrays)


def draw_samples(model: Model, seed: int = 0) -> list[Sample]:
    """Draw batches of two sizes, each of three lengths where the model's networks take any.

    A model that takes series of one length is asked with its networks, which may take others.
    """
    rng = np.random.default_rng(seed)
    asked = model
    times = [model.config.length]
    if takes_any_length(model):
        times += [max(1, model.config.length // 2), model.config.length + 5]
        preprocessing = Preprocessing(model.config.preprocessing.normalize, unequal=True)
        asked = replace(model, config=replace(model.config, preprocessing=preprocessing))
    has_lengths = model.config.preprocessing.unequal
    return [_draw(asked, size, time, has_lengths, rng) for time in times for size in BATCH_SIZES]


def takes_any_length(model: Model) -> bool:
    """Tell whether all networks of a model take series of any length."""
    return all(network.any_length for network in model.networks)


def _draw(
    asked: Model, size: int, time: int, has_lengths: bool, rng: np.random.Generator
) -> Sample:
    shape = (size, asked.config.n_channels, time)
    scales, levels = 10.0 ** rng.uniform(-1, 1, (*shape[:2], 1)), rng.normal(size=(*shape[:2], 1))
    series = (scales * (rng.standard_normal(shape) + levels)).astype(np.float32)
    lengths = np.full(size, time, dtype=np.int64)
    if has_lengths:
        lengths[1:] = rng.integers(1, time + 1, size - 1)
    dataset = Dataset.from_arrays(
        [values[:, :length] for values, length in zip(series, lengths, strict=True)],
        name="random series",
        unequal=asked.config.preprocessing.unequal,
        layout="NCT",
    )
    probabilities = asked.predict_proba(dataset)
    return Sample(series, lengths if has_lengths else None, probabilities)
