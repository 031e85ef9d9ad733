"""Gradients of the fused layers that can themselves be differentiated.

They go through PyTorch's own operations, from the tensors that the fused layer was given. So a
penalty on gradients, or a second derivative, comes out as if nothing were fused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from tszoo.nets.plain import join, max_pool, same_convolution, same_padding
from tszoo.nets.tracing import is_traced


class Layer(NamedTuple):
    """What a fused layer is, beside its tensors.

    ``y`` is its output where something was added before the ReLU, else None.
    """

    groups: tuple[int, ...]
    copies: int
    epsilon: float
    y: Tensor | None


def is_differentiated_again() -> bool:
    """Tell, within a backward pass, whether its gradients are to have gradients or are batched."""
    return torch.is_grad_enabled() or is_traced()


def layer_gradients(
    layer: Layer, tensors: Sequence[Tensor | None], gradient: Tensor
) -> tuple[Tensor | None, ...]:
    """Compute the gradients of what a layer added, and of each of its tensors.

    Parameters
    ----------
    layer : Layer
    tensors : sequence of Tensor or None
        The norm's weight and bias, then every branch's input, weight and bias.
    gradient : Tensor, shape (batch, norm's channels, 1, time)
        Of the layer's output.
    """
    places = [i for i, tensor in enumerate(tensors) if tensor is not None]

    def normalised(*present: Tensor) -> Tensor:
        spread: list[Tensor | None] = [None] * len(tensors)
        for place, tensor in zip(places, present, strict=True):
            spread[place] = tensor
        return _normalised(layer, spread)

    present = [tensor for tensor in tensors if tensor is not None]
    pulled = torch.func.vjp(normalised, *present)
    before, pull = pulled[0], pulled[1]
    shown = before if layer.y is None else layer.y
    passed = gradient * (shown.detach() > 0)
    gradients: list[Tensor | None] = [None] * len(tensors)
    for place, of_tensor in zip(places, pull(passed), strict=True):
        gradients[place] = of_tensor
    return (None if layer.y is None else passed, *gradients)


def _normalised(layer: Layer, tensors: Sequence[Tensor | None]) -> Tensor:
    """Convolve, join and normalise as in training; no running statistics are moved."""
    scale, shift, *of_branches = tensors
    outputs = []
    for i, groups in enumerate(layer.groups):
        x, weight, bias = of_branches[3 * i : 3 * i + 3]
        assert x is not None and weight is not None  # noqa: PT018, S101
        narrow_bias = None if bias is None else bias.to(x.dtype)
        padding = same_padding(weight.shape[3])
        outputs.append(same_convolution(x, weight.to(x.dtype), narrow_bias, padding, groups))
    joined = join(outputs, layer.copies)
    return F.batch_norm(joined, None, None, scale, shift, training=True, eps=layer.epsilon)


def pool_gradient(x: Tensor, gradient: Tensor) -> Tensor:
    """Compute the gradient of a max-pooled ``x`` from that of the result."""
    pull = torch.func.vjp(max_pool, x)[1]
    of_x: Tensor = pull(gradient)[0]
    return of_x
