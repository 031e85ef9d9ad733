"""Define Dataset, the noun that everything else is about: a set of labelled time series."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tszoo.data.classes import Label, encode, recode
from tszoo.data.copies import join_groups, number_copies
from tszoo.data.layouts import channels_first, refuse_other_order
from tszoo.data.table_reading import Column, Like, TableReading
from tszoo.data.values import as_padded, check_values, has_inner_gap, observed_lengths
from tszoo.errors import DataError
from tszoo.late import late
from tszoo.text import printable

__all__ = ["Dataset", "Label"]

Of = TypeVar("Of")


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Time series of one kind, with or without labels.

    ``len(dataset)`` is the number of series.

    Attributes
    ----------
    name : str
        What the data are called, for instance ``"GunPoint"``.
    series : ndarray of float32, shape (n_series, n_channels, length)
        NaN marks a missing value, and the padding behind a series shorter than the longest.
    lengths : ndarray of int64, shape (n_series,)
        How many points each series has; what lies behind is padding.
    labels : ndarray of int64, shape (n_series,), or None
        Index of each series' class in ``classes``; None for unlabelled series.
    classes : tuple
        The labels as the user wrote them, in order.
    provenance : str
        Where the data came from: a path, or ``"memory"``.
    split : str or None
        ``"train"``, ``"test"`` or None when there is only one.
    any_length : bool
        Whether a model of these series is to take series of any length, even where they are all of
        one length. It is no part of the content: ``sha256`` does not depend on it.
    ids : tuple of str or None
        What the file calls each series, if it has a column for that; no part of the content.
    read_as : str
        How the file was read, in a line: where it has a header, labels, values, and what was left
        out. Empty where there was nothing to decide.
    groups : tuple of str or None
        What each series has in common with others, such as the machine or the person: left-out
        figures leave out a whole group. No part of the content.
    spans : tuple of (str, str) or None
        When each window of a recording starts and ends.
    reading : TableReading or None
        How a table was read, for the next one.
    weights : ndarray of float64, shape (n_series,), or None
        How much each series counts in a fit, above 0; None where all count the same. See
        ``tszoo.data.weights``.
    """

    name: str
    series: NDArray[np.float32]
    lengths: NDArray[np.int64]
    labels: NDArray[np.int64] | None
    classes: tuple[Label, ...]
    provenance: str = "memory"
    split: str | None = None
    any_length: bool = False
    ids: tuple[str, ...] | None = None
    read_as: str = ""
    groups: tuple[str, ...] | None = None
    spans: tuple[tuple[str, str], ...] | None = None
    reading: TableReading | None = None
    weights: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        for array in (self.series, self.lengths, self.labels, self.weights):
            if array is not None:
                array.flags.writeable = False

    def __len__(self) -> int:
        return self.n_series

    def __repr__(self) -> str:
        parts = [f"{self.n_series} series", _counted(self.n_channels, "channel")]
        if self.is_unequal:
            parts.append(f"{self.lengths.min()} to {self.length} points")
        else:
            parts.append(_counted(self.length, "point"))
        if self.labels is None:
            parts.append("no labels")
        else:
            parts.append("1 class" if self.n_classes == 1 else f"{self.n_classes} classes")
        title = ", ".join(filter(None, [printable(self.name, 60), self.split]))
        return f"<Dataset {title}: {', '.join(parts)}>"

    @classmethod
    def from_arrays(
        cls,
        X: ArrayLike | Sequence[ArrayLike],
        y: Iterable[Label] | None = None,
        *,
        name: str = "unnamed",
        provenance: str = "memory",
        split: str | None = None,
        unequal: bool | None = None,
        layout: str | None = None,
    ) -> Dataset:
        """Build a data set from arrays, checking every value.

        Parameters
        ----------
        X : array-like, frame, or list of arrays or frames
            An array is (n_series, length) or (n_series, n_channels, length). A list holds arrays of
            shape (length,) or (n_channels, length), whose lengths may differ. A frame in a list is
            (length, n_channels). A frame by itself has an index of series and time, a series in
            every cell, or a series of one channel in every row.
        y : iterable of hashables of one type, or None
        name, provenance, split : str
            See the class.
        unequal : bool or None
            Whether NaNs at the end of a series are padding (the series is shorter) or missing
            values. None decides as the UCR archive is made: padding if NaNs stand only at ends of
            series, missing values if any series has one elsewhere. True also sets ``any_length``.
        layout : {"NCT", "NTC"} or None
            Whether arrays have channels before time or behind it; frames say so themselves. None
            takes channels first, and warns where there are more channels than points.

        Raises
        ------
        OptionError
            If there is no such layout.
        DataError
            If X is empty, not numeric, has infinite values, series without a single value, or
            another number of series than y has labels; if a series stands on an offset so large
            that 32-bit numbers cannot tell its values apart; if a label is missing: None, NaN, or
            the text ``""``, ``"?"`` or ``"nan"``; if two labels look the same, and are not; if X
            and y have one index of pandas, in different orders.

        Examples
        --------
        >>> Dataset.from_arrays([[1, 2, 3], [4, 5, 6]], ["up", "down"], name="Mine")
        <Dataset Mine: 2 series, 1 channel, 3 points, 2 classes>
        """
        refuse_other_order(X, y, name)
        series, lengths = as_padded(channels_first(X, layout, name), name)
        check_values(series, name)
        is_padded = not has_inner_gap(series) if unequal is None else unequal
        if is_padded:
            lengths = observed_lengths(series)
        labels: NDArray[np.int64] | None = None
        classes: tuple[Label, ...] = ()
        if y is not None:
            labels, classes = encode(y, len(series), name)
        return cls(
            name,
            np.ascontiguousarray(series[:, :, : int(lengths.max())]),
            lengths,
            labels,
            classes,
            provenance,
            split,
            any_length=unequal is True,
        )

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        *,
        id: Column | None = None,  # noqa: A002  # what tables call it
        time: Column | None = None,
        label: Column | None = None,
        channels: Column | Sequence[Column] | None = None,
        window: int | None = None,
        stride: int | None = None,
        group: Column | None = None,
    ) -> Dataset:
        """Build a data set from a frame of pandas, polars or pyarrow.

        A row is a point of a series where an id, a time, channels or a window is given, and ids
        repeat; otherwise it is a whole series. Where cells are lists, each is a series, and several
        such columns are its channels.

        Parameters
        ----------
        frame : pandas.DataFrame, polars.DataFrame, pyarrow.Table, or what else narwhals knows
        id : str, int or None
            The column that says which recording a row belongs to; None for one recording.
        time : str, int or None
            The column of times, by which points are ordered: numbers or dates. Recordings whose
            times are uneven are resampled. None where rows are in order.
        label : str, int or None
            The column of labels, which do not change within a series; None for unlabelled series.
        channels : str, int, sequence of them, or None
            The columns of values; None is every column of numbers that is left and moves.
        window, stride : int or None
            Cut recordings into windows of so many points, one every ``stride`` points; None is a
            window. A recording is cut where its label changes, and a point without label is left
            out.
        group : str, int or None
            The column that says what series have in common that new series will not, such as the
            machine or the person: left-out figures leave out all of a group. Of windows it is the
            id, unless told.

        Raises
        ------
        OptionError
            If a window or a stride is out of range, or a column is said to be two things.
        DataError
            If a column does not exist or cannot be read, or the series cannot be used; see
            ``from_arrays``.

        Examples
        --------
        >>> Dataset.from_frame(df, id="machine", time="when", label="state", window=128)
        ... # doctest: +SKIP
        """
        options = late("tszoo.data.readers.raw", "ReadOptions")(
            label_column="none" if label is None else label,
            id_column=id,
            time_column=time,
            channels=channels,
            window=window,
            stride=stride,
            group=group,
        )
        dataset: Dataset = late("tszoo.data.from_frame", "dataset_of_frame")(frame, options)
        return dataset

    @classmethod
    def from_frame_like(cls, frame: Any, like: Like) -> Dataset:
        """Build a data set from a frame whose columns are those of a model's training data.

        Columns are found by their names, in whatever order they stand. Labels are read if their
        column is there. Recordings become series as those of training did.

        Parameters
        ----------
        frame : pandas.DataFrame, polars.DataFrame, pyarrow.Table, or what else narwhals knows
        like : Like
            How the training data were read: ``model.config.like``.

        Raises
        ------
        DataError
            If it cannot be read so; see ``from_frame``.

        Examples
        --------
        >>> Dataset.from_frame_like(df, model.config.like)
        ... # doctest: +SKIP
        """
        label = "none" if like.reading is None else "first"
        options = late("tszoo.data.readers.raw", "ReadOptions")(label_column=label, like=like)
        dataset: Dataset = late("tszoo.data.from_frame", "dataset_of_frame")(frame, options)
        return dataset

    @property
    def n_series(self) -> int:
        """Number of series."""
        return int(self.series.shape[0])

    @property
    def n_channels(self) -> int:
        """Number of channels (variables, dimensions) of a series."""
        return int(self.series.shape[1])

    @property
    def length(self) -> int:
        """Number of points of the longest series."""
        return int(self.series.shape[2])

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.classes)

    @property
    def is_unequal(self) -> bool:
        """Whether the series differ in length."""
        return bool((self.lengths != self.length).any())

    @property
    def n_missing(self) -> int:
        """Number of missing values, padding not counted."""
        inside = np.arange(self.length) < self.lengths[:, None]
        return int((np.isnan(self.series) & inside[:, None, :]).sum())

    @cached_property
    def group_codes(self) -> NDArray[np.int64] | None:
        """Number of what is left out together with each series, shape (n_series,).

        That is the rest of its group, and copies: series of the same values. None where there are
        no groups, and no two series are the same.
        """
        if self.groups is None:
            return self.copy_codes
        return join_groups(self.groups, self.copy_codes)

    @cached_property
    def copy_codes(self) -> NDArray[np.int64] | None:
        """Number of each series, shape (n_series,), copies the same one; None without copies.

        Series of a class that has no other values count as different: without them, nothing would
        be left of it.
        """
        return number_copies(self.series, self.lengths, self.labels)

    @cached_property
    def sha256(self) -> str:
        """Digest of the content: series, lengths, labels and weights, not the name or the place."""
        digest = hashlib.sha256(repr(self.series.shape).encode())
        digest.update(
            np.where(np.isnan(self.series), np.float32(np.nan), self.series).astype("<f4").tobytes()
        )
        digest.update(self.lengths.astype("<i8").tobytes())
        if self.labels is not None:
            digest.update(repr([str(label) for label in self.classes]).encode())
            digest.update(self.labels.astype("<i8").tobytes())
        if self.weights is not None:
            digest.update(b"weights")
            digest.update(self.weights.astype("<f8").tobytes())
        return digest.hexdigest()

    @cached_property
    def unweighted_sha256(self) -> str:
        """Digest of the content as ``sha256`` is where all series count the same."""
        if self.weights is None:
            return self.sha256
        return replace(self, weights=None).sha256

    def require_labels(self) -> NDArray[np.int64]:
        """Return the labels, shape (n_series,); DataError if there are none or only one class."""
        if self.labels is None:
            msg = (
                f"{self.name}: no labels, and this needs them. Say with label_column=... where "
                "they are, or give their file with labels=...."
            )
            raise DataError(msg)
        if self.n_classes < 2:
            msg = (
                f"{self.name}: only one class ({self.classes[0]}); classification needs at least "
                "two."
            )
            raise DataError(msg)
        return self.labels

    def take(self, indices: ArrayLike) -> Dataset:
        """Return the series at ``indices``, in that order; all classes are kept.

        ``indices`` are positions, or a boolean mask of shape (n_series,).
        """
        at = np.asarray(indices)
        if at.dtype == bool:
            at = np.flatnonzero(at)
        at = at.astype(np.int64)
        labels = None if self.labels is None else self.labels[at]
        weights = None if self.weights is None else self.weights[at]
        lengths = self.lengths[at]
        width = lengths.max(initial=0) or self.length  # no padding behind the longest
        series = np.ascontiguousarray(self.series[at, :, : int(width)])
        return replace(
            self,
            series=series,
            lengths=lengths,
            labels=labels,
            ids=_taken(self.ids, at),
            groups=_taken(self.groups, at),
            spans=_taken(self.spans, at),
            weights=weights,
        )

    def with_classes(self, classes: Sequence[Label]) -> Dataset:
        """Return the same series with labels that are positions in another data set's ``classes``.

        Labels match when they are equal, or when they spell the same number (``1`` and ``"1.0"``).

        Raises
        ------
        DataError
            If a label is none of ``classes``.
        """
        if self.labels is None:
            return replace(self, classes=tuple(classes))
        labels = recode(self.labels, self.classes, classes, self.name)
        return replace(self, labels=labels, classes=tuple(classes))


def _taken(values: tuple[Of, ...] | None, at: NDArray[np.int64]) -> tuple[Of, ...] | None:
    if values is None:
        return None
    return tuple(values[i] for i in at.tolist())


def _counted(n: int, noun: str) -> str:
    """Write ``1 channel``, ``2 channels``."""
    if n == 1:
        return f"1 {noun}"
    return f"{n} {noun}s"
