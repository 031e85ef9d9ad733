import math
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tszoo.data import Dataset, Preprocessing, choose_preprocessing, prepare
from tszoo.data.preprocess import znormalize
from tszoo.errors import DataError, ModelError


def slow_prepare(series, length, preprocessing):
    """One channel of one series by the definition, a number at a time."""
    own = [float(v) for v in series[:length]]
    seen = [v for v in own if not math.isnan(v)]
    if not seen:
        own = [0.0] * len(own)
    elif preprocessing.normalize:
        mean = math.fsum(seen) / len(seen)
        scale = math.sqrt(math.fsum((v - mean) ** 2 for v in seen) / len(seen))
        constant = scale <= 1e-7 * abs(mean) or scale == 0
        own = [v if math.isnan(v) else (0.0 if constant else (v - mean) / scale) for v in own]
    at = [t for t, v in enumerate(own) if not math.isnan(v)]
    own = [float(np.interp(t, at, [own[k] for k in at])) for t in range(len(own))]
    return own + [0.0] * (len(series) - len(own))


def ragged(seed, n_series=12, n_channels=2, longest=40, gaps=0.2):
    rng = np.random.default_rng(seed)
    rows = []
    for length in rng.integers(1, longest, n_series):
        row = 100 * rng.standard_normal() + rng.standard_normal((n_channels, length))
        row[rng.random(row.shape) < gaps] = np.nan
        row[:, 0] = rng.standard_normal(n_channels)
        rows.append(row)
    return Dataset.from_arrays(rows, unequal=False)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("normalize", [True, False])
def test_prepare_against_its_slow_twin(seed, normalize):
    dataset = ragged(seed)
    preprocessing = Preprocessing(normalize=normalize, unequal=True)
    fast = prepare(dataset, preprocessing)
    for i, length in enumerate(dataset.lengths):
        for channel in range(dataset.n_channels):
            slow = slow_prepare(dataset.series[i, channel], length, preprocessing)
            np.testing.assert_allclose(fast[i, channel], slow, rtol=1e-5, atol=1e-5)
    assert fast.dtype == np.float32
    assert fast.flags.c_contiguous


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.integers(0, 10**6), st.booleans())
def test_a_series_does_not_depend_on_its_batch(seed, gaps):
    dataset = ragged(seed, gaps=0.2 if gaps else 0.0)
    whole = prepare(dataset, Preprocessing(unequal=True))
    rng = np.random.default_rng(seed)
    some = rng.permutation(dataset.n_series)[: rng.integers(1, dataset.n_series)]
    part = prepare(dataset.take(some), Preprocessing(unequal=True))
    assert np.array_equal(whole[some, :, : part.shape[2]], part)  # to the last bit
    assert (whole[some, :, part.shape[2] :] == 0).all()


def test_independence_with_and_without_gaps_elsewhere():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((50, 301)).astype(np.float32)
    Y = X.copy()
    Y[7, 3] = np.nan
    whole = prepare(Dataset.from_arrays(X), Preprocessing())
    other = prepare(Dataset.from_arrays(Y), Preprocessing())
    keep = np.arange(50) != 7
    assert np.array_equal(whole[keep], other[keep])


def test_chunks_do_not_show(monkeypatch):
    dataset = ragged(3, n_series=40)
    whole = prepare(dataset, Preprocessing(unequal=True))
    monkeypatch.setattr("tszoo.data.preprocess._CHUNK_VALUES", 100)
    assert np.array_equal(whole, prepare(dataset, Preprocessing(unequal=True)))


def test_znormalize_over_observed_points():
    X = np.array([[1.0, 2.0, 3.0, np.nan], [5.0, np.nan, np.nan, 7.0]])
    Z = znormalize(X)
    assert np.array_equal(np.isnan(Z), np.isnan(X))
    np.testing.assert_allclose(np.nanmean(Z, axis=-1), 0, atol=1e-7)
    np.testing.assert_allclose(np.nanstd(Z, axis=-1), 1, atol=1e-6)
    assert np.isnan(znormalize(np.array([np.nan, np.nan]))).all()


@pytest.mark.parametrize("offset", [0.0, 1.0, -0.1, 1e6, 1e6 + 0.1, 3e38, 1e-40, 16777217.0])
@pytest.mark.parametrize("length", [1, 2, 3, 100, 1000])
def test_a_constant_series_becomes_zeros(offset, length):
    X = np.full((1, length), offset, dtype=np.float32)
    assert (znormalize(X) == 0).all()
    X = np.concatenate([X, X], axis=1)
    X[0, 0] = np.nan
    assert (prepare(Dataset.from_arrays(X, unequal=False), Preprocessing()) == 0).all()


def test_small_signals_on_large_offsets_survive():
    wave = np.sin(np.arange(100)).astype(np.float32)
    Z = znormalize(1e4 + 0.1 * wave.astype(np.float32))
    assert np.corrcoef(Z, wave)[0, 1] > 0.99


@pytest.mark.parametrize("scale", [1e-38, 1e-20, 1.0, 1e20, 1e38])
def test_any_scale(scale):
    Z = znormalize((scale * np.array([1.0, 2.0, 3.0])).astype(np.float32))
    np.testing.assert_allclose(Z, [-1.2247449, 0, 1.2247449], atol=1e-5)


def test_missing_values_linear_inside_nearest_at_the_ends():
    X = [[np.nan, 1, np.nan, np.nan, 4, np.nan]]
    filled = prepare(Dataset.from_arrays(X), Preprocessing(normalize=False))
    assert filled[0, 0].tolist() == [1, 1, 2, 3, 4, 4]


def test_neighbouring_series_do_not_leak_into_gaps():
    X = [[1, 2, np.nan], [np.nan, 20, 30], [np.nan, np.nan, 5]]
    filled = prepare(Dataset.from_arrays(X), Preprocessing(normalize=False))
    assert filled[:, 0].tolist() == [[1, 2, 2], [20, 20, 30], [5, 5, 5]]


def test_padding_is_zero_and_an_empty_channel_silent():
    full = [[1, 2, 3, 4], [4, 3, 2, 1]]
    series = np.array([[[1, np.nan, 3, np.nan], [np.nan] * 4], full], dtype=np.float32)
    dataset = replace(Dataset.from_arrays([full, full]), series=series, lengths=np.array([3, 4]))
    filled = prepare(dataset, Preprocessing(normalize=False, unequal=True))
    np.testing.assert_array_equal(filled[0], [[1, 2, 3, 0], [0, 0, 0, 0]])


def test_series_of_length_one():
    assert prepare(Dataset.from_arrays([[5.0]]), Preprocessing()).tolist() == [[[0.0]]]
    mixed = Dataset.from_arrays([[5.0], [1.0, 2.0, 3.0]])
    assert prepare(mixed, Preprocessing(unequal=True))[0, 0].tolist() == [0, 0, 0]


def test_choose_preprocessing():
    assert choose_preprocessing(Dataset.from_arrays(np.ones((2, 9)))) == Preprocessing(
        normalize=True, unequal=False
    )
    assert choose_preprocessing(Dataset.from_arrays([[1, 2], [1, 2, 3]])) == Preprocessing(
        unequal=True
    )


def test_another_length_is_refused_when_the_model_cannot_take_it():
    test = Dataset.from_arrays(np.ones((2, 140)), name="Mine")
    with pytest.raises(
        DataError, match=r"Mine, series 0: 140 values, expected 150\. Train with unequal=True"
    ):
        prepare(test, Preprocessing(), expected_length=150)
    mixed = Dataset.from_arrays([[1, 2, 3], [1, 2]], name="Mine")
    with pytest.raises(DataError, match="Mine, series 1: 2 values, expected 3"):
        prepare(mixed, Preprocessing())
    assert prepare(test, Preprocessing(unequal=True), expected_length=150).shape == (2, 1, 140)


def test_preprocessing_travels_as_json():
    for own in (Preprocessing(), Preprocessing(normalize=False, unequal=True)):
        assert Preprocessing.from_dict(own.to_dict()) == own


@pytest.mark.parametrize(
    "values",
    [
        None,
        [],
        {},
        {"normalize": True},
        {"normalize": True, "unequal": False, "more": 1},
        {"normalize": 1, "unequal": True},
        {"normalize": True, "unequal": 0},
        {"normalize": "yes", "unequal": None},
    ],
)
def test_broken_preprocessing_is_refused(values):
    with pytest.raises(ModelError, match="preprocessing"):
        Preprocessing.from_dict(values)


def test_gaps_do_not_make_it_slow():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((20_000, 100), dtype=np.float32)
    X[rng.random(X.shape) < 0.05] = np.nan
    dataset = Dataset.from_arrays(X, unequal=False)
    start = time.process_time()
    prepare(dataset, Preprocessing())
    assert time.process_time() - start < 2  # a tenth of a second on an idle core


def test_a_model_takes_any_length_where_series_differ_or_are_to():
    X = [[1, 2, 3], [4, 5, 6]]
    assert not choose_preprocessing(Dataset.from_arrays(X)).unequal
    assert choose_preprocessing(Dataset.from_arrays(X, unequal=True)).unequal
    assert choose_preprocessing(Dataset.from_arrays([[1, 2], [3]])).unequal
    assert not choose_preprocessing(
        Dataset.from_arrays([[1, 2], [3, np.nan]], unequal=False)
    ).unequal
