"""Networks side by side are the same networks one by one."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from tests.support.toys import make_toy
from tszoo.models.load import load_folder
from tszoo.nets.network import Network, initialize
from tszoo.nets.registry import ARCHITECTURES, build
from tszoo.nets.stack import Stack, can_stack
from tszoo.training.data import TrainingData
from tszoo.training.loop import train
from tszoo.training.member import History
from tszoo.training.members import Job, train_members
from tszoo.training.recipe import Recipe
from tszoo.training.run import Run
from tszoo.transfer.pretrain import pretrain

TINY: dict[str, dict[str, Any]] = {
    "inception": {"depth": 4, "filters": 3, "kernel_lengths": [8, 5, 2], "bottleneck": 4},
    "fcn": {"filters": [6, 8, 5], "kernel_lengths": [8, 5, 3]},
    "resnet": {"widths": [4, 6, 6], "kernel_lengths": [8, 5, 3]},
    "convtimenet": {"depth": 4, "filters": 2, "kernel_lengths": [4, 8, 16]},
}


def make(
    architecture: str, seed: int, n_channels: int = 1, dtype: torch.dtype = torch.float64
) -> Network:
    network = build(architecture, TINY[architecture], n_channels, 3)
    generator = torch.Generator().manual_seed(seed)
    initialize(network, generator)
    for parameter in network.parameters():
        if parameter.ndim == 1:
            parameter.data = 0.5 + torch.rand(len(parameter), generator=generator)
    return network.to(dtype).to(memory_format=torch.channels_last).train()


def batches(n_channels: int, networks: int = 3, steps: int = 4) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(9)
    x = torch.randn(steps, networks, 6, n_channels, 21, generator=generator, dtype=torch.float64)
    return x, torch.randint(0, 3, (steps, networks, 6), generator=generator)


def states(networks: list[Network]) -> list[dict[str, Tensor]]:
    return [
        {name: tensor.clone() for name, tensor in network.state_dict().items()}
        for network in networks
    ]


def is_idle(name: str) -> bool:
    """A bias before a batch norm has no gradient but of rounding, of which Adam makes steps.

    The mean takes it back.
    """
    return ("convolution" in name and name.endswith("bias")) or name.endswith("running_mean")


def test_every_convolutional_network_can_be_stacked() -> None:
    assert set(TINY) == set(ARCHITECTURES) - {"mlp"}
    assert all(can_stack(make(architecture, 0)) for architecture in TINY)


@pytest.mark.parametrize("n_channels", [1, 3])
@pytest.mark.parametrize("architecture", TINY)
def test_steps_side_by_side_are_steps_one_by_one(architecture: str, n_channels: int) -> None:
    x, y = batches(n_channels)
    together, alone = (
        [make(architecture, seed, n_channels) for seed in range(3)] for _ in range(2)
    )
    stack = Stack(together)
    optimizers = [
        [torch.optim.Adam(network.parameters(), 1e-2) for network in networks]
        for networks in (together, alone)
    ]
    for step in range(len(x)):
        logits = stack(x[step])
        F.cross_entropy(logits.flatten(0, 1), y[step].flatten(), reduction="sum").backward()
        stack.spread_gradients()
        assert all(parameter.grad is None for parameter in stack.parameters())
        for k, network in enumerate(alone):
            network.zero_grad()
            expected = network(x[step, k])
            torch.testing.assert_close(logits[k], expected, rtol=1e-9, atol=1e-10)
            F.cross_entropy(expected, y[step, k], reduction="sum").backward()
            pairs = zip(together[k].named_parameters(), network.parameters(), strict=True)
            for (name, ours), theirs in pairs:
                torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-8, atol=1e-10, msg=name)
        for optimizer in itertools.chain(*optimizers):
            optimizer.step()
    for k, (ours, theirs) in enumerate(zip(states(together), states(alone), strict=True)):
        torch.testing.assert_close(together[k](x[0, k]), alone[k](x[0, k]), rtol=1e-9, atol=1e-10)
        for name, tensor in ours.items():
            if not is_idle(name):
                torch.testing.assert_close(tensor, theirs[name], rtol=1e-9, atol=1e-10, msg=name)


@pytest.mark.parametrize("architecture", TINY)
def test_networks_are_windows_on_their_stack(architecture: str) -> None:
    networks = [make(architecture, seed) for seed in range(3)]
    before = states(networks)
    stack = Stack(networks)
    for network, state in zip(networks, before, strict=True):
        for name, tensor in network.state_dict().items():
            assert torch.equal(tensor, state[name])
    x = batches(1)[0][0]
    first = stack(x)
    # what changes a network changes the stack, and that network's outputs alone
    with torch.no_grad():
        for parameter in networks[1].parameters():
            parameter.mul_(1.5)
    second = stack(x)
    assert torch.equal(first[[0, 2]], second[[0, 2]])
    assert not torch.isclose(first[1], second[1]).all()
    torch.testing.assert_close(second[1], networks[1](x[1]), rtol=1e-9, atol=1e-10)
    with torch.no_grad():  # and back
        for parameter in stack.parameters():
            parameter.fill_(0.25)
    for network in networks:
        assert all((parameter == 0.25).all() for parameter in network.parameters())
    networks[2].load_state_dict(before[0])
    torch.testing.assert_close(stack(x)[2], networks[2](x[2]), rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("architecture", TINY)
def test_running_statistics_are_those_of_each_networks_own_series(architecture: str) -> None:
    together, alone = ([make(architecture, seed, 2) for seed in range(3)] for _ in range(2))
    x = batches(2)[0][0] + torch.arange(3)[:, None, None, None]
    Stack(together)(x)
    for k, one in enumerate(alone):
        one(x[k])
    for ours, theirs in zip(together, alone, strict=True):
        for (name, tensor), other in zip(ours.named_buffers(), theirs.buffers(), strict=True):
            torch.testing.assert_close(tensor, other, rtol=1e-9, atol=1e-10, msg=name)


def test_what_cannot_be_stacked() -> None:
    assert not can_stack(build("mlp", {"widths": [4]}, 1, 2, length=8))
    assert not can_stack(build("fcn", {**TINY["fcn"], "channels_apart": True}, 2, 2))
    assert can_stack(build("fcn", {**TINY["fcn"], "channels_apart": True}, 1, 2))
    # side by side these are depthwise convolutions, in which oneDNN may hang
    assert not can_stack(build("fcn", {"filters": [1, 4], "kernel_lengths": [40, 3]}, 1, 2))
    assert not can_stack(build("fcn", {"filters": [4, 1, 1], "kernel_lengths": [3, 3, 40]}, 1, 2))


# ---- members

JOB = Job(
    Recipe(epochs=4, batch_size=5, learning_rate=5e-3),
    seed=10,
    members=3,
    device=torch.device("cpu"),
)
PLATEAU = Recipe(
    epochs=40, batch_size=7, learning_rate=1e-2, patience=1, min_delta=0.02, min_learning_rate=1e-3
)


def noise(dtype: torch.dtype, n_channels: int = 1) -> list[TrainingData]:
    x = torch.randn(18, n_channels, 21, generator=torch.Generator().manual_seed(3))
    return [TrainingData(x.to(dtype), torch.arange(18) % 3)]


def members(
    architecture: str, job: Job, dtype: torch.dtype, size: int
) -> list[tuple[Network, History]]:
    def make_member(k: int, _: torch.Generator) -> Network:
        return make(architecture, 100 + k, dtype=dtype)

    return train_members(make_member, noise(dtype), replace(job, run=Run(side_by_side=size)))


def assert_equal_members(
    together: list[tuple[Network, History]], alone: list[tuple[Network, History]], tolerance: float
) -> None:
    for (ours, history), (theirs, other) in zip(together, alone, strict=True):
        assert history.loss == pytest.approx(other.loss, rel=tolerance, abs=tolerance)
        assert history.accuracy == other.accuracy
        assert history.learning_rate == other.learning_rate
        assert (history.best_epoch, history.stopped) == (other.best_epoch, other.stopped)
        for name, tensor in ours.state_dict().items():
            if not is_idle(name):
                torch.testing.assert_close(
                    tensor,
                    theirs.state_dict()[name],
                    rtol=100 * tolerance,
                    atol=100 * tolerance,
                    msg=name,
                )
        (data,) = noise(next(ours.parameters()).dtype)
        with torch.no_grad():
            torch.testing.assert_close(
                ours(data.x), theirs(data.x), rtol=100 * tolerance, atol=100 * tolerance
            )


# every size and every architecture; all pairs of them if asked
SIZES = {("inception", 8), ("fcn", 2), ("resnet", 3), ("convtimenet", 2)}


@pytest.mark.parametrize(
    ("architecture", "size"),
    [
        pytest.param(*pair, marks=[] if pair in SIZES else pytest.mark.slow)
        for pair in itertools.product(TINY, (2, 3, 8))
    ],
)
def test_members_side_by_side_are_members_one_after_another(architecture: str, size: int) -> None:
    together, alone = (members(architecture, JOB, torch.float64, n) for n in (size, 1))
    assert_equal_members(together, alone, 1e-9)
    histories = [history for _, history in together]
    assert histories[0].loss != histories[1].loss != histories[2].loss


def test_members_in_float32_too() -> None:
    together, alone = (members("inception", JOB, torch.float32, n) for n in (3, 1))
    assert_equal_members(together, alone, 1e-4)


@pytest.mark.parametrize(
    "change",
    [
        {"schedule": "cosine", "warmup": 0.2},
        {"keep": "last"},
        {"head_epochs": 2},
        {"body_rate": 0.1},
        {"optimizer": "sgd", "momentum": 0.9, "loss": "squared_error", "learning_rate": 1e-3},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_recipe_is_the_same_side_by_side(change: dict[str, Any]) -> None:
    job = replace(JOB, recipe=replace(JOB.recipe, **change))
    together, alone = (members("inception", job, torch.float64, n) for n in (3, 1))
    assert_equal_members(together, alone, 1e-9)


def test_a_frozen_body_is_the_same_side_by_side() -> None:
    job = replace(JOB, trainable="head")
    together, alone = (members("inception", job, torch.float64, n) for n in (3, 1))
    assert_equal_members(together, alone, 1e-9)


def test_members_have_rates_of_their_own_and_stop_at_epochs_of_their_own() -> None:
    job = replace(JOB, recipe=replace(PLATEAU, stop_at_convergence=True))
    together, alone = (members("fcn", job, torch.float64, n) for n in (3, 1))
    rates = [history.learning_rate for _, history in alone]
    lengths = [len(history.loss) for _, history in alone]
    assert len(set(lengths)) == 3, "the members stop together: this run tests nothing"
    assert len({tuple(rate[: min(lengths)]) for rate in rates}) > 1, (
        "the members' rates are one: this run tests nothing"
    )
    assert len({history.best_epoch for _, history in alone}) > 1
    assert_equal_members(together, alone, 1e-6)


def test_members_are_shuffled_each_by_its_own_seed() -> None:
    """Equal networks on the same data differ only in the order of the series."""
    networks = [make("fcn", 0) for _ in range(3)]
    histories = train(networks, noise(torch.float64), JOB.recipe, seeds=[1, 2, 1])
    assert histories[0].loss == pytest.approx(histories[2].loss, rel=1e-9)
    assert histories[0].loss != pytest.approx(histories[1].loss, rel=1e-3)


def test_a_model_whose_members_were_side_by_side_is_saved_as_any_other(tmp_path: Path) -> None:
    toy = make_toy()
    run = Run(device="cpu", precision="float32", side_by_side=3)
    recipe = Recipe(epochs=2, batch_size=8)
    model = pretrain(toy, network=TINY["inception"], members=3, recipe=recipe, run=run)
    for dtype in ("float32", "float16"):
        model.save(tmp_path / dtype, dtype=dtype)
    loaded = load_folder(tmp_path / "float32")
    for ours, theirs in zip(model.networks, loaded.networks, strict=True):
        assert all(
            torch.equal(tensor, theirs.state_dict()[name])
            for name, tensor in ours.state_dict().items()
        )


def test_members_keep_no_memory_of_each_other() -> None:
    x, y = torch.randn(8, 1, 20), torch.arange(8) % 2
    networks = [make("inception", k, dtype=torch.float32) for k in range(3)]
    train(networks, [TrainingData(x, y)], Recipe(epochs=1), seeds=[0, 1, 2])
    for network in networks:
        for tensor in network.state_dict().values():
            assert tensor.untyped_storage().nbytes() == tensor.nbytes
