"""Channels that go through a body one by one take no more memory than series of one channel."""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch
from torch import Tensor, nn

from tests.support.sources import TINY
from tszoo.nets.network import Network, initialize
from tszoo.nets.registry import build
from tszoo.training import data as data_module
from tszoo.training.batchnorm import recompute_batch_norm
from tszoo.training.data import TrainingData
from tszoo.training.step import Steps
from tszoo.training.validation import as_finished, score
from tszoo.transfer.results import reached

N_SERIES, N_CHANNELS, LENGTH = 12, 5, 40


def network_of(n_channels: int = N_CHANNELS) -> Network:
    network = build("inception", {**TINY, "channels_apart": n_channels > 1}, n_channels, 2)
    initialize(network, torch.Generator().manual_seed(0))
    return network


def data(unequal: bool = False) -> TrainingData:
    x = (
        torch.randn(N_SERIES, N_CHANNELS, LENGTH, generator=torch.Generator().manual_seed(1)) * 3
        + 1
    )
    lengths = torch.arange(N_SERIES) % 7 + LENGTH - 6 if unequal else None
    if lengths is not None:
        for row, length in zip(x, lengths, strict=True):
            row[:, length:] = 0
    return TrainingData(x, torch.arange(N_SERIES) % 2, lengths)


def listen(network: Network, seen: list[int]) -> None:
    """Note how many values of the widest map go through the body at once."""

    def note(body: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        if not body.training:
            seen.append(inputs[0].shape[0] * inputs[0].shape[3] * max(network.body.widths))

    network.body.register_forward_pre_hook(note)


def say_reached(network: Network, one: TrainingData) -> Tensor:
    found = reached([network], one)
    return torch.tensor([found.accuracy, found.loss, *found.members])


def say_validated(network: Network, one: TrainingData) -> Tensor:
    return torch.tensor(score(as_finished(network, [one]), one, "cross_entropy", torch.float32))


def say_frozen(network: Network, one: TrainingData) -> Tensor:
    optimizer = torch.optim.SGD(
        [{"params": network.body.parameters()}, {"params": network.head.parameters()}], 0.0
    )
    steps = Steps([network], [optimizer], [one], "cross_entropy", torch.float32)
    steps.begin_epoch(body=False)
    steps.take(0, torch.arange(N_SERIES)[None])
    return steps.sums[:, 0]


@pytest.mark.parametrize("unequal", [False, True])
@pytest.mark.parametrize("say", [say_reached, say_validated, say_frozen])
def test_batches_are_bounded_by_the_values_of_the_maps(say, unequal, monkeypatch) -> None:
    network = network_of()
    recompute_batch_norm(network, [data(unequal)])
    whole = say(deepcopy(network.eval()), data(unequal))
    most = 2 * N_CHANNELS * LENGTH * max(network.body.widths)  # two series
    monkeypatch.setattr(data_module, "VALUES_A_BATCH", most)
    seen: list[int] = []
    listen(network, seen)
    torch.testing.assert_close(say(network, data(unequal)), whole)
    assert len(seen) >= N_SERIES // 2
    assert max(seen) <= most


@pytest.mark.parametrize("points", [10**6, 4 * N_CHANNELS * LENGTH, 7])
def test_batch_norm_sees_channels_as_it_sees_series(points: int) -> None:
    apart, together, one = network_of(), network_of(1), data()
    together.body.load_state_dict(apart.body.state_dict())
    sizes: list[int] = []
    apart.body.register_forward_pre_hook(
        lambda _, inputs: sizes.append(inputs[0].shape[0] * LENGTH)
    )
    recompute_batch_norm(apart, [one], points_per_pass=points)
    rows = one.x.reshape(-1, 1, LENGTH)
    # no pass ends within a series; otherwise its channels are series of their own
    recompute_batch_norm(
        together, [TrainingData(rows, torch.zeros(len(rows)))], points_per_pass=sizes[0]
    )
    assert max(sizes) <= max(points, N_CHANNELS * LENGTH)
    for name, tensor in apart.body.state_dict().items():
        assert torch.equal(tensor, together.body.state_dict()[name]), name


def test_parts_are_all_series_in_order_and_of_nearly_one_size() -> None:
    for cost, most, sizes in (
        (3, 36, [12]),
        (3, 35, [6, 6]),
        (5, 14, [3, 3, 2, 2, 2]),
        (99, 7, [1] * 12),
    ):
        parts = list(data(True)._replace(first_output=3, n_outputs=2).parts(cost, most))
        assert [len(part.x) for part in parts] == sizes
        for k, whole in enumerate(data(True)[:3]):
            assert torch.equal(torch.cat([part[k] for part in parts]), whole)
        assert all((part.first_output, part.n_outputs) == (3, 2) for part in parts)
