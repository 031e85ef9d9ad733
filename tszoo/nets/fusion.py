"""A network's layers on the CPU, each as few passes over memory.

Convolve, join, normalise, rectify; max-pool.

They compute what ``layers.py`` spells out in PyTorch's operations, and are compared with it by the
tests. There, a third of a training step goes to copies: padding before an even filter, joining
branches, batch norm, ReLU, and the indices of the pooling.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

if TYPE_CHECKING:
    from types import ModuleType

# Below this many numbers a thread costs more than it saves.
NUMBERS_A_THREAD = 50_000

# not every threading layer of numba may be entered by two threads at once
_one_at_a_time = threading.Lock()


class Convolution(NamedTuple):
    """One of a layer's branches: what to convolve, with what; ``groups`` as in PyTorch."""

    x: Tensor
    weight: Tensor
    bias: Tensor | None
    groups: int


class Norm(NamedTuple):
    """Batch norm's parameters and running statistics, each ``(channels,)`` float32."""

    weight: Tensor
    bias: Tensor
    running_mean: Tensor
    running_var: Tensor
    momentum: float
    epsilon: float


def can_fuse(x: Tensor) -> bool:
    """Whether ``x`` is something that these functions take."""
    return (
        x.device.type == "cpu"
        and _dtype(x) in (torch.float32, torch.bfloat16)
        and not torch.compiler.is_compiling()
    )


def _dtype(x: Tensor) -> torch.dtype:
    """What is computed in: autocast's choice, or that of ``x``."""
    return torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype


def convolve_rectify(
    branches: list[Convolution], norm: Norm, copies: int = 1, plus: Tensor | None = None
) -> Tensor:
    """``relu(batch_norm(join of the branches' convolutions) + plus)``, batch norm as in training.

    Parameters
    ----------
    branches : list of Convolution
        Stride 1, 'same' padding with an even filter's extra zero on the right. Inputs ``(batch,
        channels, 1, time)``, float32 or bfloat16, taken to autocast's type where that is on;
        weights and biases float32.
    norm : Norm
        Its running statistics are moved.
    copies : int
        How many networks are stacked into one: channels of an input or output are ``copies`` equal
        blocks.
    plus : Tensor, shape of the result, or None
        Added before the ReLU.

    Returns
    -------
    Tensor, shape (batch, norm's channels, 1, time)
        Channels-last, of the inputs' dtype.
    """
    dtype = _dtype(branches[0].x)
    plus = None if plus is None else plus.to(dtype)
    tensors = [tensor for x, weight, bias, _ in branches for tensor in (x.to(dtype), weight, bias)]
    groups = tuple(branch.groups for branch in branches)
    result: Tensor = _ConvolveRectify.apply(
        norm, copies, groups, plus, norm.weight, norm.bias, *tensors
    )  # type: ignore[no-untyped-call]
    return result


def max_pool(x: Tensor) -> Tensor:
    """Max-pool ``(batch, channels, 1, time)`` with a window of 3 and stride 1.

    As long as the input.
    """
    result: Tensor = _MaxPool.apply(x.to(_dtype(x)))  # type: ignore[no-untyped-call]
    return result


class _ConvolveRectify(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        norm: Norm,
        copies: int,
        groups: tuple[int, ...],
        plus: Tensor | None,
        *tensors: Tensor | None,
    ) -> Tensor:
        triples = [tensors[2 + 3 * i : 5 + 3 * i] for i in range(len(groups))]
        inputs, outputs, weights = [], [], []
        for (x, weight, bias), n_groups in zip(triples, groups, strict=True):
            assert x is not None and weight is not None  # noqa: PT018, S101
            weight = weight.detach().to(x.dtype, memory_format=torch.channels_last)
            bias = None if bias is None else bias.detach().to(x.dtype)
            inputs.append(x)
            weights.append(weight)
            outputs.append(_convolve(x, weight, bias, n_groups))
        time = inputs[0].shape[3]
        places = _places(outputs, time, copies)
        n_series = len(inputs[0])
        n_channels = len(norm.weight)
        mean, var = _moments(places, n_series, n_channels)
        scale = norm.weight.detach().numpy() / np.sqrt(var + norm.epsilon)
        scale, shift = scale.astype(np.float32), norm.bias.detach().numpy()
        points = n_series * time
        norm.running_mean.lerp_(torch.from_numpy(mean), norm.momentum)
        norm.running_var.lerp_(
            torch.from_numpy((var * (points / max(points - 1, 1))).astype(np.float32)),
            norm.momentum,
        )
        y = _empty(n_series, n_channels, time, inputs[0].dtype)
        y_rows = _rows(y)
        plus_rows = y_rows if plus is None else _rows(plus)
        bounds = _bounds(n_series, y.numel())
        for place in places:
            _run("rectify", bounds, *place, mean, scale, shift, plus is not None, plus_rows, y_rows)
        ctx.save_for_backward(*inputs, *weights, *outputs, *(() if plus is None else (y,)))
        ctx.facts = (groups, copies, time, mean, var, scale, shift, norm.epsilon)
        ctx.biased = tuple(bias is not None for _, _, bias in triples)
        ctx.has_plus = plus is not None
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        groups, copies, time, mean, var, scale, shift, epsilon = ctx.facts
        saved, n = ctx.saved_tensors, len(groups)
        inputs, weights, outputs = saved[:n], saved[n : 2 * n], saved[2 * n : 3 * n]
        places = _places(outputs, time, copies)
        g = _rows(gradient)
        y = _rows(saved[3 * n]) if ctx.has_plus else g
        n_series, n_channels = len(gradient), gradient.shape[1]
        points = n_series * time

        bounds = _bounds(n_series, gradient.numel())
        sums, products = np.zeros((2, len(bounds) - 1, n_channels))
        common = mean, scale, shift, ctx.has_plus, y, g
        for place in places:
            _run("add_gradient_moments", bounds, *place, *common, sums, products)
        passed, product = sums.sum(0), products.sum(0)
        weight_gradient = (product / np.sqrt(var + epsilon)).astype(np.float32)
        slope = (-scale * product / (var + epsilon) / points).astype(np.float32)
        level = (-scale * passed / points).astype(np.float32)

        wide = [torch.empty_like(output) for output in outputs]
        onward = (
            torch.empty_like(gradient, memory_format=torch.channels_last) if ctx.has_plus else None
        )
        onward_rows = g if onward is None else _rows(onward)
        for place, one in zip(places, wide, strict=True):
            _run("spread_gradient", bounds, *place, *common, slope, level, _rows(one), onward_rows)
        gradients: list[Tensor | None] = []
        shared: dict[tuple[int, torch.Size], Tensor] = {}
        for i, (x, weight, one) in enumerate(zip(inputs, weights, wide, strict=True)):
            wanted = [
                ctx.needs_input_grad[6 + 3 * i + j] and (j < 2 or ctx.biased[i]) for j in range(3)
            ]
            for_x, for_weight, for_bias = torch.ops.aten.convolution_backward(
                one,
                x,
                weight,
                [weight.shape[0]],
                [1, 1],
                [0, weight.shape[3] // 2],
                [1, 1],
                False,
                [0, 0],
                groups[i],
                wanted,
            )
            # branches on one input: their gradients are added here, where no copy is needed
            where = x.data_ptr(), x.shape
            if for_x is not None and where in shared:
                shared[where].add_(for_x)
                for_x = None
            elif for_x is not None:
                shared[where] = for_x
            gradients += [
                for_x,
                *(None if one is None else one.float() for one in (for_weight, for_bias)),
            ]
        norms = torch.from_numpy(weight_gradient), torch.from_numpy(passed.astype(np.float32))
        return (None, None, None, onward, *norms, *gradients)


class _MaxPool(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        y = torch.empty_like(x, memory_format=torch.channels_last)
        _run("max_pool", _bounds(len(x), x.numel()), _rows(x), _rows(y))
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        out = torch.empty_like(x, memory_format=torch.channels_last)
        _run("max_pool_gradient", _bounds(len(x), x.numel()), _rows(x), _rows(gradient), _rows(out))
        return out


@lru_cache(maxsize=1)
def _kernels() -> ModuleType:
    """Load numba when it is needed.

    It takes half a second, which whoever only predicts need not wait for.
    """
    from tszoo.nets import _kernels

    return _kernels


def _convolve(x: Tensor, weight: Tensor, bias: Tensor | None, groups: int) -> Tensor:
    """Convolve with the padding of an odd filter.

    An even filter's output is one point longer than ``x``.
    """
    out: Tensor = torch.ops.aten.convolution(
        x, weight, bias, [1, 1], [0, weight.shape[3] // 2], [1, 1], False, [0, 0], groups
    )
    return out.contiguous(memory_format=torch.channels_last)


def _empty(n_series: int, n_channels: int, time: int, dtype: torch.dtype) -> Tensor:
    return torch.empty(
        (n_series, n_channels, 1, time), dtype=dtype, memory_format=torch.channels_last
    )


def _rows(x: Tensor) -> NDArray[Any]:
    """A channels-last image's memory as an array ``(batch, time, channels)``.

    Bfloat16 as uint16.
    """
    rows = x.detach().contiguous(memory_format=torch.channels_last).squeeze(2).transpose(1, 2)
    array: NDArray[Any] = (rows.view(torch.uint16) if x.dtype == torch.bfloat16 else rows).numpy()
    return array


class _Place(NamedTuple):
    """A branch's output and where it goes: what the kernels call x, first, time, copies and at."""

    rows: NDArray[Any]
    first: int
    time: int
    copies: int
    at: int


def _places(outputs: Sequence[Tensor], time: int, copies: int) -> list[_Place]:
    places, at = [], 0
    for output in outputs:
        rows = _rows(output)
        # an even filter's output has a row too many, at the front
        places.append(_Place(rows, rows.shape[1] - time, time, copies, at))
        at += rows.shape[2] // copies
    return places


def _moments(
    places: Sequence[_Place], n_series: int, n_channels: int
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Mean and (biased) variance of every channel."""
    points = n_series * places[0].time
    bounds = _bounds(n_series, points * n_channels)
    # sums of differences from some point of the data: no digits are lost to a mean far from 0
    pivot = np.concatenate(
        [_as_float32(one.rows[0, one.first]).reshape(one.copies, -1) for one in places], axis=1
    ).reshape(n_channels)
    sums, squares = np.zeros((2, len(bounds) - 1, n_channels))
    for place in places:
        _run("add_moments", bounds, *place, pivot, sums, squares)
    with np.errstate(
        invalid="ignore", over="ignore"
    ):  # a loss that is not finite is the training loop's to report
        offset = sums.sum(0) / points
        var = np.maximum(squares.sum(0) / points - offset**2, 0)
        return (pivot + offset).astype(np.float32), var


def _as_float32(values: NDArray[Any]) -> NDArray[np.float32]:
    if values.dtype == np.uint16:
        return (values.astype(np.uint32) << 16).view(np.float32)
    return np.ascontiguousarray(values)


def _bounds(n_series: int, numbers: int) -> list[int]:
    """Cut the series into a piece for every thread that pays.

    Piece i is ``bounds[i]`` to ``bounds[i + 1]``.
    """
    threads = max(1, min(torch.get_num_threads(), n_series, numbers // NUMBERS_A_THREAD))
    return [n_series * i // threads for i in range(threads + 1)]


def _run(kernel: str, bounds: list[int], *args: Any) -> None:
    """Call a kernel for all pieces, on as many threads."""
    kernels = _kernels()
    try:
        _call(kernels, kernel, bounds, args)
    except OSError:  # the machine code could not be kept
        kernels.stop_keeping()
        _call(kernels, kernel, bounds, args)


def _call(kernels: ModuleType, kernel: str, bounds: list[int], args: tuple[Any, ...]) -> None:
    if len(bounds) == 2:
        getattr(kernels, kernel)(0, *bounds, *args)
        return
    with _one_at_a_time:
        numba, threads = kernels.nb, torch.get_num_threads()
        numba.set_num_threads(min(len(bounds) - 1, numba.config.NUMBA_NUM_THREADS))
        if (
            torch.get_num_threads() != threads
        ):  # starting numba's threads sets OpenMP's number, which PyTorch goes by
            torch.set_num_threads(threads)
        getattr(kernels, kernel + "_together")(np.array(bounds), *args)
