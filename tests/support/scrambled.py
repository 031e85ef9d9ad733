"""Networks as after training."""

from __future__ import annotations

import numpy as np
import torch

from tszoo.nets.network import Network


def scrambled(network: Network, seed: int = 0) -> Network:
    """The network in evaluation mode with every weight and every batch-norm statistic random."""
    draw = np.random.default_rng(seed)
    for name, tensor in network.state_dict().items():
        if tensor.is_floating_point():
            values = draw.normal(0.0, 0.5, tensor.shape) + (
                1.0 if "norm" in name or "var" in name else 0.0
            )
            tensor.copy_(torch.from_numpy(np.abs(values) + 0.1 if "var" in name else values))
    return network.eval()
