"""What every network of the zoo is: a body that gives one feature vector a series, and a linear head."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Network(nn.Module):
    """A body and a head.

    Subclasses fill ``body`` (``(batch, n_channels, 1, time)`` to ``(batch, n_features, 1, time)``) and give
    ``n_features``. Series are images of height 1 inside, because two-dimensional convolutions in channels-last
    layout are the fast ones on every processor.
    """

    body: nn.Module
    head: nn.Linear

    def __init__(self, body: nn.Module, n_features: int, n_classes: int) -> None:
        super().__init__()
        self.body = body
        self.head = nn.Linear(n_features, n_classes)

    def activations(self, x: Tensor) -> Tensor:
        """Map series ``(batch, n_channels, time)`` to the last layer's maps ``(batch, n_features, time)``."""
        image = x.unsqueeze(2).contiguous(memory_format=torch.channels_last)
        maps: Tensor = self.body(image)
        return maps.squeeze(2)

    def features(self, x: Tensor) -> Tensor:
        """Map series ``(batch, n_channels, time)`` to pooled features ``(batch, n_features)``, float32."""
        return self.activations(x).mean(dim=-1, dtype=torch.float32)

    def forward(self, x: Tensor) -> Tensor:
        """Map series ``(batch, n_channels, time)`` to logits ``(batch, n_classes)``, float32."""
        pooled = self.features(x)
        # three digits of bfloat16 are too few to tell confident logits apart
        with torch.autocast(x.device.type, enabled=False):
            logits: Tensor = self.head(pooled)
        return logits


def initialize(network: nn.Module, generator: torch.Generator) -> None:
    """Glorot-uniform weights, zero biases, identity batch norms, as Keras starts them (Glorot & Bengio 2010)."""
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.xavier_uniform_(module.weight, generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()


def replace_head(network: Network, n_classes: int, generator: torch.Generator) -> None:
    """Put a fresh Glorot-uniform head for ``n_classes`` on the network, in place."""
    with torch.random.fork_rng(devices=[]):  # the caller's random state is not ours to advance
        network.head = nn.Linear(network.head.in_features, n_classes)
    initialize(network.head, generator)
