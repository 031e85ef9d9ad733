"""Cut data sets into pieces that are computed in one go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from tszoo.data.dataset import Dataset


def pieces(datasets: Iterable[Dataset], most: int) -> Iterator[Dataset]:
    """Yield the series of some data sets, in order, ``most`` of them at a time."""
    for dataset in datasets:
        if dataset.n_series <= most:
            yield dataset
            continue
        for start in range(0, dataset.n_series, most):
            yield dataset.take(np.arange(start, min(start + most, dataset.n_series)))
