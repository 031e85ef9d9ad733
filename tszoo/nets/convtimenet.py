"""ConvTimeNet, the network of Kashiparekh et al. (2019).

"ConvTimeNet: A pre-trained deep CNN for time series classification", arXiv:1904.12546. A network
of 2024 has the same name; it is another one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from torch import Tensor, nn

from tszoo.nets.layers import BatchNorm, SameConv, SameConvs
from tszoo.nets.network import Body, Network
from tszoo.nets.network_config import NetworkConfig
from tszoo.nets.shortcut import Widening

LAYERS_PER_BLOCK = 2


@dataclass(frozen=True)
class ConvTimeNetConfig(NetworkConfig):
    """The network's shape.

    The paper prescribes filters of several lengths in every layer, these lengths, residual
    connections and global average pooling. This package chose how many layers there are, how many
    of them a shortcut spans (two), and how many filters of each length there are: about as many
    multiplications a point as InceptionTime's network has. The paper's series have up to 512
    points; any length works.

    Attributes
    ----------
    depth : int
        Number of layers; every second one closes a residual block.
    filters : int
        Filters of each length in each layer.
    kernel_lengths : tuple of int
        The lengths.
    residual : bool
        Whether blocks have shortcuts.
    """

    depth: int = field(default=4, metadata={"most": 100})
    filters: int = 16
    kernel_lengths: tuple[int, ...] = field(default=(4, 8, 16, 32, 64), metadata={"longest": 16})
    residual: bool = True


class MultiLengthLayer(nn.Module):
    """Convolutions of several lengths side by side, batch norm and ReLU."""

    def __init__(self, in_channels: int, config: ConvTimeNetConfig) -> None:
        super().__init__()
        self.convolutions = SameConvs(
            SameConv(in_channels, config.filters, k) for k in config.kernel_lengths
        )
        self.norm = BatchNorm(config.filters * len(config.kernel_lengths))

    def forward(self, x: Tensor, mask: Tensor | None = None, plus: Tensor | None = None) -> Tensor:
        """Map ``(batch, in_channels, 1, time)`` to ``(batch, width, 1, time)``.

        ``width`` is ``len(kernel_lengths) * filters``. ``plus`` has the output's shape, and is
        added before the ReLU.
        """
        branches = [(convolution, x) for convolution in self.convolutions]
        return self.norm.convolve_relu(*branches, mask=mask, plus=plus)


class ConvTimeNetBody(Body):
    """Layers in residual blocks of two.

    A block that keeps the number of channels adds its input as it is.
    """

    def __init__(self, config: ConvTimeNetConfig, n_channels: int) -> None:
        super().__init__()
        width = config.filters * len(config.kernel_lengths)
        self.widths = (width,) * config.depth
        self.residual = config.residual
        self._longest = max(config.kernel_lengths)
        in_channels = (n_channels, *self.widths[:-1])
        self.layers = nn.ModuleList(MultiLengthLayer(n, config) for n in in_channels)
        widens = config.residual and config.depth >= LAYERS_PER_BLOCK and n_channels != width
        self.widening = Widening(n_channels, width) if widens else None

    def stages(self, x: Tensor, mask: Tensor | None = None) -> Iterator[Tensor]:
        """Yield each layer's maps."""
        entry = x
        if self.widening is not None:
            entry = self.widening(x, mask)
        for i, layer in enumerate(self.layers):
            closes_block = i % LAYERS_PER_BLOCK == LAYERS_PER_BLOCK - 1
            if self.residual and closes_block:
                x = entry = layer(x, mask, entry)
            else:
                x = layer(x, mask)
            yield x

    def first_filters(self) -> list[Tensor]:
        """Return the filters of the first layer, by length."""
        layer: MultiLengthLayer = self.layers[0]  # type: ignore[assignment]
        return [convolution.filters() for convolution in layer.convolutions]

    def receptive_field(self) -> int:
        """Count the points of a series that one point of the last maps sees."""
        return 1 + len(self.layers) * (self._longest - 1)


class ConvTimeNet(Network):
    """The body and a softmax head."""

    config_class = ConvTimeNetConfig
    body_class = ConvTimeNetBody
