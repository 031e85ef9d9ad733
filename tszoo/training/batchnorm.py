"""Compute exact batch-norm statistics for a trained network."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from tszoo.nets.network import Network
from tszoo.training.data import TrainingData

# 128 float32 channels of this many points are 256 MiB: one batch holds all of a small training set
POINTS_PER_PASS = 500_000


@torch.no_grad()
def recompute_batch_norm(
    network: Network, sets: Sequence[TrainingData], *, points_per_pass: int = POINTS_PER_PASS
) -> None:
    """Replace the running statistics by those of the whole training sets, in place.

    With the published momentum, the running averages trail hundreds of steps behind the weights. So
    after a short run, or with the weights of an earlier epoch, a network that fits its training set
    predicts at chance. Here the training sets go through the network once, in passes, and the
    statistics of the passes are averaged, weighted by their number of points. A set of up to
    ``points_per_pass`` points is one pass, and the statistics of a single such set are exact.
    Channels that go through the body one by one count as that many series.

    Parameters
    ----------
    network : Network
    sets : sequence of TrainingData
        On the network's device.
    points_per_pass : int
        Points (series times channels apart times length) that are put through at once.
    """
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    was_training = network.training
    network.train()
    seen = 0
    for data in sets:
        for part in data.parts(network.channels_apart * data.x.shape[2], points_per_pass):
            points = part.n_points
            seen += points
            for norm in norms:
                norm.momentum = points / seen
            network(part.x, part.lengths, part.levels)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    network.train(was_training)
