"""Which classifiers cannot be told apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def cliques(differ: NDArray[np.bool_]) -> list[range]:
    """Find the longest runs of neighbours of which no two differ.

    A run is a bar of a critical difference diagram (Demšar 2006, section 4, figure 1), so that
    whatever a bar covers does not differ. A run within another one is not listed, nor is one alone.

    Parameters
    ----------
    differ : ndarray of bool, shape (n, n)
        Symmetric; classifiers stand in the order of their mean ranks.

    Returns
    -------
    list of range
        Positions, from the best run to the worst.
    """
    n = len(differ)
    runs: list[range] = []
    covered = 0
    for first in range(n):
        stop = first + 1
        while stop < n and not differ[first:stop, stop].any():
            stop += 1
        if stop - first > 1 and stop > covered:
            runs.append(range(first, stop))
        covered = max(covered, stop)
    return runs
