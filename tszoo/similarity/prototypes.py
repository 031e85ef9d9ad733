"""A data set in a few series, one or more for each class.

These are the prototypes of Ismail Fawaz et al. (2018), Algorithm 1, lines 1 to 8.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tszoo.data.dataset import Dataset
from tszoo.data.preprocess import Preprocessing, prepare
from tszoo.data.shorten import LONG, shorten
from tszoo.errors import DataError, OptionError
from tszoo.similarity._jobs import in_threads
from tszoo.similarity.dba import barycenters, medoids
from tszoo.similarity.dtw import Progress
from tszoo.similarity.kmeans import kmeans
from tszoo.similarity.series import Stack

log = logging.getLogger(__name__)

# A medoid takes the distances of every pair of a class's series. This many cells of warping
# matrices take a few minutes on one core. In the UCR archive only HandOutlines (1,000 series of
# 2,709 points) has classes that need more.
MEDOID_CELLS = 5e11
# So many take DBA a few minutes; in the UCR archive HandOutlines needs most, 7.3e10.
AVERAGED_CELLS = 2e11


@dataclass(frozen=True, eq=False)
class Prototypes:
    """One typical series for each class of a data set, or several; none of a universal body.

    Attributes
    ----------
    classes : tuple of str
        The class of each series: labels as text, in the data set's order.
    series : tuple of ndarray of float32, each of shape (n_channels, length)
        Typical series of the z-normalised data; lengths may differ.

    Raises
    ------
    DataError
        If classes and series differ in number, or if a series is not a finite
        array of that shape.
    """

    classes: tuple[str, ...]
    series: tuple[NDArray[np.float32], ...]

    def __post_init__(self) -> None:
        if len(self.classes) != len(self.series):
            msg = (
                f"prototypes: {len(self.classes)} class(es) but {len(self.series)} series; each "
                "class needs one."
            )
            raise DataError(msg)
        for label, series in zip(self.classes, self.series, strict=True):
            if series.ndim != 2 or 0 in series.shape or series.shape[0] != self.n_channels:
                msg = (
                    f"prototype of class {label}: shape {series.shape}, expected "
                    f"({self.n_channels}, length) as the first class has."
                )
                raise DataError(msg)
            if not np.isfinite(series).all():
                msg = f"prototype of class {label}: missing or infinite values."
                raise DataError(msg)

    @property
    def n_channels(self) -> int:
        """Number of channels, the same for every class; 0 if there are no series."""
        if not self.series:
            return 0
        return int(self.series[0].shape[0])

    def stack(self) -> Stack:
        """Put the series side by side, as the DTW functions take them."""
        lengths = [series.shape[1] for series in self.series]
        values = np.zeros((len(lengths), self.n_channels, max(lengths)))
        for row, series in zip(values, self.series, strict=True):
            row[:, : series.shape[1]] = series
        return Stack(values, np.array(lengths, dtype=np.int64))


def compute_prototypes(
    dataset: Dataset,
    window: int | None = None,
    n_iterations: int = 10,
    progress: Progress | None = None,
    n_jobs: int | None = None,
    medoid_cells: float = MEDOID_CELLS,
    per_class: int = 1,
) -> Prototypes:
    """Compute the prototypes of a data set: each class's medoid, moved by DBA.

    This is Algorithm 1 of Ismail Fawaz et al. (2018), lines 1 to 8. Series are z-normalised one by
    one, after their missing values are interpolated. Each keeps its length, and a prototype has the
    length of its class's medoid. Series of more than ``LONG`` points are shortened first, and of
    more series than ``AVERAGED_CELLS`` allow, evenly spaced ones are averaged: the archive has no
    such sets. Of equally cheap paths, the one that the paper's code takes is
    taken (``ties="straight"`` of `dba`).

    Parameters
    ----------
    dataset : Dataset
        With labels. If sources are to be chosen by the answer, it must hold training series only.
    window : int or None
        Sakoe-Chiba radius of the warping; None, as in the paper, for no window.
    n_iterations : int
        Iterations of DBA.
    progress : callable or None
        Called with (comparisons done, comparisons in all).
    n_jobs : int or None
        Threads; the answer does not depend on it.
    medoid_cells : float
        The most cells of warping matrices that a medoid may take; it takes ``n (n - 1) / 2``
        comparisons of ``length ** 2`` cells. If a class needs more, its medoid is chosen among
        evenly spaced members, as many as the limit allows, and the log says so; DBA still averages
        all members. With the default, all but the hugest classes are exact.
    per_class : int
        The most prototypes that a class may have. If it is more than 1, they are the centres of
        `kmeans`; a class has fewer if it has fewer different series.

    Returns
    -------
    Prototypes

    Raises
    ------
    DataError
        If the data set has no labels or one class only.
    OptionError
        If the window or ``n_iterations`` is negative, or ``per_class`` less than 1.
    """
    if per_class < 1:
        msg = f"per_class must be 1 or more, not {per_class}."
        raise OptionError(msg)
    dataset.require_labels()
    dataset = _bounded(dataset, n_iterations)
    labels = dataset.require_labels()
    stack = prepared_stack(dataset)
    classes = _classes(dataset, labels, stack, medoid_cells)
    work = [_comparisons(members, n_iterations, per_class) for members in classes]
    done = 0

    def advance(comparisons: int) -> None:
        nonlocal done
        done += comparisons
        if progress is not None:
            progress(done, sum(work))

    centers: list[Sequence[NDArray[np.float64]]] = []
    if per_class == 1:
        means = _averages(stack, classes, n_iterations, window, n_jobs, advance)
        centers = [[mean] for mean in means]
    else:

        def cluster(members: _Class) -> Sequence[NDArray[np.float64]]:
            return kmeans(
                members.series,
                per_class,
                n_iterations,
                window,
                ties="straight",
                candidates=members.candidates,
            ).centers

        # each thread takes a whole class, because the rounds of one class wait for one another
        clusters = in_threads(cluster, classes, n_jobs)
        for class_centers, comparisons in zip(clusters, work, strict=True):
            centers.append(class_centers)
            advance(comparisons)
    names: list[str] = []
    series: list[NDArray[np.float32]] = []
    for members, class_centers in zip(classes, centers, strict=True):
        names += [members.label] * len(class_centers)
        series += [center.astype(np.float32) for center in class_centers]
    return Prototypes(tuple(names), tuple(series))


def _bounded(dataset: Dataset, n_iterations: int) -> Dataset:
    """Shorten long series, and choose among too many: as many of every class, evenly spaced."""
    if dataset.length > LONG:
        dataset = shorten(dataset)
        log.info("%s: prototypes of %d averaged points.", dataset.name, dataset.length)
    cells = float(max(n_iterations, 1)) * dataset.n_series * dataset.length**2
    share = AVERAGED_CELLS / max(cells, AVERAGED_CELLS)
    if share == 1:
        return dataset
    labels = dataset.require_labels()
    chosen = []
    for k in np.unique(labels):
        rows = np.flatnonzero(labels == k)
        n_rows = math.ceil(share * len(rows))
        chosen.append(rows[np.arange(n_rows) * len(rows) // n_rows])
    fewer = dataset.take(np.sort(np.concatenate(chosen)))
    log.info("%s: prototypes of %d series of %d.", dataset.name, fewer.n_series, dataset.n_series)
    return fewer


class _Class(NamedTuple):
    """A class's series, where they lie in the data set, and which of them may be the medoid."""

    label: str
    rows: NDArray[np.int64]
    series: Stack
    candidates: NDArray[np.int64]


def _classes(
    dataset: Dataset, labels: NDArray[np.int64], stack: Stack, medoid_cells: float
) -> list[_Class]:
    """List the classes that have series; the log names those whose medoid has few candidates."""
    classes = []
    for k, label in enumerate(dataset.classes):
        rows = np.flatnonzero(labels == k)
        if len(rows) == 0:
            continue
        series = stack.take(rows)
        candidates = _candidates(series, medoid_cells)
        if len(candidates) < len(series):
            log.info(
                "%s, class %s: the medoid is chosen among %d evenly spaced series of %d.",
                dataset.name, label, len(candidates), len(series),
            )  # fmt: skip
        classes.append(_Class(str(label), rows, series, candidates))
    return classes


def _candidates(members: Stack, cells: float) -> NDArray[np.int64]:
    """Choose the series that may be the medoid.

    These are all series, or as many, evenly spaced, as ``cells`` allow.
    """
    n = len(members)
    pairs = cells / float(members.lengths.max()) ** 2
    most = max(2, int((1 + math.sqrt(1 + 8 * pairs)) / 2))  # most (most - 1) / 2 = pairs
    if n <= most:
        return np.arange(n)
    return np.arange(most, dtype=np.int64) * n // most


def _comparisons(members: _Class, n_iterations: int, per_class: int) -> int:
    """Count the comparisons that a class's prototypes take."""
    n_candidates, n_series = len(members.candidates), len(members.series)
    n_clusters = min(per_class, n_series)
    # an iteration averages every series; with several clusters, it assigns it to one of them first
    comparisons_a_series = 1
    if n_clusters > 1:
        comparisons_a_series += n_clusters
    medoid = n_candidates * (n_candidates - 1) // 2
    return medoid + n_iterations * n_series * comparisons_a_series


def _averages(
    stack: Stack,
    classes: Sequence[_Class],
    n_iterations: int,
    window: int | None,
    n_jobs: int | None,
    on_comparisons: Callable[[int], None],
) -> list[NDArray[np.float64]]:
    """Compute each class's barycentre from its medoid; the threads share the work of all."""
    eligible = [members.series.take(members.candidates) for members in classes]
    indices = medoids(eligible, window, n_jobs, on_comparisons)
    starts = [series.series(index) for series, index in zip(eligible, indices, strict=True)]
    owners = np.empty(len(stack), dtype=np.int64)
    for k, members in enumerate(classes):
        owners[members.rows] = k
    return barycenters(
        stack, owners, starts, n_iterations, window, n_jobs, on_comparisons, ties="straight"
    )


def prepared_stack(dataset: Dataset) -> Stack:
    """Prepare the series as for a network, except that each keeps its length."""
    lengths = np.array(dataset.lengths)
    if not dataset.is_unequal:
        return Stack(prepare(dataset, Preprocessing()).astype(np.float64), lengths)
    values = np.zeros(dataset.series.shape)
    for i, length in enumerate(lengths):
        series = dataset.series[i : i + 1, :, :length]
        alone = replace(dataset, series=series, lengths=dataset.lengths[i : i + 1])
        values[i, :, :length] = prepare(alone, Preprocessing())[0]
    return Stack(values, lengths)
