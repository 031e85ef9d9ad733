"""Networks read means of points, some channels, and some features, as slow twins do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tszoo.nets.network import Network
from tszoo.nets.reduced import averaged, evenly
from tszoo.nets.registry import build
from tszoo.readout.spread import feature_kinds

FCN = {"filters": [6, 5, 4], "kernel_lengths": [5, 3, 3]}
STAGES = {"readout": "stages", "resampled": 8}


def network_of(n_channels: int = 1, **args: Any) -> Network:
    """The same body, whatever is read of it."""
    network = build("fcn", {**FCN, **args}, n_channels, 3)
    torch.manual_seed(0)
    for parameter in network.body.parameters():
        parameter.data.normal_()
    return network.eval().requires_grad_(False)


def block_means(series: Any, size: int) -> Any:
    """Average blocks of one channel, and z-normalise the means."""
    blocks = [np.mean(series[at : at + size]) for at in range(0, len(series), size)]
    return (np.array(blocks) - np.mean(blocks)) / np.std(blocks)


@pytest.mark.parametrize("length", [9, 10, 11, 12])
def test_blocks_are_averaged_and_normalised(length: int) -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, length))
    means, lengths = averaged(torch.from_numpy(x), None, 4)
    assert lengths is None
    twin = [[block_means(channel, 4) for channel in series] for series in x]
    np.testing.assert_allclose(means, twin, rtol=1e-6)


def test_padding_is_in_no_mean() -> None:
    x = np.random.default_rng(0).normal(size=(2, 2, 13))
    x[0, :, 7:] = 0
    means, lengths = averaged(torch.from_numpy(x), torch.tensor([7, 13]), 3)
    assert lengths is not None
    assert lengths.tolist() == [3, 5]
    np.testing.assert_allclose(means[0, :, :3], [block_means(c[:7], 3) for c in x[0]], rtol=1e-6)
    np.testing.assert_allclose(means[1], [block_means(c, 3) for c in x[1]], rtol=1e-6)
    assert not means[0, :, 3:].any()


def test_means_that_are_equal_become_zeros() -> None:
    x = torch.tensor([1.0, -1.0] * 6).reshape(1, 1, 12)
    assert averaged(x, None, 2)[0].tolist() == [[[0.0] * 6]]


@pytest.mark.parametrize("head", [STAGES, {}])
def test_a_network_reads_the_means(head: dict[str, Any]) -> None:
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(4, 1, 50)).astype(np.float32))
    less, whole = network_of(**head, averaged=4), network_of(**head)
    whole.load_state_dict(less.state_dict())
    torch.testing.assert_close(less(x), whole(averaged(x, None, 4)[0]))
    lengths = torch.tensor([50, 31, 17, 49])
    x *= torch.arange(50) < lengths[:, None, None]
    torch.testing.assert_close(less(x, lengths), whole(*averaged(x, lengths, 4)))
    assert less.points_read(50) == 13


@pytest.mark.parametrize("head", [STAGES, {}])
def test_some_channels_are_read_evenly_spaced(head: dict[str, Any]) -> None:
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(4, 7, 20)).astype(np.float32))
    less = network_of(7, **head, channels_apart=True, channels_read=3)
    whole = network_of(3, **head, channels_apart=True)
    whole.load_state_dict(less.state_dict())
    torch.testing.assert_close(less(x), whole(x[:, evenly(7, 3)]))
    assert evenly(7, 3) == [0, 2, 4]
    every = network_of(3, **head, channels_apart=True, channels_read=5)  # there are fewer
    every.load_state_dict(whole.state_dict())
    torch.testing.assert_close(every(x[:, :3]), whole(x[:, :3]))


def test_some_features_are_read_evenly_spaced() -> None:
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(4, 2, 20)).astype(np.float32))
    whole = network_of(2, **STAGES, channels_apart=True)
    less = network_of(2, **STAGES, channels_apart=True, features_read=80)
    n = whole.stage_features_a_channel
    by_channel = whole.stage_features(x).reshape(4, 2, n)
    assert (less.stage_features_a_channel, less.pooled_a_channel) == (80, n)
    torch.testing.assert_close(less.stage_features(x), by_channel[:, :, evenly(n, 80)].flatten(1))
    kinds = feature_kinds(less, 2)
    assert sum(kinds) == 160
    assert len(kinds) == len(feature_kinds(whole, 2))
    # of the means of the last maps, those that are read
    last = whole.last_features(whole.stage_features(x))
    read = less.last_features(less.stage_features(x))
    assert 0 < read.shape[1] < last.shape[1]
    assert np.isin(read, last).all()


@pytest.mark.filterwarnings("ignore:`torch.jit.trace:DeprecationWarning")
def test_a_trace_reads_less_of_other_series_too() -> None:
    rng = np.random.default_rng(0)
    network = network_of(7, **STAGES, channels_apart=True, channels_read=3, averaged=4)
    first, other = (
        torch.from_numpy(rng.normal(size=(n, 7, length)).astype(np.float32))
        for n, length in ((2, 40), (3, 57))
    )
    traced = torch.jit.trace(network, first, check_trace=False)
    torch.testing.assert_close(traced(other), network(other), rtol=1e-4, atol=1e-5)
