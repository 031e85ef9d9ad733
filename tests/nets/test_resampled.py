"""A head on all stages may read every series at a second length."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tszoo.errors import ModelError
from tszoo.nets.network import initialize
from tszoo.nets.registry import build
from tszoo.nets.stages import POOLINGS, resample

ARGS = {"depth": 2, "filters": 3, "kernel_lengths": [4, 2], "bottleneck": 2}


def slow_resample(series: np.ndarray, n_points: int) -> np.ndarray:
    """Interpolate one channel, as NumPy does."""
    return np.interp(np.linspace(0, len(series) - 1, n_points), np.arange(len(series)), series)


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_it_is_linear_interpolation_of_each_series_own_points(data):
    lengths = data.draw(st.lists(st.integers(1, 30), min_size=1, max_size=4))
    n_points, n_channels = data.draw(st.integers(1, 40)), data.draw(st.integers(1, 2))
    rng = np.random.default_rng(len(lengths))
    x = np.zeros((len(lengths), n_channels, max(lengths)))
    for row, length in zip(x, lengths, strict=True):
        row[:, :length] = rng.standard_normal((n_channels, length))
    got = resample(torch.from_numpy(x), torch.tensor(lengths), n_points).numpy()
    for row, length, answer in zip(x, lengths, got, strict=True):
        expected = [slow_resample(channel[:length], n_points) for channel in row]
        np.testing.assert_allclose(answer, expected, atol=1e-12)


def test_without_lengths_all_points_count():
    x = torch.arange(6.0).reshape(1, 1, 6)
    assert resample(x, None, 11).flatten().tolist() == [k / 2 for k in range(11)]


def network(**changes):
    made = build("inception", {**ARGS, **changes}, 1, 2)
    initialize(made, torch.Generator().manual_seed(0))
    return made.eval()


def test_its_features_stand_behind_those_at_the_own_length():
    plain, both = network(), network(resampled=16)
    x = torch.randn(3, 1, 40, generator=torch.Generator().manual_seed(1))
    lengths = torch.tensor([40, 25, 33])
    with torch.no_grad():
        features = both.stage_features(x, lengths)
        alone = plain.stage_features(x, lengths)
        at_16 = plain.stage_features(resample(x, lengths, 16))
    assert features.shape[1] == 2 * alone.shape[1] == 4 * POOLINGS * (6 + 6 + 6)
    torch.testing.assert_close(features, torch.cat([alone, at_16], dim=1))
    torch.testing.assert_close(both.last_features(features), plain.last_features(alone))


def test_channels_apart_keep_their_features_together():
    apart = build("inception", {**ARGS, "channels_apart": True, "resampled": 8}, 2, 3)
    apart.set_head(3, "stages")
    apart.eval()
    x = torch.randn(2, 2, 20)
    with torch.no_grad():
        features = apart.stage_features(x)
        first = apart.stage_features(x[:, :1])
    torch.testing.assert_close(features[:, : first.shape[1]], first)
    assert apart.head.in_features == features.shape[1]


def test_a_network_of_one_length_is_refused():
    with pytest.raises(ModelError, match="resampled=8: this network takes series of one length"):
        build("mlp", {"resampled": 8}, 1, 2, length=20)
