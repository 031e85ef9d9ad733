"""Put the points of one recording together, in the order of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tszoo.data.readers.numbers import shorten
from tszoo.data.readers.points.gather import PointRows
from tszoo.errors import DataError

_FEWEST_POINTS = 4


@dataclass(frozen=True, eq=False)
class Recording:
    """Hold one recording, or a stretch of one that has one label and one group.

    Attributes
    ----------
    id, label, group : int
        Positions among their names.
    first : int
        Which point of the recording is the stretch's first, from 0.
    times : ndarray of float64, shape (length,), or None
    values : ndarray of float64, shape (length, n_channels)
    """

    id: int
    label: int
    group: int
    first: int
    times: NDArray[np.float64] | None
    values: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.values)


def refuse_midnight(rows: PointRows, names: Sequence[object], file: str) -> None:
    """Raise DataError if times of day pass midnight in a recording, as its rows stand.

    Then they rise, fall once below all before, and rise again: in their order, the end would be the
    beginning. ``names`` are what recordings are called.
    """
    if rows.times is None:
        return
    order = np.argsort(rows.ids, kind="stable")
    ids, times = rows.ids[order], rows.times[order]
    for part in np.split(np.arange(len(ids)), np.flatnonzero(np.diff(ids)) + 1):
        falls = int((np.diff(times[part]) < 0).sum())
        if len(part) >= _FEWEST_POINTS and falls == 1 and times[part[-1]] < times[part[0]]:
            name = names[ids[part[0]]] if names else ""
            msg = (
                f"{file}: the times of day pass midnight in the series {shorten(str(name))}. Write "
                "dates before them, or leave the column out with drop=... if lines are in order."
            )
            raise DataError(msg)


def in_order(rows: PointRows, names: Sequence[object], file: str) -> PointRows:
    """Return rows by id, and in the order of their times, or as they came where they have none.

    Raises
    ------
    DataError
        If a time occurs twice in a recording; ``names`` are what recordings are called.
    """
    if rows.times is None:
        order = np.argsort(rows.ids, kind="stable")
    else:
        order = np.lexsort((rows.times, rows.ids))
    if not np.array_equal(order, np.arange(len(order))):
        rows = rows.take(order)
    if rows.times is None:
        return rows
    twice = (np.diff(rows.times) == 0) & (np.diff(rows.ids) == 0)
    if twice.any():
        name = names[rows.ids[int(twice.argmax())]] if names else ""
        msg = (
            f"{file}: a time occurs twice in the series {shorten(str(name))}. If the ids stand in "
            "another column, pass id_column=...; if two columns tell series apart together, such "
            "as user and session, join them in one; if each line is one channel of a point, give "
            "each channel a column."
        )
        raise DataError(msg)
    return rows


def recordings(rows: PointRows) -> Iterator[Recording]:
    """Yield the recordings of rows in order, each cut where its label or its group changes."""
    changes = np.diff(rows.ids) != 0
    starts = np.concatenate(([0], np.flatnonzero(changes) + 1))
    begin = np.repeat(starts, np.diff(np.append(starts, len(rows.ids))))
    changes |= (np.diff(rows.labels) != 0) | (np.diff(rows.groups) != 0)
    bounds = [0, *(np.flatnonzero(changes) + 1).tolist(), len(rows.ids)]
    for start, end in pairwise(bounds):
        yield Recording(
            int(rows.ids[start]),
            int(rows.labels[start]),
            int(rows.groups[start]),
            int(start - begin[start]),
            None if rows.times is None else rows.times[start:end],
            rows.values[start:end],
        )
