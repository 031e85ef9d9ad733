"""The tree of what is alike, by clustering."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def similarity_tree(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cluster data sets by average linkage, those that are alike side by side.

    Parameters
    ----------
    matrix : ndarray of float64, shape (n, n)

    Returns
    -------
    ndarray of float64, shape (n - 1, 4)
        As SciPy's ``linkage`` returns it.
    """
    n = len(matrix)
    if n < 2:
        return np.zeros((0, 4))
    from scipy.cluster.hierarchy import linkage, optimal_leaf_ordering
    from scipy.spatial.distance import squareform

    condensed = squareform(matrix, checks=False)
    tree = linkage(condensed, "average")
    return np.asarray(optimal_leaf_ordering(tree, condensed))


def tree_order(tree: NDArray[np.float64]) -> NDArray[np.int64]:
    """Order data sets as the leaves of their clustering stand, shape (n,)."""
    if not len(tree):
        return np.zeros(1, dtype=np.int64)
    from scipy.cluster.hierarchy import leaves_list

    return np.asarray(leaves_list(tree), dtype=np.int64)
