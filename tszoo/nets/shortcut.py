"""The shortcut around a residual block that changes the number of channels."""

from __future__ import annotations

from torch import Tensor, nn

from tszoo.nets.layers import BatchNorm, SameConv


class Widening(nn.Module):
    """A convolution of length 1 and batch norm, without ReLU."""

    def __init__(self, in_channels: int, out_channels: int, *, bias: bool = False) -> None:
        super().__init__()
        self.convolution = SameConv(in_channels, out_channels, 1, bias=bias)
        self.norm = BatchNorm(out_channels)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map ``(batch, in_channels, 1, time)`` to ``(batch, out_channels, 1, time)``.

        The output is zero where ``mask`` is false.
        """
        widened: Tensor = self.norm(self.convolution(x), mask)
        return widened
