"""Batch-norm statistics are those of the whole training set, or a short run predicts at chance."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import tszoo.training.loop as loop
from tests.support.toys import make_toy
from tszoo.data import Dataset, Preprocessing, prepare
from tszoo.nets.network import Network, initialize
from tszoo.nets.registry import build
from tszoo.training.batchnorm import recompute_batch_norm
from tszoo.training.data import TrainingData
from tszoo.training.loop import train
from tszoo.training.recipe import Recipe

TINY = {"depth": 3, "filters": 4, "kernel_lengths": [8, 4, 2], "bottleneck": 4}


def network_of(
    architecture: str, args: dict[str, object] | None, n_classes: int = 2, seed: int = 0
) -> Network:
    network = build(architecture, args, 1, n_classes)
    initialize(network, torch.Generator().manual_seed(seed))
    return network


def series(n_series: int, length: int = 20) -> Tensor:
    return torch.randn(n_series, 1, length, generator=torch.Generator().manual_seed(7)) * 3 + 1


def data(x: Tensor) -> TrainingData:
    return TrainingData(x, torch.zeros(len(x), dtype=torch.int64))


def norms_of(network: Network) -> list[nn.BatchNorm2d]:
    return [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]


def unbiased(variance: np.ndarray, points: int) -> np.ndarray:
    return variance * points / (points - 1)


def test_statistics_of_fcn_are_those_of_a_float64_twin() -> None:
    network = network_of("fcn", {"filters": [4, 3], "kernel_lengths": [3, 5]})
    for norm in norms_of(network):
        nn.init.uniform_(norm.weight, 0.5, 2.0, generator=torch.Generator().manual_seed(1))
        nn.init.uniform_(norm.bias, -1.0, 1.0, generator=torch.Generator().manual_seed(2))
    x = series(9)
    recompute_batch_norm(network, [data(x)])

    h = x.double().numpy()  # (n, channels, time)
    for conv, norm in zip(network.body.convolutions, network.body.norms, strict=True):
        w, b = conv.weight.detach().double().numpy()[:, :, 0], conv.bias.detach().double().numpy()
        length = w.shape[2]
        padded = np.pad(h, ((0, 0), (0, 0), ((length - 1) // 2, length // 2)))
        windows = np.lib.stride_tricks.sliding_window_view(
            padded, length, axis=2
        )  # (n, in, time, length)
        h = np.einsum("oil,nitl->not", w, windows) + b[:, None]
        mean, variance = h.mean(axis=(0, 2)), h.var(axis=(0, 2))
        np.testing.assert_allclose(norm.running_mean, mean, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(norm.running_var, unbiased(variance, 9 * 20), rtol=1e-4)
        scale, shift = norm.weight.detach().double().numpy(), norm.bias.detach().double().numpy()
        h = (h - mean[:, None]) / np.sqrt(variance[:, None] + 1e-3) * scale[:, None] + shift[
            :, None
        ]
        h = np.maximum(h, 0)


def test_statistics_of_every_layer_of_inception_are_those_of_what_it_sees() -> None:
    network = network_of("inception", TINY)
    x = series(11)
    twin = deepcopy(
        network
    ).double()  # in float64 every layer is spelled out, and can be listened to
    seen: list[np.ndarray] = []
    for norm in norms_of(twin):
        norm.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].numpy()))
    recompute_batch_norm(twin, [data(x.double())])
    recompute_batch_norm(network, [data(x)])
    assert len(seen) == 4  # three modules and a shortcut
    for norm, inputs in zip(norms_of(network), seen, strict=True):
        np.testing.assert_allclose(
            norm.running_mean, inputs.mean(axis=(0, 2, 3)), rtol=1e-4, atol=1e-5
        )
        variance = unbiased(inputs.var(axis=(0, 2, 3)), inputs.size // inputs.shape[1])
        np.testing.assert_allclose(norm.running_var, variance, rtol=1e-4)


def test_evaluation_equals_training_mode_on_the_whole_set() -> None:
    network = network_of("inception", TINY)
    x = series(40)
    recompute_batch_norm(network, [data(x)])
    with torch.no_grad():
        # the running variance is the unbiased one, 1 + 1/800 of what training mode divides by
        torch.testing.assert_close(network.eval()(x), network.train()(x), rtol=1e-2, atol=1e-2)


def test_passes_are_weighted_by_their_series() -> None:
    network = network_of("fcn", {"filters": [4], "kernel_lengths": [3]})
    x = series(10)
    x[:4] += 5.0  # the first of the passes of 4, 3 and 3 series stands out
    recompute_batch_norm(network, [data(x)], points_per_pass=4 * 20)
    (norm,) = norms_of(network)
    with torch.no_grad():
        inputs = network.body.convolutions[0](x.unsqueeze(2)).double().numpy()
    np.testing.assert_allclose(norm.running_mean, inputs.mean(axis=(0, 2, 3)), rtol=1e-4, atol=1e-5)
    parts = [inputs[:4], inputs[4:7], inputs[7:]]
    expected = sum(len(p) / 10 * unbiased(p.var(axis=(0, 2, 3)), len(p) * 20) for p in parts)
    np.testing.assert_allclose(norm.running_var, expected, rtol=1e-4)


def test_series_longer_than_a_pass_go_one_by_one() -> None:
    network = network_of("fcn", {"filters": [4], "kernel_lengths": [3]})
    x = series(3)
    recompute_batch_norm(network, [data(x)], points_per_pass=7)
    with torch.no_grad():
        inputs = network.body.convolutions[0](x.unsqueeze(2)).double().numpy()
    np.testing.assert_allclose(
        norms_of(network)[0].running_mean, inputs.mean(axis=(0, 2, 3)), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("training", [True, False])
def test_nothing_but_the_statistics_changes(training: bool) -> None:
    network = network_of("inception", TINY).train(training)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    recompute_batch_norm(network, [data(series(6))])
    assert all(module.training == training for module in network.modules())
    assert {norm.momentum for norm in norms_of(network)} == {0.01}
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[name]) == ("running" not in name), name


def test_a_network_without_batch_norm_is_left_alone() -> None:
    network = nn.Linear(2, 2)
    recompute_batch_norm(network, [data(torch.zeros(1, 1, 2))])
    assert network.training


# ---- the trap: a short run from scratch


def short_run(
    dataset: Dataset, args: dict[str, object] | None, recipe: Recipe, seed: int
) -> tuple[float, float]:
    """Accuracy on the training set after 75 steps: (evaluation mode, training mode)."""
    x, y = (
        torch.from_numpy(prepare(dataset, Preprocessing())),
        torch.from_numpy(dataset.require_labels().copy()),
    )
    network = network_of("inception", args, dataset.n_classes, seed)
    train([network], [TrainingData(x, y)], recipe, seeds=[seed])
    assert not network.training
    with torch.no_grad():
        scores = [
            (logits.argmax(1) == y).float().mean().item()
            for logits in (network(x), network.train()(x))
        ]
    return scores[0], scores[1]


SIX_CLASSES = make_toy(n_series=36, length=48, n_classes=6)
SHORT = Recipe(epochs=25, batch_size=12, learning_rate=1e-2)


def test_a_short_run_predicts_its_training_set_in_evaluation_mode_too() -> None:
    for seed in range(3):
        evaluation, training = short_run(SIX_CLASSES, TINY, SHORT, seed)
        assert training > 0.9
        assert evaluation >= training - 1 / 36


def test_without_exact_statistics_the_same_runs_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "recompute_batch_norm", lambda *_: None)
    evaluation, training = np.mean(
        [short_run(SIX_CLASSES, TINY, SHORT, seed) for seed in range(3)], axis=0
    )
    assert training > 0.9
    assert evaluation < training - 0.1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Coffee", "BME"])
def test_the_published_network_fits_real_data_in_75_steps(archive: Path, name: str) -> None:
    table = np.loadtxt(archive / name / f"{name}_TRAIN.tsv")
    dataset = Dataset.from_arrays(table[:, 1:], table[:, 0].astype(int), name=name)
    recipe = Recipe(epochs=25, batch_size=-(-dataset.n_series // 3))
    evaluation, training = short_run(dataset, None, recipe, seed=0)
    assert training > 0.9
    assert evaluation >= training - 1 / dataset.n_series


def test_a_frozen_body_keeps_its_statistics() -> None:
    x, y = series(12), torch.arange(12) % 2
    network = network_of("inception", TINY)
    recompute_batch_norm(network, [data(series(5))])
    before = {name: tensor.clone() for name, tensor in network.body.state_dict().items()}
    train([network], [TrainingData(x, y)], Recipe(epochs=3), seeds=[0], trainable="head")
    for name, tensor in network.body.state_dict().items():
        assert torch.equal(tensor, before[name]), name
