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
    from tszoo.data.dataset import Dataset
    from tszoo.models.model import Batch, Model, Progress
    from tszoo.nets.network import Network


def has_activation_maps(model: Model) -> bool:
    """Tell whether every member's head reads the means of its last maps."""
    return all(network.any_length and network.readout == "mean" for network in model.networks)


def activation_maps(
    model: Model,
    dataset: Dataset,
    explained: NDArray[np.int64],
    device: str,
    progress: Progress | None,
) -> NDArray[np.float32]:
    """Weigh the last maps by a class's row of the head; the mean of all members.

    Summed over channels, their mean over a series' own points, plus the bias, is the class's logit
    (the mean of the members'); where heads read levels, their part of it is left out. A body that
    sees all channels together says nothing of a single one: each then has an equal part.

    Parameters
    ----------
    model : Model
        One for which ``has_activation_maps`` is true.
    dataset : Dataset
        What ``model.usable`` gives.
    explained : ndarray of int64, shape (n_series,)
        Class indices.
    device : str
    progress : callable or None
        Called with (series done, series in all).

    Returns
    -------
    ndarray of float32, shape (n_series, n_channels, length)
    """
    relevance = np.empty(dataset.series.shape, dtype=np.float32)
    with torch.inference_mode():
        for batch in model.batches(dataset, device=device):
            classes = torch.from_numpy(explained[batch.rows]).to(batch.x.device)
            maps = [_maps_of(network, batch, classes) for network in model.networks]
            relevance[batch.rows] = torch.stack(maps).mean(dim=0).cpu().numpy()
            if progress is not None:
                progress(int(batch.rows[-1]) + 1, dataset.n_series)
    return relevance


def _maps_of(network: Network, batch: Batch, classes: Tensor) -> Tensor:
    """Compute the maps ``(batch, n_channels, time)`` of one network."""
    n_series, n_channels, time = batch.x.shape
    maps = network.activations(batch.x, batch.lengths).float()
    apart = network.channels_apart
    weights = network.head.weight.float()[classes, : maps.shape[1]]  # levels' weights are behind
    by_channel = torch.einsum(
        "bcft,bcf->bct",
        maps.reshape(n_series, apart, -1, time),
        weights.reshape(n_series, apart, -1),
    )
    if apart == 1:
        return by_channel.expand(n_series, n_channels, time) / n_channels
    return by_channel
