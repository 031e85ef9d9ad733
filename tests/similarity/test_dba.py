from __future__ import annotations

import importlib
import warnings
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from tests.support.plain_tslearn import tslearn
from tests.support.slow_dba import Series, slow_dba, slow_medoid
from tszoo.errors import DataError, OptionError
from tszoo.similarity import dba, dtw, medoid
from tszoo.similarity.dba import barycenters, medoids
from tszoo.similarity.series import as_stack

pytestmark = pytest.mark.filterwarnings(
    "ignore:h5py not installed"
)  # a word of tslearn's about itself


@st.composite
def sets(draw: st.DrawFn) -> list[Series]:
    n_channels = draw(st.integers(1, 3))
    lengths = draw(st.lists(st.integers(1, 12), min_size=1, max_size=7))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return [rng.standard_normal((n_channels, length)) for length in lengths]


@settings(deadline=None, max_examples=40)
@given(sets())
def test_medoid_is_its_slow_twin(series: list[Series]) -> None:
    assert medoid(series) == slow_medoid(series)


def test_medoid_sums_squares_and_takes_the_first_of_equals() -> None:
    assert medoid([[5.0, 0.0], [1.0, 3.0], [1.0, 3.0], [5.0, 0.0]]) == 0
    assert medoid([[1.0, 2.0]]) == 0
    assert medoid([[1.0, 2.0], [7.0, 1.0]]) == 0
    # one point each, distances 0, 4, 4, 4, 10: sums of distances would choose 4, of squares too,
    # but by less
    points = [[0.0], [0.1], [0.2], [0.0], [9.0]]
    squares = [sum((a[0] - b[0]) ** 2 for b in points) for a in points]
    distances = [sum(abs(a[0] - b[0]) for b in points) for a in points]
    assert int(np.argmin(squares)) == medoid(points) == 2
    assert int(np.argmin(distances)) == 1


@settings(deadline=None, max_examples=40)
@given(
    sets(),
    st.integers(0, 3),
    st.none() | st.integers(0, 4),
    st.sampled_from(["diagonal", "straight"]),
)
def test_dba_is_its_slow_twin(
    series: list[Series],
    n_iterations: int,
    window: int | None,
    ties: Literal["diagonal", "straight"],
) -> None:
    expected = slow_dba(series, series[0], n_iterations, window, ties)
    assert_allclose(
        dba(series, series[0], n_iterations, window, ties=ties), expected, rtol=1e-9, atol=1e-12
    )


@settings(deadline=None, max_examples=40)
@given(sets(), st.sampled_from(["diagonal", "straight"]))
def test_ties_are_told_apart_as_asked(
    series: list[Series], ties: Literal["diagonal", "straight"]
) -> None:
    # of whole numbers, sums are exact, and many paths cost the same
    rounded = [values.round() for values in series]
    expected = slow_dba(rounded, rounded[0], 1, ties=ties)
    assert_allclose(dba(rounded, rounded[0], 1, ties=ties), expected, rtol=1e-12)


@pytest.mark.parametrize(("n_channels", "window"), [(1, None), (3, None), (1, 3)])
def test_dba_is_tslearns(n_channels: int, window: int | None) -> None:
    theirs = tslearn("barycenters").dtw_barycenter_averaging_petitjean

    rng = np.random.default_rng(5)
    X = rng.standard_normal((9, n_channels, 40)).cumsum(axis=2)
    ours = dba(X, X[4], 10, window)
    with warnings.catch_warnings():  # tslearn speaks up when the cost no longer falls
        warnings.simplefilter("ignore")
        expected = theirs(
            X.transpose(0, 2, 1),
            init_barycenter=X[4].T,
            max_iter=10,
            tol=-1.0,
            metric_params={"global_constraint": 2, "sakoe_chiba_radius": window}
            if window
            else None,
        )
    assert_allclose(ours, expected.T, rtol=1e-9, atol=1e-12)


def test_dba_is_tslearns_for_unequal_lengths() -> None:
    theirs = tslearn("barycenters").dtw_barycenter_averaging_petitjean

    rng = np.random.default_rng(6)
    X = [rng.standard_normal(length).cumsum() for length in (25, 31, 18, 40)]
    assert_allclose(dba(X, X[1], 1), theirs(X, init_barycenter=X[1], max_iter=1).T, rtol=1e-9)


def test_dba_brings_the_series_nearer_and_keeps_its_length() -> None:
    rng = np.random.default_rng(7)
    waves = np.sin(np.linspace(0, 6, 50) + rng.uniform(0, 1, (12, 1)))
    X = waves[:, None, :] + 0.1 * rng.standard_normal((12, 1, 50))
    centers = [dba(X, X[0, :, :35], n) for n in range(5)]
    inertia = [sum(dtw(series, center) ** 2 for series in X) for center in centers]
    assert inertia == sorted(inertia, reverse=True)
    assert dba(X, X[0, :, :35]).shape == (1, 35)


def test_threads_change_nothing() -> None:
    X = np.random.default_rng(8).standard_normal((150, 1, 12))
    assert_array_equal(dba(X, X[0], 3, n_jobs=3), dba(X, X[0], 3))


@pytest.mark.parametrize(
    ("n_channels", "window", "ties"),
    [(1, None, "straight"), (2, 5, "diagonal"), (1, 0, "straight")],
)
def test_dba_of_more_series_than_fit_side_by_side(
    n_channels: int, window: int | None, ties: Literal["diagonal", "straight"]
) -> None:
    rng = np.random.default_rng(10)
    X = [rng.standard_normal((n_channels, length)) for length in rng.integers(25, 36, 11)]
    expected = slow_dba(X, X[3], 2, window, ties)
    assert_allclose(dba(X, X[3], 2, window, ties=ties), expected, rtol=1e-9, atol=1e-12)


def test_sets_together_are_as_each_alone() -> None:
    rng = np.random.default_rng(11)
    series = [rng.standard_normal((2, length)) for length in rng.integers(5, 15, 100)]
    owners = rng.permutation(np.repeat([0, 1, 2, 3], [3, 1, 87, 9]))
    sets = [[series[i] for i in np.flatnonzero(owners == k)] for k in range(4)]
    owners.flags.writeable = False  # as the labels of a data set are
    together = barycenters(as_stack(series), owners, [members[0] for members in sets], 3, n_jobs=2)
    for members, center in zip(sets, together, strict=True):
        assert_array_equal(center, dba(members, members[0], 3))
    expected = [medoid(members) for members in sets]
    assert medoids([as_stack(members) for members in sets], n_jobs=2) == expected


def test_what_no_longer_moves_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from tszoo.similarity import _kernels

    calls: list[object] = []
    real = _kernels.align
    monkeypatch.setattr(_kernels, "align", lambda *task: calls.append(real(*task)))
    X = np.random.default_rng(12).standard_normal((5, 10)).cumsum(axis=1)
    counts: list[int] = []
    center = dba(X, X[0], 200, on_comparisons=counts.append)
    assert len(calls) < 200
    assert sum(counts) == 200 * 5
    assert_array_equal(center, dba(X, center, 1))


def test_dba_of_one_series_and_of_none_iterations() -> None:
    series = np.array([[1.0, 3.0, 2.0]])
    assert_array_equal(dba(series, series[0]), series)
    assert_array_equal(dba(series, [9.0, 9.0], 0), [[9.0, 9.0]])


def test_comparisons_are_counted() -> None:
    X = np.random.default_rng(9).standard_normal((70, 4))
    counts: list[int] = []
    medoid(X, on_comparisons=counts.append)
    assert sum(counts) == 70 * 69 // 2
    counts.clear()
    dba(X, X[0], 3, on_comparisons=counts.append)
    assert sum(counts) == 3 * 70


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(OptionError, match="n_iterations must be 0 or more, not -1"):
        dba([[1.0, 2.0]], [1.0, 2.0], -1)
    with pytest.raises(OptionError, match="ties must be 'diagonal' or 'straight', not 'left'"):
        dba([[1.0, 2.0]], [1.0, 2.0], ties="left")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="init: a missing or infinite value at point 0"):
        dba([[1.0, 2.0]], [np.inf, 2.0])
    with pytest.raises(DataError, match="series of 1 and of 2 channels"):
        dba([[1.0, 2.0]], [[1.0, 2.0], [1.0, 2.0]])


@pytest.mark.parametrize("ties", ["diagonal", "straight"])
@pytest.mark.parametrize("window", [None, 3, 60])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_long_series_take_less_memory_and_give_the_same(
    ties: Literal["diagonal", "straight"],
    window: int | None,
    n_channels: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(n_channels)
    lengths = (400, 371, 230, 400, 399, 7, 120, 333, 391)
    # steps of whole numbers have many paths of one cost
    series = [
        rng.integers(-1, 2, (n_channels, length)).cumsum(axis=1).astype(np.float64)
        for length in lengths
    ]
    whole = dba(series, series[0], 2, window, ties=ties)
    monkeypatch.setattr(importlib.import_module("tszoo.similarity.dba"), "MOST_STEPS", 0)
    assert_array_equal(dba(series, series[0], 2, window, ties=ties), whole)
