"""One body, many data sets: which batches are drawn, where gradients go, what is learnt."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from tests.support.toys import make_toy
from tszoo.data import Preprocessing, prepare
from tszoo.nets.network import Network, initialize
from tszoo.nets.registry import build
from tszoo.training.batchnorm import recompute_batch_norm
from tszoo.training.data import TrainingData, draw_epoch
from tszoo.training.loop import train
from tszoo.training.recipe import Recipe
from tszoo.training.step import Steps

TINY = {"depth": 3, "filters": 4, "kernel_lengths": [8, 4, 2], "bottleneck": 4}
sizes = st.lists(st.integers(2, 70), min_size=2, max_size=5)


def blank(n_series: int, length: int = 8) -> TrainingData:
    return TrainingData(torch.zeros(n_series, 1, length), torch.zeros(n_series, dtype=torch.int64))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@given(sizes, st.integers(1, 20), st.integers(1, 4), st.integers(1, 20), st.integers(0, 99))
def test_every_set_gives_the_same_number_of_batches(
    sizes: list[int], batch_size: int, divisor: int, most: int, seed: int
) -> None:
    recipe = Recipe(epochs=1, batch_size=batch_size, batch_divisor=divisor)
    batches = draw_epoch([blank(n) for n in sizes], recipe, generator(seed), most)
    counts = Counter(batch.data for batch in batches)
    assert set(counts) == set(range(len(sizes)))
    assert len(set(counts.values())) == 1
    steps = [n / min(recipe.batch(n), most) for n in sizes]  # of an epoch of each set alone
    average = sum(steps) / len(steps)
    assert average <= counts[0] < average + 1 + 1e-9
    for i, n in enumerate(sizes):
        own = [batch.chosen for batch in batches if batch.data == i]
        assert {len(chosen) for chosen in own} == {min(recipe.batch(n), most)}
        times = Counter(torch.cat(own).tolist())
        assert set(times) <= set(range(n))
        # a small set is gone through again and again, and no series is ahead of another by more
        # than one round
        assert max(times.values()) - min(times[k] for k in range(n)) <= 1


@given(
    st.integers(2, 70),
    st.integers(1, 20),
    st.integers(1, 20),
    st.integers(1, 3),
    st.integers(0, 99),
)
def test_of_one_set_every_series_comes_once(
    n: int, batch_size: int, most: int, length: int, seed: int
) -> None:
    recipe = Recipe(epochs=1, batch_size=batch_size)
    batches = draw_epoch([blank(n, length)], recipe, generator(seed), most)
    assert sorted(torch.cat([batch.chosen for batch in batches]).tolist()) == list(range(n))
    largest = min(recipe.batch(n), most)
    assert max(len(batch.chosen) for batch in batches) <= (
        largest if length > 1 else max(largest, 2) + 1
    )
    if length == 1:
        assert min(len(batch.chosen) for batch in batches) > 1


def test_batches_of_sets_come_in_random_order() -> None:
    sets = [blank(40), blank(40)]
    recipe = Recipe(epochs=1, batch_size=2)
    orders = [
        [batch.data for batch in draw_epoch(sets, recipe, generator(seed), 64)]
        for seed in (0, 0, 1)
    ]
    assert orders[0] == orders[1] != orders[2]
    assert orders[0] != sorted(orders[0])


def three_sets() -> list[TrainingData]:
    """Sets of other lengths, other numbers of classes, and outputs one behind the other."""
    sets, first = [], 0
    for k, (n_series, length, n_classes) in enumerate([(24, 32, 2), (18, 20, 3), (32, 48, 4)]):
        toy = make_toy(n_series, length, n_classes, seed=k)
        x, y = (
            torch.from_numpy(prepare(toy, Preprocessing())),
            torch.from_numpy(toy.require_labels().copy()),
        )
        sets.append(TrainingData(x, y, None, first, n_classes))
        first += n_classes
    return sets


def fresh(dtype: torch.dtype = torch.float32) -> Network:
    network = build("inception", TINY, 1, 9)
    initialize(network, generator())
    return network.to(dtype)


@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])
def test_gradients_reach_only_the_outputs_of_the_batchs_set(loss: str) -> None:
    sets = [one._replace(x=one.x.double()) for one in three_sets()]
    for i, one in enumerate(sets):
        network, twin = fresh(torch.float64), fresh(torch.float64).train()
        optimizer = torch.optim.SGD(network.parameters())
        steps = Steps([network], [optimizer], sets, loss, torch.float32)
        steps.begin_epoch(body=True)
        chosen = torch.tensor([[3, 0, 7, 11]])
        steps.backward(i, chosen)
        own = slice(one.first_output, one.first_output + one.n_outputs)
        logits, y = twin(one.x[chosen[0]])[:, own], one.y[chosen[0]]
        wanted = F.one_hot(y, one.n_outputs).double()
        expected = (
            F.cross_entropy(logits, y)
            if loss == "cross_entropy"
            else (logits - wanted).square().sum()
        )
        expected.backward()
        for (name, ours), theirs in zip(network.named_parameters(), twin.parameters(), strict=True):
            torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-9, atol=1e-12, msg=name)
        for gradient in (network.head.weight.grad, network.head.bias.grad):
            assert gradient[own].abs().sum() > 0
            gradient[own] = 0
            assert not gradient.any()
        scale = 4 if loss == "cross_entropy" else 1
        assert steps.sums.flatten().tolist() == pytest.approx(
            [scale * expected.item(), (logits.argmax(1) == y).sum().item()]
        )


def test_one_network_learns_all_sets() -> None:
    sets, network = three_sets(), fresh()
    recipe = Recipe(epochs=25, batch_size=8, learning_rate=1e-2, schedule="cosine")
    (history,) = train([network], sets, recipe, seeds=[0])
    assert history.accuracy[-1] > 0.9
    assert not network.training
    for one in sets:
        # statistics are of all sets together: each set is judged with its own
        recompute_batch_norm(network, [one])
        own = slice(one.first_output, one.first_output + one.n_outputs)
        with torch.no_grad():
            right = (network(one.x)[:, own].argmax(1) == one.y).float().mean().item()
        assert right > 0.9


def test_a_frozen_body_learns_all_sets_too() -> None:
    sets, network = three_sets(), fresh()
    before = {name: tensor.clone() for name, tensor in network.body.state_dict().items()}
    (history,) = train(
        [network], sets, Recipe(epochs=10, learning_rate=1e-2), seeds=[0], trainable="head"
    )
    assert history.loss[-1] < history.loss[0]
    assert all(
        torch.equal(tensor, before[name]) for name, tensor in network.body.state_dict().items()
    )


def test_statistics_of_several_sets_are_weighted_by_points() -> None:
    sets, network = three_sets(), fresh()
    means, points = [], []
    norm = network.body.inceptions[0].norm
    for one in sets:
        recompute_batch_norm(network, [one])
        means.append(norm.running_mean.clone())
        points.append(one.x.shape[0] * one.x.shape[2])
    recompute_batch_norm(network, sets)
    expected = sum(mean * n / sum(points) for mean, n in zip(means, points, strict=True))
    torch.testing.assert_close(norm.running_mean, expected, rtol=1e-4, atol=1e-5)
