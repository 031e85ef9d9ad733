"""What is recorded of nodes, against loops over nodes in plain Python."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from safetensors.numpy import load_file, save_file
from torch import nn

from tests.support.tiny import TINY_ARGS
from tszoo.errors import DataError, OptionError, TrainingError
from tszoo.nets.network import initialize
from tszoo.nets.registry import build
from tszoo.training.epoch import EpochReport
from tszoo.training.watch import nodes as nodes_module
from tszoo.training.watch.node_record import read_nodes
from tszoo.training.watch.nodes import NodeRecorder, node_histogram, weight_change


def make(architecture="inception", seed=0, **options):
    args = {"inception": TINY_ARGS, "fcn": {"filters": [4, 3, 5]}, "mlp": {"widths": [6, 4]}}[
        architecture
    ]
    network = build(architecture, args, 1, 2, **options)
    initialize(network, torch.Generator().manual_seed(seed))
    return network


def shake(network, generator) -> None:
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))


def report(epoch: int, epochs: int = 10_000) -> EpochReport:
    return EpochReport(epoch, epochs, 0.5, 0.5, 0.1, 1.0)


def record(recorder, network, epochs, seed=0):
    """Call the recorder after each of so many epochs; give the weights after each."""
    generator = torch.Generator().manual_seed(seed)
    states = []
    for epoch in epochs:
        shake(network, generator)
        states.append({name: tensor.clone() for name, tensor in network.state_dict().items()})
        recorder(0, report(epoch), network)
    return states


def angle_twin(before, after) -> tuple[float, float]:
    """Angle by the law of cosines' arc cosine, and the growth of the norm, of one node."""
    a, b = (math.sqrt(math.fsum(w * w for w in vector)) for vector in (before, after))
    cosine = math.fsum(x * y for x, y in zip(before, after, strict=True)) / (a * b)
    return math.acos(max(-1.0, min(1.0, cosine))), b - a


@pytest.mark.parametrize("architecture", ["inception", "fcn", "mlp"])
def test_changes_are_those_of_a_loop_over_nodes(architecture, tmp_path):
    network = make(architecture, **({"length": 20} if architecture == "mlp" else {}))
    recorder = NodeRecorder(tmp_path)
    states = record(recorder, network, range(1, 5))
    recorder.close()
    history = read_nodes(tmp_path / "member-0.nodes.safetensors")
    layers = [
        name
        for name, module in network.named_modules()
        if isinstance(module, (nn.Conv2d, nn.Linear))
    ]
    assert list(history.angle) == list(history.growth) == layers
    assert_array_equal(history.epoch, [2, 3, 4])
    for name in layers:
        for i in range(3):
            before, after = (
                states[i + k][f"{name}.weight"].double().flatten(1).tolist() for k in (0, 1)
            )
            expected = np.array([angle_twin(u, v) for u, v in zip(before, after, strict=True)])
            assert_allclose(history.angle[name][i], expected[:, 0], rtol=1e-5, atol=1e-6)
            assert_allclose(history.growth[name][i], expected[:, 1], rtol=1e-4, atol=1e-6)


def test_angles_are_exact_from_nothing_to_half_a_turn():
    small = 1e-9
    before = torch.tensor([[1.0, 0.0]] * 5 + [[0.0, 0.0]], dtype=torch.float64)
    after = [
        [3.0, 0.0],
        [math.cos(small), math.sin(small)],
        [0.0, 2.0],
        [-1.0, 0.0],
        [0.0, 0.0],
        [1.0, 0.0],
    ]
    angle, growth = weight_change(before, torch.tensor(after, dtype=torch.float64))
    assert_allclose(angle[:4], [0.0, small, math.pi / 2, math.pi], rtol=1e-7)
    assert angle[4:].isnan().all()
    assert_allclose(growth, [2.0, 0.0, 1.0, 0.0, -1.0, 1.0], atol=1e-12)


@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 40), st.integers(2, 12))
def test_histograms_are_those_of_a_loop_over_nodes(seed, n_nodes, n_values, bins):
    values = np.random.default_rng(seed).standard_normal((n_nodes, n_values))
    counts, (low, high) = node_histogram(torch.from_numpy(values), bins)
    assert (low, high) == (values.min(), values.max())
    expected = [np.histogram(row, bins, (low, high) if low < high else None)[0] for row in values]
    if low == high:  # a single value, which goes to the first bin
        expected = [[1] + [0] * (bins - 1)]
    assert_array_equal(counts, expected)


def test_what_is_not_finite_is_not_counted():
    values = torch.tensor([[0.0, math.inf, 1.0], [math.nan, 0.4, -math.inf]])
    counts, span = node_histogram(values, 2)
    assert (counts.tolist(), span) == ([[1, 1], [1, 0]], (0.0, 1.0))
    counts, span = node_histogram(values[:, 1:2] * math.nan, 2)
    assert (counts.tolist(), span) == ([[0, 0], [0, 0]], (0.0, 0.0))


def test_activations_are_those_of_the_layers_written_out(tmp_path):
    network = make("mlp", length=20)
    probe = torch.randn((7, 1, 20), generator=torch.Generator().manual_seed(1))
    recorder = NodeRecorder(tmp_path, probe, bins=8)
    record(recorder, network, [1])
    recorder.close()
    history = read_nodes(tmp_path / "member-0.nodes.safetensors")
    x = probe[:, 0].double()
    x = (x - x.amin(1, keepdim=True)) / (x.amax(1, keepdim=True) - x.amin(1, keepdim=True))
    x = (x - x.mean(1, keepdim=True)) / (x.var(1, correction=0, keepdim=True) + 1e-5).sqrt()
    assert list(history.histogram) == ["body.layers.0", "body.layers.1"]
    for k, layer in enumerate(network.body.layers):
        x = torch.sigmoid(x @ layer.weight.double().T + layer.bias.double()).detach()
        low, high = x.min().item(), x.max().item()
        name = f"body.layers.{k}"
        assert_allclose(history.span[name][0], [low, high], rtol=1e-6)
        expected = [np.histogram(row, 8, (low, high))[0] for row in x.T.numpy()]
        assert_array_equal(history.histogram[name][0], expected)


def test_batch_norm_is_that_of_the_probe_as_in_training(tmp_path):
    network = make("fcn")
    network.body.norms[0].running_mean.fill_(100.0)
    probe = torch.randn((6, 1, 30), generator=torch.Generator().manual_seed(1))
    recorder = NodeRecorder(tmp_path, probe, bins=8)
    record(recorder, network, [1])
    recorder.close()
    history = read_nodes(tmp_path / "member-0.nodes.safetensors")
    assert list(history.histogram) == [f"body.convolutions.{k}" for k in range(3)]
    layer, norm = network.body.convolutions[0].double(), network.body.norms[0].double()
    maps = layer(probe.double()[:, :, None]).detach()
    maps = (maps - maps.mean((0, 2, 3), keepdim=True)) / (
        maps.var((0, 2, 3), correction=0, keepdim=True) + 1e-3
    ).sqrt()
    maps = (maps * norm.weight[:, None, None] + norm.bias[:, None, None]).clamp(min=0).detach()
    expected = [
        np.histogram(row, 8, (0.0, maps.max().item()))[0]
        for row in maps.transpose(0, 1).flatten(1).numpy()
    ]
    assert_array_equal(history.histogram["body.convolutions.0"][0], expected)


def test_inception_modules_are_heard_whole(tmp_path):
    recorder = NodeRecorder(
        tmp_path, torch.randn((4, 1, 16), generator=torch.Generator().manual_seed(0))
    )
    record(recorder, make(), [1])
    recorder.close()
    history = read_nodes(tmp_path / "member-0.nodes.safetensors")
    assert list(history.histogram) == [
        *(f"body.inceptions.{k}" for k in range(3)),
        "body.shortcuts.0.0",
    ]
    assert {array.shape for array in history.histogram.values()} == {(1, 16, 32)}
    assert {int(array.sum()) for array in history.histogram.values()} == {16 * 4 * 16}


def test_the_network_and_the_random_state_are_left_alone(tmp_path):
    network = make()
    network.train()
    network.body.inceptions[1].eval()
    network(torch.ones((2, 1, 16))).sum().backward()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    modes = [module.training for module in network.modules()]
    gradients = [parameter.grad.clone() for parameter in network.parameters()]
    needs = [parameter.requires_grad for parameter in network.parameters()]
    torch_state = torch.get_rng_state()
    recorder = NodeRecorder(tmp_path, torch.ones((3, 1, 16)))
    for epoch in (1, 2):
        recorder(0, report(epoch), network)
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())
    assert [module.training for module in network.modules()] == modes
    assert all(
        torch.equal(one, p.grad) for one, p in zip(gradients, network.parameters(), strict=True)
    )
    assert [parameter.requires_grad for parameter in network.parameters()] == needs
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert not any(module._forward_hooks for module in network.modules())


def test_members_may_interleave(tmp_path):
    networks = [make("fcn", seed) for seed in (0, 1)]
    recorder = NodeRecorder(tmp_path)
    generator = torch.Generator().manual_seed(0)
    for epoch in range(1, 4):
        for member in (1, 0):
            if member == 0 or epoch < 3:
                shake(networks[member], generator)
                recorder(member, report(epoch), networks[member])
    recorder.close()
    records = [read_nodes(tmp_path / f"member-{k}.nodes.safetensors") for k in (0, 1)]
    assert [(one.member, one.epoch.tolist()) for one in records] == [(0, [2, 3]), (1, [2])]


def test_full_records_are_thinned(tmp_path, monkeypatch):
    probe = torch.randn((2, 1, 8), generator=torch.Generator().manual_seed(0))
    read = {}
    for most, kind in ((100, "whole"), (4, "thin")):
        monkeypatch.setattr(nodes_module, "MOST_CHANGES", most)
        monkeypatch.setattr(nodes_module, "MOST_HISTOGRAMS", most - 1)
        recorder = NodeRecorder(tmp_path / kind, probe)
        record(recorder, make("mlp", length=8), range(1, 20))
        recorder.close()
        read[kind] = read_nodes(tmp_path / kind / "member-0.nodes.safetensors")
    thin, whole = read["thin"], read["whole"]
    assert (whole.strides, whole.epoch.tolist()) == ((1, 1), list(range(2, 20)))
    assert (thin.strides, thin.epoch.tolist(), thin.histogram_epoch.tolist()) == (
        (4, 8),
        [4, 8, 12, 16],
        [8, 16],
    )
    for name, angle in thin.angle.items():  # still one epoch's change
        assert_array_equal(angle, whole.angle[name][np.isin(whole.epoch, thin.epoch)])


def test_a_resumed_record_drops_what_comes_again(tmp_path):
    network, probe = make("fcn"), torch.randn((2, 1, 8), generator=torch.Generator().manual_seed(0))
    for epochs, resume in ((range(1, 6), False), (range(4, 7), True)):
        recorder = NodeRecorder(tmp_path, probe, resume=resume)
        record(recorder, network, epochs)
        recorder.close()
    history = read_nodes(tmp_path / "member-0.nodes.safetensors")
    assert history.epoch.tolist() == [
        2,
        3,
        5,
        6,
    ]  # the epoch that begins anew has nothing to be compared with
    assert history.histogram_epoch.tolist() == [1, 2, 3, 4, 5, 6]
    recorder = NodeRecorder(tmp_path, probe)
    record(recorder, network, [1, 2])
    recorder.close()
    assert read_nodes(tmp_path / "member-0.nodes.safetensors").epoch.tolist() == [2]


def test_another_networks_record_is_not_gone_on_with(tmp_path):
    path = tmp_path / "member-0.nodes.safetensors"
    recorder = NodeRecorder(tmp_path, torch.ones((2, 1, 8)))
    record(recorder, make("fcn"), [1, 2])
    recorder.close()
    for other in (NodeRecorder(tmp_path, resume=True), NodeRecorder(tmp_path, bins=9, resume=True)):
        network = make("fcn" if other.bins == 9 else "inception")
        with pytest.raises(TrainingError, match="of another network or other bins"):
            other(0, report(3), network)
    path.write_bytes(b"precious")
    with pytest.raises(TrainingError, match=r"not a record of nodes.*cannot be gone on with"):
        NodeRecorder(tmp_path, resume=True)(0, report(3), make("fcn"))


def test_writing_takes_a_small_part_of_the_time(tmp_path, monkeypatch):
    written: list[Path] = []
    clock = iter(range(1000))
    monkeypatch.setattr(
        nodes_module.time, "monotonic", lambda: next(clock)
    )  # each look at it takes a second
    monkeypatch.setattr(nodes_module, "write_file", lambda path, data: written.append(path))
    recorder = NodeRecorder(tmp_path)
    record(recorder, make("mlp", length=8), range(1, 51))
    assert len(written) == 3  # at once, then every 20 seconds or so
    recorder.close()
    recorder.close()
    assert len(written) == 4


def test_bad_options_and_places_are_one_line(tmp_path, caplog):
    with pytest.raises(OptionError, match="histograms of 1 bins: expected a whole number from 2"):
        NodeRecorder(tmp_path, bins=1)
    for shape in ((3, 8), (1, 2, 1)):
        with pytest.raises(
            OptionError, match=r"a probe of shape \(.*\): expected \(n_series, n_channels, length\)"
        ):
            NodeRecorder(tmp_path, torch.ones(shape))
    (tmp_path / "file").write_text("")
    recorder = NodeRecorder(tmp_path / "file")
    for epoch in (1, 2):
        recorder(0, report(epoch), make("fcn"))
    recorder.close()
    (said,) = caplog.messages
    assert "member-0.nodes.safetensors: cannot write the record of the nodes (" in said


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("good")
    recorder = NodeRecorder(
        folder, torch.randn((2, 1, 8), generator=torch.Generator().manual_seed(0)), bins=4
    )
    record(recorder, make("mlp", length=8), [1, 2, 3])
    recorder.close()
    return folder / "member-0.nodes.safetensors"


METADATA = {
    "format": "tszoo nodes 1",
    "member": "0",
    "strides": "[1, 1]",
    "layers": ('["body.layers.0", "body.layers.1", "head"]'),
    "hidden": ('["body.layers.0", "body.layers.1"]'),
}


@pytest.mark.parametrize(
    ("metadata", "arrays", "message"),
    [
        ({"format": "other"}, {}, "its format is 'other'"),
        ({"member": "-1"}, {}, "member -1"),
        ({"member": "no"}, {}, "not JSON"),
        ({"strides": "[0, 1]"}, {}, r"strides \[0, 1\] makes no sense"),
        ({"layers": "{}"}, {}, "no names of layers"),
        ({"layers": '["other"]'}, {}, "angle of 'other' is nothing"),
        ({"hidden": "[]"}, {}, "'histogram.body.layers.0' does not belong there"),
        ({}, {"epoch": np.array([3, 2])}, "epoch must be rising whole numbers from 1"),
        ({}, {"epoch": np.array([0, 2])}, "epoch must be rising"),
        ({}, {"epoch": np.array([1.0, 2.0])}, "epoch must be rising"),
        ({}, {"epoch": np.array([2])}, r"angle of 'body.layers.0' is float32 of shape \(2, 6\)"),
        ({}, {"angle.head": np.zeros((2, 9), dtype=np.float32)}, "'head' does not belong there"),
        ({}, {"growth.head": np.zeros((2, 2))}, "growth of 'head' is float64"),
        (
            {},
            {"histogram.body.layers.0": np.full((3, 6, 4), -1, dtype=np.int32)},
            "histogram' does not belong",
        ),
        ({}, {"extra": np.zeros(1)}, "'extra' does not belong there"),
    ],
)
def test_hostile_records_are_refused(metadata, arrays, message, good, tmp_path):
    path = tmp_path / "bad.safetensors"
    save_file({**load_file(good), **arrays}, path, metadata={**METADATA, **metadata})
    with pytest.raises(DataError, match=r"bad\.safetensors: not a record of nodes \(.*" + message):
        read_nodes(path)


@given(st.data())
def test_damaged_records_raise_nothing_but_data_errors(good, tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "damaged.safetensors"
    whole = bytearray(good.read_bytes())
    for _ in range(data.draw(st.integers(0, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    try:
        read_nodes(path)
    except DataError as error:
        assert "damaged.safetensors" in str(error)


def test_missing_records_are_one_line(tmp_path):
    with pytest.raises(DataError, match=r"none\.safetensors: not a record of nodes \(No such file"):
        read_nodes(tmp_path / "none.safetensors")
    with pytest.raises(DataError, match="not a regular file"):
        read_nodes(tmp_path)
