"""Refuse tables of one line a channel: a series of several channels is to be one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tszoo.data.readers.table.columns import Columns
from tszoo.data.readers.table.names import names_channels
from tszoo.errors import DataError

_MOST_CHANNELS = 64


def refuse_channel_lines(columns: Columns, left_out: Sequence[int]) -> None:
    """Raise DataError if a column is named as channels are, and each series has all of them.

    ``left_out`` are the columns that hold neither values nor labels.
    """
    for at in left_out:
        channels = columns.column(at)
        if not names_channels(columns.name(at)) or not 1 < len(set(channels)) <= _MOST_CHANNELS:
            continue
        ids = [columns.column(other) for other in left_out if other != at]
        if _take_turns(channels) or any(_are_crossed(one, channels) for one in ids):
            msg = (
                f"{columns.file}: a line holds one channel of a series, which {columns.called(at)} "
                "names. Put the channels of a series in one line, in columns such as x_0, x_1, x_2 "
                f"and y_0, y_1, y_2; or pass drop={at + 1} if each line is a series of its own."
            )
            raise DataError(msg)


def _take_turns(channels: list[str]) -> bool:
    """Tell whether channels come in the same order again and again."""
    n_channels = len(set(channels))
    first = channels[:n_channels]
    return len(channels) >= 2 * n_channels and all(
        channel == first[i % n_channels] for i, channel in enumerate(channels)
    )


def _are_crossed(ids: list[str], channels: list[str]) -> bool:
    """Tell whether each id comes once with each channel."""
    pairs = Counter(zip(ids, channels, strict=False))
    return max(pairs.values()) == 1 and len(pairs) == len(set(ids)) * len(set(channels))
