import numpy as np
import pytest
from traits import BANDS, MOST_SERIES, NAMES, traits

from tszoo.data import Dataset
from tszoo.errors import DataError


def waves(frequency: float, length: int = 256, n: int = 6, labels=None) -> Dataset:
    phases = np.linspace(0, 1, n, endpoint=False)[:, None]
    x = np.sin(2 * np.pi * (frequency * np.arange(length) + phases))
    return Dataset.from_arrays(x, np.arange(n) % 3 if labels is None else labels, name="waves")


def named(dataset: Dataset) -> dict[str, float]:
    return dict(zip(NAMES, traits(dataset).tolist(), strict=True))


@pytest.mark.parametrize("k", range(len(BANDS)))
def test_a_pure_tone_has_all_its_power_in_its_band(k):
    low = BANDS[k - 1] if k else 0.0
    # a frequency with whole cycles in the series, inside the band
    cycles = max(1, round((low + BANDS[k]) / 2 * 1024))
    shares = traits(waves(cycles / 1024, 1024))[: len(BANDS)]
    assert shares.argmax() == k
    assert shares[k] == pytest.approx(1, abs=1e-5)


def test_numbers_of_a_slow_twin():
    rng = np.random.default_rng(0)
    dataset = Dataset.from_arrays(
        np.cumsum(rng.standard_normal((5, 40)), axis=1), [0, 1, 0, 1, 1], name="walks"
    )
    found = named(dataset)
    z = [(row - row.mean()) / row.std() for row in dataset.series[:, 0].astype(np.float64)]
    steps = [np.diff(row) for row in z]
    assert found["step"] == pytest.approx(
        np.log(np.mean([np.abs(d).mean() for d in steps])), rel=1e-5
    )
    square = np.mean([(d**2).mean() for d in steps])
    assert found["spread of steps"] == pytest.approx(np.log(np.sqrt(square)), rel=1e-5)
    assert found["peakedness"] == pytest.approx(
        np.log(np.mean([(row**4).mean() for row in z])), rel=1e-4
    )
    fourth = np.mean([(d**4).mean() for d in steps])
    assert found["peakedness of steps"] == pytest.approx(np.log(fourth / square**2), rel=1e-4)
    assert found["skewness"] == pytest.approx(np.mean([(row**3).mean() for row in z]), abs=1e-5)
    assert found["classes"] == pytest.approx(np.log(2))
    means = []
    for row in z:
        power = [
            abs(sum(row * np.exp(-2j * np.pi * k * np.arange(40) / 40))) ** 2 for k in range(1, 21)
        ]
        means.append(np.dot(power, np.arange(1, 21) / 40) / sum(power))
    assert found["frequency"] == pytest.approx(np.log(np.mean(means)), rel=1e-5)
    assert found["cycles"] == pytest.approx(np.log(40 * np.mean(means)), rel=1e-5)


def test_level_and_scale_change_nothing():
    dataset = waves(0.07)
    other = Dataset.from_arrays(dataset.series * 50 + 7, dataset.labels, name="other")
    np.testing.assert_allclose(traits(other), traits(dataset), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("x", [np.zeros((3, 20)), np.ones((2, 1)), np.full((2, 2), 5.0)])
def test_series_without_any_change_have_finite_traits(x):
    found = named(Dataset.from_arrays(x, list(range(len(x))), name="flat"))
    assert np.isfinite(list(found.values())).all()
    assert found["frequency"] == pytest.approx(np.log(1e-6))


def test_missing_values_unequal_lengths_and_no_labels():
    x = [np.sin(np.arange(30.0)), np.sin(np.arange(50.0))]
    x[0][4] = np.nan
    found = traits(Dataset.from_arrays(x, name="unequal", unequal=True))
    assert np.isfinite(found).all()
    assert found[-1] == 0.0


def test_of_many_series_some_are_looked_at():
    few = waves(0.1, 32, 4, [0, 1, 0, 1])
    many = few.take(np.arange(4 * MOST_SERIES) // MOST_SERIES)
    np.testing.assert_allclose(traits(many), traits(few), atol=1e-6)


def test_no_series():
    with pytest.raises(DataError, match="waves: no series to describe"):
        traits(waves(0.1).take(np.array([], dtype=int)))
