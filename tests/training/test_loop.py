"""The training loop: what it learns, what it keeps, what it leaves alone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.support.loops import tiny, toy_tensors
from tests.support.toys import make_toy
from tszoo.data import Preprocessing, prepare
from tszoo.errors import OptionError, TrainingError
from tszoo.nets.device import resolve_device, resolve_precision
from tszoo.nets.network import Network
from tszoo.training.data import TrainingData
from tszoo.training.epoch import Audience, EpochReport
from tszoo.training.loop import train
from tszoo.training.recipe import Recipe

State = dict[str, Tensor]


def snapshot(network: nn.Module) -> State:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def weights(state: State) -> State:
    """Without the statistics, which are recomputed after training."""
    return {name: tensor for name, tensor in state.items() if "running" not in name}


def same(a: State, b: State) -> bool:
    return all(torch.equal(a[name], b[name]) for name in a)


def accuracy(network: Network, x: Tensor, y: Tensor) -> float:
    with torch.no_grad():
        return (network(x).argmax(1) == y).float().mean().item()


@pytest.mark.parametrize("architecture", ["inception", "fcn"])
def test_it_learns(architecture: str) -> None:
    x, y = toy_tensors(n_classes=3)
    network = tiny(n_classes=3, architecture=architecture)
    (history,) = train(
        [network],
        [TrainingData(x, y)],
        Recipe(epochs=20, batch_size=8, learning_rate=1e-2),
        seeds=[0],
    )
    assert not network.training
    assert accuracy(network, x, y) == 1.0
    fresh = make_toy(48, 32, 3, seed=99)
    labels = torch.from_numpy(fresh.require_labels().copy())
    assert accuracy(network, torch.from_numpy(prepare(fresh, Preprocessing())), labels) > 0.9
    assert history.loss[-1] < 0.5 * history.loss[0]


def plain_adam(network: Network, x: Tensor, y: Tensor, recipe: Recipe, seed: int) -> State:
    """The same run in the fewest words.

    Every step by PyTorch's simplest Adam, no best epoch, no schedule.
    """
    optimizer = torch.optim.Adam(
        network.parameters(), recipe.learning_rate, foreach=False, fused=False
    )
    shuffle = torch.Generator().manual_seed(seed)
    network.train()
    for _ in range(recipe.epochs):
        order = torch.randperm(len(x), generator=shuffle)
        for start in range(0, len(x), recipe.batch_size):
            chosen = order[start : start + recipe.batch_size]
            optimizer.zero_grad()
            F.cross_entropy(network(x[chosen]), y[chosen]).backward()
            optimizer.step()
    return weights(snapshot(network))


def test_steps_are_those_of_plain_adam() -> None:
    x, y = toy_tensors()
    recipe = Recipe(epochs=4, batch_size=9, schedule="constant")
    ours = tiny().to(memory_format=torch.channels_last)
    (history,) = train([ours], [TrainingData(x, y)], recipe, seeds=[3])
    assert history.best_epoch == 4
    expected = plain_adam(tiny(), x, y, recipe, seed=3)
    for name, tensor in weights(snapshot(ours)).items():
        torch.testing.assert_close(tensor, expected[name], rtol=1e-3, atol=1e-4, msg=name)


def test_the_weights_of_the_lowest_training_loss_are_kept() -> None:
    x, y = toy_tensors()
    y = y[torch.randperm(len(y), generator=torch.Generator().manual_seed(0))]
    network = tiny()
    after: list[State] = []
    # labels without sense, and a rate this high, make the loss go up and down
    recipe = Recipe(epochs=12, batch_size=4, learning_rate=0.1, schedule="constant")
    (history,) = train(
        [network],
        [TrainingData(x, y)],
        recipe,
        seeds=[0],
        audience=Audience([lambda *_: after.append(snapshot(network))]),
    )
    lowest = int(np.argmin(history.loss))
    assert lowest != len(history.loss) - 1, "the last epoch is the best: this run tests nothing"
    assert history.best_epoch == lowest + 1
    assert history.best_loss == history.loss[lowest]
    assert same(weights(snapshot(network)), weights(after[lowest]))
    assert not same(weights(snapshot(network)), weights(after[-1]))


def test_the_same_seed_gives_the_same_weights_bit_for_bit() -> None:
    x, y = toy_tensors()
    states = []
    for seed, noise in ((5, 1), (5, 2), (6, 1)):
        torch.manual_seed(noise)
        network = tiny()
        train([network], [TrainingData(x, y)], Recipe(epochs=3, batch_size=7), seeds=[seed])
        states.append(snapshot(network))
    assert same(states[0], states[1])
    assert not same(states[0], states[2])


def test_global_random_states_are_left_alone() -> None:
    x, y = toy_tensors()
    before, before_numpy = torch.get_rng_state(), str(np.random.get_state())  # noqa: NPY002
    train([tiny()], [TrainingData(x, y)], Recipe(epochs=2), seeds=[0])
    assert torch.equal(torch.get_rng_state(), before)
    assert str(np.random.get_state()) == before_numpy  # noqa: NPY002


def test_head_alone_changes_only_the_head() -> None:
    x, y = toy_tensors()
    network = tiny()
    before = snapshot(network)
    (history,) = train(
        [network],
        [TrainingData(x, y)],
        Recipe(epochs=5, learning_rate=1e-2),
        seeds=[0],
        trainable="head",
    )
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[name]) != name.startswith("head"), name
    assert history.loss[-1] < history.loss[0]
    assert not network.training
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_every_epoch_is_reported() -> None:
    x, y = toy_tensors()
    reports: list[EpochReport] = []
    recipe = Recipe(epochs=6, batch_size=8, schedule="cosine")
    (history,) = train(
        [tiny()],
        [TrainingData(x, y)],
        recipe,
        seeds=[0],
        audience=Audience([lambda _, report, __: reports.append(report)]),
    )
    assert [report.epoch for report in reports] == [1, 2, 3, 4, 5, 6]
    assert {report.epochs for report in reports} == {6}
    assert [report.loss for report in reports] == history.loss
    assert [report.accuracy for report in reports] == history.accuracy
    # three steps an epoch: the rate of the last one
    expected = [1e-3 * 0.5 * (1 + math.cos(math.pi * (3 * epoch + 2) / 18)) for epoch in range(6)]
    assert [report.learning_rate for report in reports] == pytest.approx(expected)
    assert history.learning_rate == pytest.approx(expected)
    assert history.seconds > 0


def test_the_loss_of_an_epoch_is_the_mean_over_series() -> None:
    """With a rate too small to move, every batch is scored by the same network.

    Its own head on frozen features.
    """
    x, y = toy_tensors(n_series=10)
    network = tiny()
    network.eval()
    with torch.no_grad():
        logits = network(x)
    expected = F.cross_entropy(logits, y).item()
    recipe = Recipe(
        epochs=1, batch_size=4, learning_rate=1e-12, schedule="constant"
    )  # batches of 4, 4 and 2
    (history,) = train([network], [TrainingData(x, y)], recipe, seeds=[0], trainable="head")
    assert history.loss == [pytest.approx(expected, rel=1e-5)]
    assert history.accuracy == [pytest.approx((logits.argmax(1) == y).float().mean().item())]


def test_a_converged_run_ends_early() -> None:
    x, y = toy_tensors()
    recipe = Recipe(epochs=400, patience=2, min_delta=10.0, stop_at_convergence=True)
    (history,) = train([tiny()], [TrainingData(x, y)], recipe, seeds=[0])
    # no loss is lower by 10 nats: the mark, four reductions of two epochs, two epochs at the lowest
    # rate
    assert len(history.loss) == 1 + 2 * 5
    assert history.learning_rate[-1] == 1e-4


@pytest.mark.parametrize("architecture", ["inception", "fcn"])
@pytest.mark.parametrize(
    ("n_series", "batch_size", "length"),
    [(9, 4, 16), (3, 2, 5), (2, 64, 3), (9, 4, 1), (3, 2, 1), (5, 1, 1), (4, 1, 7)],
)
def test_leftover_series_and_the_shortest_lengths_train(
    architecture: str, n_series: int, batch_size: int, length: int
) -> None:
    x = torch.randn(n_series, 1, length, generator=torch.Generator().manual_seed(1))
    y = torch.arange(n_series) % 2
    network = tiny(architecture=architecture)
    (history,) = train(
        [network], [TrainingData(x, y)], Recipe(epochs=3, batch_size=batch_size), seeds=[0]
    )
    assert len(history.loss) == 3
    assert network(x).isfinite().all()
    assert all(tensor.isfinite().all() for tensor in network.state_dict().values())


def test_a_loss_that_is_no_longer_finite_ends_the_run() -> None:
    x, y = toy_tensors()
    x[3, 0, 5] = torch.inf
    expected = (
        r"^the training loss is nan in epoch 1; "
        r"try a lower learning rate: recipe=\{'learning_rate': \.\.\.\}\.$"
    )
    with pytest.raises(TrainingError, match=expected):
        train([tiny()], [TrainingData(x, y)], Recipe(epochs=3), seeds=[0])


def test_bfloat16_is_close_to_float32() -> None:
    x, y = toy_tensors(n_series=48, n_classes=3)
    recipe = Recipe(epochs=20, batch_size=16, learning_rate=1e-2)
    histories = {}
    for precision in (torch.float32, torch.bfloat16):
        network = tiny(n_classes=3)
        (histories[precision],) = train(
            [network], [TrainingData(x, y)], recipe, seeds=[0], precision=precision
        )
        assert {tensor.dtype for tensor in network.parameters()} == {torch.float32}
        assert accuracy(network, x, y) == 1.0
    np.testing.assert_allclose(
        histories[torch.bfloat16].loss, histories[torch.float32].loss, rtol=0.15, atol=0.02
    )
    assert histories[torch.bfloat16].loss != histories[torch.float32].loss


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_it_learns_on_cuda() -> None:
    x, y = (tensor.cuda() for tensor in toy_tensors())
    network = tiny().cuda()
    train(
        [network],
        [TrainingData(x, y)],
        Recipe(epochs=20, batch_size=8, learning_rate=1e-2),
        seeds=[0],
        precision=torch.bfloat16,
    )
    assert accuracy(network, x, y) == 1.0


# ---- where to compute


def test_cpu_and_auto_are_devices() -> None:
    assert resolve_device("cpu") == torch.device("cpu")
    assert resolve_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.parametrize(
    "name", ["gpu", "", "cpu:0", "cuda:", "cuda:x", "cuda:²", "cuda:-1", "CUDA", "cuda:0:1"]
)
def test_other_devices_are_refused(name: str) -> None:
    with pytest.raises(OptionError, match=r"^device must be auto, cpu, cuda or cuda:N, not "):
        resolve_device(name)


def test_a_cuda_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(
        OptionError,
        match=r'^device cuda:99: this machine has \d+ CUDA device\(s\)\. Use device="cpu',
    ):
        resolve_device("cuda:99")


def test_precisions() -> None:
    cpu: Any = torch.device("cpu")
    assert resolve_precision("float32", cpu) is torch.float32
    assert resolve_precision("bfloat16", cpu) is torch.bfloat16
    assert resolve_precision("auto", cpu) in (torch.float32, torch.bfloat16)
    with pytest.raises(
        OptionError, match=r"^precision must be one of auto, float32, bfloat16, not 'float16'\.$"
    ):
        resolve_precision("float16", cpu)
