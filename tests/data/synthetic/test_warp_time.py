from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from torch import Generator

from tszoo.data.synthetic.draws import normal
from tszoo.data.synthetic.read_at import read_at
from tszoo.data.synthetic.smooth_noise import smooth_noise
from tszoo.data.synthetic.warp_time import PACE_SCALE, warp_time, warped_places

AMOUNTS = st.sampled_from([0.0, 0.02, 0.15, 0.8])


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def slow_warp(series: np.ndarray, noise: np.ndarray, amount: float) -> np.ndarray:
    """Walk through one series at its pace, point by point, in 64 bits."""
    length = len(series)
    at = [0.0]
    for pace in np.exp(amount * noise.astype(np.float64))[1:]:
        at.append(at[-1] + pace)
    places = np.array(at) / at[-1] * (length - 1)
    return np.interp(places, np.arange(length), series)


@given(st.integers(2, 60), AMOUNTS, st.integers(0, 99))
def test_it_does_what_a_walk_does(length, amount, seed):
    size = (2, 3, length)
    series = normal(size, seeded(seed + 100))
    warped = warp_time(series, torch.tensor([amount]), seeded(seed))
    noise = smooth_noise(size, torch.tensor([PACE_SCALE]), seeded(seed))
    for i in range(2):
        for j in range(3):
            slow = slow_warp(series[i, j].numpy(), noise[i, j].numpy(), amount)
            assert_allclose(warped[i, j], slow, atol=2e-4)


@given(st.integers(2, 200), AMOUNTS, st.integers(0, 99))
def test_time_runs_forward_from_the_first_point_to_the_last(length, amount, seed):
    places = warped_places((3, length), torch.tensor([amount]), seeded(seed))
    assert (places[:, 0] == 0).all()
    assert_allclose(places[:, -1], length - 1, rtol=1e-6)
    assert (places.diff(dim=-1) > 0).all()


def test_larger_amounts_bend_further():
    amounts = torch.tensor([0.02, 0.15, 0.8])[:, None, None]
    places = warped_places((3, 40, 100), amounts, seeded())
    moved = (places - torch.arange(100)).abs().mean((1, 2))
    assert moved[0] * 3 < moved[1] < moved[2] / 3
    assert moved[2] < 20


def test_series_are_read_between_their_points():
    series = torch.tensor([0.0, 10.0, 0.0, 4.0])
    places = torch.tensor([[0.0, 0.25, 1.0, 2.5, 3.0], [3.0, 2.0, 1.5, 1.0, 0.0]])
    read = read_at(series, places)
    assert_array_equal(read, [[0, 2.5, 10, 2, 4], [4, 0, 5, 10, 0]])
