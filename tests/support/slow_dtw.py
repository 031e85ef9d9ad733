"""Dynamic time warping, slow and obvious."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]


def allowed(n: int, m: int, window: int | None) -> NDArray[np.bool_]:
    """Mark the cells that a path may visit: a band, widened along the longer series."""
    if window is None:
        return np.ones((n, m), dtype=bool)
    shift = np.arange(m) - np.arange(n)[:, None]
    return (shift >= -window - max(0, n - m)) & (shift <= window + max(0, m - n))


def slow_dtw(a: Series, b: Series, window: int | None = None) -> float:
    """Compute DTW by its definition, cell by cell."""
    n, m = a.shape[1], b.shape[1]
    cells = allowed(n, m, window)
    total = np.full((n + 1, m + 1), np.inf)
    total[0, 0] = 0.0
    for i in range(n):
        for j in range(m):
            if cells[i, j]:
                cost = ((a[:, i] - b[:, j]) ** 2).sum()
                total[i + 1, j + 1] = cost + min(total[i, j], total[i, j + 1], total[i + 1, j])
    return float(np.sqrt(total[n, m]))
