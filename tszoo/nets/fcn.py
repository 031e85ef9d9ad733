"""The fully convolutional network (Wang et al. 2017), which the 2018 transfer paper uses."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from torch import nn

from tszoo.nets.layers import SameConv, batch_norm
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


class FCN(Network):
    """Convolutions, each followed by batch norm and ReLU; no pooling before the last."""

    def __init__(self, config: FCNConfig, n_channels: int, n_classes: int) -> None:
        layers: list[nn.Module] = []
        widths = pairwise((n_channels, *config.filters))
        for (before, after), length in zip(widths, config.kernel_lengths, strict=True):
            layers += [SameConv(before, after, length, bias=True), batch_norm(after), nn.ReLU()]
        super().__init__(nn.Sequential(*layers), config.filters[-1], n_classes)
