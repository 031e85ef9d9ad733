"""Shorten long series by averaging points that lie together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tszoo.data.dataset import Dataset

# Work that grows with the square of the length, or with that of every source of a zoo, is done on
# series up to the first length as they are, and on means of blocks, the second number at most,
# where they are longer. The archive has no series that long.
LONG = 4096
LONGEST = 1024


def shorten(dataset: Dataset, longest: int = LONGEST) -> Dataset:
    """Average blocks of points, of the smallest size that leaves ``longest`` points at most.

    The last block of a series may be smaller. A block is missing where all its points are.
    """
    size = -(-dataset.length // longest)
    if size == 1:
        return dataset
    n_series, n_channels, length = dataset.series.shape
    n_blocks = -(-length // size)
    means = np.empty((n_series, n_channels, n_blocks), dtype=np.float32)
    for row, series in zip(means, dataset.series, strict=True):
        row[:] = _block_means(series, size, n_blocks)
    return replace(dataset, series=means, lengths=-(-dataset.lengths // size))


def _block_means(series: NDArray[np.float32], size: int, n_blocks: int) -> NDArray[np.float64]:
    """Average blocks of a series ``(n_channels, length)``, of the points that are there."""
    n_channels, length = series.shape
    padded = np.full((n_channels, n_blocks * size), np.nan)
    padded[:, :length] = series
    blocks = padded.reshape(n_channels, n_blocks, size)
    n_seen = (~np.isnan(blocks)).sum(axis=2)
    means = np.full((n_channels, n_blocks), np.nan)
    np.divide(np.nansum(blocks, axis=2), n_seen, out=means, where=n_seen > 0)
    return means
