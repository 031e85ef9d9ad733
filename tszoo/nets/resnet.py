"""The residual network for time series (Wang et al.

2017, "Time series classification from scratch").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from torch import Tensor, nn

from tszoo.nets.layers import BatchNorm, SameConv
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
    """Convolutions with batch norm and ReLU, around which the input is added before the last ReLU.

    Where the block changes the number of channels, the input goes through a convolution of length 1
    and batch norm on its way around; where it does not, the input itself is added. (The code
    released with Ismail Fawaz et al. 2019 puts a batch norm, without a convolution, on that second
    kind of way too.)
    """

    def __init__(self, in_channels: int, width: int, kernel_lengths: tuple[int, ...]) -> None:
        super().__init__()
        channels = pairwise((in_channels, *[width] * len(kernel_lengths)))
        self.convolutions = nn.ModuleList(
            SameConv(before, after, length, bias=True)
            for (before, after), length in zip(channels, kernel_lengths, strict=True)
        )
        self.norms = nn.ModuleList(BatchNorm(width) for _ in kernel_lengths)
        self.widening = Widening(in_channels, width, bias=True) if in_channels != width else None

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map ``(batch, in_channels, 1, time)`` to ``(batch, width, 1, time)``, zero where ``mask`` is false."""
        around = x if self.widening is None else self.widening(x, mask)
        last = len(self.norms) - 1
        for i, (convolution, norm) in enumerate(zip(self.convolutions, self.norms, strict=True)):
            plus = around if i == last else None
            x = norm.convolve_relu((convolution, x), mask=mask, plus=plus)  # type: ignore[operator]  # a ModuleList forgets types
        return x


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

    def receptive_field(self) -> int:
        """Points of a series that one point of the last maps sees; 40 in the paper's network."""
        return 1 + len(self.blocks) * sum(length - 1 for length in self.kernel_lengths)


class ResNet(Network):
    """The body and a softmax head."""

    config_class = ResNetConfig
    body_class = ResNetBody
