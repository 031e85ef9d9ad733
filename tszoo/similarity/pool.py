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
        The series, each channel by channel. They are not looked into before they are read.
    starts : ndarray of int64, shape (n_prototypes,)
        Where in ``values`` a series begins.
    lengths, channels : ndarray of int64, shape (n_prototypes,)
        Its points and channels; every series of a source has the same number of channels.
    owners : ndarray of int64, shape (n_prototypes,)
        The source it belongs to, by its position in ``names``: in order, all series of a source
        together.

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
        index = (self.starts, self.lengths, self.channels, self.owners)
        if (
            self.values.ndim != 1
            or self.values.dtype != np.float32
            or not self.values.flags.c_contiguous
        ):
            return (
                f"values are {self.values.dtype} of shape {self.values.shape}, expected one row of "
                "float32"
            )
        if any(
            one.dtype != np.int64 or one.shape != self.starts.shape or one.ndim != 1
            for one in index
        ):
            return "starts, lengths, channels and owners must be int64, one number a prototype"
        if len(self.names) != len(self.classes) or len(set(self.names)) != len(self.names):
            return "each source needs one name of its own, and a list of classes"
        counts = np.array([len(labels) for labels in self.classes], dtype=np.int64)
        if (counts < 1).any() or not np.array_equal(
            np.repeat(np.arange(len(counts)), counts), self.owners
        ):
            return "the owners are not the sources in their order, each as often as it has classes"
        n = len(self.values)
        if (
            (self.lengths < 1) | (self.lengths > n) | (self.channels < 1) | (self.channels > n)
        ).any():
            return "lengths and channels must be 1 or more, and no more than there are values"
        # as a division: a product of two hostile numbers might wrap around
        if (
            (self.starts < 0)
            | (self.starts > n)
            | (self.channels > (n - self.starts) // self.lengths)
        ).any():
            return f"a series lies outside the {n} values"
        if (
            len(counts)
            and (np.repeat(self.channels[self.offsets[:-1]], counts) != self.channels).any()
        ):
            return "the series of a source differ in their numbers of channels"
        return None

    def __len__(self) -> int:
        """Count the sources."""
        return len(self.names)

    @classmethod
    def of(cls, sources: Mapping[str, Prototypes]) -> PrototypePool:
        """Put the prototypes of sources side by side, in the mapping's order; they are copied."""
        series = [one for own in sources.values() for one in own.series]
        lengths = np.array([one.shape[1] for one in series], dtype=np.int64)
        channels = np.array([one.shape[0] for one in series], dtype=np.int64)
        sizes = lengths * channels
        flat = [np.asarray(one, dtype=np.float32).ravel() for one in series]
        return cls(
            names=tuple(sources),
            classes=tuple(own.classes for own in sources.values()),
            values=np.concatenate(flat) if flat else np.empty(0, dtype=np.float32),
            starts=np.cumsum(sizes) - sizes,
            lengths=lengths,
            channels=channels,
            owners=np.repeat(
                np.arange(len(sources)), [len(own.series) for own in sources.values()]
            ).astype(np.int64),
        )

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        """Where in the arrays each source's prototypes begin, and at the end their number.

        Shape (n_sources + 1,).
        """
        counts = np.array([0, *(len(labels) for labels in self.classes)], dtype=np.int64)
        return np.cumsum(counts)

    def series(self, prototype: int) -> NDArray[np.float32]:
        """One series, shape (n_channels, length): a view."""
        start, length, channels = (
            int(one[prototype]) for one in (self.starts, self.lengths, self.channels)
        )
        return self.values[start : start + channels * length].reshape(channels, length)

    def source(self, i: int) -> Prototypes:
        """Give the prototypes of one source, as views.

        DataError, naming it, if their values are not finite.
        """
        own = tuple(self.series(k) for k in range(int(self.offsets[i]), int(self.offsets[i + 1])))
        try:
            return Prototypes(self.classes[i], own)
        except DataError as error:
            msg = f"{self.names[i]}: {error}"
            raise DataError(msg) from error

    def take(self, sources: Sequence[int]) -> PrototypePool:
        """Pick sources by their positions; the values are shared."""
        counts = np.diff(self.offsets)[list(sources)]
        ends = np.cumsum(counts)
        within = np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - counts, counts)
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
        """Bring every series to ``length`` points (`tszoo.similarity.comparison.resample`).

        They are copied.
        """
        sizes = self.channels * length
        starts = np.cumsum(sizes) - sizes
        values = np.empty(int(sizes.sum()), dtype=np.float32)
        shapes = np.stack([self.channels, self.lengths], axis=1)
        for channels, points in np.unique(shapes, axis=0):
            rows = np.flatnonzero((shapes == (channels, points)).all(axis=1))
            own = self.values[self.starts[rows, None] + np.arange(channels * points)]
            new = resample(own.reshape(len(rows), channels, points), length)
            values[starts[rows, None] + np.arange(channels * length)] = new.reshape(len(rows), -1)
        return replace(
            self, values=values, starts=starts, lengths=np.full_like(self.lengths, length)
        )
