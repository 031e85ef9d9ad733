"""From parsed rows to series: channels put together, lengths compared, parts joined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tszoo.data.readers.numbers import Rows
from tszoo.data.readers.raw import RawSeries
from tszoo.errors import DataError

Block = NDArray[np.float32] | Sequence[NDArray[np.float32]]


def stack_channels(rows: Rows, n_channels: int, place: Callable[[int], str]) -> Block:
    """Put every ``n_channels`` rows together as one series.

    Returns an array (n_series, n_channels, length), or a list of (n_channels, length) arrays if
    lengths differ. ``place(series)`` names a series in an error.

    Raises
    ------
    DataError
        If the channels of one series differ in length.
    """
    if isinstance(rows, np.ndarray):
        return rows.reshape(len(rows) // n_channels, n_channels, rows.shape[1])
    series = []
    for i in range(len(rows) // n_channels):
        own = rows[i * n_channels : (i + 1) * n_channels]
        odd = next((k for k, row in enumerate(own) if len(row) != len(own[0])), None)
        if odd is not None:
            msg = (
                f"{place(i)}, channel {odd + 1}: {len(own[odd])} values, channel 1 has "
                f"{len(own[0])}. The channels of one series must be equally long."
            )
            raise DataError(msg)
        series.append(np.stack(own))
    return series


@dataclass
class SameLength:
    """Remembers the length of the series read so far, and refuses another unless ``ragged`` allows it."""

    ragged: bool
    length: int | None = None

    def check(self, block: Block, place: Callable[[int], str]) -> None:
        """Check the next series; ``place(series)`` names one of them in an error."""
        lengths = (
            [block.shape[2]]
            if isinstance(block, np.ndarray)
            else [series.shape[1] for series in block]
        )
        before = lengths[0] if self.length is None else self.length
        for i, length in enumerate(lengths):
            if length != before and not self.ragged:
                msg = (
                    f"{place(i)}: {length} values, the line before it has {before}. Pass --unequal "
                    "to allow series of different lengths."
                )
                raise DataError(msg)
            before = length
        self.length = before


def join(parts: list[RawSeries]) -> RawSeries:
    """Put the parts of one file together, in order; there is at least one."""
    blocks = [part.series for part in parts if isinstance(part.series, np.ndarray)]
    labels = (
        None
        if parts[0].labels is None
        else [label for part in parts for label in part.labels or ()]
    )
    if len(blocks) == len(parts) and len({block.shape[2] for block in blocks}) == 1:
        series = blocks[0] if len(blocks) == 1 else np.concatenate(blocks)
        return replace(parts[0], series=series, labels=labels)
    return replace(parts[0], series=[own for part in parts for own in part.series], labels=labels)
