"""Finds places for labels beside points, so that no label covers another or a point."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# To the right first, as text is read; then left, above, below, and between these.
_TURNS = np.pi / 8 * np.array([0, 8, 4, 12, 2, 14, 6, 10, 1, 15, 7, 9, 3, 13, 5, 11])
_WAYS = np.column_stack((np.cos(_TURNS), np.sin(_TURNS)))


def place_labels(
    points: NDArray[np.float64],
    sizes: NDArray[np.float64],
    radius: float,
    taken: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Find a place for each label, as near to its point as is free.

    Labels of the most crowded points choose first. A label looks for a free place in rings around
    its point, the nearest ring first. There always is one, because the page has no end: its size is
    up to the caller.

    Parameters
    ----------
    points : ndarray of float64, shape (n, 2)
    sizes : ndarray of float64, shape (n, 2)
        Width and height of each label, in the unit of the points.
    radius : float
        Half the side of the square around each point that labels keep free; above 0.
    taken : ndarray of float64, shape (m, 2), or None
        Points without a label, which are kept free like the others.

    Returns
    -------
    ndarray of float64, shape (n, 2)
        The lower left corners. The labels overlap neither each other nor the squares.
    """
    corners = np.empty_like(points, dtype=np.float64)
    if not len(points):
        return corners
    # what is taken: the points first, then every label
    marks = points
    if taken is not None:
        marks = np.vstack((points, taken))
    low, high = marks - radius, marks + radius
    for k in _most_crowded_first(points, sizes):
        corners[k] = _nearest_free(points[k], sizes[k], radius, low, high)
        low, high = np.vstack((low, corners[k])), np.vstack((high, corners[k] + sizes[k]))
    return corners


def _most_crowded_first(points: NDArray[np.float64], sizes: NDArray[np.float64]) -> list[int]:
    """Order points by how many others are within reach of their labels; of equals, the first."""
    reach = np.maximum(sizes.mean(axis=0), 1e-12)
    apart = (np.abs(points[:, None] - points) / reach).max(axis=2)
    return [int(k) for k in np.argsort(-np.exp(-apart).sum(axis=1), kind="stable")]


def _nearest_free(
    point: NDArray[np.float64],
    size: NDArray[np.float64],
    radius: float,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Find the nearest place around a point that overlaps none of the rectangles low to high."""
    # how far the middle of a label must be for its edge to touch the point's square
    reach = np.min((size / 2 + radius) / np.maximum(np.abs(_WAYS), 1e-12), axis=1)
    away = 0.0
    while True:
        corners = point + _WAYS * ((reach + radius / 4 + away)[:, None]) - size / 2
        free = ~_overlap(corners, corners + size, low, high).any(axis=1)
        if free.any():
            return np.asarray(corners[free.argmax()])
        away += max(radius, size[1] / 2, 0.02 * away)


def _overlap(
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    other_low: NDArray[np.float64],
    other_high: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Tell which of the first rectangles overlap which of the second; touching edges do not."""
    return np.asarray(((low[:, None] < other_high) & (other_low < high[:, None])).all(axis=2))
