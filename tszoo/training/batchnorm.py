"""Exact batch-norm statistics for a trained network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

# 128 float32 channels of this many points are 256 MiB: one batch holds all of a small training set
POINTS_PER_PASS = 500_000


@torch.no_grad()
def recompute_batch_norm(network: nn.Module, x: Tensor, *, points_per_pass: int = POINTS_PER_PASS) -> None:
    """Replace the running statistics by those of the whole training set, in place.

    The published momentum lets the running averages trail hundreds of steps behind the weights, so that after a
    short run, or with the weights of an earlier epoch, a network that fits its training set predicts at chance.
    One forward pass averages the statistics of the passes instead, weighted by their number of series; a set of up
    to ``points_per_pass`` points is one pass, and the statistics are exact.

    Parameters
    ----------
    network : nn.Module
    x : Tensor, shape (n_series, n_channels, length), float32
        The training set, on the network's device.
    points_per_pass : int
        Points (series times length) that are put through at once.
    """
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    was_training = network.training
    network.train()
    seen = 0
    for chunk in torch.tensor_split(x, -(-x.shape[0] * x.shape[2] // points_per_pass)):
        if not len(chunk):
            continue
        seen += len(chunk)
        for norm in norms:
            norm.momentum = len(chunk) / seen
        network(chunk)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    network.train(was_training)
