"""Damp the directions of features in which series of one class differ.

What series of one class differ by, in a body's features, is much alike from task to task: phase,
warp, noise. Made-up tasks show it for any body, without data. Along these directions a ridge head
finds differences of a few series that are not those of their classes. So the features are damped
along them: nuisance attribute projection (Solomonoff, Campbell & Boardman 2005, for speakers and
the channels that they are heard over), which does not take all away here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tszoo.readout.spread import Prior, mean_of_kind

# The share of the variance along nuisance directions that is left.
KEPT = 0.25
# Directions with less than this share of the main one's variance are rounding of float32.
LEAST_SHARE = 1e-6


@dataclass(frozen=True, eq=False)
class Damping:
    """Damps standardised features along directions.

    Attributes
    ----------
    bases : tuple of ndarray of float32, shape (n_features_a_channel, n_directions)
        Of each channel: columns of length 1 at right angles.
    """

    bases: tuple[NDArray[np.float32], ...]

    @classmethod
    def of(
        cls, prior: Prior | None, variances: NDArray[np.float64], scale: NDArray[np.float64]
    ) -> Damping:
        """Turn directions into bases of the space of standardised features.

        Directions are kept for features that are divided by the spread of their kind. ``variances``
        and ``scale`` are those of all features: what they are multiplied by is 0 for a constant
        one.
        """
        if prior is None or prior.nuisance is None:
            return cls(())
        width = prior.nuisance.shape[1]
        relative = np.sqrt(mean_of_kind(variances, prior.kinds)) * scale
        starts = range(0, len(scale) - width + 1, width)
        channels = [relative[start : start + width] for start in starts]
        return cls(tuple(_basis(prior.nuisance * channel) for channel in channels))

    def shares(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Compute how far rows reach along every direction, (n_series, n_channels * rank)."""
        shares = [rows[:, some] @ basis for some, basis in self._channels()]
        return np.concatenate([rows[:, :0], *shares], axis=1)

    def damp(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Damp rows of standardised features, in place, and return them."""
        for some, basis in self._channels():
            rows[:, some] -= (1 - np.sqrt(KEPT)) * (rows[:, some] @ basis) @ basis.T
        return rows

    def _channels(self) -> list[tuple[slice, NDArray[np.float32]]]:
        """List the features of every channel, and its basis."""
        channels = []
        for k, basis in enumerate(self.bases):
            width = len(basis)
            channels.append((slice(k * width, (k + 1) * width), basis))
        return channels


def _basis(directions: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Make an orthonormal basis of what directions span, as columns; none where they are zero."""
    _, lengths, basis = np.linalg.svd(directions.astype(np.float64), full_matrices=False)
    kept = lengths**2 > LEAST_SHARE * (lengths**2).max(initial=np.finfo(np.float64).tiny)
    return np.ascontiguousarray(basis[kept].T, dtype=np.float32)
