"""What a recipe's fields do in a run, each against the same run written by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from tszoo.errors import OptionError
from tszoo.nets.network import Network, initialize
from tszoo.nets.registry import build
from tszoo.training.data import TrainingData
from tszoo.training.epoch import Audience, EpochReport, Watcher
from tszoo.training.loop import train
from tszoo.training.recipe import Recipe
from tszoo.training.schedule import Schedule

TINY = {"depth": 3, "filters": 4, "kernel_lengths": [8, 4, 2], "bottleneck": 4}
RECIPE = Recipe(epochs=5, batch_size=7, learning_rate=1e-2, schedule="constant", keep="last")
State = dict[str, Tensor]


def noise() -> TrainingData:
    x = torch.randn(18, 1, 21, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    return TrainingData(x, torch.arange(18) % 3)


def fresh(seed: int = 0) -> Network:
    network = build("inception", TINY, 1, 3)
    initialize(network, torch.Generator().manual_seed(seed))
    return network.double().to(memory_format=torch.channels_last)


def copied(state: State) -> State:
    return {name: tensor.clone() for name, tensor in state.items()}


def by_hand(recipe: Recipe, rates: list[float]) -> State:
    """The recipe's run with explicit updates of every parameter: no optimizer, no schedule."""
    data, network = noise(), fresh().train()
    shuffle = torch.Generator().manual_seed(1)
    velocity = {name: torch.zeros_like(tensor) for name, tensor in network.named_parameters()}
    first, second = copied(velocity), copied(velocity)
    step, tensors = 0, dict(network.named_parameters())
    for epoch in range(recipe.epochs):
        head_alone = epoch < recipe.head_epochs
        network.train(not head_alone)
        order = torch.randperm(18, generator=shuffle)
        for chosen in order.split(recipe.batch_size):
            logits, y = network(data.x[chosen]), data.y[chosen]
            if recipe.loss != "cross_entropy":
                loss = sum(((logits[i] - F.one_hot(y[i], 3)) ** 2).sum() for i in range(len(y)))
                loss /= {"squared_error": 1, "mean_squared_error": 3}[recipe.loss]
            else:
                loss = -sum(logits[i].log_softmax(0)[y[i]] for i in range(len(y))) / len(y)
            trained = {
                name: one
                for name, one in tensors.items()
                if not head_alone or name.startswith("head")
            }
            gradients = dict(
                zip(trained, torch.autograd.grad(loss, list(trained.values())), strict=True)
            )
            rate = rates[step]
            step += 1
            for name, gradient in gradients.items():
                own = rate if name.startswith("head") else rate * recipe.body_rate
                if recipe.optimizer == "sgd":
                    damped = 1 - recipe.dampening * (step > 1)
                    velocity[name] = recipe.momentum * velocity[name] + damped * gradient
                    tensors[name].data -= own * velocity[name]
                else:
                    t = step if name.startswith("head") else step - 3 * recipe.head_epochs
                    first[name] = 0.9 * first[name] + 0.1 * gradient
                    second[name] = 0.999 * second[name] + 0.001 * gradient**2
                    slope = first[name] / (1 - 0.9**t)
                    tensors[name].data -= (
                        own * slope / ((second[name] / (1 - 0.999**t)).sqrt() + 1e-8)
                    )
    return {name: tensor.detach() for name, tensor in network.named_parameters()}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"optimizer": "sgd"},
        {"optimizer": "sgd", "momentum": 0.9},
        {"optimizer": "sgd", "momentum": 0.5, "loss": "squared_error"},
        {"loss": "squared_error"},
        {"loss": "mean_squared_error"},
        {"optimizer": "sgd", "momentum": 0.9, "dampening": 0.6},
        {"body_rate": 0.1},
        {"body_rate": 0.0},
        {"optimizer": "sgd", "momentum": 0.9, "body_rate": 0.01},
        {"head_epochs": 2},
        {"head_epochs": 2, "optimizer": "sgd", "momentum": 0.9, "body_rate": 0.3},
        {"warmup": 0.4},
        {"warmup": 0.5, "schedule": "cosine", "optimizer": "sgd"},
    ],
    ids=lambda change: "-".join(f"{key}={value}" for key, value in change.items()) or "adam",
)
def test_a_run_is_the_run_by_hand(change: dict[str, Any]) -> None:
    recipe = replace(RECIPE, **change)
    rates = []
    for step in range(15):
        done = step / 15
        if done < recipe.warmup:
            rates.append(1e-2 * (0.01 + 0.99 * done / recipe.warmup))
        elif recipe.schedule == "cosine":
            rates.append(
                5e-3 * (1 + math.cos(math.pi * (done - recipe.warmup) / (1 - recipe.warmup)))
            )
        else:
            rates.append(1e-2)
    network = fresh()
    (history,) = train([network], [noise()], recipe, seeds=[1])
    assert history.learning_rate == pytest.approx(rates[2::3])
    expected = by_hand(recipe, rates)
    for name, parameter in network.named_parameters():
        torch.testing.assert_close(
            parameter.detach(), expected[name], rtol=1e-7, atol=1e-8, msg=name
        )


def test_the_last_weights_are_kept_where_they_are_asked_for() -> None:
    after: list[State] = []
    watchers: list[Watcher] = [lambda _, __, network: after.append(copied(network.state_dict()))]
    recipe = Recipe(epochs=4, batch_size=4, learning_rate=0.1, schedule="constant", keep="last")
    network = fresh()
    (history,) = train([network], [noise()], recipe, seeds=[0], audience=Audience(watchers))
    assert int(np.argmin(history.loss)) != 3, "the last epoch is the best: this run tests nothing"
    assert history.best_epoch == 4
    assert history.best_loss == history.loss[-1]
    assert all(
        torch.equal(parameter, after[-1][name]) for name, parameter in network.named_parameters()
    )


@pytest.mark.parametrize("n", [1, 2])
def test_the_body_stays_as_it_is_while_the_head_is_trained(
    n: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    networks = [fresh(k) for k in range(n)]
    before = [copied(network.state_dict()) for network in networks]
    seen: list[dict[str, bool]] = []
    calls = 0

    def watch(number: int, _: EpochReport, network: Network) -> None:
        if number == 0:
            state = network.state_dict()
            seen.append(
                {name: torch.equal(tensor, before[0][name]) for name, tensor in state.items()}
            )

    def features(self: Network, x: Tensor, *more: Tensor | None) -> Tensor:
        nonlocal calls
        calls += not torch.is_grad_enabled() and not self.training
        return original(self, x, *more)

    original = Network.features
    monkeypatch.setattr(Network, "features", features)
    train(
        networks,
        [noise()],
        replace(RECIPE, epochs=6, head_epochs=3),
        seeds=range(n),
        audience=Audience([watch]),
    )
    for epoch, kept in enumerate(seen, start=1):
        body = {name: same for name, same in kept.items() if name.startswith("body")}
        assert len(body) > 10
        assert all(body.values()) if epoch <= 3 else not any(body.values())
        assert not kept["head.weight"]
    assert calls == n  # once for all of the head's epochs
    for k, network in enumerate(networks):
        assert not torch.equal(network.state_dict()["body.inceptions.0.pooled.weight"],
                               before[k]["body.inceptions.0.pooled.weight"])  # fmt: skip
        assert all(parameter.requires_grad for parameter in network.parameters())


# ---- warmup and what is refused


def test_warmup_rises_from_a_hundredth_to_the_full_height() -> None:
    schedule = Schedule.of(Recipe(epochs=10, learning_rate=0.5, schedule="constant", warmup=0.2))
    rates = [schedule.at(step / 100) for step in range(100)]
    assert rates[0] == pytest.approx(0.005)
    assert rates[10] == pytest.approx(0.5 * 0.505)
    assert all(a < b for a, b in pairwise(rates[:21]))
    assert rates[20:] == pytest.approx([0.5] * 80)


def test_a_plateau_schedule_goes_on_from_the_full_height() -> None:
    """The rate that losses reduce is the recipe's, not whatever warming up had come to."""
    schedule = Schedule.of(Recipe(epochs=10, learning_rate=0.5, warmup=0.25, patience=3))
    for step in range(30):
        schedule.at(step / 100)
    assert schedule.at(0.3) == pytest.approx(0.5)
    for _ in range(4):
        schedule.after_epoch(1.0)
    assert schedule.at(0.4) == pytest.approx(0.25)


def test_losses_do_not_count_while_the_rate_warms_up() -> None:
    recipe = Recipe(epochs=10, learning_rate=0.5, warmup=0.5, patience=1, stop_at_convergence=True)
    schedule = Schedule.of(recipe)
    for epoch in range(5):
        schedule.at(epoch / 10)  # far below the lowest rate at first
        schedule.after_epoch(1.0)
    assert not schedule.converged
    assert schedule.at(0.5) == 0.5


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"optimizer": "lion"}, r"^optimizer must be one of adam, sgd, not 'lion'\.$"),
        (
            {"loss": "hinge"},
            r"^loss must be one of cross_entropy, squared_error, mean_squared_error, not 'hinge'",
        ),
        ({"dampening": 1.5}, r"^dampening must be at most 1, not 1\.5\.$"),
        ({"keep": "best"}, r"^keep must be one of lowest_loss, last, not 'best'\.$"),
        ({"warmup": 1.0}, r"^warmup is a share of the epochs, below 1; got 1\.0\.$"),
        ({"warmup": -0.1}, r"^warmup must be a finite number, not negative; got -0\.1\.$"),
        ({"momentum": math.nan}, r"^momentum must be a finite number"),
        ({"body_rate": True}, r"^body_rate must be a finite number"),
        ({"head_epochs": -1}, r"^head_epochs must be a whole number from 0 up, not -1\.$"),
    ],
)
def test_recipes_without_sense_are_refused(change: dict[str, Any], text: str) -> None:
    with pytest.raises(OptionError, match=text):
        Recipe(epochs=1, **change)
