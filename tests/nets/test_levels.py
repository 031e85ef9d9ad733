from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.small import SMALL
from tszoo.data.levels import NUMBERS
from tszoo.errors import ModelError
from tszoo.nets.levels import KNOTS, NUMBERS_A_CHANNEL, WAVES, ranks, read_levels
from tszoo.nets.network import initialize
from tszoo.nets.registry import ARCHITECTURES, build


def slow_ranks(values: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Interpolate one number between its quantiles, equal ones at the mean of their places."""
    places = np.linspace(0, 1, len(quantiles))
    different = sorted(set(quantiles.tolist()))
    if len(different) == 1:
        return np.full(len(values), 0.5)
    means = [places[quantiles == value].mean() for value in different]
    return np.interp(values, different, means)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 999), st.sampled_from([1e-30, 1.0, 1e30]))
def test_ranks_are_those_of_a_slow_twin(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    quantiles = np.sort(rng.integers(0, 6, (KNOTS, 3)), axis=0) * scale
    values = rng.uniform(-1, 7, (20, 3)) * scale
    got = ranks(torch.from_numpy(values), torch.from_numpy(quantiles.reshape(-1))).numpy()
    for column in range(3):
        expected = slow_ranks(values[:, column], quantiles[:, column])
        np.testing.assert_allclose(got[:, column], expected, atol=1e-12)
        in_order = got[np.argsort(values[:, column]), column]
        assert (np.diff(in_order) >= -1e-12).all()


def test_a_head_reads_smooth_functions_of_ranks() -> None:
    knots = torch.linspace(0, 8, KNOTS)
    read = read_levels(torch.tensor([[-5.0], [2.0], [9.0]]), knots).numpy()
    assert read.shape == (3, WAVES)
    for row, rank in zip(read, (0.0, 0.25, 1.0), strict=True):
        expected = [np.cos(k * np.pi * rank) / k for k in range(1, WAVES + 1)]
        np.testing.assert_allclose(row, expected, atol=1e-6)


def test_the_networks_know_how_many_numbers_there_are() -> None:
    assert len(NUMBERS) == NUMBERS_A_CHANNEL


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("readout", ["mean", "stages"])
def test_levels_stand_behind_the_features(architecture: str, readout: str) -> None:
    """And without them, a network is what it was: the same weights give the same logits."""
    args = {**SMALL[architecture], "readout": readout}
    plain = build(architecture, args, 2, 3, length=16)
    level = build(architecture, {**args, "level": True}, 2, 3, length=16)
    for network in (plain, level):
        initialize(network, torch.Generator().manual_seed(0))
        network.eval()
    level.body.load_state_dict(plain.body.state_dict())
    level.level_knots.copy_(torch.arange(KNOTS).repeat_interleave(10).float())
    x, numbers = torch.randn(4, 2, 16), 8 * torch.rand(4, 10)
    with torch.no_grad():
        features, both = plain.features(x), level.features(x, None, numbers)
    n_features = features.shape[1]
    assert level.head.in_features == both.shape[1] == n_features + 10 * WAVES
    assert torch.equal(both[:, :n_features], features)
    assert torch.equal(both[:, n_features:], read_levels(numbers, level.level_knots))


def test_a_head_on_levels_needs_them() -> None:
    network = build("inception", {**SMALL["inception"], "level": True}, 1, 2)
    with pytest.raises(ModelError, match="reads level numbers of the series, and levels=None"):
        network(torch.zeros(1, 1, 16))


def test_channels_apart_have_levels_of_all_channels() -> None:
    args = {**SMALL["inception"], "level": True, "channels_apart": True}
    network = build("inception", args, 3, 2)
    assert len(network.level_knots) == KNOTS * 15
