"""Say what is known of features before their series are seen, and estimate their spreads with it.

Few series say little of how much each feature varies: those of one kind vouch for each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tszoo.nets.network import Network

# Series that the mean variance of a feature's kind counts for.
KIND_COUNTS = 10


@dataclass(frozen=True, eq=False)
class Prior:
    """What is known of features before their series are seen.

    Attributes
    ----------
    kinds : sequence of int
        How many features each kind has, 1 or more, in order. Spreads are drawn towards those of
        their kind.
    last_spread : float or None
        What features of the last kind are divided by instead of their own spreads.
    nuisance : ndarray of floats, shape (n_directions, n_features_a_channel), or None
        Directions that are damped in the features of every channel, see
        ``tszoo.readout.nuisance``. Features behind the last whole channel are none.
    tangents : ndarray of floats, shape (n_tangents, n_features), or None
        What features change by when something is done to a series that leaves its class, see
        ``tszoo.readout.tangents``.
    """

    kinds: Sequence[int]
    last_spread: float | None = None
    nuisance: NDArray[np.floating[Any]] | None = None
    tangents: NDArray[np.floating[Any]] | None = None

    def suits(self, n_features: int) -> bool:
        """Whether it speaks of so many features."""
        if self.tangents is not None and self.tangents.shape[1] != n_features:
            return False
        return min(self.kinds, default=0) >= 1 and sum(self.kinds) == n_features

    def beside(self, n_features: int, spread: float) -> Prior:
        """Put one more kind behind, whose features are all divided by ``spread``.

        No tangent touches it.
        """
        tangents = self.tangents
        if tangents is not None:
            tangents = np.pad(tangents, ((0, 0), (0, n_features)))
        return Prior((*self.kinds, n_features), spread, self.nuisance, tangents)


def shared_variances(
    variances: NDArray[np.float64], n_series: int, kinds: Sequence[int]
) -> NDArray[np.float64]:
    """Draw each feature's variance towards the mean of its kind.

    The mean variance of the kind counts as ``KIND_COUNTS`` series do. Of two series every feature
    that varies is one spread above or below the mean: without this, one that hardly varies says as
    much as one that varies most.

    Parameters
    ----------
    variances : ndarray of float64, shape (n_features,)
        Of ``n_series`` series.
    n_series : int
    kinds : sequence of int
        How many features each kind has, 1 or more, in order; ``n_features`` in all.

    Returns
    -------
    ndarray of float64, shape (n_features,)
    """
    shared = mean_of_kind(variances, kinds)
    return (n_series * variances + KIND_COUNTS * shared) / (n_series + KIND_COUNTS)


def mean_of_kind(values: NDArray[np.float64], kinds: Sequence[int]) -> NDArray[np.float64]:
    """Compute the mean over each kind, float64 of shape (n_features,): the same for all of one."""
    starts = np.cumsum([0, *kinds[:-1]])
    means = np.add.reduceat(values, starts) / np.asarray(kinds)
    return np.repeat(means, kinds)


def feature_kinds(network: Network, n_channels: int) -> tuple[int, ...]:
    """Count the stage features of each kind: one pooling of one stage's maps, of one channel.

    The series and its first difference are two kinds, and so are those of every length that they
    are read at. Kinds come in the order of ``Network.stage_features`` of series of ``n_channels``.
    """
    from tszoo.nets.stages import POOLINGS  # loads PyTorch, which a ridge fit does without

    of_a_series = tuple(width for width in network.body.widths for _ in range(POOLINGS))
    n_times = network.pooled_a_channel // (POOLINGS * sum(network.body.widths))
    ends = np.cumsum(of_a_series * n_times)
    # where some features are read, some kinds may have none
    kinds = np.bincount(np.searchsorted(ends, network.which_features(), side="right"))
    return tuple(kinds[kinds > 0].tolist()) * network.n_read(n_channels)


def prior_of(network: Network, n_channels: int) -> Prior:
    """Say what a network tells of its stage features of series of ``n_channels``.

    A network that has been given a head no longer names directions as nuisance.
    """
    nuisance = None
    if network.nuisance is not None:
        # a body that is read at its own length alone has the first half of the features
        directions = network.nuisance[:, network.which_features()]
        nuisance = directions.cpu().numpy()
    return Prior(feature_kinds(network, n_channels), nuisance=nuisance)
