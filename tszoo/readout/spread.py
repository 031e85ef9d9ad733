"""Estimate the spread of features from few series: those of one kind vouch for each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tszoo.nets.network import Network

# Series that the mean variance of a feature's kind counts for.
KIND_COUNTS = 10


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
    starts = np.cumsum([0, *kinds[:-1]])
    means = np.add.reduceat(variances, starts) / np.asarray(kinds)
    shared: NDArray[np.float64] = np.repeat(means, kinds)
    return (n_series * variances + KIND_COUNTS * shared) / (n_series + KIND_COUNTS)


def feature_kinds(network: Network) -> tuple[int, ...]:
    """Count the stage features of each kind: one pooling of one stage's maps, of one channel.

    The series and its first difference are two kinds, and so are those of every length that they
    are read at. Kinds come in the order of
    ``Network.stage_features``.
    """
    from tszoo.nets.stages import POOLINGS  # loads PyTorch, which a ridge fit does without

    of_a_series = tuple(width for width in network.body.widths for _ in range(POOLINGS))
    n_times = network.stage_features_a_channel // (POOLINGS * sum(network.body.widths))
    return of_a_series * (n_times * network.channels_apart)
