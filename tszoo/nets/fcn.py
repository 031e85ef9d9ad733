"""The fully convolutional network (Wang et al. 2017), which the 2018 transfer paper uses."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, nn

from tszoo.nets.layers import BatchNorm, SameConv
from tszoo.nets.network import Network


@dataclass(frozen=True)
class FCNConfig:
    """The network's shape; the defaults are the paper's.

    Attributes
    ----------
    filters, kernel_lengths : tuple of int
        Width and filter length of each convolution, in order.
    """

    filters: tuple[int, ...] = (128, 256, 128)
    kernel_lengths: tuple[int, ...] = (8, 5, 3)


class FCNBody(nn.Sequential):
    """Convolutions, each followed by batch norm and ReLU; no pooling before the last."""

    def __init__(self, config: FCNConfig, n_channels: int) -> None:
        layers: list[nn.Module] = []
        widths = pairwise((n_channels, *config.filters))
        for (before, after), length in zip(widths, config.kernel_lengths, strict=True):
            layers += [SameConv(before, after, length, bias=True), BatchNorm(after), nn.ReLU()]
        super().__init__(*layers)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map ``(batch, n_channels, 1, time)`` to ``(batch, n_features, 1, time)``, zero where ``mask`` is false."""
        for layer in self:
            x = layer(x, mask) if isinstance(layer, BatchNorm) else layer(x)
        return x


class FCN(Network):
    """The body and a softmax head."""

    def __init__(self, config: FCNConfig, n_channels: int, n_classes: int) -> None:
        super().__init__(FCNBody(config, n_channels), config.filters[-1], n_classes)
