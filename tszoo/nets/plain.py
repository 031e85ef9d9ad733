"""A network's layers in PyTorch's own operations, which can be traced and differentiated twice.

The networks run these wherever nothing faster is allowed; ``fusion.py`` computes the same in fewer
passes over memory.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

POOLING_WINDOW = 3


def same_padding(kernel_length: int) -> tuple[int, int]:
    """Count the zeros before and behind a series that keep its length; an odd one goes behind.

    >>> same_padding(4)
    (1, 2)
    """
    left = (kernel_length - 1) // 2
    return left, kernel_length - 1 - left


def same_convolution(
    x: Tensor, weight: Tensor, bias: Tensor | None, padding: tuple[int, int], groups: int
) -> Tensor:
    """Convolve ``(batch, in_channels, 1, time)`` along time, stride 1.

    ``padding`` is that of ``same_padding``: in a graph, no weight's shape is a number to decide by.
    """
    left, right = padding
    if left == right:
        return F.conv2d(x, weight, bias, padding=(0, left), groups=groups)
    return F.conv2d(F.pad(x, padding), weight, bias, groups=groups)


def join(outputs: Sequence[Tensor], copies: int = 1) -> Tensor:
    """Put the channels of all outputs side by side, network by network if several are stacked.

    Each output is ``(batch, channels, 1, time)``; its channels are ``copies`` equal blocks.
    """
    if len(outputs) == 1:
        return outputs[0]
    if copies == 1:
        return torch.cat(list(outputs), dim=1)
    batch, _, height, time = outputs[0].shape
    blocks = [output.view(batch, copies, -1, height, time) for output in outputs]
    return torch.cat(blocks, dim=2).view(batch, -1, height, time)


def max_pool(x: Tensor) -> Tensor:
    """Max-pool ``(batch, channels, 1, time)`` with a window of 3 and stride 1.

    The result is as long as ``x``.
    """
    return F.max_pool2d(x, (1, POOLING_WINDOW), stride=1, padding=(0, POOLING_WINDOW // 2))
