"""The one noun everything else is about: a set of labelled time series."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tszoo.data.narrow import narrow
from tszoo.errors import DataError

Label = Hashable

_NO_LABEL = frozenset({"", "?", "nan"})


@dataclass(frozen=True, eq=False)
class Dataset:
    """Time series of one kind, with or without labels.

    Attributes
    ----------
    name : str
        What the data are called, for instance ``"GunPoint"``.
    series : ndarray of float32, shape (n_series, n_channels, length)
        NaN marks a missing value, and the padding behind a series shorter than the longest.
    lengths : ndarray of int64, shape (n_series,)
        How many points of each series are its own; what lies behind is padding.
    labels : ndarray of int64, shape (n_series,), or None
        Index of each series' class in ``classes``; None for unlabelled series.
    classes : tuple
        The labels as the user wrote them, in order.
    provenance : str
        Where the data came from: a path, or ``"memory"``.
    split : str or None
        ``"train"``, ``"test"`` or None when there is only one.
    """

    name: str
    series: NDArray[np.float32]
    lengths: NDArray[np.int64]
    labels: NDArray[np.int64] | None
    classes: tuple[Label, ...]
    provenance: str = "memory"
    split: str | None = None

    def __post_init__(self) -> None:
        for array in (self.series, self.lengths, self.labels):
            if array is not None:
                array.flags.writeable = False

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
    ) -> Dataset:
        """Build a data set from arrays, checking every value.

        Parameters
        ----------
        X : array-like, shape (n_series, length) or (n_series, n_channels, length), or a list of arrays
            A list holds arrays of shape (length,) or (n_channels, length), whose lengths may
            differ.
        y : iterable of hashables of one type, or None
        name, provenance, split : str
            See the class.
        unequal : bool or None
            Whether NaNs at the end of a series are padding (the series is shorter) or missing
            values. None decides as the UCR archive is made: padding if NaNs stand only at ends of
            series, missing values if any series has one elsewhere.

        Raises
        ------
        DataError
            If X is empty, not numeric, has infinite values, series without a single value, or
            another number of series than y has labels; if a series stands on an offset so large
            that 32-bit numbers cannot tell its values apart; if a label is missing: None, NaN, or
            the text ``""``, ``"?"`` or ``"nan"``.
        """
        series, lengths = _as_padded(X, name)
        check_values(series, name)
        if unequal is None:
            unequal = not has_inner_gap(series)
        if unequal:
            lengths = _observed_lengths(series)
        labels, classes = (None, ()) if y is None else _encode(y, series.shape[0], name)
        width = int(lengths.max())
        return cls(
            name,
            np.ascontiguousarray(series[:, :, :width]),
            lengths,
            labels,
            classes,
            provenance,
            split,
        )

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
    def sha256(self) -> str:
        """Digest of the content: series, lengths and labels, not the name or the origin."""
        digest = hashlib.sha256(repr(self.series.shape).encode())
        digest.update(
            np.where(np.isnan(self.series), np.float32(np.nan), self.series).astype("<f4").tobytes()
        )
        digest.update(self.lengths.astype("<i8").tobytes())
        if self.labels is not None:
            digest.update(repr([str(label) for label in self.classes]).encode())
            digest.update(self.labels.astype("<i8").tobytes())
        return digest.hexdigest()

    def require_labels(self) -> NDArray[np.int64]:
        """Return the labels, shape (n_series,).

        Raise DataError if there are none or only one class.
        """
        if self.labels is None:
            msg = (
                f"{self.name}: no labels, and this needs them. Say where they are with "
                "--label-column."
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
        """Return the series at ``indices`` (positions, or a boolean mask), in that order, all classes kept."""
        at = np.asarray(indices)
        at = np.flatnonzero(at) if at.dtype == bool else at.astype(np.int64)
        labels = None if self.labels is None else self.labels[at]
        lengths = self.lengths[at]
        width = int(lengths.max()) if len(lengths) else self.length  # no padding behind the longest
        series = np.ascontiguousarray(self.series[at, :, :width])
        return replace(self, series=series, lengths=lengths, labels=labels)

    def with_classes(self, classes: Sequence[Label]) -> Dataset:
        """Return the same series with labels counted in another data set's ``classes``.

        Labels match when they are equal, or when they spell the same number (``1`` and ``"1.0"``).

        Raises
        ------
        DataError
            If a label is none of ``classes``.
        """
        if self.labels is None:
            return replace(self, classes=tuple(classes))
        position = {
            key: i for i, label in reversed(list(enumerate(classes))) for key in _spellings(label)
        }
        mapping = np.zeros(self.n_classes, dtype=np.int64)
        for i in np.unique(self.labels).tolist():
            label = self.classes[i]
            found = next((position[key] for key in _spellings(label) if key in position), None)
            if found is None:
                first = int((self.labels == i).argmax())
                known = ", ".join(map(str, classes[:10])) + (", …" if len(classes) > 10 else "")
                msg = (
                    f"{self.name}, series {first}: class {label} occurs only here; the training "
                    f"data have {known}."
                )
                raise DataError(msg)
            mapping[i] = found
        return replace(self, labels=mapping[self.labels], classes=tuple(classes))


def _as_padded(X: Any, name: str) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Bring any accepted form of X to (n, channels, length) float32 and the lengths (n,) int64."""
    if not isinstance(X, (list, tuple)) and hasattr(X, "__array__"):
        X = np.asarray(X)  # also a data frame or a tensor
    if isinstance(X, np.ndarray) and (X.dtype != object or X.ndim != 1):
        return _from_block(X, name)
    try:
        given = list(X)
    except TypeError as error:
        msg = f"{name}: X is of type {type(X).__name__}, expected an array or a list of arrays."
        raise DataError(msg) from error
    rows = [_as_numeric(row, f"{name}, series {i}", ("channel",)) for i, row in enumerate(given)]
    if len({row.shape for row in rows}) == 1:
        return _from_block(np.stack(rows), name)
    if {row.ndim for row in rows} == {1}:
        rows = [row[None, :] for row in rows]
    if not rows:
        msg = f"{name}: no series."
        raise DataError(msg)
    odd = next(
        (i for i, row in enumerate(rows) if row.ndim != 2 or row.shape[0] != rows[0].shape[0]), None
    )
    if odd is not None:
        msg = (
            f"{name}, series {odd}: shape {rows[odd].shape}, the first has {rows[0].shape}. Every "
            "series must be (length,) or (n_channels, length), with the same number of channels."
        )
        raise DataError(msg)
    lengths = np.array([row.shape[1] for row in rows], dtype=np.int64)
    empty = np.flatnonzero(lengths == 0)
    if len(empty):
        msg = f"{name}, series {empty[0]}: no values."
        raise DataError(msg)
    series = np.full((len(rows), rows[0].shape[0], int(lengths.max())), np.nan, dtype=np.float32)
    for i, row in enumerate(rows):
        series[i, :, : row.shape[1]] = row
    return series, lengths


def _from_block(X: NDArray[Any], name: str) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    block = _as_numeric(X, name, ("series", "channel"))
    if block.ndim == 2:
        block = block[:, None, :]
    if block.ndim != 3:
        msg = (
            f"{name}: X has {X.ndim} dimension(s), expected (n_series, length) or (n_series, "
            "n_channels, length)."
        )
        raise DataError(msg)
    if 0 in block.shape:
        msg = f"{name}: no series, or series without values (X has shape {X.shape})."
        raise DataError(msg)
    return block, np.full(block.shape[0], block.shape[2], dtype=np.int64)


def _as_numeric(values: Any, where: str, axes: tuple[str, ...]) -> NDArray[np.float32]:
    """Copy numbers to float32; ``axes`` says what the axes before the last count."""
    try:
        array = np.asarray(values)
        if array.dtype.kind in "OSU":
            array = array.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        msg = f"{where}: not numeric ({error})."
        raise DataError(msg) from error
    if array.dtype.kind not in "biuf":
        msg = f"{where}: values of type {array.dtype}, expected real numbers."
        raise DataError(msg)

    def place(at: tuple[int, ...]) -> str:
        counted = zip(axes, at, array.shape, strict=False)
        return ", ".join(
            [where, *(f"{axis} {k}" for axis, k, n in counted if n > 1 or axis == "series")]
        )

    return narrow(array, place)


def check_values(series: NDArray[np.float32], name: str, first: int = 0) -> None:
    """Raise DataError if a value is infinite, or a channel of a series is all NaN.

    ``first`` is series 0's index.
    """
    infinite = np.isinf(series)
    if infinite.any():
        i, channel, t = (int(k) for k in np.argwhere(infinite)[0])
        msg = f"{name}, series {first + i}: infinite value at point {t}" + (
            f" of channel {channel}" if series.shape[1] > 1 else ""
        )
        raise DataError(msg + ". Remove it or leave it empty (missing values are interpolated).")
    blank = np.isnan(series).all(axis=2)
    if blank.any():
        i, channel = (int(k) for k in np.argwhere(blank)[0])
        msg = f"{name}, series {first + i}: every value is missing" + (
            f" in channel {channel}" if series.shape[1] > 1 else ""
        )
        raise DataError(msg + ". Remove the series.")


def _observed_lengths(series: NDArray[np.float32]) -> NDArray[np.int64]:
    """Position behind the last value that any channel has, shape (n,)."""
    seen: NDArray[np.bool_] = ~np.asarray(np.isnan(series).all(axis=1))
    return np.asarray(seen.shape[1] - seen[:, ::-1].argmax(axis=1), dtype=np.int64)


def has_inner_gap(series: NDArray[np.float32]) -> bool:
    """Whether any series (n, channels, length) has a NaN before its last value."""
    inside = np.arange(series.shape[2]) < _observed_lengths(series)[:, None]
    return bool((np.isnan(series) & inside[:, None, :]).any())


def _encode(
    labels: Iterable[Label], n_series: int, name: str
) -> tuple[NDArray[np.int64], tuple[Label, ...]]:
    """Labels as positions in the ordered tuple of classes."""
    try:
        y = list(np.asarray(labels) if hasattr(labels, "__array__") else labels)
    except TypeError as error:
        msg = f"{name}: y is of type {type(labels).__name__}, expected one label for each series."
        raise DataError(msg) from error
    if len(y) != n_series:
        msg = f"{name}: {len(y)} labels for {n_series} series."
        raise DataError(msg)
    y = [label.item() if isinstance(label, np.generic) else label for label in y]
    try:
        distinct = set(y)
    except TypeError as error:
        msg = f"{name}: labels must be hashable ({error})."
        raise DataError(msg) from error
    for i, label in enumerate(y):
        if _is_missing(label):
            written = f" ({label})" if isinstance(label, str) and label else ""
            msg = f"{name}, series {i}: no label{written}. Give the series one, or leave it out."
            raise DataError(msg)
    classes = tuple(sorted(distinct, key=_sort_key))
    position = {label: i for i, label in enumerate(classes)}
    return np.array([position[label] for label in y], dtype=np.int64), classes


def _is_missing(label: Label) -> bool:
    """Whether a label stands for none; ``NA`` does not, which is a country and an initialism."""
    if isinstance(label, str):
        return label.lower() in _NO_LABEL
    return label is None or label != label


def _sort_key(label: Label) -> tuple[int, float, str, str]:
    """Numbers by value, before anything else by its text.

    The type keeps ``1`` and ``"1"`` in a fixed order.
    """
    number = _number(label)
    rank = (1, 0.0) if number is None else (0, number)
    return (*rank, str(label), type(label).__name__)


def _spellings(label: Label) -> list[Hashable]:
    number = _number(label)
    return [label, str(label)] + ([] if number is None else [number])


def _number(label: Label) -> float | None:
    if not isinstance(label, (str, int, float)):
        return None
    try:
        number = float(label)
    except (ValueError, OverflowError):
        return None
    return number if number == number else None
