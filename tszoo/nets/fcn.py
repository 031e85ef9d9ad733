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


class FCNBody(nn.Module):
    """Convolutions, each followed by batch norm and ReLU; no pooling before the last."""

    def __init__(self, config: FCNConfig, n_channels: int) -> None:
        super().__init__()
        widths = pairwise((n_channels, *config.filters))
        self.convolutions = nn.ModuleList(
            SameConv(before, after, length, bias=True)
            for (before, after), length in zip(widths, config.kernel_lengths, strict=True)
        )
        self.norms = nn.ModuleList(BatchNorm(width) for width in config.filters)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map ``(batch, n_channels, 1, time)`` to ``(batch, n_features, 1, time)``, zero where ``mask`` is false."""
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = norm.relu(convolution(x), mask=mask)
        return x


class FCN(Network):
    """The body and a softmax head."""

    def __init__(self, config: FCNConfig, n_channels: int, n_classes: int) -> None:
        super().__init__(FCNBody(config, n_channels), config.filters[-1], n_classes)
