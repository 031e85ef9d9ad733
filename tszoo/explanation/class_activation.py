"""Class activation maps: what the last maps say of a class, point by point.

Zhou et al. (2016), "Learning deep features for discriminative localization"; for time series Wang,
Yan & Oates (2017), section 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

if TYPE_CHECKING:
    from tszoo.explanation.task import Task
    from tszoo.models.model import Batch, Model
    from tszoo.nets.network import Network


def has_activation_maps(model: Model) -> bool:
    """Tell whether every member's head reads the means of its last maps."""
    return all(
        network.any_length and network.readout == "mean" and network.averaged == 1
        for network in model.networks
    )


def activation_maps(task: Task) -> NDArray[np.float32]:
    """Weigh the last maps by a class's row of the head; the mean of all members.

    Summed over channels, their mean over a series' own points, plus the bias, is the class's logit
    (the mean of the members'); where heads read levels, their part of it is left out. A body that
    sees all channels together says nothing of a single one: each then has an equal part.

    Parameters
    ----------
    task : Task
        Of a model for which ``has_activation_maps`` is true.

    Returns
    -------
    ndarray of float32, shape (n_series, n_channels, length)
    """

    def mean_maps(batch: Batch, classes: Tensor) -> Tensor:
        maps = [_maps_of(network, batch, classes) for network in task.model.networks]
        return torch.stack(maps).mean(dim=0)

    with torch.inference_mode():
        return task.by_batch(mean_maps)


def _maps_of(network: Network, batch: Batch, classes: Tensor) -> Tensor:
    """Compute the maps ``(batch, n_channels, time)`` of one network."""
    n_series, n_channels, time = batch.x.shape
    maps = network.activations(batch.x, batch.lengths).float()
    apart = network.n_apart
    weights = network.head.weight.float()[classes, : maps.shape[1]]  # levels' weights are behind
    by_channel = torch.einsum(
        "bcft,bcf->bct",
        maps.reshape(n_series, apart, -1, time),
        weights.reshape(n_series, apart, -1),
    )
    if apart == 1:
        return by_channel.expand(n_series, n_channels, time) / n_channels
    return by_channel
