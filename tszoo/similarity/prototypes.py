"""A data set in a few series: a prototype or more a class (Ismail Fawaz et al.

2018, Algorithm 1, lines 1 to 8).
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tszoo.data.dataset import Dataset
from tszoo.data.preprocess import Preprocessing, prepare
from tszoo.errors import DataError, OptionError
from tszoo.similarity._jobs import in_threads
from tszoo.similarity.dba import barycenters, medoids
from tszoo.similarity.dtw import Progress
from tszoo.similarity.kmeans import kmeans
from tszoo.similarity.series import Stack

log = logging.getLogger(__name__)

# The medoid needs every pair of a class's series. This many cells of warping matrices take a few
# minutes on one core; in the UCR archive only HandOutlines (1,000 series of 2,709 points) has
# classes that need more.
MEDOID_CELLS = 5e11


@dataclass(frozen=True, eq=False)
class Prototypes:
    """One typical series for each class of a data set, or several.

    Attributes
    ----------
    classes : tuple of str
        The classes' labels as text, in the data set's order; a class with several series comes as
        often.
    series : tuple of ndarray of float32, each of shape (n_channels, length)
        Z-normalised series went in; lengths may differ.

    Raises
    ------
    DataError
        If there are none, if classes and series differ in number, or if a series is not a finite
        array of that shape.
    """

    classes: tuple[str, ...]
    series: tuple[NDArray[np.float32], ...]

    def __post_init__(self) -> None:
        if not self.classes or len(self.classes) != len(self.series):
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
        """Number of channels, the same for every class."""
        return int(self.series[0].shape[0])

    def stack(self) -> Stack:
        """Put the series side by side, as the DTW functions take them."""
        values = np.zeros((len(self.series), self.n_channels, max(s.shape[1] for s in self.series)))
        for row, series in zip(values, self.series, strict=True):
            row[:, : series.shape[1]] = series
        return Stack(values, np.array([s.shape[1] for s in self.series], dtype=np.int64))


def compute_prototypes(
    dataset: Dataset,
    window: int | None = None,
    n_iterations: int = 10,
    progress: Progress | None = None,
    n_jobs: int | None = None,
    medoid_cells: float = MEDOID_CELLS,
    per_class: int = 1,
) -> Prototypes:
    """Compute prototypes.

    Each class's medoid, moved by DBA (Algorithm 1 of the 2018 transfer paper), or several.

    Series are z-normalised one by one, after their missing values are interpolated; each keeps its
    own length, and a prototype has the length of its class's medoid. Equally cheap paths are told
    apart as in the code behind the paper's lists (`dba`'s ``ties="straight"``).

    Parameters
    ----------
    dataset : Dataset
        With labels; training series only, if sources are to be chosen by the answer.
    window : int or None
        Sakoe-Chiba radius of the warping; None, as in the paper, for no window.
    n_iterations : int
        Iterations of DBA.
    progress : callable or None
        Called with (comparisons done, comparisons in all).
    n_jobs : int or None
        Threads; the answer does not depend on it.
    medoid_cells : float
        A medoid takes ``n (n - 1) / 2`` comparisons of ``length ** 2`` cells. A class that would
        need more cells than this has its medoid chosen among evenly spaced members, as many as the
        limit allows (the log says so); DBA averages all members still. The default leaves all but
        the hugest classes exact.
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
    labels = dataset.require_labels()
    stack = _prepared(dataset)
    present = [k for k in range(dataset.n_classes) if (labels == k).any()]
    members = [stack.take(np.flatnonzero(labels == k)) for k in present]
    candidates = [_candidates(m, medoid_cells) for m in members]
    most = [
        min(per_class, len(own)) for own in members
    ]  # clusters; if there is but one, nothing need be assigned
    work = [
        len(c) * (len(c) - 1) // 2 + n_iterations * len(m) * (k + 1 if k > 1 else 1)
        for c, m, k in zip(candidates, members, most, strict=True)
    ]
    done = 0

    def advance(comparisons: int) -> None:
        nonlocal done
        done += comparisons
        if progress is not None:
            progress(done, sum(work))

    for k, own, among in zip(present, members, candidates, strict=True):
        if len(among) < len(own):
            log.info(
                "%s, class %s: the medoid is chosen among %d evenly spaced series of %d.",
                dataset.name, dataset.classes[k], len(among), len(own),
            )  # fmt: skip
    centers: list[Sequence[NDArray[np.float64]]] = []
    if per_class == 1:
        eligible = [own.take(some) for own, some in zip(members, candidates, strict=True)]
        found = medoids(eligible, window, n_jobs, advance)
        starts = [own.own(at) for own, at in zip(eligible, found, strict=True)]
        owners = np.searchsorted(present, labels)
        means = barycenters(
            stack, owners, starts, n_iterations, window, n_jobs, advance, ties="straight"
        )
        centers = [(mean,) for mean in means]
    else:

        def cluster(k: int) -> Sequence[NDArray[np.float64]]:
            found = kmeans(
                members[k],
                per_class,
                n_iterations,
                window,
                ties="straight",
                candidates=candidates[k],
            )
            return found.centers

        # a class a thread: its rounds wait for one another
        for some, comparisons in zip(
            in_threads(cluster, range(len(members)), n_jobs), work, strict=True
        ):
            centers.append(some)
            advance(comparisons)
    return Prototypes(
        tuple(
            str(dataset.classes[k]) for k, some in zip(present, centers, strict=True) for _ in some
        ),
        tuple(center.astype(np.float32) for some in centers for center in some),
    )


def _candidates(members: Stack, cells: float) -> NDArray[np.int64]:
    """Choose the series among which the medoid is sought.

    All, or as many, evenly spaced, as ``cells`` allow.
    """
    n = len(members)
    pairs = cells / float(members.lengths.max()) ** 2
    most = max(2, int((1 + math.sqrt(1 + 8 * pairs)) / 2))  # most (most - 1) / 2 = pairs
    return np.arange(n) if n <= most else np.arange(most, dtype=np.int64) * n // most


def _prepared(dataset: Dataset) -> Stack:
    """Bring the series to what a network would see, except that each keeps its own length."""
    if not dataset.is_unequal:
        return Stack(
            prepare(dataset, Preprocessing()).astype(np.float64), np.array(dataset.lengths)
        )
    values = np.zeros(dataset.series.shape)
    for i, length in enumerate(dataset.lengths):
        alone = replace(
            dataset,
            series=dataset.series[i : i + 1, :, :length],
            lengths=dataset.lengths[i : i + 1],
        )
        values[i, :, :length] = prepare(alone, Preprocessing())[0]
    return Stack(values, np.array(dataset.lengths))
