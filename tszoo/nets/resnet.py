"""The residual network for time series of Wang et al. (2017).

"Time series classification from scratch with deep neural networks", arXiv:1611.06455.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from torch import Tensor, nn

from tszoo.nets.layers import BatchNorm, BatchNorms, SameConv, SameConvs
from tszoo.nets.network import Body, Network
from tszoo.nets.network_config import NetworkConfig
from tszoo.nets.shortcut import Widening


@dataclass(frozen=True)
class ResNetConfig(NetworkConfig):
    """The network's shape; the defaults are the paper's.

    Attributes
    ----------
    widths : tuple of int
        Filters of every convolution of a block, block by block.
    kernel_lengths : tuple of int
        Filter lengths of a block's convolutions, in order; the same in every block.
    """

    widths: tuple[int, ...] = (64, 128, 128)
    kernel_lengths: tuple[int, ...] = field(default=(8, 5, 3), metadata={"longest": 16})


class ResidualBlock(nn.Module):
    """Convolutions with batch norm and ReLU, and a shortcut around them.

    The shortcut is added before the last ReLU. If the block changes the number of channels, its
    input goes through a convolution of length 1 and batch norm on the way; if not, the input itself
    is added. (The code released with Ismail Fawaz et al. 2019 puts a batch norm, without a
    convolution, on the second kind of shortcut too.)
    """

    def __init__(self, in_channels: int, width: int, kernel_lengths: tuple[int, ...]) -> None:
        super().__init__()
        channels = pairwise((in_channels, *[width] * len(kernel_lengths)))
        self.convolutions = SameConvs(
            SameConv(before, after, length, bias=True)
            for (before, after), length in zip(channels, kernel_lengths, strict=True)
        )
        self.norms = BatchNorms(BatchNorm(width) for _ in kernel_lengths)
        self.widening = Widening(in_channels, width, bias=True) if in_channels != width else None

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map ``(batch, in_channels, 1, time)`` to ``(batch, width, 1, time)``.

        The output is zero where ``mask`` is false.
        """
        entry = x
        if self.widening is not None:
            entry = self.widening(x, mask)
        *first_layers, (last_convolution, last_norm) = zip(
            self.convolutions, self.norms, strict=True
        )
        for convolution, norm in first_layers:
            x = norm.convolve_relu((convolution, x), mask=mask)
        return last_norm.convolve_relu((last_convolution, x), mask=mask, plus=entry)


class ResNetBody(Body):
    """Residual blocks."""

    def __init__(self, config: ResNetConfig, n_channels: int) -> None:
        super().__init__()
        self.widths = config.widths
        self.kernel_lengths = config.kernel_lengths
        self.blocks = nn.ModuleList(
            ResidualBlock(before, after, config.kernel_lengths)
            for before, after in pairwise((n_channels, *config.widths))
        )

    def stages(self, x: Tensor, mask: Tensor | None = None) -> Iterator[Tensor]:
        """Yield each block's maps."""
        for block in self.blocks:
            x = block(x, mask)
            yield x

    def first_filters(self) -> list[Tensor]:
        """Return the filters of the first block's first layer, by length."""
        block: ResidualBlock = self.blocks[0]  # type: ignore[assignment]
        return [next(iter(block.convolutions)).filters()]

    def receptive_field(self) -> int:
        """Count the points that one point of the last maps sees; 40 in the paper's network."""
        return 1 + len(self.blocks) * sum(length - 1 for length in self.kernel_lengths)


class ResNet(Network):
    """The body and a softmax head."""

    config_class = ResNetConfig
    body_class = ResNetBody
