from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from torch import Generator

from tszoo.data.synthetic.draws import normal
from tszoo.data.synthetic.smooth_noise import filter_noise, smooth_noise


def seeded() -> Generator:
    return Generator().manual_seed(0)


def slow_smooth_noise(noise: np.ndarray, scale: float) -> np.ndarray:
    """Filter one series wave by wave, in 64 bits."""
    length = len(noise)
    at = np.arange(length)
    smooth = np.zeros(length)
    for cycles in range(-(length // 2), (length + 1) // 2):
        wave = np.exp(2j * np.pi * cycles * at / length)
        amplitude = (noise * wave.conj()).sum() / length
        gain = np.exp(-0.5 * (np.pi * scale * cycles) ** 2)
        smooth += (gain * amplitude * wave).real
    return (smooth - smooth.mean()) / smooth.std()


@pytest.mark.parametrize("length", [2, 9, 64])
@pytest.mark.parametrize("scale", [0.002, 0.1, 0.6])
def test_it_does_what_a_sum_of_waves_does(length, scale):
    noise = normal((3, length), seeded()).double().numpy()
    smooth = smooth_noise((3, length), torch.tensor([scale]), seeded())
    for series, white in zip(smooth.numpy(), noise, strict=True):
        assert_allclose(series, slow_smooth_noise(white, scale), atol=1e-4)


def test_points_are_alike_as_the_scale_says():
    """Correlation falls as exp(-(distance / scale) ** 2)."""
    scale, length = 0.05, 200
    cycles = torch.arange(length // 2 + 1)
    gain = torch.exp(-0.5 * (torch.pi * scale * cycles) ** 2)
    noise = filter_noise((4000, length), gain, seeded())
    for distance in (0, 5, 10, 20):
        product = (noise * noise.roll(distance, -1)).mean() / noise.square().mean()
        expected = np.exp(-((distance / length / scale) ** 2))
        assert product.item() == pytest.approx(expected, abs=0.02)


def test_every_series_has_its_scale():
    scales = torch.tensor([0.003, 0.03, 0.3])[:, None, None]
    noise = smooth_noise((3, 50, 128), scales, seeded())
    assert_allclose(noise.std(-1, correction=0), 1.0, atol=1e-4)
    steps = noise.diff(dim=-1).abs().mean((1, 2))
    assert steps[0] > 3 * steps[1] > 9 * steps[2]


def test_no_gain_leaves_the_noise():
    white = filter_noise((4, 31), torch.ones(16), seeded())
    assert_allclose(white, normal((4, 31), seeded()), atol=1e-5)
