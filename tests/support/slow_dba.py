"""Barycenters and medoids, slow and obvious."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.support.slow_dtw import allowed, slow_dtw

Series = NDArray[np.float64]


def slow_medoid(series: list[Series]) -> int:
    """Find the series with the least sum of squared distances to all."""
    sums = [sum(slow_dtw(values, other) ** 2 for other in series) for values in series]
    return int(np.argmin(sums))


def slow_path(a: Series, b: Series, ties: str, window: int | None = None) -> list[tuple[int, int]]:
    """Find the cheapest path by its definition."""
    n, m = a.shape[1], b.shape[1]
    cells = allowed(n, m, window)
    total = np.full((n + 1, m + 1), np.inf)
    total[0, 0] = 0.0
    for i in range(n):
        for j in range(m):
            if cells[i, j]:
                gap = ((a[:, i] - b[:, j]) ** 2).sum()
                total[i + 1, j + 1] = gap + min(total[i, j], total[i, j + 1], total[i + 1, j])
    path = [(n - 1, m - 1)]
    while path[-1] != (0, 0):
        i, j = path[-1]
        steps = [(i - 1, j - 1), (i - 1, j), (i, j - 1)]
        if ties == "straight":
            steps.reverse()
        path.append(min(steps, key=lambda step: total[step[0] + 1, step[1] + 1]))
    return path[::-1]


def slow_dba(
    series: list[Series],
    center: Series,
    n_iterations: int,
    window: int | None = None,
    ties: str = "diagonal",
) -> Series:
    """Average, for each point of the centre, the points that a path lays on it."""
    for _ in range(n_iterations):
        met: list[list[Series]] = [[] for _ in range(center.shape[1])]
        for values in series:
            for i, j in slow_path(values, center, ties, window):
                met[j].append(values[:, i])
        center = np.stack([np.mean(points, axis=0) for points in met], axis=1)
    return center
