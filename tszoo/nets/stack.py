"""Several networks of one shape as one: every layer of all of them is one operation.

Small data sets leave a processor idle between operations rather than in them. Side by side, five
networks cost little more time than one: convolutions become grouped ones, and everything else works
channel by channel anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn

from tszoo.nets.layers import BatchNorm, SameConv
from tszoo.nets.network import Network


class Stack(nn.Module):
    """Networks of one shape, computed together.

    The networks stay what they are: their parameters and statistics become windows on the stack's,
    so that whatever changes one changes the other. After a backward pass, ``spread_gradients``
    gives every network's parameters their gradients.

    Parameters
    ----------
    networks : sequence of Network
        Of one architecture and shape, on one device, built from the convolutions and norms of
        ``layers.py``; see ``can_stack``.
    """

    def __init__(self, networks: Sequence[Network]) -> None:
        super().__init__()
        self.copies = len(networks)
        self.body = deepcopy(networks[0].body)
        self.head_weight, self.head_bias = (
            nn.Parameter(torch.empty(0)),
            nn.Parameter(torch.empty(0)),
        )
        self._windows: list[tuple[nn.Parameter, Sequence[Tensor]]] = []
        self._share(self.body, [network.body for network in networks])
        heads = [network.head for network in networks]
        self.head_weight = self._stacked([head.weight for head in heads], fresh=True)
        self.head_bias = self._stacked([head.bias for head in heads], fresh=True)

    def forward(self, x: Tensor) -> Tensor:
        """Map every network's own series ``(networks, batch, n_channels, time)`` to logits ``(networks, batch, K)``."""
        n_series, time = x.shape[1], x.shape[3]
        image = (
            x.transpose(0, 1)
            .reshape(n_series, -1, 1, time)
            .contiguous(memory_format=torch.channels_last)
        )
        maps: Tensor = self.body(image, None)
        features = maps.squeeze(2).mean(
            dim=-1, dtype=torch.promote_types(maps.dtype, torch.float32)
        )
        with torch.autocast(x.device.type, enabled=False):
            own = features.view(n_series, self.copies, -1).transpose(0, 1)
            return torch.baddbmm(self.head_bias.unsqueeze(1), own, self.head_weight.transpose(1, 2))

    def spread_gradients(self) -> None:
        """Give every network's parameters their part of the stack's gradients, which are then forgotten here."""
        for whole, parts in self._windows:
            if whole.grad is None:
                continue
            for part, gradient in zip(
                parts, whole.grad.view(-1, *parts[0].shape).unbind(), strict=True
            ):
                part.grad = gradient
            whole.grad = None

    def _share(self, mine: nn.Module, theirs: Sequence[nn.Module]) -> None:
        for name, _ in list(mine.named_parameters(recurse=False)):
            setattr(mine, name, self._stacked([one.get_parameter(name) for one in theirs]))
        for name, _ in list(mine.named_buffers(recurse=False)):
            _stack_buffer(mine, theirs, name)
        if isinstance(mine, SameConv):
            mine.groups = self.copies
        if isinstance(mine, BatchNorm):
            mine.copies = self.copies
        for name, child in mine.named_children():
            self._share(child, [one.get_submodule(name) for one in theirs])

    def _stacked(self, parts: Sequence[Tensor], *, fresh: bool = False) -> nn.Parameter:
        """Put parameters behind each other, along a new dimension if ``fresh``, and make windows of them."""
        joined = (torch.stack if fresh else torch.cat)([part.detach() for part in parts])
        if joined.ndim == 4:
            joined = joined.contiguous(memory_format=torch.channels_last)
        whole = nn.Parameter(joined, requires_grad=parts[0].requires_grad)
        for part, window in zip(parts, joined.chunk(len(parts)), strict=True):
            part.data = window.view_as(part) if fresh else window
        self._windows.append((whole, parts))
        return whole


def _stack_buffer(mine: nn.Module, theirs: Sequence[nn.Module], name: str) -> None:
    parts = [one.get_buffer(name) for one in theirs]
    whole = torch.cat(parts)
    mine.register_buffer(name, whole)
    for one, window in zip(theirs, whole.chunk(len(parts)), strict=True):
        one.register_buffer(name, window)


def give_own_memory(network: Network) -> None:
    """End a network's windows on a stack: whoever keeps it keeps no others with it."""
    for tensor in (*network.parameters(), *network.buffers()):
        tensor.data = tensor.data.clone()
        tensor.grad = None


def can_stack(network: Network) -> bool:
    """Whether all that the network learns is in layers that can be computed side by side."""
    known = (SameConv, BatchNorm)
    own = [
        module
        for module in network.body.modules()
        if any(True for _ in module.parameters(recurse=False))
    ]
    # of one channel to one, side by side, is a depthwise convolution: oneDNN hangs in long ones in
    # bfloat16
    single = any(
        isinstance(module, SameConv) and module.in_channels == module.out_channels == 1
        for module in own
    )
    return (
        network.channels_apart == 1
        and not single
        and all(isinstance(module, known) for module in own)
    )
