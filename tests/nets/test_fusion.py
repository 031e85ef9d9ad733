"""Fused layers against the same layers in plain operations and float64."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from time import process_time
from typing import Any, NamedTuple

import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from tszoo.nets import fusion
from tszoo.nets.fusion import Convolution, Norm, can_fuse, convolve_rectify, max_pool
from tszoo.nets.layers import BATCH_NORM_EPSILON
from tszoo.nets.network import initialize
from tszoo.nets.registry import ARCHITECTURES, build
from tszoo.training.batchnorm import recompute_batch_norm
from tszoo.training.data import TrainingData

MOMENTUM = 0.1
EPSILON = 1e-3
# fixtures that hold for a whole test are what is wanted here
per_test = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=40,
)


@pytest.fixture(autouse=True)
def _threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One thread, unless a test says otherwise."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Two threads, however small the work; the numbers of pieces that it was cut into."""
    monkeypatch.setattr(fusion, "NUMBERS_A_THREAD", 1)
    torch.set_num_threads(2)
    seen: list[int] = []
    run = fusion.run_kernel
    monkeypatch.setattr(
        fusion,
        "run_kernel",
        lambda kernel, bounds, *args: seen.append(len(bounds) - 1) or run(kernel, bounds, *args),
    )
    return seen


# ---- a layer


@dataclass(frozen=True)
class Layer:
    """What a layer is made of; ``shared`` branches have one input."""

    batch: int
    time: int
    copies: int
    in_channels: int
    branches: tuple[tuple[int, int], ...]  # filters and filter length of each copy
    bias: bool
    plus: bool
    shared: bool
    seed: int


class Leaves(NamedTuple):
    """Everything that has a gradient, and the running statistics."""

    inputs: list[Tensor]
    weights: list[Tensor]
    biases: list[Tensor]
    scale: Tensor
    shift: Tensor
    plus: Tensor | None
    running: list[Tensor]

    def with_gradients(self) -> dict[str, Tensor]:
        lists = {"input": self.inputs, "weight": self.weights, "bias": self.biases}
        named = {
            f"{name} {i}": tensor
            for name, tensors in lists.items()
            for i, tensor in enumerate(tensors)
        }
        named |= {"scale": self.scale, "shift": self.shift}
        return named if self.plus is None else {**named, "plus": self.plus}


def make(layer: Layer, dtype: torch.dtype) -> Leaves:
    """Draw a layer's tensors; inputs and ``plus`` are numbers that ``dtype`` has."""
    generator = torch.Generator().manual_seed(layer.seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator)

    n_inputs = 1 if layer.shared else len(layer.branches)
    shape = (layer.batch, layer.copies * layer.in_channels, 1, layer.time)
    inputs = [normal(*shape).contiguous(memory_format=torch.channels_last) for _ in range(n_inputs)]
    weights = [
        normal(layer.copies * filters, layer.in_channels, 1, length)
        / (layer.in_channels * length) ** 0.5
        for filters, length in layer.branches
    ]
    biases = [normal(len(weight)) for weight in weights] if layer.bias else []
    width = sum(map(len, weights))
    plus = normal(layer.batch, width, 1, layer.time) if layer.plus else None
    running = [normal(width), normal(width).abs()]
    exact = [x.to(dtype).float() for x in inputs]
    leaves = Leaves(
        exact,
        weights,
        biases,
        normal(width),
        normal(width),
        None if plus is None else plus.to(dtype).float(),
        running,
    )
    for tensor in leaves.with_gradients().values():
        tensor.requires_grad_()
    return leaves


def in_float64(leaves: Leaves) -> Leaves:
    def copy(tensor: Tensor) -> Tensor:
        return tensor.detach().double().requires_grad_()

    return Leaves(
        *([copy(tensor) for tensor in group] for group in leaves[:3]),
        copy(leaves.scale),
        copy(leaves.shift),
        None if leaves.plus is None else copy(leaves.plus),
        [statistic.double() for statistic in leaves.running],
    )


def run_fused(layer: Layer, leaves: Leaves, dtype: torch.dtype) -> Tensor:
    norm = Norm(leaves.scale, leaves.shift, *leaves.running, MOMENTUM, EPSILON)
    inputs = [x.to(dtype) for x in leaves.inputs]
    branches = [
        Convolution(
            inputs[0 if layer.shared else i],
            weight,
            leaves.biases[i] if layer.bias else None,
            layer.copies,
        )
        for i, weight in enumerate(leaves.weights)
    ]
    return convolve_rectify(branches, norm, layer.copies, leaves.plus)


class Twin(NamedTuple):
    """The layer as it is written in a textbook.

    What is normalised, before the ReLU, after it, mean and variance.
    """

    convolved: Tensor
    before: Tensor
    after: Tensor
    mean: Tensor
    variance: Tensor


def twin(layer: Layer, leaves: Leaves, *, frozen: bool = False) -> Twin:
    """Compute one copy after another; ``frozen`` lets no gradient through the statistics."""
    joined = []
    for k in range(layer.copies):
        for i, weight in enumerate(leaves.weights):
            length = weight.shape[3]
            x = leaves.inputs[0 if layer.shared else i].chunk(layer.copies, dim=1)[k]
            bias = leaves.biases[i].chunk(layer.copies)[k] if layer.bias else None
            padded = F.pad(x, ((length - 1) // 2, length // 2))
            joined.append(F.conv2d(padded, weight.chunk(layer.copies)[k], bias))
    x = torch.cat(joined, dim=1)
    mean, variance = x.mean(dim=(0, 2, 3)), x.var(dim=(0, 2, 3), unbiased=False)
    points = layer.batch * layer.time
    told = mean.detach(), variance.detach() * points / max(points - 1, 1)
    if frozen:
        mean, variance = mean.detach(), variance.detach()
    spread = (variance + EPSILON).sqrt()
    before = ((x - mean[:, None, None]) / spread[:, None, None]) * leaves.scale[
        :, None, None
    ] + leaves.shift[:, None, None]
    before = before if leaves.plus is None else before + leaves.plus
    return Twin(x, before, before.clamp_min(0), *told)


def assert_close(
    name: str, ours: Tensor, exact: Tensor, tolerance: float, size: float = 0.0
) -> None:
    """Within ``tolerance`` of the largest number there, or of what rounding has to do with."""
    largest = max(exact.abs().max().item(), size)
    error = (ours.double() - exact).abs().max().item()
    assert error <= tolerance * largest + 1e-30, (
        f"{name}: off by {error:.3g}, where numbers are up to {largest:.3g}"
    )


def check(layer: Layer, dtype: torch.dtype, tolerance: float) -> None:
    """Compare a layer with its twin: output, statistics and every gradient."""
    leaves = make(layer, dtype)
    exact, still = in_float64(leaves), in_float64(leaves)
    expected, frozen = twin(layer, exact), twin(layer, still, frozen=True)
    y = run_fused(layer, leaves, dtype)
    assert y.dtype == dtype
    assert y.shape == expected.after.shape
    assert y.is_contiguous(memory_format=torch.channels_last)
    assert_close("output", y, expected.after, tolerance, expected.before.abs().max().item())
    for name, ours, old, new in zip(
        ("mean", "variance"),
        leaves.running,
        exact.running,
        (expected.mean, expected.variance),
        strict=True,
    ):
        wanted = (1 - MOMENTUM) * old + MOMENTUM * new
        assert_close(name, ours, wanted, tolerance)
    # whether a number at the ReLU's corner is above it is up to rounding: no gradient comes from
    # there
    gradient = torch.randn(y.shape, generator=torch.Generator().manual_seed(layer.seed + 1)).to(
        dtype
    )
    frozen.convolved.retain_grad()
    gradient[expected.before.abs() < 20 * tolerance * expected.before.abs().max()] = 0
    y.backward(gradient)
    expected.after.backward(gradient.double())
    frozen.after.backward(gradient.double())
    ours, theirs, naive = (tensors.with_gradients() for tensors in (leaves, exact, still))
    for name, tensor in ours.items():
        wanted, terms = theirs[name].grad, naive[name].grad
        assert tensor.grad is not None and wanted is not None and terms is not None  # noqa: PT018
        assert tensor.grad.dtype == torch.float32
        # gradients through the statistics cancel much of what goes past them, and all of a bias's
        size = terms.abs().max().item()
        # others are sums of many numbers that cancel each other
        if tensor.shape != y.shape and not name.startswith("input"):
            size = max(size, 0.1 * frozen.convolved.grad.abs().sum(dim=(0, 2, 3)).max().item())
        assert_close(f"gradient of {name}", tensor.grad, wanted, 4 * tolerance, size)


BRANCHES, BATCHES, TIMES = st.integers(1, 5), st.integers(1, 6), st.integers(1, 80)


def layers(
    branches: st.SearchStrategy[int] = BRANCHES,
    batch: st.SearchStrategy[int] = BATCHES,
    time: st.SearchStrategy[int] = TIMES,
    plus: bool | None = False,
    least: int = 1,
) -> st.SearchStrategy[Layer]:
    # oneDNN never comes back from a long depthwise convolution in bfloat16: see can_stack
    branch = st.tuples(st.integers(least, 5), st.integers(1, 41))
    widths = branches.flatmap(lambda n: st.tuples(*[branch] * n))
    copies, in_channels = st.integers(1, 4), st.integers(1, 4)
    plused = st.booleans() if plus is None else st.just(plus)
    return st.builds(
        Layer,
        batch,
        time,
        copies,
        in_channels,
        widths,
        st.booleans(),
        plused,
        st.booleans(),
        st.integers(0, 2**31),
    )


@per_test
@given(layers())
def test_a_layer_is_its_twin(layer: Layer) -> None:
    check(layer, torch.float32, 1e-5)


@per_test
@given(layers(branches=st.sampled_from([1, 5]), plus=True))
def test_a_layer_with_a_shortcut_is_its_twin(layer: Layer) -> None:
    check(layer, torch.float32, 1e-5)


@per_test
@given(
    layers(
        branches=st.just(2), plus=None, least=2, batch=st.integers(2, 6), time=st.integers(16, 80)
    )
)
def test_a_layer_in_bfloat16_is_its_twin(layer: Layer) -> None:
    check(layer, torch.bfloat16, 0.02)


@per_test
@given(layer=layers(branches=st.just(2), plus=None))
def test_a_layer_on_two_threads_is_its_twin(pieces: list[int], layer: Layer) -> None:
    pieces.clear()
    check(layer, torch.float32, 1e-5)
    assert set(pieces) == {min(layer.batch, 2)}
    assert torch.get_num_threads() == 2


def test_every_even_and_odd_length_that_is_longer_than_the_series() -> None:
    for length in (2, 3, 40, 41):
        for time in (1, 2, 3):
            check(
                Layer(3, time, 2, 2, ((2, length), (3, 1)), True, False, False, length),
                torch.float32,
                1e-5,
            )


def test_one_branch_may_need_no_gradient_of_its_input() -> None:
    layer = Layer(2, 9, 1, 2, ((3, 4), (2, 3)), False, False, False, 0)
    leaves = make(layer, torch.float32)
    exact = in_float64(leaves)
    leaves.inputs[0].requires_grad_(False)
    run_fused(layer, leaves, torch.float32).sum().backward()
    twin(layer, exact).after.sum().backward()
    assert leaves.inputs[0].grad is None
    assert_close("input 1", leaves.inputs[1].grad, exact.inputs[1].grad, 1e-4, 1.0)


def strided(gradient: Tensor, kind: str) -> Tensor:
    """The same numbers in another order of memory."""
    if kind == "channels first":
        return gradient.contiguous()
    if kind == "every second":
        wide = torch.full((*gradient.shape[:3], 2 * gradient.shape[3]), torch.nan)
        wide[..., ::2] = gradient
        return wide[..., ::2]
    return gradient.mean(dim=3, keepdim=True).expand(gradient.shape)


@pytest.mark.parametrize("kind", ["channels first", "every second", "expanded"])
@pytest.mark.parametrize("pooled", [False, True])
def test_gradients_may_lie_in_memory_as_they_like(kind: str, pooled: bool) -> None:
    layer = Layer(3, 11, 1, 2, ((4, 3),), False, False, False, 3)
    gradients = []
    for orderly in (True, False):
        leaves = make(layer, torch.float32)
        y = max_pool(leaves.inputs[0]) if pooled else run_fused(layer, leaves, torch.float32)
        gradient = strided(torch.randn(y.shape, generator=torch.Generator().manual_seed(0)), kind)
        assert not gradient.is_contiguous(memory_format=torch.channels_last)
        y.backward(gradient.clone(memory_format=torch.channels_last) if orderly else gradient)
        gradients.append(leaves.inputs[0].grad)
    assert torch.equal(*gradients)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_inputs_may_lie_in_memory_as_they_like(layout: torch.memory_format) -> None:
    layer = Layer(3, 11, 1, 2, ((4, 3), (1, 2)), True, True, True, 4)
    leaves = make(layer, torch.float32)
    expected = run_fused(layer, leaves, torch.float32)
    moved = leaves._replace(
        inputs=[x.detach().clone(memory_format=layout)[:, :, :, :] for x in leaves.inputs],
        weights=[weight.detach().clone(memory_format=layout) for weight in leaves.weights],
        plus=leaves.plus.detach().clone(memory_format=layout),
    )
    torch.testing.assert_close(
        run_fused(layer, moved, torch.float32), expected, rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("threads", [1, 2])
def test_a_mean_far_from_0_loses_nothing_of_the_variance(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.set_num_threads(threads)
    monkeypatch.setattr(fusion, "NUMBERS_A_THREAD", 1)
    x = 1e4 + torch.randn(6, 1, 1, 500, generator=torch.Generator().manual_seed(0))
    norm = Norm(torch.ones(2), torch.zeros(2), torch.zeros(2), torch.ones(2), 1.0, EPSILON)
    y = convolve_rectify([Convolution(x, torch.ones(2, 1, 1, 1), None, 1)], norm)
    variance = x.double().var().item()
    assert norm.running_var.tolist() == pytest.approx([variance] * 2, rel=1e-5)
    assert norm.running_mean.tolist() == pytest.approx([x.double().mean().item()] * 2, rel=1e-7)
    exact = (x.double() - x.double().mean()) / (x.double().var(unbiased=False) + EPSILON).sqrt()
    assert (y - exact.clamp_min(0)).abs().max() < 1e-3  # numbers near 1e4 lie 1e-3 apart


@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("first", [True, False])
def test_what_is_no_number_stays_none_and_stays_in_its_channel(
    bad: float, dtype: torch.dtype, first: bool
) -> None:
    x = torch.randn(3, 2, 1, 9, generator=torch.Generator().manual_seed(0))
    x[0 if first else 2, 1, 0, 0 if first else 5] = bad
    norm = Norm(torch.ones(2), torch.zeros(2), torch.zeros(2), torch.ones(2), 0.1, EPSILON)
    y = convolve_rectify(
        [Convolution(x.to(dtype), torch.ones(2, 1, 1, 1), None, 2)], norm, copies=2
    )
    assert y[:, 0].isfinite().all()
    assert y[:, 1].isnan().any()
    assert norm.running_mean[0].isfinite()
    assert not norm.running_var[1].isfinite()


# ---- pooling


def images(dtype: torch.dtype) -> st.SearchStrategy[Tensor]:
    def draw(batch: int, channels: int, time: int, seed: int, values: int) -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        numbers = torch.randint(
            -values, values + 1, (batch, channels, 1, time), generator=generator
        )
        return numbers.to(dtype).contiguous(memory_format=torch.channels_last)

    sizes = st.integers(1, 6), st.integers(1, 9), st.integers(1, 80), st.integers(0, 2**31)
    return st.builds(draw, *sizes, st.sampled_from([0, 1, 2, 100]))


def check_pooling(x: Tensor) -> None:
    """Whole numbers: nothing is rounded, and many are equal."""
    gradient = torch.arange(1, x.numel() + 1).reshape(x.shape) % 7
    results = []
    for pool, one in (
        (max_pool, x),
        (lambda x: F.max_pool2d(x, (1, 3), stride=1, padding=(0, 1)), x.double()),
    ):
        leaf = one.clone().requires_grad_()
        y = pool(leaf)
        y.backward(gradient.to(y.dtype))
        results.append((y.double(), leaf.grad.double()))
    assert torch.equal(results[0][0], results[1][0])
    assert torch.equal(results[0][1], results[1][1])


@per_test
@given(images(torch.float32))
def test_pooling_gives_the_gradient_to_the_first_of_equals(x: Tensor) -> None:
    check_pooling(x)


@per_test
@given(images(torch.bfloat16))
def test_pooling_in_bfloat16_gives_the_gradient_to_the_first_of_equals(x: Tensor) -> None:
    check_pooling(x)


@per_test
@given(x=images(torch.float32))
def test_pooling_on_two_threads(pieces: list[int], x: Tensor) -> None:
    pieces.clear()
    check_pooling(x)
    assert pieces == [min(len(x), 2)] * 2


def test_pooling_of_a_channel_without_a_number_gives_none() -> None:
    x = torch.randn(2, 3, 1, 8)
    x[:, 1] = torch.nan
    y = max_pool(x)
    assert y[:, 1].isnan().all()
    assert y[:, [0, 2]].isfinite().all()


# ---- when it is done


def test_what_can_be_fused() -> None:
    x = torch.zeros(1)
    assert can_fuse(x)
    assert can_fuse(x.bfloat16())
    assert not can_fuse(x.double())
    assert not can_fuse(x.half())
    assert not can_fuse(torch.zeros(1, device="meta"))
    with torch.autocast("cpu", torch.bfloat16):
        assert can_fuse(x)
    with torch.autocast("cpu", torch.float16):
        assert not can_fuse(x)


# ---- whole networks

TINY = {
    "inception": {"depth": 4, "filters": 3, "kernel_lengths": [8, 5, 2], "bottleneck": 4},
    "fcn": {"filters": [6, 8, 5], "kernel_lengths": [8, 5, 3]},
    "resnet": {"widths": [4, 6, 6], "kernel_lengths": [8, 5, 3]},
    "convtimenet": {"depth": 4, "filters": 2, "kernel_lengths": [4, 8, 16]},
}


def test_every_convolutional_network_is_here() -> None:
    assert set(TINY) == set(ARCHITECTURES) - {"mlp"}


def twin_networks(architecture: str, n_channels: int) -> tuple[torch.nn.Module, torch.nn.Module]:
    """Build a network in float32 and in float64; no scale is 1, and no shift is 0."""
    networks = [build(architecture, TINY[architecture], n_channels, 3) for _ in range(2)]
    initialize(networks[0], torch.Generator().manual_seed(0))
    generator = torch.Generator().manual_seed(1)
    for name, parameter in networks[0].named_parameters():
        if parameter.ndim == 1 and "head" not in name:
            parameter.data = 0.5 + torch.rand(len(parameter), generator=generator)
    networks[1].load_state_dict(networks[0].state_dict())
    return networks[0].train(), networks[1].double().train()


@pytest.mark.parametrize("n_channels", [1, 3])
@pytest.mark.parametrize("architecture", TINY)
def test_a_network_is_its_twin(architecture: str, n_channels: int) -> None:
    ours, exact = twin_networks(architecture, n_channels)
    x = torch.randn(8, n_channels, 40, generator=torch.Generator().manual_seed(2))
    y = torch.arange(8) % 3
    logits, expected = ours(x), exact(x.double())
    assert_close("logits", logits, expected, 1e-5)
    F.cross_entropy(logits, y).backward()
    F.cross_entropy(expected, y).backward()
    for (name, parameter), other in zip(ours.named_parameters(), exact.parameters(), strict=True):
        # a convolution's bias does nothing before a batch norm, and has no gradient but of rounding
        idle = "convolution" in name and name.endswith("bias")
        assert_close(name, parameter.grad, other.grad, 1e-4, 0.05 if idle else 1e-3)
    for (name, tensor), other in zip(ours.named_buffers(), exact.buffers(), strict=True):
        assert_close(
            name, tensor, other, 1e-5, 0.01
        )  # a hundredth of a batch's, whose spread is about 1


@pytest.mark.parametrize("architecture", TINY)
def test_a_network_in_bfloat16_is_roughly_its_twin(architecture: str) -> None:
    ours, exact = twin_networks(architecture, 1)
    x = torch.randn(16, 1, 40, generator=torch.Generator().manual_seed(2))
    y = torch.arange(16) % 3
    with torch.autocast("cpu", torch.bfloat16):
        logits = ours(x)
    expected = exact(x.double())
    assert logits.dtype == torch.float32
    assert_close("logits", logits, expected, 0.05)
    F.cross_entropy(logits, y).backward()
    F.cross_entropy(expected, y).backward()
    one, other = (
        torch.cat([parameter.grad.double().flatten() for parameter in network.parameters()])
        for network in (ours, exact)
    )
    assert F.cosine_similarity(one, other, dim=0) > 0.99
    assert one.norm() == pytest.approx(other.norm().item(), rel=0.05)


@pytest.mark.parametrize("architecture", TINY)
@pytest.mark.parametrize("at", [0, 17, 39])
def test_a_series_without_a_number_makes_the_loss_none(architecture: str, at: int) -> None:
    ours, _ = twin_networks(architecture, 1)
    x = torch.randn(8, 1, 40, generator=torch.Generator().manual_seed(2))
    x[3, 0, at] = torch.nan
    assert F.cross_entropy(ours(x), torch.arange(8) % 3).isnan()


@pytest.mark.parametrize("architecture", TINY)
def test_exact_statistics_are_those_of_the_twin(architecture: str) -> None:
    ours, exact = twin_networks(architecture, 2)
    x = 3 + torch.randn(9, 2, 30, generator=torch.Generator().manual_seed(2))
    labels = torch.zeros(9, dtype=torch.int64)
    for network, series in ((ours, x), (exact, x.double())):
        recompute_batch_norm(network, [TrainingData(series, labels)])
    for (name, tensor), other in zip(ours.named_buffers(), exact.buffers(), strict=True):
        assert_close(name, tensor, other, 1e-5)
    assert BATCH_NORM_EPSILON == EPSILON


def test_where_machine_code_cannot_be_kept_layers_work_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tszoo.nets import _kernels

    kept = [dispatcher._cache for dispatcher in _kernels._compiled]
    call, failed = fusion._call, []

    def full_disk(kernels: Any, kernel: str, *rest: Any) -> None:
        if not failed:
            failed.append(kernel)
            raise OSError(28, "No space left on device")
        call(kernels, kernel, *rest)

    monkeypatch.setattr(fusion, "_call", full_disk)
    x = torch.randn(2, 3, 1, 9).to(memory_format=torch.channels_last)
    try:
        assert torch.equal(fusion.max_pool(x), F.max_pool2d(x, (1, 3), stride=1, padding=(0, 1)))
        assert failed == ["max_pool"]
        assert {type(dispatcher._cache).__name__ for dispatcher in _kernels._compiled} == {
            "NullCache"
        }
    finally:
        for dispatcher, cache in zip(_kernels._compiled, kept, strict=True):
            dispatcher._cache = cache


@pytest.mark.parametrize("architecture", TINY)
def test_a_penalty_on_gradients_is_that_of_the_twin(architecture: str) -> None:
    penalties, of_series, of_weights = [], [], []
    for network in twin_networks(architecture, 2):
        dtype = next(network.parameters()).dtype
        x = torch.randn(6, 2, 30, generator=torch.Generator().manual_seed(2)).to(dtype)
        loss = F.cross_entropy(network(x.requires_grad_()), torch.arange(6) % 3)
        (gradient,) = torch.autograd.grad(loss, x, create_graph=True)
        penalty = gradient.square().sum()
        penalty.backward()
        penalties.append(penalty.detach())
        of_series.append(x.grad)
        of_weights.append(network.body.get_parameter(_first_filters(network)).grad)
    assert penalties[1] > 0
    assert_close("penalty", *penalties, 1e-4)
    assert_close("gradient of the series", *of_series, 1e-4)
    assert_close("gradient of the filters", *of_weights, 1e-3)


def _first_filters(network: torch.nn.Module) -> str:
    return next(name for name, tensor in network.body.named_parameters() if tensor.ndim == 4)


@pytest.mark.parametrize("n_series", [1, 2])
def test_one_or_two_series_take_no_longer_than_three(n_series: int) -> None:
    """Few series of many channels in the usual layout would take twenty times as long."""
    network = build("convtimenet", {}, 1, 2)

    def seconds(x: Tensor) -> float:
        taken = []
        for _ in range(3):
            start = process_time()
            network(x).square().mean().backward()
            taken.append(process_time() - start)
        return min(taken)

    few, three = torch.randn(n_series, 1, 512), torch.randn(3, 1, 512)
    seconds(three)
    assert seconds(few) < 3 * seconds(three)
