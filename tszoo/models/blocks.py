"""Blocks of series in which each gets the answer that it would get anywhere, to the last bit.

A convolution adds up in another order in a batch of another size, or of longer series. So all
blocks of series of one length have one size, which depends on the network and on nothing else:
copies of its last series fill a block. Series that differ in length are padded to widths that
depend on their own lengths alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tszoo.data.dataset import Dataset

# Values of a network's widest map for one block. A step more keeps a core hardly busier; but a
# series that comes alone takes as long as a whole block.
VALUES_A_BLOCK = 3 * 2**15
# Of a GPU, which needs more to be busy.
VALUES_A_BLOCK_CUDA = 2**24
MOST_SERIES_A_BLOCK = 1024
# Widths are multiples of this, and of an eighth of themselves or less.
LEAST_STEP = 16


class Block(NamedTuple):
    """Some series of a data set, and how they are computed.

    Attributes
    ----------
    rows : ndarray of int64, shape (n,)
        Which series; n is the block's size or, in the last block, less.
    dataset : Dataset
        As many series as the block's size, as wide as the block.
    """

    rows: NDArray[np.int64]
    dataset: Dataset


def blocks(dataset: Dataset, widest: int, *, unequal: bool, kind: str = "cpu") -> Iterator[Block]:
    """Cut a data set into blocks.

    Parameters
    ----------
    dataset : Dataset
    widest : int
        Maps of the network's widest layer.
    unequal : bool
        Whether series may differ in length, and are padded.
    kind : str
        The type of the device: ``"cpu"`` or ``"cuda"``.
    """
    widths = np.full(dataset.n_series, dataset.length)
    if unequal:
        widths = np.array([width_of(length) for length in dataset.lengths.tolist()])
    for width in np.unique(widths).tolist():
        rows = np.flatnonzero(widths == width)
        size = block_size(width, widest, kind)
        for start in range(0, len(rows), size):
            some = rows[start : start + size]
            filled = np.concatenate((some, np.repeat(some[-1:], size - len(some))))
            yield Block(some, _widened(dataset.take(filled), width))


def block_size(width: int, widest: int, kind: str = "cpu") -> int:
    """Say how many series a block has, by their width and the network's.

    >>> [block_size(width, 128) for width in (24, 150, 1000)]
    [32, 5, 1]
    """
    values = VALUES_A_BLOCK_CUDA if kind == "cuda" else VALUES_A_BLOCK
    return max(1, min(MOST_SERIES_A_BLOCK, values // (width * widest)))


def width_of(length: int) -> int:
    """Say to what width a series is padded, by its length.

    >>> [width_of(length) for length in (1, 16, 17, 150, 1000)]
    [16, 16, 32, 160, 1024]
    """
    step = max(LEAST_STEP, 1 << max(0, length.bit_length() - 3))
    return -(-length // step) * step


def _widened(dataset: Dataset, width: int) -> Dataset:
    """Put padding behind the longest series."""
    missing = width - dataset.length
    if missing == 0:
        return dataset
    padded = np.pad(dataset.series, ((0, 0), (0, 0), (0, missing)), constant_values=np.nan)
    return replace(dataset, series=padded)
