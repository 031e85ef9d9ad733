"""Remember how a table was read, so that the next one of its kind is read alike."""

from __future__ import annotations

from dataclasses import dataclass

Column = str | int


@dataclass(frozen=True)
class TableReading:
    """Say how a table was read; a column is a name of the header, or a number counted from 1.

    Attributes
    ----------
    by_point : bool
        Whether a row is a point of a series, and not a whole series.
    header : bool
        Whether the first line named the columns.
    label, id, time, group : str, int or None
        The columns of labels, ids, times and groups; None where there are none. Without a header
        labels may be in the ``"last"`` column.
    channels : tuple of str or int
        Where a row is a point, the columns of values.
    left_out : tuple of str or int
        Where a row is a series, the columns that are none of all these and no values.
    values : tuple of str
        Where a row is a series of one channel, the names of its values in order, unless they are
        numbers or dates that rise.
    firsts : tuple of str
        Where a row is a series of several channels, the name of each one's first value.
    window, stride : int or None
        Points of a window that was cut from recordings, and from one window to the next.
    step : float or None
        Where a row is a point, from one time to the next: seconds of dates, else as written.
    """

    by_point: bool = False
    header: bool = True
    label: Column | None = None
    id: Column | None = None
    time: Column | None = None
    group: Column | None = None
    channels: tuple[Column, ...] = ()
    left_out: tuple[Column, ...] = ()
    values: tuple[str, ...] = ()
    firsts: tuple[str, ...] = ()
    window: int | None = None
    stride: int | None = None
    step: float | None = None


@dataclass(frozen=True)
class Like:
    """Say what a file is to be read like: a model's training data.

    Attributes
    ----------
    reading : TableReading or None
        How those were read; None where nothing is known.
    n_values : int or None
        How many values a row of a series has; None where series may differ in length.
    """

    reading: TableReading | None = None
    n_values: int | None = None
