"""The networks against independent computations.

Counts by formula, forward passes by a naive float64 twin.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy import stats
from torch import nn

from tests.support.scrambled import scrambled
from tszoo.errors import ModelError
from tszoo.nets.convtimenet import ConvTimeNet, ConvTimeNetConfig
from tszoo.nets.fcn import FCN, FCNConfig
from tszoo.nets.inception import Inception, InceptionConfig
from tszoo.nets.layers import SameConv, convolve_together
from tszoo.nets.mlp import MLP, MLPConfig
from tszoo.nets.network import Network, initialize, replace_head
from tszoo.nets.registry import build
from tszoo.nets.resnet import ResNet, ResNetConfig

Array = NDArray[np.float64]
TINY = {"depth": 3, "filters": 4, "kernel_lengths": [8, 4, 2], "bottleneck": 4}
SMALL: dict[str, dict[str, Any] | None] = {
    "inception": TINY,
    "fcn": None,
    "resnet": {"widths": [4, 6, 6]},
    "convtimenet": {"filters": 2, "kernel_lengths": [2, 4, 9]},
}
EPSILON = 1e-3


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def weights_of(network: nn.Module) -> dict[str, Array]:
    return {name: tensor.detach().double().numpy() for name, tensor in network.state_dict().items()}


# ---- the slow twin, on one series (channels, time), from the papers alone


def conv_twin(x: Array, weight: Array, bias: Array | None = None) -> Array:
    """Output point t sees inputs t - left … t + right.

    Beyond the ends there are zeros, one more on the right.
    """
    n_out, _, length = weight.shape
    left = (length - 1) // 2
    out = np.zeros((n_out, x.shape[1]))
    for t in range(x.shape[1]):
        for j in range(length):
            if 0 <= t + j - left < x.shape[1]:
                out[:, t] += weight[:, :, j] @ x[:, t + j - left]
    return out if bias is None else out + bias[:, None]


def pool_twin(x: Array) -> Array:
    """The largest of each point and its neighbours, of those that exist."""
    return np.stack([x[:, max(0, t - 1) : t + 2].max(axis=1) for t in range(x.shape[1])], axis=1)


def norm_twin(x: Array, w: Mapping[str, Array], name: str) -> Array:
    mean, variance, scale, shift = (
        w[f"{name}.{part}"][:, None] for part in ("running_mean", "running_var", "weight", "bias")
    )
    return scale * (x - mean) / np.sqrt(variance + EPSILON) + shift


def conv_of(w: Mapping[str, Array], name: str) -> Array:
    return w[f"{name}.weight"][:, :, 0, :]


def inception_twin(x: Array, w: Mapping[str, Array], config: InceptionConfig) -> Array:
    """Logits."""
    block_input = x
    for i in range(config.depth):
        at = f"body.inceptions.{i}"
        narrowed = (
            conv_twin(x, conv_of(w, f"{at}.bottleneck")) if config.bottleneck and len(x) > 1 else x
        )
        branches = [
            conv_twin(narrowed, conv_of(w, f"{at}.convolutions.{k}"))
            for k in range(len(config.kernel_lengths))
        ]
        branches.append(conv_twin(pool_twin(x), conv_of(w, f"{at}.pooled")))
        x = np.maximum(norm_twin(np.concatenate(branches), w, f"{at}.norm"), 0)
        if config.residual and (i + 1) % 3 == 0:
            way = f"body.shortcuts.{i // 3}"
            x = np.maximum(
                x + norm_twin(conv_twin(block_input, conv_of(w, f"{way}.0")), w, f"{way}.1"), 0
            )
            block_input = x
    return w["head.weight"] @ x.mean(axis=1) + w["head.bias"]


def fcn_twin(x: Array, w: Mapping[str, Array], config: FCNConfig) -> Array:
    """Logits."""
    for i in range(len(config.filters)):
        x = conv_twin(x, conv_of(w, f"body.convolutions.{i}"), w[f"body.convolutions.{i}.bias"])
        x = np.maximum(norm_twin(x, w, f"body.norms.{i}"), 0)
    return w["head.weight"] @ x.mean(axis=1) + w["head.bias"]


def resnet_twin(x: Array, w: Mapping[str, Array], config: ResNetConfig) -> Array:
    """Logits."""
    for block, width in enumerate(config.widths):
        at, entry = f"body.blocks.{block}", x
        for i in range(len(config.kernel_lengths)):
            x = conv_twin(x, conv_of(w, f"{at}.convolutions.{i}"), w[f"{at}.convolutions.{i}.bias"])
            x = norm_twin(x, w, f"{at}.norms.{i}")
            if i < len(config.kernel_lengths) - 1:
                x = np.maximum(x, 0)
        if len(entry) != width:
            way = f"{at}.widening"
            entry = norm_twin(
                conv_twin(entry, conv_of(w, f"{way}.convolution"), w[f"{way}.convolution.bias"]),
                w,
                f"{way}.norm",
            )
        x = np.maximum(x + entry, 0)
    return w["head.weight"] @ x.mean(axis=1) + w["head.bias"]


def convtimenet_twin(x: Array, w: Mapping[str, Array], config: ConvTimeNetConfig) -> Array:
    """Logits."""
    entry = x
    for i in range(config.depth):
        at = f"body.layers.{i}"
        x = np.concatenate(
            [
                conv_twin(x, conv_of(w, f"{at}.convolutions.{k}"))
                for k in range(len(config.kernel_lengths))
            ]
        )
        x = norm_twin(x, w, f"{at}.norm")
        if config.residual and i % 2 == 1:
            if len(entry) != len(x):
                way = "body.widening"
                entry = norm_twin(
                    conv_twin(entry, conv_of(w, f"{way}.convolution")), w, f"{way}.norm"
                )
            x = entry = np.maximum(x + entry, 0)
        x = np.maximum(x, 0)
    return w["head.weight"] @ x.mean(axis=1) + w["head.bias"]


def mlp_twin(x: Array, w: Mapping[str, Array], config: MLPConfig) -> Array:
    """Logits."""
    values = []
    for channel in x:
        low, high = min(channel), max(channel)
        values += [0.0 if low == high else (value - low) / (high - low) for value in channel]
    h = np.array(values)
    h = (h - h.mean()) / np.sqrt(h.var() + 1e-5)
    function = {
        "sigmoid": lambda v: 1 / (1 + np.exp(-v)),
        "tanh": np.tanh,
        "relu": lambda v: np.maximum(v, 0),
    }
    for i in range(len(config.widths)):
        h = function[config.activation](
            w[f"body.layers.{i}.weight"] @ h + w[f"body.layers.{i}.bias"]
        )
    return w["head.weight"] @ h + w["head.bias"]


# ---- counts and shapes


def body_parameters(network: Network) -> int:
    return sum(p.numel() for p in network.body.parameters())


def test_inception_has_the_published_number_of_parameters() -> None:
    norm = 2 * 128
    first = 32 * (40 + 20 + 10) + 32 + norm
    other = 128 * 32 + 32 * 32 * (40 + 20 + 10) + 128 * 32 + norm
    shortcuts = (1 * 128 + norm) + (128 * 128 + norm)
    assert first + 5 * other + shortcuts == 420_192
    network = Inception(InceptionConfig(), n_channels=1, n_classes=7)
    assert body_parameters(network) == 420_192
    assert sum(p.numel() for p in network.head.parameters()) == 128 * 7 + 7


def test_inception_of_three_channels_has_a_bottleneck_in_its_first_module() -> None:
    change = (
        3 * 32 + (32 - 1) * 32 * (40 + 20 + 10) + 2 * 32 + 2 * 128
    )  # bottleneck, wider input, pooled, shortcut
    assert body_parameters(Inception(InceptionConfig(), 3, 2)) == 420_192 + change


def test_fcn_has_the_published_number_of_parameters() -> None:
    layers = ((1, 128, 8), (128, 256, 5), (256, 128, 3))
    expected = sum(before * after * length + after + 2 * after for before, after, length in layers)
    assert expected == 264_704
    assert body_parameters(FCN(FCNConfig(), 1, 2)) == 264_704


def test_resnet_has_the_papers_number_of_parameters() -> None:
    expected = 0
    for before, width in ((1, 64), (64, 128), (128, 128)):
        for n_in, length in ((before, 8), (width, 5), (width, 3)):
            expected += n_in * width * length + width + 2 * width
        expected += before * width + width + 2 * width if before != width else 0
    assert expected == 503_744
    assert body_parameters(ResNet(ResNetConfig(), 1, 2)) == expected


@pytest.mark.parametrize(("n_channels", "residual"), [(1, True), (3, True), (80, True), (1, False)])
def test_convtimenet_has_filters_of_every_length_in_every_layer(
    n_channels: int, residual: bool
) -> None:
    lengths = (4, 8, 16, 32, 64)
    layers = [before * 16 * sum(lengths) + 2 * 80 for before in (n_channels, 80, 80, 80)]
    around = n_channels * 80 + 2 * 80 if residual and n_channels != 80 else 0
    network = ConvTimeNet(ConvTimeNetConfig(residual=residual), n_channels, 2)
    assert body_parameters(network) == sum(layers) + around
    for layer in network.body.layers:
        assert [convolution.kernel_size[1] for convolution in layer.convolutions] == list(lengths)


def test_mlp_has_a_weight_for_every_point_and_node() -> None:
    network = MLP(MLPConfig(widths=(16, 4)), 3, 5, 50)
    assert body_parameters(network) == (150 * 16 + 16) + (16 * 4 + 4)
    assert network.head.weight.shape == (5, 4)


def shapes(network: Network, x: torch.Tensor) -> dict[str, tuple[int, ...]]:
    """Output shape of every module, by name."""
    network.eval()  # in training, a layer is one operation where that is faster
    seen: dict[str, tuple[int, ...]] = {}
    handles = [
        module.register_forward_hook(
            lambda _m, _i, out, name=name: seen.__setitem__(name, tuple(out.shape))
        )
        for name, module in network.named_modules()
    ]
    network(x)
    for handle in handles:
        handle.remove()
    return seen


def test_inception_layer_shapes() -> None:
    network = Inception(InceptionConfig(), 3, 5)
    seen = shapes(network, torch.randn(2, 3, 50, generator=generator()))
    expected = {"": (2, 5), "head": (2, 5), "body": (2, 128, 1, 50)}
    for i in range(6):
        expected[f"body.inceptions.{i}"] = (2, 128, 1, 50)
        for part in ("bottleneck", "pooled", *(f"convolutions.{k}" for k in range(3))):
            expected[f"body.inceptions.{i}.{part}"] = (2, 32, 1, 50)
        expected[f"body.inceptions.{i}.norm"] = (2, 128, 1, 50)
    for i in range(2):
        for part in ("", ".0", ".1"):
            expected[f"body.shortcuts.{i}{part}"] = (2, 128, 1, 50)
    assert seen == expected


def test_fcn_layer_shapes() -> None:
    seen = shapes(FCN(FCNConfig(), 1, 4), torch.randn(2, 1, 30, generator=generator()))
    assert seen == {
        "": (2, 4),
        "head": (2, 4),
        "body": (2, 128, 1, 30),
        **{f"body.convolutions.{i}": (2, width, 1, 30) for i, width in enumerate((128, 256, 128))},
        **{f"body.norms.{i}": (2, width, 1, 30) for i, width in enumerate((128, 256, 128))},
    }


def test_bottleneck_is_left_out_for_one_channel_or_when_it_is_zero() -> None:
    one = Inception(InceptionConfig(), 1, 2)
    assert isinstance(one.body.inceptions[0].bottleneck, nn.Identity)
    assert all(isinstance(module.bottleneck, SameConv) for module in one.body.inceptions[1:])
    assert isinstance(Inception(InceptionConfig(), 3, 2).body.inceptions[0].bottleneck, SameConv)
    without = Inception(InceptionConfig(bottleneck=0), 3, 2)
    assert all(isinstance(module.bottleneck, nn.Identity) for module in without.body.inceptions)


@pytest.mark.parametrize(
    ("depth", "residual", "blocks"),
    [(1, True, 0), (3, True, 1), (4, True, 1), (9, True, 3), (9, False, 0)],
)
def test_every_third_module_closes_a_residual_block(
    depth: int, residual: bool, blocks: int
) -> None:
    network = Inception(InceptionConfig(depth=depth, filters=2, residual=residual), 1, 2)
    assert len(network.body.shortcuts) == blocks


def test_batch_norm_has_the_constants_of_keras() -> None:
    for network in (build(name, args, 1, 2) for name, args in SMALL.items()):
        norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
        assert norms
        assert {(norm.momentum, norm.eps) for norm in norms} == {(0.01, 1e-3)}


# ---- values


@pytest.mark.parametrize("length", [1, 2, 3, 5, 13])
@pytest.mark.parametrize("kernel_length", [1, 2, 3, 4, 5, 8, 10])
def test_same_convolution_agrees_with_a_naive_one(kernel_length: int, length: int) -> None:
    layer = SameConv(3, 4, kernel_length, bias=True)
    x = torch.randn(2, 3, 1, length, generator=generator(length))
    w = weights_of(layer)
    expected = [
        conv_twin(series[:, 0].double().numpy(), w["weight"][:, :, 0], w["bias"]) for series in x
    ]
    np.testing.assert_allclose(layer(x)[:, :, 0].detach().numpy(), expected, rtol=1e-5, atol=1e-6)


def test_the_extra_zero_of_an_even_filter_stands_on_the_right() -> None:
    layer = SameConv(1, 1, 4)
    nn.init.ones_(layer.weight)
    x = torch.tensor([1.0, 10.0, 100.0, 1000.0]).reshape(1, 1, 1, 4)
    # one zero before, two behind
    assert layer(x).flatten().tolist() == [111.0, 1111.0, 1110.0, 1100.0]


@pytest.mark.parametrize("length", [1, 2, 3, 9, 24])
@pytest.mark.parametrize("n_channels", [1, 3])
@pytest.mark.parametrize(
    "config",
    [
        InceptionConfig(depth=3, filters=4, kernel_lengths=(8, 4, 2), bottleneck=4),
        InceptionConfig(depth=7, filters=3, kernel_lengths=(10, 5), bottleneck=2),
        InceptionConfig(depth=4, filters=3, kernel_lengths=(6, 3), bottleneck=0, residual=False),
    ],
    ids=["one block", "two blocks and one more", "plain"],
)
def test_inception_agrees_with_its_twin(
    config: InceptionConfig, n_channels: int, length: int
) -> None:
    network = scrambled(Inception(config, n_channels, 3))
    x = torch.randn(2, n_channels, length, generator=generator(length))
    expected = [
        inception_twin(series.double().numpy(), weights_of(network), config) for series in x
    ]
    np.testing.assert_allclose(network(x).detach().numpy(), expected, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("length", [1, 2, 3, 9, 24])
def test_fcn_agrees_with_its_twin(length: int) -> None:
    config = FCNConfig(filters=(5, 7, 4))
    network = scrambled(FCN(config, 2, 3))
    x = torch.randn(2, 2, length, generator=generator(length))
    expected = [fcn_twin(series.double().numpy(), weights_of(network), config) for series in x]
    np.testing.assert_allclose(network(x).detach().numpy(), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("length", [1, 2, 9, 24])
@pytest.mark.parametrize("n_channels", [1, 4])
@pytest.mark.parametrize(
    "config",
    [ResNetConfig((4, 6, 6)), ResNetConfig((4, 4), (10, 3)), ResNetConfig((3,), (2,))],
    ids=range(3),
)
def test_resnet_agrees_with_its_twin(config: ResNetConfig, n_channels: int, length: int) -> None:
    network = scrambled(ResNet(config, n_channels, 3))
    x = torch.randn(2, n_channels, length, generator=generator(length))
    expected = [resnet_twin(series.double().numpy(), weights_of(network), config) for series in x]
    np.testing.assert_allclose(network(x).detach().numpy(), expected, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("length", [1, 2, 9, 24])
@pytest.mark.parametrize("n_channels", [1, 6])
@pytest.mark.parametrize(
    "config",
    [
        ConvTimeNetConfig(filters=2, kernel_lengths=(4, 8, 16)),
        ConvTimeNetConfig(depth=5, filters=3, kernel_lengths=(4, 9)),
        ConvTimeNetConfig(depth=1, filters=3, kernel_lengths=(4,)),
        ConvTimeNetConfig(depth=3, filters=2, kernel_lengths=(4, 8, 16), residual=False),
    ],
    ids=["two blocks", "two blocks and one more", "no block", "plain"],
)
def test_convtimenet_agrees_with_its_twin(
    config: ConvTimeNetConfig, n_channels: int, length: int
) -> None:
    network = scrambled(ConvTimeNet(config, n_channels, 3))
    x = torch.randn(2, n_channels, length, generator=generator(length))
    expected = [
        convtimenet_twin(series.double().numpy(), weights_of(network), config) for series in x
    ]
    np.testing.assert_allclose(network(x).detach().numpy(), expected, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("length", [1, 2, 24])
@pytest.mark.parametrize("n_channels", [1, 3])
@pytest.mark.parametrize(
    "config", [MLPConfig(), MLPConfig((5, 4), "tanh"), MLPConfig((3, 6, 2), "relu")], ids=range(3)
)
def test_mlp_agrees_with_its_twin(config: MLPConfig, n_channels: int, length: int) -> None:
    network = scrambled(MLP(config, n_channels, 3, length))
    x = torch.randn(3, n_channels, length, generator=generator(length))
    x[1, 0] = 7.0  # constant
    expected = [mlp_twin(series.double().numpy(), weights_of(network), config) for series in x]
    np.testing.assert_allclose(network(x).detach().numpy(), expected, rtol=1e-4, atol=1e-4)
    assert network.activations(x).shape == (3, config.widths[-1], 1)


def test_to_an_mlp_a_normalised_series_is_the_raw_one() -> None:
    network = MLP(MLPConfig(), 2, 3, 20).double()
    x = torch.randn(4, 2, 20, generator=generator(), dtype=torch.float64) * 30 + 500
    normalised = (x - x.mean(dim=2, keepdim=True)) / x.std(dim=2, keepdim=True)
    torch.testing.assert_close(network.body(x[:, :, None]), network.body(normalised[:, :, None]))


def test_mlp_refuses_series_of_another_length() -> None:
    network = MLP(MLPConfig(), 1, 2, 10)
    takes = r"this network has a weight for each of 10 points, and takes no other length\.$"
    with pytest.raises(ModelError, match=rf"^series of 11 points: {takes}"):
        network(torch.zeros(2, 1, 11))
    with pytest.raises(ModelError, match=rf"^series of unequal lengths: {takes}"):
        network(torch.zeros(2, 1, 10), torch.tensor([9, 10]))


def test_published_inception_agrees_with_its_twin() -> None:
    config = InceptionConfig()
    network = Inception(config, 1, 4)
    initialize(network, generator())
    x = torch.randn(1, 1, 45, generator=generator(1))
    expected = inception_twin(x[0].double().numpy(), weights_of(network), config)
    np.testing.assert_allclose(
        network.eval()(x)[0].detach().numpy(), expected, rtol=1e-4, atol=1e-5
    )


def test_receptive_field_of_stacked_convolutions() -> None:
    lengths = (8, 5, 3, 4)
    stack = nn.Sequential(*(SameConv(1, 1, k) for k in lengths))
    for layer in stack:
        nn.init.ones_(layer.weight)
    x = torch.zeros(1, 1, 1, 101, requires_grad=True)
    stack(x)[0, 0, 0, 50].backward()
    assert x.grad is not None
    seen = x.grad.flatten().nonzero().flatten()
    assert len(seen) == 1 + sum(k - 1 for k in lengths)
    assert (seen.min(), seen.max()) == (
        50 - sum((k - 1) // 2 for k in lengths),
        50 + sum(k // 2 for k in lengths),
    )


@pytest.mark.parametrize(
    ("architecture", "args", "expected"),
    [
        ("inception", None, 1 + 6 * 39),
        ("inception", TINY, 1 + 3 * 7),
        (
            "inception",
            {**TINY, "kernel_lengths": [2, 1]},
            1 + 3 * 2,
        ),  # the max-pooling sees farther
        ("fcn", None, 1 + 7 + 4 + 2),
        ("fcn", {"filters": [3, 3], "kernel_lengths": [10, 6]}, 1 + 9 + 5),
        ("resnet", None, 1 + 3 * (7 + 4 + 2)),
        ("convtimenet", None, 1 + 4 * 63),
        ("convtimenet", {"filters": 3, "depth": 3, "kernel_lengths": [3, 8, 4]}, 1 + 3 * 7),
    ],
)
def test_receptive_field(architecture: str, args: dict[str, Any] | None, expected: int) -> None:
    """Move each point of a series, and see whether the middle of the last maps moves."""
    network = build(architecture, args, 1, 2)
    assert network.receptive_field() == expected
    if args is None:  # the published sizes take too long to try
        return
    network.double().eval()
    initialize(network, generator())
    length, middle = 2 * expected + 5, expected + 2
    x = torch.randn(1, 1, length, generator=generator(1), dtype=torch.float64)
    moved = x + 10 * torch.eye(length, dtype=torch.float64)[:, None]
    with torch.no_grad():
        before, after = (
            network.activations(x)[:, :, middle],
            network.activations(moved)[:, :, middle],
        )
    # a convolution may round another way in a larger batch; what a point sees moves it by far more
    seen = ((after - before).abs().amax(dim=1) > 1e-12).nonzero().flatten().tolist()
    assert seen == list(range(seen[0], seen[-1] + 1))
    assert len(seen) == expected


def test_the_receptive_field_of_an_mlp_is_the_series() -> None:
    assert build("mlp", None, 1, 2, length=77).receptive_field() == 77


@pytest.mark.parametrize("architecture", SMALL)
@pytest.mark.parametrize("n_series", [1, 2, 5])
def test_gradients_agree_with_float64_in_the_plain_layout(architecture: str, n_series: int) -> None:
    """A batch may hold a single series: the leftover of an epoch."""
    network = build(architecture, SMALL[architecture], 2, 3)
    initialize(network, generator())
    twin = build(architecture, SMALL[architecture], 2, 3)
    twin.load_state_dict(network.state_dict())
    network.to(memory_format=torch.channels_last)
    x, y = torch.randn(n_series, 2, 40, generator=generator(1)), torch.arange(n_series) % 3
    F.cross_entropy(network(x), y).backward()
    F.cross_entropy(
        twin.double().head(twin.body(x.double().unsqueeze(2)).mean((2, 3))), y
    ).backward()
    for (name, parameter), other in zip(network.named_parameters(), twin.parameters(), strict=True):
        assert parameter.grad is not None
        assert other.grad is not None
        torch.testing.assert_close(
            parameter.grad.double(), other.grad, rtol=2e-3, atol=2e-5, msg=name
        )


@pytest.mark.parametrize("architecture", SMALL)
def test_features_and_logits_are_float32_under_autocast(architecture: str) -> None:
    network = scrambled(build(architecture, SMALL[architecture], 1, 3))
    x = torch.randn(4, 1, 30, generator=generator())
    with torch.autocast("cpu", torch.bfloat16):
        assert network.activations(x).dtype == torch.bfloat16
        assert network.features(x).dtype == torch.float32
        assert network(x).dtype == torch.float32
    assert network.activations(x).shape == (4, network.head.in_features, 30)
    assert network.features(x).shape == (4, network.head.in_features)


def test_the_head_is_computed_in_float32_under_autocast() -> None:
    network = scrambled(build("inception", TINY, 1, 3))
    x = torch.randn(4, 1, 30, generator=generator())
    with torch.autocast("cpu", torch.bfloat16):
        pooled, logits = network.features(x), network(x)
    torch.testing.assert_close(logits, network.head(pooled), rtol=0, atol=0)


# ---- initialisation


def weighted_layers(network: Network) -> list[tuple[str, nn.Conv2d | nn.Linear]]:
    return [
        (name, m) for name, m in network.named_modules() if isinstance(m, (nn.Conv2d, nn.Linear))
    ]


@pytest.mark.parametrize("architecture", [*SMALL, "mlp"])
def test_every_layer_starts_glorot_uniform_with_zero_biases(architecture: str) -> None:
    network = build(architecture, None, 3, 10, length=20)
    initialize(network, generator())
    for name, layer in weighted_layers(network):
        weight = layer.weight.detach().double().numpy().ravel()
        n_out, n_in, *window = layer.weight.shape
        points = int(np.prod(window))
        limit = np.sqrt(6 / (n_in * points + n_out * points))
        assert np.abs(weight).max() <= limit * (1 + 1e-6), name
        # the standard error of a uniform sample's standard deviation is 0.447 sigma / sqrt(n)
        assert weight.std() == pytest.approx(
            limit / np.sqrt(3), rel=5 * 0.447 / np.sqrt(weight.size)
        ), name
        assert abs(weight.mean()) <= 5 * limit / np.sqrt(3 * weight.size), name
        assert stats.kstest(weight, "uniform", args=(-limit, 2 * limit)).pvalue > 1e-4, name
        if layer.bias is not None:
            assert not layer.bias.any(), name


def test_initialize_brings_batch_norm_back_to_identity() -> None:
    network = scrambled(build("inception", TINY, 1, 2))
    initialize(network, generator())
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert (module.weight == 1).all()
            assert (module.bias == 0).all()
            assert (module.running_mean == 0).all()
            assert (module.running_var == 1).all()


def same(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    return all(torch.equal(a[name], b[name]) for name in a)


def test_the_seed_alone_decides_the_weights() -> None:
    states = []
    for seed, noise in ((0, 1), (0, 2), (1, 1)):
        torch.manual_seed(noise)
        network = build("inception", TINY, 1, 2)
        initialize(network, generator(seed))
        states.append(network.state_dict())
    assert same(states[0], states[1])
    assert not same(states[0], states[2])


def test_the_global_random_state_is_left_alone() -> None:
    before = torch.get_rng_state()
    network = build("fcn", {"filters": [3], "kernel_lengths": [3]}, 1, 2)
    initialize(network, generator())
    replace_head(network, 5, generator(1))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_new_head_is_glorot_uniform_and_leaves_the_body_alone() -> None:
    network = build("inception", None, 1, 2)
    initialize(network, generator())
    body = {name: tensor.clone() for name, tensor in network.body.state_dict().items()}
    replace_head(network, 60, generator(1))
    assert same(body, network.body.state_dict())
    assert network.head.weight.shape == (60, 128)
    assert network(torch.randn(2, 1, 20, generator=generator())).shape == (2, 60)
    limit = np.sqrt(6 / (128 + 60))
    assert network.head.weight.abs().max() <= limit
    assert network.head.weight.std().item() == pytest.approx(limit / np.sqrt(3), rel=0.03)
    assert not network.head.bias.any()
    weight = network.head.weight.clone()
    replace_head(network, 60, generator(1))
    assert torch.equal(network.head.weight, weight)


def test_convolutions_of_one_input_together_are_those_apart() -> None:
    """Values and gradients, in float64; lengths even and odd."""
    convolutions = [SameConv(3, 4, length).double() for length in (10, 40, 1, 5)]
    x = torch.randn(2, 3, 1, 17, dtype=torch.float64, requires_grad=True)
    results = []
    for joined in (
        torch.cat([convolution(x) for convolution in convolutions], dim=1),
        convolve_together(convolutions, x),
    ):
        parameters = [x, *(convolution.weight for convolution in convolutions)]
        results.append([joined, *torch.autograd.grad(joined.square().sum(), parameters)])
    torch.testing.assert_close(*results)


@pytest.mark.parametrize("architecture", ["inception", "resnet", "fcn"])
def test_networks_give_the_same_where_convolutions_go_together(
    architecture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = build(architecture, None, 2, 3)
    initialize(network, torch.Generator().manual_seed(0))
    monkeypatch.setattr("tszoo.nets.layers.can_fuse", lambda x: False)
    x = torch.randn(4, 2, 30)
    apart = network.train()(x)
    monkeypatch.setattr("tszoo.nets.layers._is_faster_together", lambda *_: True)
    torch.testing.assert_close(network(x), apart, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("architecture", sorted(SMALL))
@pytest.mark.parametrize("readout", ["mean", "stages"])
def test_evaluation_without_gradients_folds_norms_and_changes_nothing(
    architecture: str, readout: str
) -> None:
    network = scrambled(
        build(architecture, {**(SMALL[architecture] or {}), "readout": readout}, 2, 3)
    )
    x = torch.randn(5, 2, 9, generator=torch.Generator().manual_seed(0))
    kept = x.clone()
    expected = network(x).detach()  # gradients are on: layer by layer
    with torch.no_grad():
        folded = network(x)
    largest = expected.abs().max()
    torch.testing.assert_close(folded / largest, expected / largest, rtol=0, atol=1e-5)
    assert torch.equal(x, kept)
