"""What the training loop is tried on."""

from __future__ import annotations

import torch
from torch import Tensor

from tests.support.toys import make_toy
from tszoo.data import Preprocessing, prepare
from tszoo.nets.network import Network, initialize
from tszoo.nets.registry import build

TINY = {"depth": 3, "filters": 4, "kernel_lengths": [8, 4, 2], "bottleneck": 4}


def toy_tensors(n_series: int = 24, length: int = 32, n_classes: int = 2) -> tuple[Tensor, Tensor]:
    dataset = make_toy(n_series, length, n_classes)
    return torch.from_numpy(prepare(dataset, Preprocessing())), torch.from_numpy(
        dataset.require_labels().copy()
    )


def tiny(seed: int = 0, n_classes: int = 2, architecture: str = "inception") -> Network:
    args = TINY if architecture == "inception" else {"filters": [8, 8], "kernel_lengths": [8, 3]}
    network = build(architecture, args, 1, n_classes)
    initialize(network, torch.Generator().manual_seed(seed))
    return network
