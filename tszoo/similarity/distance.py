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
    """The two prototypes in which two data sets are most alike.

    Their distance and their positions.
    """

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
    found = search(a, PrototypePool.of({"source": b}), comparing(window, comparison), n_jobs=n_jobs)
    return Nearest(
        float(found.distances[0]), int(found.target_classes[0]), int(found.source_classes[0])
    )


def distance_matrix(
    prototypes: Sequence[Prototypes],
    window: int | None = None,
    progress: Progress | None = None,
    n_jobs: int | None = None,
    *,
    comparison: Comparison | None = None,
) -> NDArray[np.float64]:
    """Compute the distances between all data sets, shape (n, n): symmetric, zero on the diagonal.

    ``progress`` is called with (pairs done, pairs in all); the rest is as for `dataset_distance`.
    """
    how = comparing(window, comparison)
    n = len(prototypes)
    matrix = np.zeros((n, n))
    pool = PrototypePool.of({str(i): one for i, one in enumerate(prototypes)})
    done, total = 0, n * (n - 1) // 2

    def advance() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, total)

    for i in range(n - 1):
        others = range(i + 1, n)
        found = search(prototypes[i], pool.take(others), how, n_jobs=n_jobs, on_source=advance)
        matrix[i, i + 1 + found.sources] = matrix[i + 1 + found.sources, i] = found.distances
    return matrix
