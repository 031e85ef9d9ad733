"""Networks as after training."""

from __future__ import annotations

import numpy as np
import torch

from tszoo.nets.network import Network


def scrambled(network: Network, seed: int = 0) -> Network:
    """Make every weight and every batch-norm statistic random; evaluation mode."""
    rng = np.random.default_rng(seed)
    for name, tensor in network.state_dict().items():
        if tensor.is_floating_point():
            values = rng.normal(0.0, 0.5, tensor.shape)
            if "norm" in name or "var" in name:
                values = values + 1.0
            if "var" in name:
                values = np.abs(values) + 0.1
            tensor.copy_(torch.from_numpy(values))
    return network.eval()
