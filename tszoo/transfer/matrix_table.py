"""What every source is worth to every target, as a matrix, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tszoo.errors import DataError
from tszoo.evaluation.compare import Paired, compare

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TransferMatrix:
    """Accuracies on targets, from sources and without.

    Attributes
    ----------
    targets, sources : tuple of str
    accuracy : ndarray of float64, shape (n_targets, n_sources)
        Of a network that started from the source; NaN where there is none, as where the source is
        the target.
    scratch : ndarray of float64, shape (n_targets,)
        Of a network that started from nothing; NaN where that was not measured.
    ranks : ndarray of float64, shape (n_targets, n_sources)
        How near sources are to the target: 1 for the nearest of those that have an accuracy. NaN
        where that is not known.
    """

    targets: tuple[str, ...]
    sources: tuple[str, ...]
    accuracy: Array
    scratch: Array
    ranks: Array

    @property
    def change(self) -> Array:
        """The relative change of accuracy against scratch in per cent, shape as ``accuracy``."""
        with np.errstate(divide="ignore", invalid="ignore"):
            change = 100 * (self.accuracy / self.scratch[:, None] - 1)
        return np.where(np.isfinite(change), change, np.nan)

    def of_rank(self, rank: int) -> Array:
        """Return each target's accuracy from its source of that rank, shape (n_targets,)."""
        chosen = self.ranks == rank
        accuracy = np.where(chosen, self.accuracy, 0.0).sum(axis=1)
        return np.where(chosen.any(axis=1), accuracy, np.nan)

    def columns(self) -> dict[str, Array]:
        """Say what can be had for each target, by the way to choose a source, (n_targets,) each.

        A random source's accuracy is the mean over all of them.
        """
        return {
            "scratch": self.scratch,
            "minimum": np.nanmin(self.accuracy, axis=1),
            "median": np.nanmedian(self.accuracy, axis=1),
            "maximum": np.nanmax(self.accuracy, axis=1),
            "random": np.nanmean(self.accuracy, axis=1),
            "nearest": self.of_rank(1),
            "second": self.of_rank(2),
        }

    def by_rank(self) -> Array:
        """Compute the mean accuracy from the source of each rank, shape (n_ranks,).

        Only targets that have a source of every rank enter, so that all means are of the same ones.
        """
        known = self.ranks[np.isfinite(self.ranks).any(axis=1)]
        if not len(known):
            return np.empty(0)
        n_ranks = int(np.nanmax(known, axis=1).min())
        columns = np.array([self.of_rank(rank) for rank in range(1, n_ranks + 1)])
        whole = np.isfinite(columns).all(axis=0)
        return np.asarray(columns[:, whole].mean(axis=1))


# what is compared, and with what: figures of the 2018 paper
PAIRS = (
    ("minimum", "scratch"),
    ("median", "scratch"),
    ("maximum", "scratch"),
    ("nearest", "scratch"),
    ("nearest", "random"),
    ("second", "random"),
)


def comparisons(matrix: TransferMatrix) -> dict[tuple[str, str], Paired]:
    """Compare ways to choose a source, over the targets for which both are known.

    Returns
    -------
    dict of (str, str) to Paired
        By the names of two of ``TransferMatrix.columns``; pairs without any such target are left
        out.
    """
    columns = matrix.columns()
    found = {}
    for first, second in PAIRS:
        known = np.isfinite(columns[first]) & np.isfinite(columns[second])
        if known.any():
            found[first, second] = compare(
                *(columns[name][known].tolist() for name in (first, second))
            )
    return found


def matrix_of(
    accuracy: Mapping[tuple[str, str], float],
    scratch: Mapping[str, float],
    neighbours: Mapping[str, tuple[str, ...]],
) -> TransferMatrix:
    """Put accuracies into a matrix.

    Parameters
    ----------
    accuracy : mapping of (target, source) to float
    scratch : mapping of target to float
    neighbours : mapping of target to tuple of source
        From nearest to farthest. Sources without an accuracy are passed over.

    Raises
    ------
    DataError
        If there are no accuracies.
    """
    if not accuracy:
        msg = "a transfer matrix needs the accuracy of a target from a source; there is none."
        raise DataError(msg)
    targets = tuple(dict.fromkeys(target for target, _ in accuracy))
    sources = tuple(dict.fromkeys(source for _, source in accuracy))
    values = np.full((len(targets), len(sources)), np.nan)
    ranks = np.full_like(values, np.nan)
    for i, target in enumerate(targets):
        for j, source in enumerate(sources):
            values[i, j] = accuracy.get((target, source), np.nan)
        near = [source for source in neighbours.get(target, ()) if (target, source) in accuracy]
        for rank, source in enumerate(near, start=1):
            ranks[i, sources.index(source)] = rank
    alone = np.array([scratch.get(target, np.nan) for target in targets], dtype=np.float64)
    return TransferMatrix(targets, sources, values, alone, ranks)
