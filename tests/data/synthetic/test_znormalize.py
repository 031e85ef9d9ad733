from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from tszoo.data.synthetic.znormalize import znormalize

FLOATS = st.floats(-(2.0**127), 2.0**127, width=32)


def slow_znormalize(series: list[float]) -> np.ndarray:
    values = np.array(series, dtype=np.float64)
    return (values - values.mean()) / values.std()


@given(st.lists(FLOATS, min_size=1, max_size=30))
def test_any_finite_series_stays_finite(values):
    normalized = znormalize(torch.tensor(values))
    assert normalized.isfinite().all()
    assert normalized.abs().max() <= len(values) ** 0.5 + 1e-3


@given(st.lists(st.integers(-50, 50), min_size=2, max_size=30), st.sampled_from([1e-30, 1, 1e30]))
def test_it_does_what_slow_arithmetic_does(values, scale):
    series = np.array(values, dtype=np.float32) * np.float32(scale)
    normalized = znormalize(torch.from_numpy(series))
    if np.ptp(series) == 0:
        assert not normalized.any()
    else:
        assert_allclose(normalized.numpy(), slow_znormalize(series.tolist()), atol=1e-4)


def test_constant_series_become_zeros():
    series = torch.tensor([0.0, 0.1, -7e-12, 3e38])[:, None].expand(4, 77)
    assert not znormalize(series).any()


def test_every_series_by_itself():
    series = torch.randn(3, 4, 50, generator=torch.Generator().manual_seed(0))
    normalized = znormalize(series * 5 + 2)
    assert_allclose(normalized.mean(-1), 0.0, atol=1e-5)
    assert_allclose(normalized.std(-1, correction=0), 1.0, atol=1e-5)
    assert torch.equal(normalized[1, 2], znormalize(series[1, 2] * 5 + 2))
