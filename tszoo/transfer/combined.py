"""Frozen readouts and trained networks as one ensemble: they err on different series.

Trained to the end, networks are surer of themselves than they should be (Guo et al. 2017, "On
calibration of modern neural networks"), and a mean of readouts, each of them calibrated, is less
sure than it could be. In a plain mean the trained half would decide nearly alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

import torch

from tszoo.nets.levels import KNOTS, WAVES
from tszoo.nets.network import Network
from tszoo.nets.stages import POOLINGS

# What the readouts' decision values are multiplied by: benchmarks/README.md, "Both halves
# together".
SHARPER = 1.5


def halves(members: int) -> tuple[int, int]:
    """Split ``members`` into (frozen, trained) halves; an odd one is frozen."""
    return members - members // 2, members // 2


def join(readouts: Sequence[Network], trained: Sequence[Network]) -> tuple[Network, ...]:
    """Put frozen readouts and trained networks of the same shape together.

    Every member votes with equal weight, and the readouts with ``SHARPER`` times their decision
    values. A trained network's head reads the means of the last maps, which are among the features
    of all stages: it becomes one that reads those, and nothing of the others.
    """
    return (*map(sharpened, readouts), *map(reading_stages, trained))


def sharpened(network: Network) -> Network:
    """Copy a readout, with ``SHARPER`` times its logits."""
    copy = deepcopy(network)
    with torch.no_grad():
        copy.head.weight.mul_(SHARPER)
        copy.head.bias.mul_(SHARPER)
    return copy.eval()


def reading_stages(network: Network) -> Network:
    """Copy a network whose head reads the last maps' means, with a head on all stages.

    The copy gives the same logits.
    """
    copy = deepcopy(network)
    weight, bias = network.head.weight, network.head.bias
    copy.set_head(network.head.out_features, "stages")
    copy.to(device=weight.device, dtype=weight.dtype)
    n_last, n_stages = network.head.in_features, copy.head.in_features
    if network.level:
        n_read = WAVES * len(network.level_knots) // KNOTS
        n_last, n_stages = n_last - n_read, n_stages - n_read
    end, width = POOLINGS * sum(network.body.widths), network.body.n_features
    with torch.no_grad():
        copy.head.weight.zero_()
        of_stages = copy.head.weight[:, :n_stages]
        by_channel = of_stages.view(len(weight), -1, copy.stage_features_a_channel)
        of_last = weight[:, :n_last].reshape(len(weight), -1, width)
        by_channel[:, :, end - width : end] = of_last
        copy.head.weight[:, n_stages:] = weight[:, n_last:]
        copy.head.bias.copy_(bias)
        if network.level:
            copy.level_knots.copy_(network.level_knots)
    return copy.eval()
