"""Compute what features of a series change by when its time is shifted and bent a little.

That hardly ever makes another class of a series, and few series do not show how little it means. So
a head is to be blind to it: these changes of the features are further rows of the regression, whose
target is 0. Such rows are the tangents of tangent prop (Simard, Victorri, LeCun & Denker 1992), by
finite differences.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from tszoo.data.dataset import Dataset
from tszoo.data.preprocess import Preprocessing, prepare
from tszoo.data.synthetic.read_at import read_at
from tszoo.data.synthetic.smooth_noise import smooth_noise
from tszoo.nets.network import Network
from tszoo.nets.reduced import evenly
from tszoo.readout.features import extract
from tszoo.readout.spread import Prior

# How often each series is bent; how far its points move, in parts of its length, in the root mean
# square; and over which part of it about equally far.
COPIES, AMOUNT, SCALE = 3, 0.02, 0.5
# Series that are bent, at most, the points of all copies, and values of their tangents.
MOST_SERIES, MOST_POINTS, MOST_VALUES = 100, 1 << 19, 1 << 24
# Shorter series are not bent.
LEAST_POINTS = 3


def n_bent(n_series: int, n_points: int, n_features: int) -> int:
    """Count the series of a target that are bent, ``COPIES`` times each.

    A body reads ``n_points`` of each, all channels together, and gives ``n_features``.
    """
    a_copy = max(n_points / MOST_POINTS, n_features / MOST_VALUES)
    return min(MOST_SERIES, int(1 / (COPIES * a_copy)), n_series)


def with_tangents(
    prior: Prior,
    network: Network,
    target: Dataset,
    preprocessing: Preprocessing,
    stages: NDArray[np.float32],
    device: str,
) -> Prior:
    """Bend series of a target, and put what their features change by into the prior of a network.

    Only of networks that name directions as nuisance: those are made to be read as they are.

    Parameters
    ----------
    prior : Prior
        What ``tszoo.readout.spread.prior_of`` says of the network.
    network : Network
        As it was when it gave ``stages``.
    target : Dataset
    preprocessing : Preprocessing
    stages : ndarray of float32, shape (n_series, n_features)
        The stage features of the target's series.
    device : str
        Where features are computed.

    Returns
    -------
    Prior
        Its tangents are of evenly spaced series where there are many, and of fewer where those are
        long or have many features; none where that are too many for one series.

    Raises
    ------
    DataError, ModelError, OptionError
        As ``tszoo.readout.features.extract``.
    """
    n_points = network.n_read(target.n_channels) * network.points_read(target.length)
    n_chosen = n_bent(target.n_series, n_points, stages.shape[1])
    if prior.nuisance is None or not n_chosen:
        return prior
    some = evenly(target.n_series, n_chosen)
    part = target.take(some)
    changes = []
    for seed in range(COPIES):
        bent = bend(part, preprocessing, seed)
        features = extract(network, bent, preprocessing, device=device, with_logits=False).stages
        changes.append(features - stages[some])
    return replace(prior, tangents=np.concatenate(changes))


def bend(dataset: Dataset, preprocessing: Preprocessing, seed: int) -> Dataset:
    """Let every series run a little ahead here and behind there, all its channels alike.

    Parameters
    ----------
    dataset : Dataset
    preprocessing : Preprocessing
        Series are prepared first: missing values are interpolated.
    seed : int
        Of the drawn curves.

    Returns
    -------
    Dataset
        As long as it was. What would lie before the first or behind the last point is that point.

    Raises
    ------
    DataError
        If the series have lengths that the preprocessing cannot take.
    """
    series = torch.from_numpy(prepare(dataset, preprocessing))
    generator = torch.Generator().manual_seed(seed)
    scale = torch.full((1,), SCALE)
    for length in np.unique(dataset.lengths).tolist():
        if length < LEAST_POINTS:
            continue
        at = torch.from_numpy(np.flatnonzero(dataset.lengths == length))
        ahead = AMOUNT * length * smooth_noise((len(at), 1, length), scale, generator)
        places = (torch.arange(length) + ahead).clamp(0, length - 1)
        apart = places.expand(-1, dataset.n_channels, -1)
        series[at, :, :length] = read_at(series[at, :, :length], apart)
    return replace(dataset, series=series.numpy())
