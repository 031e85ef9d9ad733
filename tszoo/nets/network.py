"""What every network of the zoo is: a body that gives one feature vector a series, and a linear head."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tszoo.nets.config import NetworkConfig


class Body(nn.Module, ABC):
    """The part of a network that sees series and gives maps.

    Subclasses are made from ``(config, n_channels)``, or, where a network does not take series of any length, from
    ``(config, n_channels, length)``. They set ``n_features``, the number of their last maps, and their ``forward``
    takes series ``(batch, n_channels, 1, time)`` and a mask ``(batch, 1, 1, time)`` or None to maps
    ``(batch, n_features, 1, time)`` that are zero where the mask is false.
    """

    n_features: int

    @abstractmethod
    def receptive_field(self) -> int:
        """How many points of a series one point of the last maps sees, if the series is long enough.

        ``1 + sum(k_i - 1)`` along the longest way through convolutions of stride 1 and lengths ``k_i``.
        """


class Network(nn.Module):
    """A body and a head.

    Subclasses name their ``config_class`` and ``body_class``, which is all that most of them are. Series are images of
    height 1 inside, because two-dimensional convolutions in channels-last layout are the fast ones on every processor.

    Series of unequal lengths come with zeros behind them and their ``lengths`` ``(batch,)``: padding is then kept out
    of every convolution, batch norm and pooling, so that what a series is batched with changes nothing.

    Parameters
    ----------
    config : NetworkConfig
        With ``channels_apart``, the body is one for series of one channel, and each channel goes through it by itself.
    n_channels, n_classes : int
    length : int or None
        Points of a series; read only where ``any_length`` is false.

    Attributes
    ----------
    body : Body
    head : nn.Linear
        From ``channels_apart * body.n_features`` features to logits.
    channels_apart : int
        How many channels go through the body one by one; 1 if all go through it together.
    """

    config_class: ClassVar[type[NetworkConfig]]
    body_class: ClassVar[type[Body]]
    any_length: ClassVar[bool] = True

    body: Body
    head: nn.Linear

    def __init__(self, config: NetworkConfig, n_channels: int, n_classes: int, length: int | None = None) -> None:
        super().__init__()
        self.channels_apart = n_channels if config.channels_apart else 1
        seen = n_channels // self.channels_apart
        self.body = self.body_class(config, seen) if self.any_length else self.body_class(config, seen, length)
        self.head = nn.Linear(self.channels_apart * self.body.n_features, n_classes)

    def receptive_field(self) -> int:
        """How many points of a series one point of the last maps sees, if the series is long enough."""
        return self.body.receptive_field()

    def activations(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Map series ``(batch, n_channels, time)`` to the last layer's maps ``(batch, n_features, time)``.

        ``n_features`` is the head's number of inputs: with channels apart, the maps of the first channel come first.
        A network without convolutions along time has maps of one point, ``(batch, n_features, 1)``.
        """
        n_series = len(x)
        if self.channels_apart > 1:
            x = x.reshape(n_series * self.channels_apart, 1, x.shape[2])
            lengths = None if lengths is None else lengths.repeat_interleave(self.channels_apart)
        image = x.unsqueeze(2).contiguous(memory_format=torch.channels_last)
        mask = None if lengths is None else _mask(lengths, x.shape[2])
        maps: Tensor = self.body(image, mask).squeeze(2)
        return maps if self.channels_apart == 1 else maps.reshape(n_series, -1, maps.shape[2])

    def features(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Map series ``(batch, n_channels, time)`` to pooled features ``(batch, n_features)``, at least float32."""
        maps = self.activations(x, lengths)
        dtype = torch.promote_types(maps.dtype, torch.float32)
        if lengths is None:
            return maps.mean(dim=-1, dtype=dtype)
        return maps.sum(dim=-1, dtype=dtype) / lengths[:, None]  # maps are zero in the padding

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


def replace_head(
    network: Network, n_classes: int, generator: torch.Generator, *, channels_apart: int | None = None
) -> None:
    """Put a fresh Glorot-uniform head for ``n_classes`` on the network, in place.

    ``channels_apart`` is how many channels will go through the body one by one; None leaves that as it is.
    """
    if channels_apart is not None:
        network.channels_apart = channels_apart
    with torch.random.fork_rng(devices=[]):  # the caller's random state is not ours to advance
        network.head = nn.Linear(network.channels_apart * network.body.n_features, n_classes)
    initialize(network.head, generator)
