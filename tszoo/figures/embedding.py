"""Lays distances out in the plane by multidimensional scaling, without randomness."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_ITERATIONS = 300
_SETTLED = 1e-7


class Embedding(NamedTuple):
    """Holds points whose distances are as near to the given ones as two dimensions allow.

    Attributes
    ----------
    points : ndarray of float64, shape (n, 2)
        Centred; the first axis is the one along which they spread most.
    kept : float
        The share of the squared distances that the plane shows, from 0 to 1: one less Kruskal's raw
        stress over the sum of squared distances ("dispersion accounted for" in Borg & Groenen 2005,
        section 11.1).
    """

    points: NDArray[np.float64]
    kept: float


def embed(matrix: NDArray[np.float64]) -> Embedding:
    """Lay data sets out in the plane by their distances.

    Classical scaling (Torgerson 1952) gives the start. Majorisation of the stress (SMACOF; Borg &
    Groenen 2005, chapter 8) then gives the answer, because classical scaling expects distances of
    a space, and DTW distances do not obey the triangle inequality. Nothing is drawn at random.

    Parameters
    ----------
    matrix : ndarray of float64, shape (n, n)
        Symmetric distances with zeros on the diagonal.
    """
    from sklearn.manifold import smacof  # takes long to load

    matrix = np.asarray(matrix, dtype=np.float64)
    n = len(matrix)
    total = float((matrix**2).sum())
    if total == 0:
        return Embedding(np.zeros((n, 2)), 1.0)
    points, _ = smacof(
        matrix,
        n_components=2,
        init=_classical(matrix),
        n_init=1,
        max_iter=_ITERATIONS,
        eps=_SETTLED,
        normalized_stress=False,
    )
    stress = float(((matrix - _distances(points)) ** 2).sum())
    return Embedding(_upright(points), max(0.0, 1.0 - stress / total))


def _classical(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Project onto the two largest eigenvalues of the double-centred squared distances."""
    n = len(matrix)
    center = np.eye(n) - 1.0 / n
    values, vectors = np.linalg.eigh(-0.5 * center @ matrix**2 @ center)
    points = np.zeros((n, 2))
    largest = vectors[:, ::-1][:, :2] * np.sqrt(np.maximum(values[::-1][:2], 0.0))
    points[:, : largest.shape[1]] = largest
    return points


def _distances(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.hypot(*(points[:, None] - points).transpose(2, 0, 1)))


def _upright(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn points onto their principal axes; the outermost points lie on the positive sides."""
    points = points - points.mean(axis=0)
    _, _, axes = np.linalg.svd(points, full_matrices=True)
    points = points @ axes.T
    outermost = points[np.abs(points).argmax(axis=0), [0, 1]]
    return np.asarray(points * np.where(outermost < 0, -1.0, 1.0))
