"""Data sets small enough to learn in seconds."""

from __future__ import annotations

import numpy as np

from tszoo.data import Dataset


def make_toy(
    n_series: int = 24,
    length: int = 32,
    n_classes: int = 2,
    n_channels: int = 1,
    seed: int = 0,
    mislabelled: int = 0,
) -> Dataset:
    """Noisy waves whose number of cycles is their class, but for the first ``mislabelled``.

    Learnt in seconds, impossible by chance.
    """
    rng = np.random.default_rng(seed)
    labels = np.arange(n_series) % n_classes
    cycles = 2.0 * (labels[:, None] + 1)
    at = np.arange(length) / length
    waves = np.sin(2 * np.pi * (cycles * at + rng.uniform(size=(n_series, 1))))
    series = waves[:, None, :] + 0.2 * rng.standard_normal((n_series, n_channels, length))
    labels[:mislabelled] = (labels[:mislabelled] + 1) % n_classes
    return Dataset.from_arrays(series, [f"c{k}" for k in labels], name="Toy", layout="NCT")
