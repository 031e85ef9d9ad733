"""Define what every reader gets and gives."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from tszoo.data.dataset import Label
from tszoo.data.readers.numbers import shorten
from tszoo.data.spellings import is_no_label, same_label
from tszoo.data.table_reading import Like, TableReading
from tszoo.errors import DataError

Channels = NDArray[np.float32]

SAY_WHERE = (
    'Say where the labels are with label_column="last", a column number, a column name or "none".'
)


@dataclass(frozen=True)
class ReadOptions:
    """Hold what a caller may say about a file.

    Attributes
    ----------
    label_column : str or int
        ``"first"``, ``"last"``, ``"none"``, a column number counted from 1, or a name in the
        header. Formats that say themselves where the labels are know only ``"none"``, which leaves
        them out.
    unequal : bool or None
        True allows rows of different lengths; None and False refuse them.
    labels_wanted : bool
        Whether the labels will be looked at. Those that nobody looks at may be anything.
    split : str or None
        Of a file that holds both splits, the one that is wanted.
    layout : str or None
        The order of an array's axes, see ``tszoo.data.layouts``; read by arrays alone.
    header, id_column, time_column, drop, encoding, labels, channels, window, stride, group, like
        See ``TableOptions``.
    by_point : bool
        Whether a line is surely a point, as in the data that a model was trained on.
    by_series : bool
        Whether a line is surely a series.
    step : float or None
        The time from one point to the next; None for that of most recordings.
    """

    label_column: str | int = "first"
    unequal: bool | None = None
    labels_wanted: bool = True
    split: str | None = None
    layout: str | None = None
    header: bool | None = None
    id_column: str | int | None = None
    time_column: str | int | None = None
    drop: str | int | Sequence[str | int] | None = None
    encoding: str = "utf-8"
    labels: str | PathLike[str] | None = None
    channels: str | int | Sequence[str | int] | None = None
    window: int | None = None
    stride: int | None = None
    group: str | int | None = None
    like: Like | None = None
    by_point: bool = False
    by_series: bool = False
    step: float | None = None

    @property
    def reads_labels(self) -> bool:
        """Whether a label has to be one."""
        return self.labels_wanted and self.label_column != "none"

    def table(self) -> list[str]:
        """Return the names of what is said that makes sense for delimited text alone."""
        columns = ("header", "id_column", "time_column", "drop", "channels", "group")
        names = (*columns, "window", "stride")
        return [name for name in names if getattr(self, name) is not None]


class TableOptions(TypedDict, total=False):
    """Name what a caller may say about how data are read, beside where labels are.

    All but ``labels`` and ``layout`` are of tables: ``.csv``, ``.tsv``, ``.txt``, ``.parquet`` and
    ``.feather`` files.

    Attributes
    ----------
    header : bool or None
        Whether the first line names the columns; None decides by how it differs from the others.
    id_column : str, int or None
        Where the ids of the series stand: a column number counted from 1, or a name in the header.
        Ids that repeat beside a few channels mean one line a point.
    time_column : str, int or None
        Where times stand, in a table of one line a point: numbers or ISO dates. Recordings whose
        times are uneven are resampled.
    drop : str, int, sequence of them, or None
        Columns to leave out, as numbers or names; ``"none"`` takes every column for values but the
        label's and the ids'.
    channels : str, int, sequence of them, or None
        In a table of one line a point, the columns of values.
    window : int or None
        Points of the windows that recordings are cut into, where a line is a point. A window has
        one label: recordings are cut where it changes, and what has no label is left out.
    stride : int or None
        Points from one window to the next; None is a window, so that none overlap.
    group : str, int or None
        Where it stands what series have in common that new series will not, such as the machine or
        the person. Left-out figures leave out all series of a group. Of windows it is the id,
        unless told.
    like : Like or None
        What else was read so: a model's training data (``model.config.like``). What is said beside
        goes before it.
    labels : path or None
        A second file that holds the labels, one for each series: an ``.npy``, or text with one a
        line. The first has series alone then.
    layout : {"NCT", "NTC"} or None
        Whether the ``X`` of a ``.npz`` or ``.npy`` has channels before time or behind it. None
        takes channels first, and warns where there are more channels than points.
    encoding : str
        How the file's bytes spell text; ``"utf-8"`` unless told.
    """

    header: bool | None
    id_column: str | int | None
    time_column: str | int | None
    drop: str | int | Sequence[str | int] | None
    encoding: str
    labels: str | PathLike[str] | None
    layout: str | None
    channels: str | int | Sequence[str | int] | None
    window: int | None
    stride: int | None
    group: str | int | None
    like: Like | None


@dataclass(frozen=True, eq=False)
class RawSeries:
    """Hold the numbers and labels of a file, or of a part of it, before they become a data set.

    Attributes
    ----------
    series : ndarray of float32 or list of ndarrays
        Shape (n_series, n_channels, length), or, where the series differ in length, a list of
        (n_channels, length) arrays. Missing values are NaN.
    labels : list or None
        The label of each series: text as written, or Python values where the format has types.
    padded : bool or None
        Whether NaNs at the end of a series are padding; None if the format does not say.
    typed : bool
        Whether the labels' types are the file's own, not text.
    ids : list of str or None
        What the file calls each series.
    read_as : str
        How the file was read, in a line; empty where a format leaves nothing to decide.
    groups : list of str or None
        What each series has in common with others.
    spans : list of (str, str) or None
        When each window starts and ends.
    reading : TableReading or None
        How a table was read, for the next one.
    """

    series: NDArray[np.float32] | Sequence[Channels]
    labels: list[Label] | None
    padded: bool | None = None
    typed: bool = False
    ids: list[str] | None = None
    read_as: str = ""
    groups: list[str] | None = None
    spans: list[tuple[str, str]] | None = None
    reading: TableReading | None = None

    @property
    def has_gaps(self) -> bool:
        """Whether any value is NaN."""
        if isinstance(self.series, np.ndarray):
            return bool(np.isnan(self.series).any())
        return any(bool(np.isnan(channels).any()) for channels in self.series)


def check_class(label: str, declared: Collection[str | float], where: str, header: str) -> None:
    """Raise DataError unless a label is among those ``declared``, brought to one spelling.

    Where none is declared, any is right. ``where`` names the row, ``header`` what declares.
    """
    if not declared or same_label(label) in declared:
        return
    if is_no_label(label):
        msg = (
            f"{where}: no class ({label}). Give the series one, leave it out, or pass "
            'label_column="none" if no labels are needed.'
        )
        raise DataError(msg)
    msg = (
        f"{where}: class {shorten(label)} is none of those that {header} declares. Mend one of "
        "them."
    )
    raise DataError(msg)
