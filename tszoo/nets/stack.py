"""Several networks of one shape, computed as one network.

With small data sets, a processor spends its time between operations rather than in them. A layer of
all networks is therefore one operation here, and five networks cost little more time than one:
convolutions become grouped ones, and everything else works channel by channel anyway.
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

    The networks stay in use: their parameters and statistics become windows on the stack's memory,
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
        self.head_weight = nn.Parameter(torch.empty(0))
        self.head_bias = nn.Parameter(torch.empty(0))
        self._windows: list[tuple[nn.Parameter, Sequence[Tensor]]] = []
        self._share(self.body, [network.body for network in networks])
        heads = [network.head for network in networks]
        self.head_weight = self._stacked([head.weight for head in heads], new_dimension=True)
        self.head_bias = self._stacked([head.bias for head in heads], new_dimension=True)

    def forward(self, x: Tensor) -> Tensor:
        """Map each network's series to its logits.

        Parameters
        ----------
        x : Tensor, shape (networks, batch, n_channels, time)

        Returns
        -------
        Tensor, shape (networks, batch, n_classes)
        """
        n_series, time = x.shape[1], x.shape[3]
        side_by_side = x.transpose(0, 1).reshape(n_series, -1, 1, time)
        image = side_by_side.contiguous(memory_format=torch.channels_last)
        maps: Tensor = self.body(image, None)
        dtype = torch.promote_types(maps.dtype, torch.float32)
        features = maps.squeeze(2).mean(dim=-1, dtype=dtype)
        with torch.autocast(x.device.type, enabled=False):
            by_network = features.view(n_series, self.copies, -1).transpose(0, 1)
            weight = self.head_weight.transpose(1, 2)
            return torch.baddbmm(self.head_bias.unsqueeze(1), by_network, weight)

    def spread_gradients(self) -> None:
        """Give every network's parameters their part of the stack's gradients.

        The stack then forgets its gradients.
        """
        for whole, parts in self._windows:
            if whole.grad is None:
                continue
            gradients = whole.grad.view(-1, *parts[0].shape).unbind()
            for part, gradient in zip(parts, gradients, strict=True):
                part.grad = gradient
            whole.grad = None

    def _share(self, stacked: nn.Module, modules: Sequence[nn.Module]) -> None:
        """Let the networks' ``modules`` share the memory of the stack's, all the way down."""
        for name, _ in list(stacked.named_parameters(recurse=False)):
            parts = [module.get_parameter(name) for module in modules]
            setattr(stacked, name, self._stacked(parts))
        for name, _ in list(stacked.named_buffers(recurse=False)):
            _stack_buffer(stacked, modules, name)
        if isinstance(stacked, SameConv):
            stacked.groups = self.copies
        if isinstance(stacked, BatchNorm):
            stacked.copies = self.copies
        for name, child in stacked.named_children():
            self._share(child, [module.get_submodule(name) for module in modules])

    def _stacked(self, parts: Sequence[Tensor], *, new_dimension: bool = False) -> nn.Parameter:
        """Put parameters behind each other, and make windows of them.

        They are joined along their first dimension, or along a new one.
        """
        detached = [part.detach() for part in parts]
        joined = torch.stack(detached) if new_dimension else torch.cat(detached)
        if joined.ndim == 4:
            joined = joined.contiguous(memory_format=torch.channels_last)
        whole = nn.Parameter(joined, requires_grad=parts[0].requires_grad)
        for part, window in zip(parts, joined.chunk(len(parts)), strict=True):
            part.data = window.view_as(part) if new_dimension else window
        self._windows.append((whole, parts))
        return whole


def _stack_buffer(stacked: nn.Module, modules: Sequence[nn.Module], name: str) -> None:
    whole = torch.cat([module.get_buffer(name) for module in modules])
    stacked.register_buffer(name, whole)
    for module, window in zip(modules, whole.chunk(len(modules)), strict=True):
        module.register_buffer(name, window)


def give_own_memory(network: Network) -> None:
    """Copy a network out of its stack, so that keeping it keeps no other network's memory."""
    for tensor in (*network.parameters(), *network.buffers()):
        tensor.data = tensor.data.clone()
        tensor.grad = None


def can_stack(network: Network) -> bool:
    """Tell whether everything that the network learns is in layers that can be stacked."""
    if network.channels_apart != 1 or network.averaged != 1 or network.level:
        return False
    for module in network.body.modules():
        learns = any(True for _ in module.parameters(recurse=False))
        if learns and not isinstance(module, (SameConv, BatchNorm)):
            return False
        # Side by side, convolutions of one channel to one are a depthwise convolution. oneDNN hangs
        # in long ones of these in bfloat16.
        if isinstance(module, SameConv) and module.in_channels == module.out_channels == 1:
            return False
    return True
