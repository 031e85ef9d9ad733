"""Configs from outside are read strictly, and bounded before anything is allocated."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.errors import ModelError
from tszoo.models.load import load_folder
from tszoo.nets.convtimenet import ConvTimeNet, ConvTimeNetConfig
from tszoo.nets.fcn import FCN, FCNConfig
from tszoo.nets.inception import Inception, InceptionConfig
from tszoo.nets.mlp import MLP, MLPConfig
from tszoo.nets.network_config import NetworkConfig
from tszoo.nets.registry import (
    ARCHITECTURES,
    args_of,
    build,
    network_class,
    network_config,
    outline,
)
from tszoo.nets.resnet import ResNet, ResNetConfig

CONFIGS = {
    "inception": InceptionConfig,
    "fcn": FCNConfig,
    "resnet": ResNetConfig,
    "convtimenet": ConvTimeNetConfig,
    "mlp": MLPConfig,
}
NETWORKS = {
    "inception": Inception,
    "fcn": FCN,
    "resnet": ResNet,
    "convtimenet": ConvTimeNet,
    "mlp": MLP,
}


def test_missing_arguments_take_the_papers_values() -> None:
    assert network_config("inception") == InceptionConfig(6, 32, (40, 20, 10), 32, True)
    assert network_config("fcn", {}) == FCNConfig((128, 256, 128), (8, 5, 3))
    assert network_config("inception", {"depth": 9}).depth == 9


@pytest.mark.parametrize(
    "config",
    [
        InceptionConfig(3, 16, (64, 32), 0, False),
        FCNConfig((4, 5), (3, 2)),
        ResNetConfig((4,), (3, 2)),
        ConvTimeNetConfig(3, 5, (4, 9), False),
        MLPConfig((1, 2), "relu", channels_apart=True),
        *(kind() for kind in CONFIGS.values()),
    ],
)
def test_arguments_survive_json(config: NetworkConfig) -> None:
    (name,) = (name for name, kind in CONFIGS.items() if type(config) is kind)
    assert network_config(name, json.loads(json.dumps(args_of(config)))) == config


def test_what_all_networks_share_is_spelled_only_where_it_differs() -> None:
    assert args_of(FCNConfig((3,), (2,))) == {"filters": [3], "kernel_lengths": [2]}
    apart = {"filters": [3], "kernel_lengths": [2], "channels_apart": True}
    assert args_of(FCNConfig((3,), (2,), channels_apart=True)) == apart
    assert network_config("fcn", {"channels_apart": False}) == FCNConfig()


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_build_makes_the_named_network(name: str) -> None:
    network = build(name, None, 2, 5, length=8)
    assert type(network) is NETWORKS[name] is network_class(name)
    assert network.config_class is CONFIGS[name]
    assert network(torch.zeros(2, 2, 8)).shape == (2, 5)
    assert network.head.in_features == network.body.n_features


@pytest.mark.parametrize(
    ("args", "n_tensors"),
    [
        ({"depth": 9, "filters": 2}, 9 * 9 + 3 * 5),
        ({"depth": 2, "filters": 3, "kernel_lengths": [5]}, 2 * 7),
        ({"depth": 3, "filters": 2, "bottleneck": 0}, 3 * 8 + 5),
        ({"depth": 3, "filters": 2, "bottleneck": 7}, 3 * 9 + 5),
        ({"depth": 6, "filters": 2, "residual": False}, 6 * 9),
    ],
    ids=str,
)
def test_every_knob_of_inception_is_built_saved_and_loaded(
    args: dict[str, Any], n_tensors: int, tmp_path: Path
) -> None:
    """Count tensors: a bottleneck, one a length, one behind the pooling, four of the norm.

    A shortcut has five.
    """
    toy = make_toy(n_channels=2)
    model = make_model(toy, members=1, architecture_args=args)
    state = list(model.networks[0].body.state_dict())
    assert len(state) == n_tensors
    model.save(tmp_path / "m", dtype="float32")
    loaded = load_folder(tmp_path / "m")
    assert loaded.config.architecture_args == args
    np.testing.assert_allclose(loaded.predict_proba(toy), model.predict_proba(toy), atol=1e-6)


def test_names_are_known_without_pytorch() -> None:
    script = (
        "import sys, tszoo.nets.registry as r; assert r.ARCHITECTURES; sys.exit('torch' in "
        "sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


HUGE = 10**5000
NESTED: list[Any] = []
for _ in range(5000):
    NESTED = [NESTED]

HOSTILE_ARGS = [
    ({"depth": 0}, r"inception: depth = 0 is not a whole number up to 100\."),
    ({"depth": -3}, r"depth = -3 is not a whole number up to 100"),
    ({"depth": 101}, r"depth = 101 is not a whole number up to 100"),
    ({"depth": 10**12}, r"depth = 1000000000000 is not"),
    ({"depth": HUGE}, r"depth = .* is not a whole number up to 100"),
    ({"depth": True}, r"depth = True is not"),
    ({"depth": 6.0}, r"depth = 6.0 is not"),
    ({"depth": "6"}, r"depth = '6' is not"),
    ({"depth": None}, r"depth = None is not"),
    ({"filters": float("nan")}, r"filters = nan is not a whole number up to 4096"),
    ({"filters": float("inf")}, r"filters = inf is not"),
    ({"filters": 4097}, r"filters = 4097 is not"),
    ({"bottleneck": -1}, r"bottleneck = -1 is not a whole number up to 4096"),
    ({"residual": 1}, r"residual = 1 is not a truth value"),
    ({"residual": "yes"}, r"residual = 'yes' is not a truth value"),
    (
        {"kernel_lengths": []},
        r"kernel_lengths = \[\] is not a list of 1 to 16 whole numbers up to 4096",
    ),
    ({"kernel_lengths": 40}, r"kernel_lengths = 40 is not a list"),
    ({"kernel_lengths": "40"}, r"kernel_lengths = '40' is not a list"),
    ({"kernel_lengths": [40, True]}, r"kernel_lengths = \[40, True\] is not"),
    ({"kernel_lengths": [0]}, r"kernel_lengths = \[0\] is not"),
    ({"kernel_lengths": [1.5]}, r"kernel_lengths = \[1.5\] is not"),
    ({"kernel_lengths": [HUGE]}, r"kernel_lengths = .* is not"),
    ({"kernel_lengths": [[40]]}, r"kernel_lengths = \[\[40\]\] is not"),
    ({"kernel_lengths": NESTED}, r"kernel_lengths = \[+\.\.\.\]+ is not"),
    ({"kernel_lengths": [3] * 10_000_000}, r"kernel_lengths = \[3, 3, 3, .*\.\.\.\] is not"),
    ({"kernel_lengths": {"a": 1}}, r"kernel_lengths = \{'a': 1\} is not"),
    (
        {"depht": 6},
        r"inception has no argument 'depht'; it has depth, filters, kernel_lengths, bottleneck, "
        r"residual, channels_apart, readout, resampled, nuisances, level, averaged, channels_read, "
        r"features_read\.",
    ),
    ({"readout": "last"}, r"inception: readout = 'last' is not one of mean, stages\."),
    ({"x" * 100_000: 6}, r"inception has no argument 'xxx.*; it has depth"),
    ({"__class__": 6}, r"inception has no argument '__class__'"),
    ({3: 6}, r"inception has no argument 3;"),
    (
        [("depth", 6)],
        r"inception: its arguments must be names with values, not \[\('depth', 6\)\]\.",
    ),
    ("depth", r"its arguments must be names with values, not 'depth'"),
    (0, r"its arguments must be names with values, not 0"),
]


@pytest.mark.parametrize(("args", "message"), HOSTILE_ARGS, ids=range(len(HOSTILE_ARGS)))
def test_hostile_arguments_are_refused_in_one_short_line(args: Any, message: str) -> None:
    started = time.process_time()
    with pytest.raises(ModelError, match=message) as caught:
        build("inception", args, 1, 2)
    assert time.process_time() - started < 1
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)


def test_an_outline_has_shapes_and_no_memory() -> None:
    args = {"depth": 3, "filters": 4}
    outlined, built = outline("inception", args, 2, 3), build("inception", args, 2, 3)
    assert all(tensor.is_meta for tensor in [*outlined.parameters(), *outlined.buffers()])
    shapes = [
        {key: value.shape for key, value in network.state_dict().items()}
        for network in (outlined, built)
    ]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize(
    "name", ["lstm", "", "Inception", None, 3, ["inception"], {}, "x" * 100_000]
)
def test_unknown_architectures_are_refused(name: Any) -> None:
    known = r"there are convtimenet, fcn, inception, mlp, resnet\.$"
    with pytest.raises(ModelError, match=rf"^unknown architecture .*; {known}") as caught:
        network_config(name)
    assert len(str(caught.value)) < 200


def test_fcn_wants_a_filter_length_a_layer() -> None:
    with pytest.raises(
        ModelError, match=r"^fcn: 3 filters but 2 kernel_lengths; one of each a layer\.$"
    ):
        network_config("fcn", {"kernel_lengths": [8, 5]})


@pytest.mark.parametrize("value", ["swish", "", None, 3, ["relu"], "x" * 100_000], ids=range(6))
def test_texts_are_chosen_from_a_list(value: Any) -> None:
    text = r"^mlp: activation = .* is not one of sigmoid, tanh, relu\.$"
    with pytest.raises(ModelError, match=text) as caught:
        network_config("mlp", {"activation": value})
    assert len(str(caught.value)) < 300


def test_an_mlp_cannot_be_built_without_a_length() -> None:
    with pytest.raises(
        ModelError,
        match=r"^mlp has a weight for every point of a series; it cannot be built without",
    ):
        build("mlp", None, 1, 2)


@pytest.mark.parametrize("value", [0, -1, 10**9, HUGE, True, 2.0, "2", None, [2]], ids=range(9))
def test_channels_and_classes_are_bounded(value: Any) -> None:
    with pytest.raises(
        ModelError, match=r"^n_channels must be a whole number from 1 to 10000, not "
    ):
        build("fcn", None, value, 2)
    if value != 0 or value is False:  # without classes, the head has no outputs
        with pytest.raises(
            ModelError, match=r"^n_classes must be a whole number from 0 to 100000, not "
        ):
            build("fcn", None, 1, value)
    if value is not None:
        with pytest.raises(
            ModelError, match=r"^length must be a whole number from 1 to 1000000, not "
        ):
            build("mlp", None, 1, 2, length=value)


@pytest.mark.parametrize(
    ("name", "args", "n_channels", "n_classes"),
    [
        ("inception", {"filters": 4096, "bottleneck": 4096, "kernel_lengths": [4096, 4096]}, 1, 2),
        ("inception", {"depth": 100, "filters": 1024, "bottleneck": 0}, 1, 2),
        ("fcn", {"filters": [4096] * 100, "kernel_lengths": [4096] * 100}, 1, 2),
        ("fcn", {"filters": [4096], "kernel_lengths": [4096]}, 10_000, 2),
        ("fcn", {"filters": [4096], "kernel_lengths": [1]}, 1, 100_000),
        ("fcn", {"channels_apart": True}, 10_000, 100_000),
        ("fcn", {"readout": "stages"}, 1, 100_000),
        (
            "inception",
            {"readout": "stages", "channels_apart": True, "filters": 4096},
            10_000,
            100_000,
        ),
        ("resnet", {"widths": [4096] * 10, "kernel_lengths": [4096] * 4}, 1, 2),
        ("convtimenet", {"filters": 4096, "kernel_lengths": [4096] * 4, "depth": 10}, 1, 2),
        # the most modules that there can be
        pytest.param(
            *("resnet", {"widths": [4096] * 100, "kernel_lengths": [4096] * 16}, 1, 2),
            marks=pytest.mark.slow,
        ),
        pytest.param(
            *("convtimenet", {"filters": 4096, "kernel_lengths": [4096] * 16, "depth": 100}, 1, 2),
            marks=pytest.mark.slow,
        ),
        ("mlp", {"widths": [4096]}, 1, 2),
        ("mlp", {"widths": [1]}, 10_000, 2),
    ],
)
def test_arguments_in_range_that_ask_for_too_much_together_allocate_nothing(
    name: str, args: dict[str, Any], n_channels: int, n_classes: int
) -> None:
    started = time.process_time()
    tracemalloc.start()
    with pytest.raises(
        ModelError,
        match=rf"^{name}: these arguments ask for [0-9,]+ parameters; 100,000,000 is the",
    ):
        build(name, args, n_channels, n_classes, length=1_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50e6
    assert time.process_time() - started < 15  # of the processor: a slow one takes 5


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
argument_names = st.text(max_size=5) | st.sampled_from(
    [
        "depth",
        "filters",
        "kernel_lengths",
        "bottleneck",
        "residual",
        "widths",
        "activation",
        "channels_apart",
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(ARCHITECTURES)), st.dictionaries(argument_names, json_values, max_size=4)
)
def test_any_json_is_a_config_or_a_model_error(name: str, args: dict[str, Any]) -> None:
    try:
        config = network_config(name, args)
    except ModelError as error:
        assert "\n" not in str(error)
    else:
        assert network_config(name, args_of(config)) == config
