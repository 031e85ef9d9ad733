"""How far data sets are apart (Ismail Fawaz et al. 2018, Algorithm 1, lines 9 to 15)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tszoo.similarity.comparison import Comparison, comparing
from tszoo.similarity.dtw import Progress
from tszoo.similarity.pool import PrototypePool
from tszoo.similarity.prototypes import Prototypes
from tszoo.similarity.search import search


class Nearest(NamedTuple):
    """The two prototypes in which two data sets are most alike: distance and positions."""

    distance: float
    target_class: int
    source_class: int


def dataset_distance(
    a: Prototypes,
    b: Prototypes,
    window: int | None = None,
    n_jobs: int | None = None,
    *,
    comparison: Comparison | None = None,
) -> Nearest:
    """Find the smallest DTW distance between any prototype of ``a`` and any of ``b``.

    Parameters
    ----------
    a, b : Prototypes
    window, n_jobs
        As for `cdist_dtw`.
    comparison : Comparison or None
        How prototypes are compared, if by more than a window.

    Returns
    -------
    Nearest
        The distance, the index of ``a``'s class and that of ``b``'s; of equal pairs, the first.

    Raises
    ------
    DataError
        If they have different numbers of channels.
    OptionError
        If the window is negative, or given beside a comparison.
    """
    pool = PrototypePool.of({"source": b})
    ranking = search(a, pool, comparing(window, comparison), n_jobs=n_jobs)
    return Nearest(
        float(ranking.distances[0]), int(ranking.target_classes[0]), int(ranking.source_classes[0])
    )


def distance_matrix(
    prototypes: Sequence[Prototypes],
    window: int | None = None,
    progress: Progress | None = None,
    n_jobs: int | None = None,
    *,
    comparison: Comparison | None = None,
) -> NDArray[np.float64]:
    """Compute the distances between all of several data sets.

    Parameters
    ----------
    prototypes : sequence of Prototypes
        Those of n data sets.
    window, n_jobs, comparison
        As for `dataset_distance`.
    progress : callable or None
        Called with (pairs done, pairs in all).

    Returns
    -------
    ndarray of float64, shape (n, n)
        Symmetric, with zeros on the diagonal.

    Raises
    ------
    DataError, OptionError
        As for `dataset_distance`.
    """
    comparison = comparing(window, comparison)
    n = len(prototypes)
    matrix = np.zeros((n, n))
    pool = PrototypePool.of({str(i): source for i, source in enumerate(prototypes)})
    done, total = 0, n * (n - 1) // 2

    def advance() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, total)

    for i in range(n - 1):
        others = pool.take(range(i + 1, n))
        ranking = search(prototypes[i], others, comparison, n_jobs=n_jobs, on_source=advance)
        columns = i + 1 + ranking.sources
        matrix[i, columns] = matrix[columns, i] = ranking.distances
    return matrix
