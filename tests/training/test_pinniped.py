"""PINNIPED's runs, as its appendix has them, against a twin of it in NumPy.

Yantosca's network sees raw amplitudes, each series compressed to [0, 1]; its error is summed over
series and outputs; plain gradient descent with momentum and dampening moves it.
"""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.support.tiny import make_config
from tszoo.errors import TrainingError
from tszoo.models.record import ModelRecipe, TrainingRecipe
from tszoo.nets.network import Network, initialize
from tszoo.nets.registry import build
from tszoo.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from tszoo.training.data import TrainingData
from tszoo.training.job import Job
from tszoo.training.loop import train
from tszoo.training.member import Member
from tszoo.training.recipe import Recipe

Array = NDArray[np.float64]
N_SERIES, LENGTH, N_CLASSES = 23, 30, 5


class Twin:
    """The appendix in NumPy: series (n, length) through layers of weights (after, before)."""

    def __init__(self, weights: list[Array], biases: list[Array], activation: str) -> None:
        self.parameters = [*weights, *biases]
        self.velocity: list[Array] | None = None
        self.n, self.activation = len(weights), activation

    def outputs(self, x: Array) -> list[Array]:
        low, high = x.min(axis=1, keepdims=True), x.max(axis=1, keepdims=True)
        x = (x - low) / (high - low)
        x = (x - x.mean(axis=1, keepdims=True)) / np.sqrt(x.var(axis=1, keepdims=True) + 1e-5)
        outputs = [x]
        for k in range(self.n):
            z = outputs[-1] @ self.parameters[k].T + self.parameters[self.n + k]
            outputs.append(z if k == self.n - 1 else self.activate(z))
        return outputs

    def activate(self, z: Array) -> Array:
        if self.activation == "relu":
            return np.maximum(z, 0)
        return np.tanh(z) if self.activation == "tanh" else 1 / (1 + np.exp(-z))

    def slope(self, a: Array) -> Array:
        if self.activation == "relu":
            return (a > 0).astype(float)
        return 1 - a**2 if self.activation == "tanh" else a * (1 - a)

    def step(self, x: Array, y: NDArray[np.int64], rate: float, momentum: float, dampening: float):
        outputs = self.outputs(x)
        error = 2 * (outputs[-1] - np.eye(N_CLASSES)[y])  # of a sum over series and outputs
        gradients: list[Array] = [np.empty(0)] * (2 * self.n)
        for k in reversed(range(self.n)):
            gradients[k], gradients[self.n + k] = error.T @ outputs[k], error.sum(axis=0)
            error = (error @ self.parameters[k]) * self.slope(outputs[k])
        if self.velocity is None:
            self.velocity = gradients
        else:
            moved = zip(self.velocity, gradients, strict=True)
            self.velocity = [momentum * v + (1 - dampening) * g for v, g in moved]
        for parameter, v in zip(self.parameters, self.velocity, strict=True):
            parameter -= rate * v


def made(widths: list[int], activation: str) -> tuple[Network, Twin]:
    args = {"widths": widths, "activation": activation}
    network = build("mlp", args, 1, N_CLASSES, length=LENGTH)
    initialize(network, torch.Generator().manual_seed(7))
    linear = [*network.body.layers, network.head]
    network = network.double()
    weights = [layer.weight.detach().numpy().copy() for layer in linear]
    biases = [layer.bias.detach().numpy().copy() for layer in linear]
    return network, Twin(weights, biases, activation)


def series() -> TrainingData:
    rng = np.random.default_rng(5)
    x = 40 + 9 * rng.normal(size=(N_SERIES, LENGTH))
    return TrainingData(torch.from_numpy(x)[:, None], torch.arange(N_SERIES) % N_CLASSES)


@pytest.mark.parametrize(
    ("widths", "activation", "momentum", "dampening"),
    [([4], "sigmoid", 0.0, 0.0), ([16], "tanh", 0.9, 0.0), ([6, 5], "relu", 0.5, 0.3)],
)
def test_every_weight_is_the_appendixs_after_every_step(
    widths: list[int], activation: str, momentum: float, dampening: float
) -> None:
    recipe = Recipe(
        epochs=6,
        batch_size=7,
        learning_rate=0.01,
        schedule="constant",
        optimizer="sgd",
        momentum=momentum,
        dampening=dampening,
        loss="squared_error",
        keep="last",
    )
    data, (network, twin) = series(), made(widths, activation)
    (history,) = train([network], [data], recipe, seeds=[3])
    x, y, shuffle = data.x[:, 0].numpy(), data.y.numpy(), torch.Generator().manual_seed(3)
    for epoch in range(6):
        errors = 0.0
        for chosen in torch.randperm(N_SERIES, generator=shuffle).split(7):
            wanted = np.eye(N_CLASSES)[y[chosen]]
            errors += ((twin.outputs(x[chosen])[-1] - wanted) ** 2).sum()
            twin.step(x[chosen], y[chosen], 0.01, momentum, dampening)
        assert history.loss[epoch] == pytest.approx(errors / N_SERIES, rel=1e-5)
    linear = [*network.body.layers, network.head]
    found = [layer.weight for layer in linear] + [layer.bias for layer in linear]
    for parameter, expected in zip(found, twin.parameters, strict=True):
        np.testing.assert_allclose(parameter.detach().numpy(), expected, rtol=1e-9, atol=1e-12)


def test_recipes_from_before_keep_the_mean_that_they_meant() -> None:
    recipe = Recipe(epochs=2, optimizer="sgd", loss="squared_error")
    config = make_config(recipe=ModelRecipe(TrainingRecipe(recipe)))
    written = json.loads(config.to_json())
    same = type(config).from_dict(written)
    assert same.recipe.training is not None
    assert same.recipe.training.recipe == recipe
    del written["recipe"]["training"]["recipe"]["dampening"]  # as it was written before
    older = type(config).from_dict(written).recipe.training
    assert older is not None
    assert older.recipe.loss == "mean_squared_error"
    again = type(config).from_dict(json.loads(type(config).from_dict(written).to_json()))
    assert again.recipe.training == older


def test_a_run_from_before_is_another_run(tmp_path) -> None:
    now = Recipe(epochs=2, optimizer="sgd", loss="squared_error")
    older = {key: value for key, value in now.to_dict().items() if key != "dampening"}
    job = Job(now, 0, 1, torch.device("cpu"))

    class Older(Recipe):
        def to_dict(self):
            return older

    of_older = Job(Older(epochs=2, optimizer="sgd", loss="squared_error"), 0, 1, job.device)
    network, _ = made([4], "sigmoid")
    member = Member.start(0, network, now, 0)
    save_checkpoint(Checkpoint(tmp_path / "run", of_older.digest([0])), [member])
    with pytest.raises(TrainingError, match="belongs to another run"):
        load_checkpoint(Checkpoint(tmp_path / "run", job.digest([0]), resume=True), [member])


def test_layers_lie_between_their_widths() -> None:
    network, twin = made([6, 5], "relu")
    sizes = [LENGTH, 6, 5, N_CLASSES]
    assert [w.shape for w in twin.parameters[:3]] == [(b, a) for a, b in pairwise(sizes)]
    outputs = twin.outputs(series().x[:, 0].numpy())[-1]
    with torch.no_grad():
        np.testing.assert_allclose(network(series().x).numpy(), outputs, rtol=1e-9)
