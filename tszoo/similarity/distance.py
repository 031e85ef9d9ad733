"""How far data sets are apart (Ismail Fawaz et al. 2018, Algorithm 1, lines 9 to 15)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tszoo.similarity.dtw import Progress, pairwise_costs
from tszoo.similarity.prototypes import Prototypes


class Nearest(NamedTuple):
    """The two prototypes in which two data sets are most alike: their distance and their positions."""

    distance: float
    target_class: int
    source_class: int


def dataset_distance(a: Prototypes, b: Prototypes, window: int | None = None, n_jobs: int | None = None) -> Nearest:
    """Find the smallest DTW distance between any prototype of ``a`` and any of ``b``.

    Parameters
    ----------
    a, b : Prototypes
    window, n_jobs
        As for `cdist_dtw`.

    Returns
    -------
    Nearest
        The distance, the index of ``a``'s class and that of ``b``'s; of equal pairs, the first.

    Raises
    ------
    DataError
        If they have different numbers of channels.
    OptionError
        If the window is negative.
    """
    costs = pairwise_costs(a.stack(), b.stack(), window, n_jobs)
    i, j = np.unravel_index(costs.argmin(), costs.shape)
    return Nearest(float(np.sqrt(costs[i, j])), int(i), int(j))


def distance_matrix(
    prototypes: Sequence[Prototypes],
    window: int | None = None,
    progress: Progress | None = None,
    n_jobs: int | None = None,
) -> NDArray[np.float64]:
    """Compute the distances between all data sets, shape (n, n): symmetric, zero on the diagonal.

    ``progress`` is called with (pairs done, pairs in all); the rest is as for `dataset_distance`.
    """
    n = len(prototypes)
    matrix = np.zeros((n, n))
    done, total = 0, n * (n - 1) // 2
    for i in range(n):
        for j in range(i + 1, n):
            matrix[i, j] = matrix[j, i] = dataset_distance(prototypes[i], prototypes[j], window, n_jobs).distance
            done += 1
            if progress is not None:
                progress(done, total)
    return matrix
