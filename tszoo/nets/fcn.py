"""The fully convolutional network of Wang et al. (2017), which the 2018 transfer paper uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor

from tszoo.errors import ModelError
from tszoo.nets.layers import BatchNorm, BatchNorms, SameConv, SameConvs
from tszoo.nets.network import Body, Network
from tszoo.nets.network_config import NetworkConfig


@dataclass(frozen=True)
class FCNConfig(NetworkConfig):
    """The network's shape; the defaults are the paper's.

    Attributes
    ----------
    filters : tuple of int
        Width of each convolution, in order.
    kernel_lengths : tuple of int
        Filter length of each convolution, in order.
    """

    filters: tuple[int, ...] = (128, 256, 128)
    kernel_lengths: tuple[int, ...] = (8, 5, 3)

    def __post_init__(self) -> None:
        n_filters, n_lengths = len(self.filters), len(self.kernel_lengths)
        if n_filters != n_lengths:
            msg = f"fcn: {n_filters} filters but {n_lengths} kernel_lengths; one of each a layer."
            raise ModelError(msg)


class FCNBody(Body):
    """Convolutions, each followed by batch norm and ReLU; no pooling before the last."""

    def __init__(self, config: FCNConfig, n_channels: int) -> None:
        super().__init__()
        self.widths = config.filters
        self.kernel_lengths = config.kernel_lengths
        widths = pairwise((n_channels, *config.filters))
        self.convolutions = SameConvs(
            SameConv(before, after, length, bias=True)
            for (before, after), length in zip(widths, config.kernel_lengths, strict=True)
        )
        self.norms = BatchNorms(BatchNorm(width) for width in config.filters)

    def stages(self, x: Tensor, mask: Tensor | None = None) -> Iterator[Tensor]:
        """Yield each layer's maps."""
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = norm.convolve_relu((convolution, x), mask=mask)
            yield x

    def first_filters(self) -> list[Tensor]:
        """Return the filters of the first layer, by length."""
        return [next(iter(self.convolutions)).filters()]

    def receptive_field(self) -> int:
        """Count the points that one point of the last maps sees; 14 in the paper's network."""
        return 1 + sum(length - 1 for length in self.kernel_lengths)


class FCN(Network):
    """The body and a softmax head."""

    config_class = FCNConfig
    body_class = FCNBody
