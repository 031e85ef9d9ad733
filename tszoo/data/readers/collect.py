"""Make series from parsed rows: put channels together, compare lengths, join parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

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
        channels = rows[i * n_channels : (i + 1) * n_channels]
        for k, channel in enumerate(channels):
            if len(channel) != len(channels[0]):
                msg = (
                    f"{place(i)}, channel {k + 1}: {len(channel)} values, channel 1 has "
                    f"{len(channels[0])}. The channels of one series must be equally long."
                )
                raise DataError(msg)
        series.append(np.stack(channels))
    return series


@dataclass
class SameLength:
    """Remember the length of the series read so far; refuse another unless ``ragged`` allows it."""

    ragged: bool
    length: int | None = None

    def check(self, block: Block, place: Callable[[int], str]) -> None:
        """Check the next series; ``place(series)`` names one of them in an error."""
        if isinstance(block, np.ndarray):
            lengths = [block.shape[2]]
        else:
            lengths = [series.shape[1] for series in block]
        for i, length in enumerate(lengths):
            if length != self.length and self.length is not None and not self.ragged:
                msg = (
                    f"{place(i)}: {length} values, the line before it has {self.length}. Pass "
                    "unequal=True to allow series of different lengths."
                )
                raise DataError(msg)
            self.length = length


def join(parts: list[RawSeries]) -> RawSeries:
    """Put the parts of one file together, in order; there is at least one."""
    if len(parts) == 1:
        return parts[0]
    beside: dict[str, Any] = {name: _joined(parts, name) for name in ("labels", "ids", "groups")}
    first = replace(parts[0], **beside)
    blocks = [part.series for part in parts if isinstance(part.series, np.ndarray)]
    if len(blocks) == len(parts) and len({block.shape[2] for block in blocks}) == 1:
        return replace(first, series=np.concatenate(blocks))
    rows = [series for part in parts for series in part.series]
    return replace(first, series=rows)


def _joined(parts: list[RawSeries], name: str) -> list[Any] | None:
    """Put the labels, ids or groups of parts together, if they have some."""
    if getattr(parts[0], name) is None:
        return None
    return list(chain.from_iterable(getattr(part, name) for part in parts))
