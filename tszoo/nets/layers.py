"""The layers that the networks share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tszoo.nets.fusion import Convolution, Norm, can_fuse, convolve_rectify
from tszoo.nets.fusion import max_pool as fused_max_pool
from tszoo.nets.plain import join, same_convolution, same_padding
from tszoo.nets.plain import max_pool as plain_max_pool
from tszoo.nets.tracing import is_traced

# Keras's batch norm, which the published networks use: momentum 0.99 there is 0.01 here.
BATCH_NORM_MOMENTUM = 0.01
BATCH_NORM_EPSILON = 1e-3


class SameConv(nn.Conv2d):
    """A stride-1 convolution along time whose output is as long as its input.

    Input and output are ``(batch, channels, 1, time)``. With an even ``kernel_length`` the extra
    zero of the padding goes on the right, as Keras does. Any ``time`` from 1 up works.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_length: int, *, bias: bool = False
    ) -> None:
        super().__init__(in_channels, out_channels, (1, kernel_length), bias=bias)
        self.left, self.right = same_padding(kernel_length)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(batch, in_channels, 1, time)`` to ``(batch, out_channels, 1, time)``."""
        padding = self.left, self.right
        return same_convolution(x, self.weight, self.bias, padding, self.groups)

    def filters(self) -> Tensor:
        """Return the weights as ``(out_channels, in_channels, kernel_length)``."""
        return self.weight[:, :, 0]

    def scaled(self, x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        """Compute ``scale * self(x) + shift``; those are ``(out_channels,)``."""
        if self.bias is not None:
            shift = shift + scale * self.bias
        padding = self.left, self.right
        weight = scale[:, None, None, None] * self.weight
        return same_convolution(x, weight, shift, padding, self.groups)


# A convolution and its input.
Branch = tuple[SameConv, Tensor]


class SameConvs(nn.ModuleList):
    """A list of convolutions."""

    if TYPE_CHECKING:  # a ModuleList forgets what it holds

        def __iter__(self) -> Iterator[SameConv]: ...


def convolve_together(convolutions: Sequence[SameConv], x: Tensor) -> Tensor:
    """Convolve one input by kernels of several lengths as one convolution of the longest.

    Shorter kernels get zeros around them. Those cost a GPU's tensor cores less than what goes with
    a convolution of its own: of even length, it has its input copied to pad it on one side.

    Parameters
    ----------
    convolutions : sequence of SameConv
        Of as many input channels, without groups or bias.
    x : Tensor, shape (batch, in_channels, 1, time)

    Returns
    -------
    Tensor, shape (batch, out_channels, 1, time)
        The first convolution's channels come first.
    """
    half = max(max(conv.left, conv.right) for conv in convolutions)
    kernels = [F.pad(conv.weight, (half - conv.left, half - conv.right)) for conv in convolutions]
    return F.conv2d(x, torch.cat(kernels), padding=(0, half))


def max_pool(x: Tensor, mask: Tensor | None = None, *, training: bool = False) -> Tensor:
    """Max-pool ``(batch, channels, 1, time)`` with a window of 3 and stride 1.

    With a ``mask`` ``(batch, 1, 1, time)``, points in the padding are never a maximum, and come out
    as zero. ``training`` lets kernels run that can be differentiated only once at full speed.
    """
    if mask is not None:
        pooled = plain_max_pool(x.masked_fill(~mask, -torch.inf))
        return pooled.masked_fill(~mask, 0.0)
    if training and x.requires_grad and can_fuse(x):
        return fused_max_pool(x)
    if x.device.type == "cpu" and not x.requires_grad and not is_traced():
        return _max_of_neighbours(x)
    return plain_max_pool(x)


def _max_of_neighbours(x: Tensor) -> Tensor:
    """Max-pool with a window of 3, without gradients.

    PyTorch also notes where the maxima are, and takes twice as long.
    """
    highest = x.clone()
    torch.maximum(highest[..., 1:], x[..., :-1], out=highest[..., 1:])
    torch.maximum(highest[..., :-1], x[..., 1:], out=highest[..., :-1])
    return highest


def _convolve(branches: Sequence[Branch]) -> list[Tensor]:
    """Convolve every branch's input; branches of one input together where that is faster."""
    outputs: list[Tensor] = []
    for _, some in groupby(branches, key=lambda branch: id(branch[1])):
        convolutions, inputs = zip(*some, strict=True)
        x = inputs[0]
        if len(convolutions) > 1 and _is_faster_together(x, convolutions):
            outputs.append(convolve_together(convolutions, x))
        else:
            outputs += [convolution(x) for convolution in convolutions]
    return outputs


def _is_faster_together(x: Tensor, convolutions: Sequence[SameConv]) -> bool:
    """Whether one convolution is faster than several: benchmarks/README.md, "On a GPU"."""
    is_plain = all(conv.groups == 1 and conv.bias is None for conv in convolutions)
    return is_plain and x.is_cuda and torch.is_autocast_enabled("cuda") and not is_traced()


class BatchNorm(nn.BatchNorm2d):
    """Batch normalisation over ``(batch, channels, 1, time)``, with the published constants.

    A ``mask`` ``(batch, 1, 1, time)`` is true where a series is, and false in the padding behind
    it. With one, the statistics are those of the series' points alone, and padding comes out as
    zero.
    """

    running_mean: Tensor
    running_var: Tensor
    momentum: float

    def __init__(self, channels: int) -> None:
        super().__init__(channels, eps=BATCH_NORM_EPSILON, momentum=BATCH_NORM_MOMENTUM)
        self.num_batches_tracked = None  # only a momentum of 1 / n would need it
        self.copies = 1  # networks whose channels lie side by side here; see stack.py

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Normalise every channel."""
        if mask is None:
            return super().forward(x)
        if not self.training:
            return super().forward(x).masked_fill(~mask, 0.0)
        points = x.permute(0, 2, 3, 1)  # (batch, 1, time, channels): one row a point
        is_point = mask.squeeze(1)
        packed = super().forward(points[is_point])
        spread = torch.zeros_like(points, dtype=packed.dtype)
        spread[is_point] = packed
        return spread.permute(0, 3, 1, 2)

    def convolve_relu(
        self,
        *branches: Branch,
        mask: Tensor | None = None,
        plus: Tensor | None = None,
    ) -> Tensor:
        """Convolve every branch's input, join the channels, normalise, add ``plus``, rectify.

        Every layer of every network ends here, so that it is made fast in one place.
        """
        if self.training and mask is None and can_fuse(branches[0][1]):
            norm = Norm(
                self.weight, self.bias, self.running_mean, self.running_var, self.momentum, self.eps
            )
            fused = [Convolution(x, conv.weight, conv.bias, conv.groups) for conv, x in branches]
            return convolve_rectify(fused, norm, self.copies, plus)
        if mask is None and self._may_fold(branches[0][1]):
            joined = self._in_fast_layout(join(self._folded(branches)))
            if plus is not None:
                joined += plus
            return joined.relu_()
        joined = self._in_fast_layout(join(_convolve(branches), self.copies))
        normalised = self(joined, mask)
        if plus is not None:
            normalised = normalised + plus
        return F.relu(normalised)

    def _may_fold(self, x: Tensor) -> bool:
        """Whether weights may take up the norm: in evaluation on the CPU, where nothing watches."""
        is_plain = self.copies == 1 and x.device.type == "cpu" and not is_traced()
        return is_plain and not (self.training or torch.is_grad_enabled())

    def _folded(self, branches: Sequence[Branch]) -> list[Tensor]:
        """Convolve every branch's input with weights that normalise: two passes over maps less."""
        scale = self.weight / torch.sqrt(self.running_var + self.eps)
        shift = self.bias - self.running_mean * scale
        outputs, first = [], 0
        for convolution, x in branches:
            channels = slice(first, first + convolution.out_channels)
            outputs.append(convolution.scaled(x, scale[channels], shift[channels]))
            first = channels.stop
        return outputs

    def _in_fast_layout(self, joined: Tensor) -> Tensor:
        """Put maps in channels-last layout where what follows is faster; no graph keeps one.

        Convolutions of one channel leave that layout.
        """
        is_faster = not self.training or (joined.is_cuda and self.copies == 1)
        if is_traced() or not is_faster:
            return joined
        return joined.contiguous(memory_format=torch.channels_last)

    def reset_running_stats(self) -> None:
        """Forget all statistics."""
        self.running_mean.zero_()
        self.running_var.fill_(1)

    def _load_from_state_dict(
        self, state_dict: Any, prefix: str, local_metadata: Any, *more: Any
    ) -> None:
        """Load without a counter of batches.

        PyTorch would add one to states that do not say their version.
        """
        super()._load_from_state_dict(
            state_dict, prefix, {**local_metadata, "version": self._version}, *more
        )

    def _check_input_dim(self, x: Tensor) -> None:
        """Accept images, and the rows of points that a mask leaves."""
        if x.dim() not in (2, 4):
            msg = f"expected 2 or 4 dimensions, got {x.dim()}."
            raise ValueError(msg)


class BatchNorms(nn.ModuleList):
    """A list of batch norms."""

    if TYPE_CHECKING:  # a ModuleList forgets what it holds

        def __iter__(self) -> Iterator[BatchNorm]: ...
