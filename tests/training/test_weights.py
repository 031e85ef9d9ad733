"""Weighted losses, each against the same run written by hand."""

from __future__ import annotations

import pytest
import torch

from tszoo.nets.network import Network, initialize
from tszoo.nets.registry import build
from tszoo.training.data import TrainingData
from tszoo.training.loop import train
from tszoo.training.recipe import Recipe

TINY = {"depth": 3, "filters": 4, "kernel_lengths": [8, 4, 2], "bottleneck": 4}
RATE = 1e-2


def noise(weights: torch.Tensor | None) -> TrainingData:
    x = torch.randn(18, 1, 21, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    return TrainingData(x, torch.arange(18) % 3, weights=weights)


def fresh(seed: int = 0) -> Network:
    network = build("inception", TINY, 1, 3)
    initialize(network, torch.Generator().manual_seed(seed))
    return network.double().to(memory_format=torch.channels_last)


def drawn() -> torch.Tensor:
    weights = torch.rand(18, generator=torch.Generator().manual_seed(5), dtype=torch.float64) + 0.1
    return weights / weights.mean()


def by_hand(kind: str, weights: torch.Tensor, seed: int) -> tuple[Network, list[float]]:
    """Plain gradient descent on weighted losses, series by series."""
    network, data, means = fresh(seed), noise(None), []
    shuffle = torch.Generator().manual_seed(seed)
    for _ in range(3):
        network.train()
        total = 0.0
        for chosen in torch.randperm(18, generator=shuffle).split(7):
            logits = network(data.x[chosen])
            loss = torch.zeros((), dtype=torch.float64)
            for i, of_series in zip(chosen, logits, strict=True):
                label = int(data.y[i])
                if kind == "cross_entropy":
                    each = -of_series[label] + of_series.exp().sum().log()
                    loss = loss + weights[i] * each / len(chosen)
                else:
                    wanted = torch.eye(3, dtype=torch.float64)[label]
                    each = (of_series - wanted).square().sum()
                    loss = loss + weights[i] * each
                total += float(weights[i] * each.detach())
            network.zero_grad()
            loss.backward()
            with torch.no_grad():
                for parameter in network.parameters():
                    parameter -= RATE * parameter.grad
        means.append(total / 18)
    return network, means


@pytest.mark.parametrize("members", [1, 2])
@pytest.mark.parametrize("kind", ["cross_entropy", "squared_error"])
def test_losses_count_by_their_weights(kind: str, members: int) -> None:
    weights = drawn()
    networks = [fresh(seed) for seed in range(members)]
    recipe = Recipe(
        epochs=3,
        batch_size=7,
        learning_rate=RATE,
        schedule="constant",
        optimizer="sgd",
        loss=kind,
        keep="last",
    )
    histories = train(networks, [noise(weights)], recipe, seeds=range(members))
    for seed, (network, history) in enumerate(zip(networks, histories, strict=True)):
        expected, means = by_hand(kind, weights, seed)
        assert history.loss == [pytest.approx(mean, rel=1e-5) for mean in means]
        for name, parameter in expected.named_parameters():
            torch.testing.assert_close(network.state_dict()[name], parameter.detach())
    plain = fresh()
    train([plain], [noise(None)], recipe, seeds=[0])
    assert not torch.allclose(plain.head.weight, networks[0].head.weight)


def test_heads_on_a_body_that_stays_count_so_too() -> None:
    recipe = Recipe(epochs=2, batch_size=18, schedule="constant", optimizer="sgd", keep="last")
    network, expected = fresh(), fresh().eval()
    train([network], [noise(drawn())], recipe, seeds=[0], trainable="head")
    data, weights = noise(None), drawn()
    features = expected.features(data.x).detach()
    for _ in range(2):
        logits = expected.head(features)
        each = torch.nn.functional.cross_entropy(logits, data.y, reduction="none")
        expected.zero_grad()
        (weights * each).mean().backward()
        with torch.no_grad():
            for parameter in expected.head.parameters():
                parameter -= recipe.learning_rate * parameter.grad
    torch.testing.assert_close(network.head.weight, expected.head.weight)


def test_weights_move_and_are_taken_with_their_series() -> None:
    data = noise(drawn())
    part = data.to(torch.device("cpu")).take(slice(3, 5))
    assert part.weights is not None
    torch.testing.assert_close(part.weights, drawn()[3:5])
