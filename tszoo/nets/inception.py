"""The network of InceptionTime (Ismail Fawaz et al. 2020).

"InceptionTime: Finding AlexNet for time series classification", arXiv:1909.04939.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from tszoo.nets.layers import BatchNorm, SameConv, SameConvs, max_pool
from tszoo.nets.network import Body, Network
from tszoo.nets.network_config import NetworkConfig
from tszoo.nets.plain import POOLING_WINDOW

MODULES_PER_BLOCK = 3


@dataclass(frozen=True)
class InceptionConfig(NetworkConfig):
    """The network's shape; the defaults are the paper's (section 3.1).

    Attributes
    ----------
    depth : int
        Number of inception modules; every third one closes a residual block.
    filters : int
        Filters of each of a module's parallel convolutions.
    kernel_lengths : tuple of int
        Lengths of those convolutions.
    bottleneck : int
        Channels that a length-1 convolution reduces a module's input to; 0 leaves it out.
    residual : bool
        Whether blocks have shortcuts.
    """

    depth: int = field(default=6, metadata={"most": 100})
    filters: int = 32
    kernel_lengths: tuple[int, ...] = field(default=(40, 20, 10), metadata={"longest": 16})
    bottleneck: int = field(default=32, metadata={"least": 0})
    residual: bool = True


class InceptionModule(nn.Module):
    """Parallel convolutions of several lengths, beside a max-pooled copy of the input.

    The convolutions read the input through one bottleneck.
    """

    def __init__(self, in_channels: int, config: InceptionConfig) -> None:
        super().__init__()
        self.bottleneck: nn.Module = nn.Identity()
        width = in_channels
        if config.bottleneck > 0 and in_channels > 1:
            self.bottleneck = SameConv(in_channels, config.bottleneck, 1)
            width = config.bottleneck
        self.convolutions = SameConvs(
            SameConv(width, config.filters, k) for k in config.kernel_lengths
        )
        self.pooled = SameConv(in_channels, config.filters, 1)
        self.norm = BatchNorm(config.filters * (len(config.kernel_lengths) + 1))

    def filters(self) -> list[Tensor]:
        """Return what each length of convolution, with the bottleneck, makes of the input.

        Tensors ``(n_filters, in_channels, length)``: one linear map after another is a linear map.
        """
        filters = [convolution.filters() for convolution in self.convolutions]
        if not isinstance(self.bottleneck, SameConv):
            return filters
        mixing = self.bottleneck.filters()[:, :, 0]
        return [torch.einsum("fbk,bc->fck", weights, mixing) for weights in filters]

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map ``(batch, in_channels, 1, time)`` to ``(batch, width, 1, time)``.

        ``width`` is ``(len(kernel_lengths) + 1) * filters``.
        """
        narrowed = self.bottleneck(x)
        branches = [(convolution, narrowed) for convolution in self.convolutions]
        pooled = max_pool(x, mask, training=self.training)
        return self.norm.convolve_relu(*branches, (self.pooled, pooled), mask=mask)


class Shortcut(nn.ModuleList):
    """A residual block's shortcut: a length-1 convolution and batch norm.

    Its output is added to that of the block.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__([SameConv(in_channels, out_channels, 1), BatchNorm(out_channels)])

    def forward(self, entry: Tensor, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Add the block's input to its output ``x``.

        ``entry`` is ``(batch, in_channels, 1, time)``; ``x`` and what is returned are ``(batch,
        out_channels, 1, time)``.
        """
        convolution, norm = self
        joined: Tensor = norm.convolve_relu((convolution, entry), mask=mask, plus=x)  # type: ignore[operator]
        return joined


class InceptionBody(Body):
    """Inception modules in residual blocks of three."""

    def __init__(self, config: InceptionConfig, n_channels: int) -> None:
        super().__init__()
        width = config.filters * (len(config.kernel_lengths) + 1)
        self.widths = (width,) * config.depth
        self._longest = max(POOLING_WINDOW, *config.kernel_lengths)
        in_channels = (n_channels, *self.widths[:-1])
        self.inceptions = nn.ModuleList(InceptionModule(n, config) for n in in_channels)
        n_shortcuts = 0
        if config.residual:
            n_shortcuts = config.depth // MODULES_PER_BLOCK
        self.shortcuts = nn.ModuleList(Shortcut(n, width) for n in in_channels[:n_shortcuts])

    def stages(self, x: Tensor, mask: Tensor | None = None) -> Iterator[Tensor]:
        """Yield each module's maps; where a module ends a block, with the shortcut added."""
        entry = x
        for i, inception in enumerate(self.inceptions):
            x = inception(x, mask)
            block, place = divmod(i, MODULES_PER_BLOCK)
            if place == MODULES_PER_BLOCK - 1 and block < len(self.shortcuts):
                x = entry = self.shortcuts[block](entry, x, mask)
            yield x

    def first_filters(self) -> list[Tensor]:
        """Return the filters of the first module, by length."""
        module: InceptionModule = self.inceptions[0]  # type: ignore[assignment]
        return module.filters()

    def receptive_field(self) -> int:
        """Count the points that one point of the last maps sees; 235 in the paper's network."""
        return 1 + len(self.inceptions) * (self._longest - 1)


class Inception(Network):
    """One network of an InceptionTime ensemble."""

    config_class = InceptionConfig
    body_class = InceptionBody
