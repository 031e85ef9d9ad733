"""A network's layers on the CPU, in few passes over memory.

One layer convolves, joins, normalises and rectifies; the other max-pools. They compute what
``layers.py`` spells out in PyTorch's operations, and the tests compare the two. In PyTorch's
operations, a third of a training step goes to copies: padding before an even filter, joining
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
from torch.autograd.function import FunctionCtx

from tszoo.nets.differentiable import (
    Layer,
    is_differentiated_again,
    layer_gradients,
    pool_gradient,
)
from tszoo.nets.tracing import is_traced

if TYPE_CHECKING:
    from types import ModuleType

# Below this many numbers a thread costs more than it saves.
NUMBERS_A_THREAD = 50_000
# Of fewer channels-last series, oneDNN computes some gradients twenty times as slowly.
_LEAST_CHANNELS_LAST = 3

# Some of numba's threading layers must not be entered by two threads at once.
_numba_threads = threading.Lock()


class Convolution(NamedTuple):
    """A branch of a layer: what is convolved, and with what; ``groups`` as in PyTorch."""

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
    """Tell whether these functions take ``x``, and are not seen by anything but autograd."""
    return (
        x.device.type == "cpu" and _dtype(x) in (torch.float32, torch.bfloat16) and not is_traced()
    )


def _dtype(x: Tensor) -> torch.dtype:
    """Return the dtype to compute in: autocast's if that is on, else that of ``x``."""
    if torch.is_autocast_enabled("cpu"):
        return torch.get_autocast_dtype("cpu")
    return x.dtype


def convolve_rectify(
    branches: list[Convolution], norm: Norm, copies: int = 1, plus: Tensor | None = None
) -> Tensor:
    """Compute ``relu(batch_norm(join(convolutions)) + plus)``, batch norm as in training.

    Parameters
    ----------
    branches : list of Convolution
        Stride 1, 'same' padding with an even filter's extra zero on the right. Inputs are ``(batch,
        channels, 1, time)``, float32 or bfloat16, and are brought to autocast's dtype if that is
        on; weights and biases are float32.
    norm : Norm
        Its running statistics are moved.
    copies : int
        How many networks are stacked into one. The channels of an input or output are ``copies``
        equal blocks.
    plus : Tensor, shape of the result, or None
        Added before the ReLU.

    Returns
    -------
    Tensor, shape (batch, norm's channels, 1, time)
        Channels-last, of the inputs' dtype.
    """
    dtype = _dtype(branches[0].x)
    if plus is not None:
        plus = plus.to(dtype)
    tensors = [tensor for x, weight, bias, _ in branches for tensor in (x.to(dtype), weight, bias)]
    groups = tuple(branch.groups for branch in branches)
    result: Tensor = _ConvolveRectify.apply(
        norm, copies, groups, plus, norm.weight, norm.bias, *tensors
    )  # type: ignore[no-untyped-call]
    return result


def max_pool(x: Tensor) -> Tensor:
    """Max-pool ``(batch, channels, 1, time)`` with a window of 3 and stride 1.

    The result is as long as ``x``.
    """
    result: Tensor = _MaxPool.apply(x.to(_dtype(x)))  # type: ignore[no-untyped-call]
    return result


class _Facts(NamedTuple):
    """What a layer's backward pass needs beside the saved tensors."""

    groups: tuple[int, ...]
    biased: tuple[bool, ...]
    has_plus: bool
    copies: int
    time: int
    mean: NDArray[np.float32]
    var: NDArray[np.float64]
    scale: NDArray[np.float32]
    shift: NDArray[np.float32]
    epsilon: float


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
        # the first two tensors are the norm's weight and bias, here for their gradients
        branches = _branches(groups, tensors[2:])
        inputs = [branch.x for branch in branches]
        weights = [
            branch.weight.detach().to(branch.x.dtype, memory_format=torch.channels_last)
            for branch in branches
        ]
        outputs = list(map(_convolve, branches, weights))
        n_series, time, n_channels = len(inputs[0]), inputs[0].shape[3], len(norm.weight)
        places = _places(outputs, time, copies)
        mean, var = _moments(places, n_series, n_channels)
        deviation = np.sqrt(var + norm.epsilon)
        scale = (norm.weight.detach().numpy() / deviation).astype(np.float32)
        shift = norm.bias.detach().numpy()
        _move_running_statistics(norm, mean, var, n_series * time)

        y = _empty(n_series, n_channels, time, inputs[0].dtype)
        y_rows = plus_rows = rows_of(y)
        if plus is not None:
            plus_rows = rows_of(plus)
        bounds = pieces_of(n_series, y.numel())
        for place in places:
            run_kernel(
                "rectify", bounds, *place, mean, scale, shift, plus is not None, plus_rows, y_rows
            )

        # with something added, the output says what the ReLU let through
        added = [] if plus is None else [y]
        ctx.save_for_backward(*inputs, *weights, *outputs, *added, *tensors)
        ctx.facts = _Facts(
            groups,
            biased=tuple(branch.bias is not None for branch in branches),
            has_plus=plus is not None,
            copies=copies,
            time=time,
            mean=mean,
            var=var,
            scale=scale,
            shift=shift,
            epsilon=norm.epsilon,
        )
        return y

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        facts: _Facts = ctx.facts
        saved, n = ctx.saved_tensors, len(facts.groups)
        if is_differentiated_again():
            y_of_sum = saved[3 * n] if facts.has_plus else None
            tensors = saved[3 * n + facts.has_plus :]
            layer = Layer(facts.groups, facts.copies, facts.epsilon, y_of_sum)
            return (None, None, None, *layer_gradients(layer, tensors, gradient))
        inputs, weights, outputs = saved[:n], saved[n : 2 * n], saved[2 * n : 3 * n]
        g = rows_of(gradient)
        y = rows_of(saved[3 * n]) if facts.has_plus else g
        rows = _LayerRows(_places(outputs, facts.time, facts.copies), y, g)

        passed, product = _gradient_moments(rows, facts)
        points = len(gradient) * facts.time
        weight_gradient = (product / np.sqrt(facts.var + facts.epsilon)).astype(np.float32)
        slope = -facts.scale * product / (facts.var + facts.epsilon) / points
        level = -facts.scale * passed / points
        output_gradients = [torch.empty_like(output) for output in outputs]
        onward = None
        if facts.has_plus:
            onward = torch.empty_like(gradient, memory_format=torch.channels_last)
        _spread_gradient(
            rows,
            facts,
            slope.astype(np.float32),
            level.astype(np.float32),
            output_gradients,
            onward,
        )
        gradients = _convolution_gradients(
            inputs, weights, output_gradients, facts, ctx.needs_input_grad[6:]
        )
        norms = torch.from_numpy(weight_gradient), torch.from_numpy(passed.astype(np.float32))
        return (None, None, None, onward, *norms, *gradients)


def _branches(groups: tuple[int, ...], tensors: Sequence[Tensor | None]) -> list[Convolution]:
    """Take an input, a weight and a bias for every branch."""
    branches = []
    for i, n_groups in enumerate(groups):
        x, weight, bias = tensors[3 * i : 3 * i + 3]
        assert x is not None and weight is not None  # noqa: PT018, S101
        branches.append(Convolution(x, weight, bias, n_groups))
    return branches


def _move_running_statistics(
    norm: Norm, mean: NDArray[np.float32], var: NDArray[np.float64], points: int
) -> None:
    unbiased = (var * (points / max(points - 1, 1))).astype(np.float32)
    norm.running_mean.lerp_(torch.from_numpy(mean), norm.momentum)
    norm.running_var.lerp_(torch.from_numpy(unbiased), norm.momentum)


class _LayerRows(NamedTuple):
    """The branches' outputs, the layer's output and its gradient, as the kernels read them.

    ``y`` is read only where something was added before the ReLU; else it stands for itself.
    """

    places: list[_Place]
    y: NDArray[Any]
    g: NDArray[Any]


def _gradient_moments(
    layer: _LayerRows, facts: _Facts
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sum the gradient behind the ReLU over each channel, and its products with ``x - mean``."""
    n_series, _, n_channels = layer.g.shape
    bounds = pieces_of(n_series, layer.g.size)
    sums, products = np.zeros((2, len(bounds) - 1, n_channels))
    common = facts.mean, facts.scale, facts.shift, facts.has_plus, layer.y, layer.g
    for place in layer.places:
        run_kernel("add_gradient_moments", bounds, *place, *common, sums, products)
    return sums.sum(0), products.sum(0)


def _spread_gradient(
    layer: _LayerRows,
    facts: _Facts,
    slope: NDArray[np.float32],
    level: NDArray[np.float32],
    output_gradients: Sequence[Tensor],
    onward: Tensor | None,
) -> None:
    """Fill ``output_gradients`` and ``onward``.

    These are the gradients of the branches' outputs, and of what was added before the ReLU.
    """
    bounds = pieces_of(len(layer.g), layer.g.size)
    common = facts.mean, facts.scale, facts.shift, facts.has_plus, layer.y, layer.g, slope, level
    onward_rows = layer.g if onward is None else rows_of(onward)
    for place, output_gradient in zip(layer.places, output_gradients, strict=True):
        run_kernel(
            "spread_gradient", bounds, *place, *common, rows_of(output_gradient), onward_rows
        )


def _convolution_gradients(
    inputs: Sequence[Tensor],
    weights: Sequence[Tensor],
    output_gradients: Sequence[Tensor],
    facts: _Facts,
    needs_gradient: Sequence[bool],
) -> list[Tensor | None]:
    """Compute the gradients of every branch's input, weight and bias, in that order."""
    gradients: list[Tensor | None] = []
    input_gradients: dict[tuple[int, torch.Size], Tensor] = {}
    for i, (x, weight) in enumerate(zip(inputs, weights, strict=True)):
        for_x, for_weight, for_bias = needs_gradient[3 * i : 3 * i + 3]
        given = output_gradients[i], x, weight
        if len(x) < _LEAST_CHANNELS_LAST:
            given = given[0].contiguous(), x.contiguous(), weight.contiguous()
        x_gradient, weight_gradient, bias_gradient = torch.ops.aten.convolution_backward(
            *given,
            [weight.shape[0]],
            [1, 1],
            [0, weight.shape[3] // 2],
            [1, 1],
            False,
            [0, 0],
            facts.groups[i],
            [for_x, for_weight, for_bias and facts.biased[i]],
        )
        # gradients of branches on one input are added here, where that takes no copy
        place = x.data_ptr(), x.shape
        if x_gradient is not None and place in input_gradients:
            input_gradients[place].add_(x_gradient)
            x_gradient = None
        elif x_gradient is not None:
            input_gradients[place] = x_gradient
        gradients += [x_gradient, _float32(weight_gradient), _float32(bias_gradient)]
    return gradients


def _float32(gradient: Tensor | None) -> Tensor | None:
    if gradient is None:
        return None
    return gradient.float()


class _MaxPool(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        y = torch.empty_like(x, memory_format=torch.channels_last)
        run_kernel("max_pool", pieces_of(len(x), x.numel()), rows_of(x), rows_of(y))
        return y

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        if is_differentiated_again():
            return pool_gradient(x, gradient)
        out = torch.empty_like(x, memory_format=torch.channels_last)
        run_kernel(
            "max_pool_gradient",
            pieces_of(len(x), x.numel()),
            rows_of(x),
            rows_of(gradient),
            rows_of(out),
        )
        return out


@lru_cache(maxsize=1)
def _kernels() -> ModuleType:
    """Import the kernels, and numba, when they are needed.

    That takes half a second, and predicting does without them.
    """
    from tszoo.nets import _kernels

    return _kernels


def _convolve(branch: Convolution, weight: Tensor) -> Tensor:
    """Convolve a branch's input with ``weight``, with the padding of an odd filter.

    An even filter's output is one point longer than the input.
    """
    x, _, bias, groups = branch
    if bias is not None:
        bias = bias.detach().to(x.dtype)
    padding = [0, weight.shape[3] // 2]
    out: Tensor = torch.ops.aten.convolution(
        x, weight, bias, [1, 1], padding, [1, 1], False, [0, 0], groups
    )
    return out.contiguous(memory_format=torch.channels_last)


def _empty(n_series: int, n_channels: int, time: int, dtype: torch.dtype) -> Tensor:
    return torch.empty(
        (n_series, n_channels, 1, time), dtype=dtype, memory_format=torch.channels_last
    )


def rows_of(x: Tensor) -> NDArray[Any]:
    """View a channels-last image's memory as an array ``(batch, time, channels)``.

    bfloat16 becomes uint16.
    """
    rows = x.detach().contiguous(memory_format=torch.channels_last).squeeze(2).transpose(1, 2)
    if x.dtype == torch.bfloat16:
        rows = rows.view(torch.uint16)
    array: NDArray[Any] = rows.numpy()
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
        rows = rows_of(output)
        # an even filter's output has a row too many, at the front
        places.append(_Place(rows, rows.shape[1] - time, time, copies, at))
        at += rows.shape[2] // copies
    return places


def _moments(
    places: Sequence[_Place], n_series: int, n_channels: int
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Compute the mean and the (biased) variance of every channel."""
    points = n_series * places[0].time
    bounds = pieces_of(n_series, points * n_channels)
    # Differences from some point of the data are summed, so that no digits are lost to a mean far
    # from 0.
    first_points = [
        _as_float32(place.rows[0, place.first]).reshape(place.copies, -1) for place in places
    ]
    pivot = np.concatenate(first_points, axis=1).reshape(n_channels)
    sums, squares = np.zeros((2, len(bounds) - 1, n_channels))
    for place in places:
        run_kernel("add_moments", bounds, *place, pivot, sums, squares)
    # a loss that is not finite is the training loop's to report
    with np.errstate(invalid="ignore", over="ignore"):
        offset = sums.sum(0) / points
        var = np.maximum(squares.sum(0) / points - offset**2, 0)
        return (pivot + offset).astype(np.float32), var


def _as_float32(values: NDArray[Any]) -> NDArray[np.float32]:
    if values.dtype == np.uint16:
        return (values.astype(np.uint32) << 16).view(np.float32)
    return np.ascontiguousarray(values)


def pieces_of(n_series: int, numbers: int) -> list[int]:
    """Cut the series into pieces, one for every thread that saves time.

    Piece i is the series ``bounds[i]`` to ``bounds[i + 1]``.
    """
    threads = max(1, min(torch.get_num_threads(), n_series, numbers // NUMBERS_A_THREAD))
    return [n_series * i // threads for i in range(threads + 1)]


def run_kernel(kernel: str, bounds: list[int], *args: Any) -> None:
    """Call a kernel for all pieces, on as many threads."""
    kernels = _kernels()
    try:
        _call(kernels, kernel, bounds, args)
    except OSError:  # the machine code could not be written to disk
        kernels.stop_keeping()
        _call(kernels, kernel, bounds, args)


def _call(kernels: ModuleType, kernel: str, bounds: list[int], args: tuple[Any, ...]) -> None:
    if len(bounds) == 2:
        getattr(kernels, kernel)(0, *bounds, *args)
        return
    with _numba_threads:
        numba, threads = kernels.nb, torch.get_num_threads()
        numba.set_num_threads(min(len(bounds) - 1, numba.config.NUMBA_NUM_THREADS))
        # starting numba's threads sets OpenMP's number of threads, which PyTorch goes by
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        getattr(kernels, kernel + "_together")(np.array(bounds), *args)
