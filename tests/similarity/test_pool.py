from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from tszoo.errors import DataError, OptionError
from tszoo.similarity import Comparison, PrototypePool, Prototypes
from tszoo.similarity.comparison import comparing, resample


def some(lengths: Sequence[int], n_channels: int = 1, seed: int = 0) -> Prototypes:
    rng = np.random.default_rng(seed)
    series = tuple(
        rng.standard_normal((n_channels, length)).astype(np.float32) for length in lengths
    )
    return Prototypes(tuple(f"c{k}" for k in range(len(lengths))), series)


SOURCES = {
    "b": some([5, 3], seed=1),
    "a": some([4], n_channels=3, seed=2),
    "c": some([1, 9, 2], seed=3),
}


def same(a: Prototypes, b: Prototypes) -> bool:
    return a.classes == b.classes and all(
        np.array_equal(x, y) for x, y in zip(a.series, b.series, strict=True)
    )


def test_what_goes_in_comes_out_as_views() -> None:
    pool = PrototypePool.of(SOURCES)
    assert len(pool) == 3
    assert pool.names == ("b", "a", "c")
    for i, own in enumerate(SOURCES.values()):
        assert same(pool.source(i), own)
        assert all(np.shares_memory(series, pool.values) for series in pool.source(i).series)


def test_sources_are_taken_in_any_order_without_copying_values() -> None:
    pool = PrototypePool.of(SOURCES).take([2, 0])
    assert pool.names == ("c", "b")
    assert same(pool.source(0), SOURCES["c"])
    assert same(pool.source(1), SOURCES["b"])
    assert len(pool.take([])) == 0
    assert np.shares_memory(pool.values, pool.take([1]).values)


def test_a_pool_of_nothing_is_a_pool() -> None:
    pool = PrototypePool.of({})
    assert len(pool) == 0
    assert pool.offsets.tolist() == [0]


def test_values_that_are_not_finite_are_found_when_they_are_read() -> None:
    pool = PrototypePool.of(SOURCES)
    pool.values[pool.starts[1] + 1] = np.nan
    assert same(pool.source(2), SOURCES["c"])
    with pytest.raises(DataError, match="b: prototype of class c1: missing or infinite values"):
        pool.source(0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"values": np.zeros(50)}, "values are float64 of shape"),
        ({"values": np.zeros((5, 10), np.float32)}, "expected one row of float32"),
        ({"starts": np.zeros(6, np.int32)}, "must be int64, one number a prototype"),
        ({"owners": np.zeros(5, np.int64)}, "must be int64, one number a prototype"),
        ({"names": ("a", "b", "a")}, "one name of its own"),
        ({"names": ("a", "b")}, "one name of its own"),
        ({"classes": (("x", "y"), (), ("x", "y", "z"))}, "each as often as it has classes"),
        ({"owners": np.array([0, 1, 0, 2, 2, 2])}, "each as often as it has classes"),
        ({"owners": np.array([0, 0, 1, 2, 2, 3])}, "each as often as it has classes"),
        ({"lengths": np.array([5, 3, 4, 0, 9, 2])}, "must be 1 or more"),
        (
            {"lengths": np.array([5, 3, 4, 1, 9, 2**62])},
            "must be 1 or more, and no more than there are values",
        ),
        ({"channels": np.array([1, 1, -3, 1, 1, 1])}, "must be 1 or more"),
        ({"starts": np.array([0, 5, 8, 20, 21, -1])}, "a series lies outside the 32 values"),
        ({"starts": np.array([0, 5, 8, 20, 21, 31])}, "a series lies outside the 32 values"),
        ({"starts": np.array([0, 5, 8, 20, 21, 2**63 - 1])}, "a series lies outside the 32 values"),
        ({"lengths": np.array([5, 3, 32, 1, 9, 2])}, "a series lies outside the 32 values"),
        ({"channels": np.array([1, 2, 3, 1, 1, 1])}, "differ in their numbers of channels"),
    ],
)
def test_arrays_that_do_not_go_together_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=rf"a pool of prototypes: .*{message}"):
        replace(PrototypePool.of(SOURCES), **changes)


@pytest.mark.parametrize("length", [1, 2, 3, 7, 30])
def test_resampling_is_linear_interpolation(length: int) -> None:
    pool = PrototypePool.of(SOURCES).resampled(length)
    for i, own in enumerate(SOURCES.values()):
        for new, old in zip(pool.source(i).series, own.series, strict=True):
            points = old.shape[1]
            at = [(points - 1) / 2] if length == 1 else np.linspace(0, points - 1, length)
            expected = [np.interp(at, np.arange(points), channel) for channel in old]
            assert_allclose(new, expected, rtol=1e-6, atol=1e-7)


def test_resampling_to_its_own_length_changes_nothing() -> None:
    series = some([11], n_channels=2).series[0]
    assert_array_equal(resample(series, 11), series)
    assert_array_equal(resample(series, 21)[:, ::2], series)


def test_senseless_comparisons_are_refused() -> None:
    with pytest.raises(OptionError, match="window must be a whole number of points, 0 or more"):
        Comparison(window=-1)
    with pytest.raises(OptionError, match=r"normalized must be True or False, not 1\."):
        Comparison(normalized=1)  # type: ignore[arg-type]
    for length in (0, -3, True, 2.5, 10**7):
        with pytest.raises(
            OptionError, match="length must be a whole number of points from 1 to 1000000"
        ):
            Comparison(length=length)  # type: ignore[arg-type]


def test_a_window_stands_for_a_comparison() -> None:
    assert comparing(3, None) == Comparison(window=3)
    assert comparing(None, Comparison(length=5)) == Comparison(length=5)
    with pytest.raises(OptionError, match=r"a window \(3\) beside a comparison"):
        comparing(3, Comparison())
