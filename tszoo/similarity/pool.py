"""The prototypes of many sources in a few flat arrays, which may lie in a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tszoo.errors import DataError
from tszoo.similarity.comparison import resample
from tszoo.similarity.prototypes import Prototypes


@dataclass(frozen=True, eq=False)
class PrototypePool:
    """All prototypes of some sources, side by side.

    The arrays are used as they are, nothing is copied.

    Attributes
    ----------
    names : tuple of str
        The sources, distinct.
    classes : tuple of tuple of str
        For each source the labels of its prototypes, one or more.
    values : ndarray of float32, shape (n_values,), C-contiguous
        The series, each channel by channel. Whether they are finite is checked only when a source
        is read.
    starts : ndarray of int64, shape (n_prototypes,)
        Where in ``values`` a series begins.
    lengths, channels : ndarray of int64, shape (n_prototypes,)
        Its points and channels; every series of a source has the same number of channels.
    owners : ndarray of int64, shape (n_prototypes,)
        Position in ``names`` of the source that it belongs to. The positions rise, so that all
        series of a source lie together.

    Raises
    ------
    DataError
        If the arrays are not these, or point outside ``values``.
    """

    names: tuple[str, ...]
    classes: tuple[tuple[str, ...], ...]
    values: NDArray[np.float32]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    channels: NDArray[np.int64]
    owners: NDArray[np.int64]

    def __post_init__(self) -> None:
        problem = self._problem()
        if problem:
            msg = f"a pool of prototypes: {problem}."
            raise DataError(msg)

    def _problem(self) -> str | None:
        """Say what is wrong with the arrays, None if nothing is."""
        return self._problem_of_types() or self._problem_of_sources() or self._problem_of_places()

    def _problem_of_types(self) -> str | None:
        values = self.values
        if values.ndim != 1 or values.dtype != np.float32 or not values.flags.c_contiguous:
            return f"values are {values.dtype} of shape {values.shape}, expected one row of float32"
        for array in (self.starts, self.lengths, self.channels, self.owners):
            if array.dtype != np.int64 or array.shape != self.starts.shape or array.ndim != 1:
                return "starts, lengths, channels and owners must be int64, one number a prototype"
        return None

    def _problem_of_sources(self) -> str | None:
        if len(self.names) != len(self.classes) or len(set(self.names)) != len(self.names):
            return "each source needs one name of its own, and a list of classes"
        counts = np.array([len(labels) for labels in self.classes], dtype=np.int64)
        owners = np.repeat(np.arange(len(counts)), counts)
        if (counts < 1).any() or not np.array_equal(owners, self.owners):
            return "the owners are not the sources in their order, each as often as it has classes"
        return None

    def _problem_of_places(self) -> str | None:
        n = len(self.values)
        for sizes in (self.lengths, self.channels):
            if ((sizes < 1) | (sizes > n)).any():
                return "lengths and channels must be 1 or more, and no more than there are values"
        # a division, because the product of two hostile numbers might wrap around
        starts_outside = (self.starts < 0) | (self.starts > n)
        if (starts_outside | (self.channels > (n - self.starts) // self.lengths)).any():
            return f"a series lies outside the {n} values"
        first_channels = self.channels[self.offsets[:-1]]
        if (np.repeat(first_channels, np.diff(self.offsets)) != self.channels).any():
            return "the series of a source differ in their numbers of channels"
        return None

    def __len__(self) -> int:
        """Count the sources."""
        return len(self.names)

    @classmethod
    def of(cls, sources: Mapping[str, Prototypes]) -> PrototypePool:
        """Put the prototypes of sources side by side, in the mapping's order; they are copied."""
        all_prototypes = list(sources.values())
        all_series = [series for prototypes in all_prototypes for series in prototypes.series]
        lengths = np.array([series.shape[1] for series in all_series], dtype=np.int64)
        channels = np.array([series.shape[0] for series in all_series], dtype=np.int64)
        sizes = lengths * channels
        starts = np.cumsum(sizes) - sizes
        values = np.empty(int(sizes.sum()), dtype=np.float32)
        for series, start, size in zip(all_series, starts, sizes, strict=True):
            values[start : start + size] = np.asarray(series, dtype=np.float32).ravel()
        counts = [len(prototypes.series) for prototypes in all_prototypes]
        return cls(
            names=tuple(sources),
            classes=tuple(prototypes.classes for prototypes in all_prototypes),
            values=values,
            starts=starts,
            lengths=lengths,
            channels=channels,
            owners=np.repeat(np.arange(len(sources)), counts).astype(np.int64),
        )

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        """Positions of each source's first prototype, then the number of all prototypes.

        Shape (n_sources + 1,).
        """
        counts = np.array([0, *(len(labels) for labels in self.classes)], dtype=np.int64)
        return np.cumsum(counts)

    def series(self, prototype: int) -> NDArray[np.float32]:
        """Return one series, shape (n_channels, length): a view."""
        start = int(self.starts[prototype])
        n_channels, length = int(self.channels[prototype]), int(self.lengths[prototype])
        return self.values[start : start + n_channels * length].reshape(n_channels, length)

    def source(self, i: int) -> Prototypes:
        """Return the prototypes of one source, as views.

        Raises
        ------
        DataError
            If their values are not finite; the message names the source.
        """
        rows = range(int(self.offsets[i]), int(self.offsets[i + 1]))
        try:
            return Prototypes(self.classes[i], tuple(self.series(row) for row in rows))
        except DataError as error:
            msg = f"{self.names[i]}: {error}"
            raise DataError(msg) from error

    def take(self, sources: Sequence[int]) -> PrototypePool:
        """Pick sources by their positions; the values are shared."""
        counts = np.diff(self.offsets)[list(sources)]
        starts = np.cumsum(counts) - counts
        within = np.arange(int(counts.sum())) - np.repeat(starts, counts)
        rows = np.repeat(self.offsets[list(sources)], counts) + within
        return replace(
            self,
            names=tuple(self.names[i] for i in sources),
            classes=tuple(self.classes[i] for i in sources),
            starts=self.starts[rows],
            lengths=self.lengths[rows],
            channels=self.channels[rows],
            owners=np.repeat(np.arange(len(counts)), counts),
        )

    def resampled(self, length: int) -> PrototypePool:
        """Bring every series to ``length`` points, as `tszoo.similarity.comparison.resample` does.

        They are copied.
        """
        sizes = self.channels * length
        starts = np.cumsum(sizes) - sizes
        values = np.empty(int(sizes.sum()), dtype=np.float32)
        shapes = np.stack([self.channels, self.lengths], axis=1)
        for channels, points in np.unique(shapes, axis=0):
            rows = np.flatnonzero((shapes == (channels, points)).all(axis=1))
            alike = self.values[self.starts[rows, None] + np.arange(channels * points)]
            resampled = resample(alike.reshape(len(rows), channels, points), length)
            places = starts[rows, None] + np.arange(channels * length)
            values[places] = resampled.reshape(len(rows), -1)
        return replace(
            self, values=values, starts=starts, lengths=np.full_like(self.lengths, length)
        )
