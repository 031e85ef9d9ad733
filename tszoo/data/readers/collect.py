"""From parsed rows to series: channels put together, blocks joined, lengths compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tszoo.data.readers.numbers import Rows
from tszoo.errors import DataError

Block = NDArray[np.float32] | Sequence[NDArray[np.float32]]


def stack_channels(rows: Rows, n_channels: int, place: Callable[[int], str]) -> Block:
    """Put every ``n_channels`` rows together as one series.

    Returns an array (n_series, n_channels, length), or a list of (n_channels, length) arrays if lengths differ.
    ``place(series)`` names a series in an error.

    Raises
    ------
    DataError
        If the channels of one series differ in length.
    """
    if isinstance(rows, np.ndarray):
        return rows.reshape(-1, n_channels, rows.shape[1])
    series = []
    for i in range(len(rows) // n_channels):
        own = rows[i * n_channels : (i + 1) * n_channels]
        odd = next((k for k, row in enumerate(own) if len(row) != len(own[0])), None)
        if odd is not None:
            msg = (
                f"{place(i)}, channel {odd + 1}: {len(own[odd])} values, channel 1 has {len(own[0])}. "
                "The channels of one series must be equally long."
            )
            raise DataError(msg)
        series.append(np.stack(own))
    return series


@dataclass
class Collector:
    """Gathers blocks of series, and refuses one whose length differs unless ``ragged`` allows it."""

    ragged: bool
    blocks: list[Block] = field(default_factory=list)
    length: int | None = None

    def add(self, block: Block, place: Callable[[int], str]) -> None:
        """Append a block; ``place(series)`` names one of its series in an error."""
        if not len(block):
            return
        lengths = [block.shape[2]] if isinstance(block, np.ndarray) else [series.shape[1] for series in block]
        before = lengths[0] if self.length is None else self.length
        for i, length in enumerate(lengths):
            if length != before and not self.ragged:
                msg = (
                    f"{place(i)}: {length} values, the line before it has {before}. "
                    "Pass --unequal to allow series of different lengths."
                )
                raise DataError(msg)
            before = length
        self.length = before
        self.blocks.append(block)

    def join(self) -> Block:
        """All series: an array (n_series, n_channels, length), or a list of arrays if they differ in length."""
        blocks = [block for block in self.blocks if isinstance(block, np.ndarray)]
        if len(blocks) == len(self.blocks) and len({block.shape[2] for block in blocks}) == 1:
            return blocks[0] if len(blocks) == 1 else np.concatenate(blocks)
        return [series for block in self.blocks for series in block]
