"""About how long a frozen readout takes: a body is timed on a few series, a head is counted up."""

from __future__ import annotations

import time

import numpy as np

from tszoo.data.dataset import Dataset
from tszoo.data.preprocess import choose_preprocessing
from tszoo.nets.network import Network
from tszoo.readout.few import is_few
from tszoo.readout.many import MOST_DECISIONS, is_many
from tszoo.readout.ridge import PENALTIES

# Points that are timed, and the fewest times that the fastest of counts.
TIMED_POINTS = 5_000
TIMES = 2
# Numerical operations a second of one core, and the seconds that directions take to be damped, of
# a channel.
OPERATIONS = 2e10
DAMPING = 0.05
# Operations of an eigen-decomposition of n x n, in n ** 3.
DECOMPOSITION = 10.0


def seconds_a_series(network: Network, target: Dataset, device: str = "cpu") -> float:
    """Time how long a body takes for a series of a target, by its features of a few."""
    from tszoo.readout.features import extract

    points = network.n_read(target.n_channels) * network.points_read(target.length)
    n_series = max(1, min(target.n_series, TIMED_POINTS // max(1, points)))
    few = target.take(np.arange(n_series))
    preprocessing = choose_preprocessing(target)
    times = []
    for _ in range(TIMES):  # the first one warms up
        began = time.perf_counter()
        extract(network, few, preprocessing, device=device, with_logits=False)
        times.append(time.perf_counter() - began)
    return min(times) / n_series


def seconds_of_a_readout(network: Network, target: Dataset, device: str = "cpu") -> float:
    """Time a body on a few series, and count how long it takes with a ridge head on it."""
    n_read = target.n_series + _n_tangents(network, target)
    return n_read * seconds_a_series(network, target, device) + seconds_of_a_head(network, target)


def _n_tangents(network: Network, target: Dataset) -> int:
    """Count the bent series that a body reads besides, none before it has directions."""
    from tszoo.readout.tangents import COPIES, n_bent

    if network.nuisance is None:
        return 0
    n_channels = network.n_read(target.n_channels)
    n_points = n_channels * network.points_read(target.length)
    n_features = n_channels * network.stage_features_a_channel
    return COPIES * n_bent(target.n_series, n_points, n_features)


def seconds_of_a_head(network: Network, target: Dataset) -> float:
    """Count how long the ridge head of a body takes to fit, on one core."""
    n_channels = network.n_read(target.n_channels)
    n_features = float(n_channels * network.stage_features_a_channel)
    n_series, n_classes = float(target.n_series + _n_tangents(network, target)), target.n_classes
    labels = target.require_labels()
    n_penalties = 1 if is_few(labels, target.group_codes) else len(PENALTIES)
    smaller = min(n_series, n_features)
    judged = n_series * n_classes
    if is_many(target.n_series, target.n_classes):
        smaller, judged = n_features, float(MOST_DECISIONS)
    operations = 2 * n_series * n_features * smaller + DECOMPOSITION * smaller**3
    operations += 2 * smaller * judged * n_penalties
    operations += 4 * n_features * smaller * n_classes
    seconds = operations / OPERATIONS
    if network.nuisance is not None:
        seconds += DAMPING * n_channels
    return seconds
