"""Ways around a residual block."""

from __future__ import annotations

from torch import Tensor, nn

from tszoo.nets.layers import BatchNorm, SameConv


class Widening(nn.Module):
    """The way around a block that changes the number of channels.

    A convolution of length 1 and batch norm, no ReLU.
    """

    def __init__(self, in_channels: int, out_channels: int, *, bias: bool = False) -> None:
        super().__init__()
        self.convolution = SameConv(in_channels, out_channels, 1, bias=bias)
        self.norm = BatchNorm(out_channels)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map ``(batch, in_channels, 1, time)`` to ``(batch, out_channels, 1, time)``, zero where ``mask`` is false."""
        widened: Tensor = self.norm(self.convolution(x), mask)
        return widened
