"""Series whose classes differ by what normalisation takes out of them."""

from __future__ import annotations

import numpy as np

from tszoo.data import Dataset


def make_levels(
    kind: str, n_series: int = 24, n_classes: int = 2, n_channels: int = 1, seed: int = 0
) -> Dataset:
    """Noise whose classes differ by ``level``, by ``scale``, by ``slope``, or by ``nothing``.

    Of several channels, the last one has it. ``nothing`` has levels, and they tell nothing.
    """
    rng = np.random.default_rng(seed)
    labels = np.arange(n_series) % n_classes
    series = rng.standard_normal((n_series, n_channels, 24))
    of_class, last = labels[:, None], series[:, -1]
    if kind == "level":
        last += 20 + 40 * of_class + rng.standard_normal((n_series, 1))
    elif kind == "scale":
        last *= 10.0**of_class
    elif kind == "slope":
        last += 0.5 * of_class * np.arange(24) + 9 * rng.standard_normal((n_series, 1))
    else:
        last += 9 * rng.standard_normal((n_series, 1))
    return Dataset.from_arrays(series, [f"c{k}" for k in labels], name="Levels")
