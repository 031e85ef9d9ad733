from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.levels import make_levels
from tszoo.data import Dataset
from tszoo.data.levels import NUMBERS, level_numbers, says_nothing, were_normalised
from tszoo.data.preprocess import znormalize


def slow_numbers(channel: np.ndarray) -> list[float]:
    """Measure one channel without padding, NaN for missing values, one value at a time."""
    times = [float(t) for t, value in enumerate(channel) if not np.isnan(value)]
    values = [float(value) for value in channel if not np.isnan(value)]
    slope = 0.0
    if len(values) > 1:
        slope = float(np.polyfit(times, values, 1)[0])
    return [float(np.mean(values)), float(np.std(values)), min(values), max(values), slope]


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 999), st.sampled_from([1e-30, 1.0, 1e30]))
def test_numbers_are_those_of_a_slow_twin(seed: int, scale: float) -> None:
    """Of unequal lengths, several channels, gaps."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 12, 4)
    series = [scale * (rng.standard_normal((2, length)) + 3) for length in lengths]
    for values in series:
        values[0, :-1][rng.random(values.shape[1] - 1) < 0.3] = np.nan
    dataset = Dataset.from_arrays(series, name="X", unequal=True)
    slow = [
        [number for channel in row[:, :length] for number in slow_numbers(channel)]
        for row, length in zip(dataset.series.astype(np.float64), dataset.lengths, strict=True)
    ]
    np.testing.assert_allclose(level_numbers(dataset), slow, rtol=1e-5, atol=1e-5 * scale)


def test_a_series_of_one_value_has_its_level() -> None:
    series = np.array([[[np.nan, 2.0], [1.0, 3.0]]])
    dataset = Dataset.from_arrays(series, name="X", unequal=False)
    assert level_numbers(dataset).tolist() == [[2, 0, 2, 2, 0, 2, 1, 1, 3, 2]]


def test_numbers_of_a_series_do_not_depend_on_the_others() -> None:
    rng = np.random.default_rng(0)
    dataset = Dataset.from_arrays(
        [rng.standard_normal(n) for n in (7, 300, 41)], name="X", unequal=True
    )
    alone = [level_numbers(dataset.take(np.array([i])))[0] for i in range(3)]
    np.testing.assert_array_equal(level_numbers(dataset), alone)


def test_series_that_were_normalised_are_told_from_others() -> None:
    """Whether there are channels, rounding of a text file, or constant series."""
    levels = make_levels("level", n_channels=2)
    normalised = np.round(znormalize(levels.series), 4)
    assert were_normalised(level_numbers(Dataset.from_arrays(normalised, name="X")))
    assert not were_normalised(level_numbers(levels))
    assert not were_normalised(level_numbers(make_levels("scale")))
    flat = Dataset.from_arrays(np.repeat([[1.0], [2.0]], 9, axis=1), name="X")
    assert not were_normalised(level_numbers(flat))


@pytest.mark.parametrize("level", [20.1, 1e6, 1e-6])
def test_what_differs_by_rounding_says_nothing(level: float) -> None:
    flat = Dataset.from_arrays(np.full((6, 50), level) * np.array([[1], [2]] * 3), name="X")
    nothing = says_nothing(level_numbers(flat), 50)
    assert dict(zip(NUMBERS, nothing.tolist(), strict=True)) == {
        "mean": False,
        "deviation": True,
        "least": False,
        "greatest": False,
        "slope": True,
    }
