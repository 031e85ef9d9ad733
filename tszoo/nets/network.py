"""What every network of the zoo is: a body that gives one feature vector a series, and a linear head."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn


class Network(nn.Module):
    """A body and a head.

    Subclasses fill ``body``, which maps ``(batch, n_channels, 1, time)`` and a mask ``(batch, 1, 1, time)`` or None to
    ``(batch, n_features, 1, time)``. Series are images of height 1 inside, because two-dimensional convolutions in
    channels-last layout are the fast ones on every processor.

    Series of unequal lengths come with zeros behind them and their ``lengths`` ``(batch,)``: padding is then kept out
    of every convolution, batch norm and pooling, so that what a series is batched with changes nothing.
    """

    body: nn.Module
    head: nn.Linear

    def __init__(self, body: nn.Module, n_features: int, n_classes: int) -> None:
        super().__init__()
        self.body = body
        self.head = nn.Linear(n_features, n_classes)

    def activations(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Map series ``(batch, n_channels, time)`` to the last layer's maps ``(batch, n_features, time)``."""
        image = x.unsqueeze(2).contiguous(memory_format=torch.channels_last)
        mask = None if lengths is None else _mask(lengths, x.shape[2])
        maps: Tensor = self.body(image, mask)
        return maps.squeeze(2)

    def features(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Map series ``(batch, n_channels, time)`` to pooled features ``(batch, n_features)``, float32."""
        maps = self.activations(x, lengths)
        if lengths is None:
            return maps.mean(dim=-1, dtype=torch.float32)
        return maps.sum(dim=-1, dtype=torch.float32) / lengths[:, None]  # maps are zero in the padding

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Map series ``(batch, n_channels, time)`` to logits ``(batch, n_classes)``, float32."""
        pooled = self.features(x, lengths)
        # three digits of bfloat16 are too few to tell confident logits apart
        with torch.autocast(x.device.type, enabled=False):
            logits: Tensor = self.head(pooled)
        return logits


def as_lengths(lengths: NDArray[np.int64]) -> Tensor | None:
    """Lengths ``(n_series,)`` as a network takes them: None if all are equal, for then nothing is masked."""
    return None if (lengths == lengths[0]).all() else torch.from_numpy(lengths.copy())


def _mask(lengths: Tensor, time: int) -> Tensor:
    """Where series are and not padding, ``(batch, 1, 1, time)``."""
    return (torch.arange(time, device=lengths.device) < lengths[:, None])[:, None, None, :]


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
