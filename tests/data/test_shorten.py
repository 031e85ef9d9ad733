"""Long series become means of blocks."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from tszoo.data import Dataset
from tszoo.data.shorten import shorten


def slow_means(series: np.ndarray, length: int, size: int) -> list[float]:
    means = []
    for first in range(0, length, size):
        block = series[first : min(first + size, length)]
        there = [float(value) for value in block if not np.isnan(value)]
        means.append(sum(there) / len(there) if there else np.nan)
    return means


@pytest.mark.parametrize("longest", [1, 3, 7, 10, 19])
def test_blocks_of_unequal_series_with_gaps_are_averaged(longest):
    rng = np.random.default_rng(0)
    rows = [rng.standard_normal((2, n)) for n in (20, 11, 1)]
    rows[0][0, 3:9] = np.nan
    dataset = Dataset.from_arrays(rows, ["a", "b", "a"], name="Mine")
    size = -(-20 // longest)
    short = shorten(dataset, longest)
    assert short.length <= longest
    assert_array_equal(short.lengths, [-(-n // size) for n in (20, 11, 1)])
    for series, row, n in zip(short.series, dataset.series, (20, 11, 1), strict=True):
        for channel, values in zip(series, row, strict=True):
            expected = slow_means(values, n, size)
            np.testing.assert_allclose(channel[: len(expected)], expected, rtol=1e-6)
            assert np.isnan(channel[len(expected) :]).all()


def test_short_series_stay_what_they_are():
    dataset = Dataset.from_arrays(np.ones((2, 1, 20)), ["a", "b"], name="Mine")
    assert shorten(dataset, 20) is dataset
