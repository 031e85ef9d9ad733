from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from tests.support.plain_tslearn import tslearn
from tests.support.slow_dtw import Series, allowed, slow_dtw
from tszoo.errors import DataError, OptionError
from tszoo.similarity import cdist_dtw, dtw, dtw_path
from tszoo.similarity._jobs import in_threads, n_threads
from tszoo.similarity.dtw import costs_within, pairwise_costs
from tszoo.similarity.series import as_stack


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Series, Series, int | None]:
    n_channels, n, m = (draw(st.integers(1, k)) for k in (3, 12, 12))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    a, b = rng.standard_normal((n_channels, n)), rng.standard_normal((n_channels, m))
    if draw(st.booleans()):  # few values: many paths cost the same
        a, b = a.round(), b.round()
    return a, b, draw(st.none() | st.integers(0, 13))


@settings(deadline=None)
@given(pairs())
def test_dtw_is_its_slow_twin_and_symmetric(pair: tuple[Series, Series, int | None]) -> None:
    a, b, window = pair
    assert_allclose(dtw(a, b, window), slow_dtw(a, b, window), rtol=1e-12)
    assert dtw(a, b, window) == dtw(b, a, window)
    assert dtw(a, a, window) == 0.0


@settings(deadline=None)
@given(pairs())
def test_path_and_distance_are_tslearns(pair: tuple[Series, Series, int | None]) -> None:
    theirs = tslearn("metrics").dtw_path

    a, b, window = pair
    radius = (
        24 if window is None else window
    )  # wider than any series: no window, without another compilation
    path, distance = dtw_path(a, b, window)
    expected, expected_distance = theirs(a.T, b.T, sakoe_chiba_radius=radius)
    assert path == expected
    assert_allclose(distance, expected_distance, rtol=1e-12)
    assert dtw(a, b, window) == distance


@settings(deadline=None)
@given(pairs())
def test_path_is_one_and_costs_the_distance(pair: tuple[Series, Series, int | None]) -> None:
    a, b, window = pair
    path, distance = dtw_path(a, b, window)
    assert path[0] == (0, 0)
    assert path[-1] == (a.shape[1] - 1, b.shape[1] - 1)
    steps = {tuple(step) for step in np.diff(path, axis=0).tolist()}
    assert steps <= {(0, 1), (1, 0), (1, 1)}
    assert all(allowed(a.shape[1], b.shape[1], window)[i, j] for i, j in path)
    cost = sum(((a[:, i] - b[:, j]) ** 2).sum() for i, j in path)
    assert_allclose(distance, np.sqrt(cost), rtol=1e-12)


@st.composite
def many(draw: st.DrawFn) -> tuple[list[Series], list[Series], int | None]:
    """Draw two sets of equal or unequal lengths, some of which fill the kernel's lanes."""
    n_channels, longest = draw(st.integers(1, 3)), draw(st.sampled_from([1, 9, 40, 90]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sets = []
    for _ in range(2):
        shortest = draw(st.sampled_from([1, longest]))
        lengths = rng.integers(shortest, longest + 1, draw(st.integers(1, 19)))
        sets.append([rng.standard_normal((n_channels, length)) for length in lengths])
    return sets[0], sets[1], draw(st.none() | st.integers(0, 100))


@settings(deadline=None, max_examples=60)
@given(many())
def test_pairs_side_by_side_are_as_each_alone(
    sets: tuple[list[Series], list[Series], int | None],
) -> None:
    A, B, window = sets
    between = [[dtw_path(a, b, window)[1] for b in B] for a in A]
    assert_array_equal(cdist_dtw(A, B, window), between)
    within = [[dtw_path(a, b, window)[1] if a is not b else 0.0 for b in A] for a in A]
    assert_array_equal(cdist_dtw(A, window=window), within)


@settings(deadline=None, max_examples=25)
@given(
    st.integers(1, 2), st.integers(1, 10), st.none() | st.integers(0, 10), st.integers(0, 2**32 - 1)
)
def test_cdist_is_its_slow_twin(
    n_channels: int, n_series: int, window: int | None, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    A = [rng.standard_normal((n_channels, length)) for length in rng.integers(1, 10, n_series)]
    B = rng.standard_normal((5, n_channels, 8))
    assert_allclose(
        cdist_dtw(A, B, window), [[slow_dtw(a, b, window) for b in B] for a in A], rtol=1e-12
    )


@pytest.mark.parametrize("window", [None, 0, 1, 5, 1000])
@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 30), (30, 1), (5, 90), (66, 67), (70, 70)])
@pytest.mark.parametrize("n_channels", [1, 17])
def test_extreme_shapes_are_the_slow_twins(
    n_channels: int, n: int, m: int, window: int | None
) -> None:
    rng = np.random.default_rng(n + m)
    A, B = rng.standard_normal((3, n_channels, n)), rng.standard_normal((3, n_channels, m))
    found = cdist_dtw(A, B, window)
    assert_allclose(found[2, 1], slow_dtw(A[2], B[1], window), rtol=1e-12)
    assert_array_equal(found.T, cdist_dtw(B, A, window))


@pytest.mark.parametrize(
    ("scale", "offset"), [(1e150, 0.0), (1e-150, 0.0), (1e-3, 1e8), (1e-300, 0.0), (0.0, 3.0)]
)
def test_any_finite_values_are_as_exact_as_their_slow_twin(scale: float, offset: float) -> None:
    X = np.random.default_rng(11).standard_normal((9, 1, 20)) * scale + offset
    expected = [[slow_dtw(a, b) for b in X] for a in X]
    assert_allclose(cdist_dtw(X), expected, rtol=1e-12)
    assert_allclose(cdist_dtw(X, X), expected, rtol=1e-12)


def test_every_pair_is_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["tszoo.similarity.dtw"], "PORTION", 3)
    rng = np.random.default_rng(12)
    A, B = (
        as_stack([rng.standard_normal(length) for length in rng.integers(1, 9, n)])
        for n in (21, 11)
    )
    counts: list[int] = []
    assert_array_equal(pairwise_costs(A, None, on_comparisons=counts.append), pairwise_costs(A, A))
    assert sum(counts) == 21 * 20 // 2
    counts.clear()
    assert_array_equal(pairwise_costs(A, B, on_comparisons=counts.append), pairwise_costs(B, A).T)
    assert sum(counts) == 21 * 11
    for ours, alone in zip(costs_within([A, B]), (A, B), strict=True):
        assert_array_equal(ours, pairwise_costs(alone))


def test_long_series_are_the_slow_twins() -> None:
    rng = np.random.default_rng(1)
    for n_channels, n, m, window in (
        (1, 200, 173, None),
        (2, 90, 211, None),
        (1, 150, 150, 9),
        (2, 97, 140, 4),
    ):
        a, b = rng.standard_normal((n_channels, n)), rng.standard_normal((n_channels, m))
        assert_allclose(dtw(a, b, window), slow_dtw(a, b, window), rtol=1e-12)
        assert_allclose(dtw_path(a, b, window)[1], slow_dtw(a, b, window), rtol=1e-12)


def test_wide_window_is_no_window_and_narrow_one_is_no_nearer() -> None:
    a, b = np.random.default_rng(2).standard_normal((2, 1, 40))
    assert dtw(a, b, 40) == dtw(a, b, 10**12) == dtw(a, b)
    distances = [dtw(a, b, window) for window in range(40)]
    assert distances == sorted(distances, reverse=True)
    assert_allclose(distances[0], np.linalg.norm(a - b), rtol=1e-12)


@pytest.mark.parametrize("n_channels", [1, 3])
@pytest.mark.parametrize("window", [None, 2])
def test_cdist_is_tslearns(n_channels: int, window: int | None) -> None:
    theirs = tslearn("metrics").cdist_dtw

    rng = np.random.default_rng(3)
    A, B = rng.standard_normal((5, n_channels, 11)), rng.standard_normal((4, n_channels, 8))
    swapped = A.transpose(0, 2, 1), B.transpose(0, 2, 1)
    assert_allclose(
        cdist_dtw(A, window=window), theirs(swapped[0], sakoe_chiba_radius=window), rtol=1e-12
    )
    assert_allclose(
        cdist_dtw(A, B, window), theirs(*swapped, sakoe_chiba_radius=window), rtol=1e-12
    )


def test_cdist_takes_every_form_of_series() -> None:
    theirs = tslearn("metrics").cdist_dtw

    flat = np.arange(12.0).reshape(3, 4) % 5
    unequal = [[1.0, 2.0, 2.0, 3.0], [1, 2, 3], np.array([4.0])]
    padded = np.array([[1.0, 2.0, 2.0, 3.0], [1, 2, 3, np.nan], [4, np.nan, np.nan, np.nan]])
    assert_allclose(cdist_dtw(flat), theirs(flat))
    assert_array_equal(cdist_dtw(flat), cdist_dtw(flat[:, None, :]))
    assert_allclose(cdist_dtw(unequal), theirs(padded))
    assert_array_equal(cdist_dtw(padded), cdist_dtw(unequal))
    assert_array_equal(
        cdist_dtw(unequal, flat), cdist_dtw([np.array(row)[None, :] for row in unequal], flat)
    )
    assert_allclose(cdist_dtw(flat[0], flat[1]), theirs(flat[0], flat[1]))
    assert_allclose(cdist_dtw(flat.astype(np.float32), flat.tolist()), theirs(flat, flat))
    assert_array_equal(cdist_dtw(np.asfortranarray(flat), flat[::-1]), cdist_dtw(flat)[:, ::-1])


def test_threads_change_nothing() -> None:
    X = np.random.default_rng(4).standard_normal((20, 2, 30))
    assert_array_equal(cdist_dtw(X, n_jobs=3), cdist_dtw(X))
    assert_array_equal(cdist_dtw(X, X[:7], n_jobs=-1), cdist_dtw(X, X[:7]))
    assert list(in_threads(lambda k: k * k, range(9), 4)) == [k * k for k in range(9)]


def test_n_jobs_counts_as_scikit_learn_does() -> None:
    assert n_threads(None) == 1
    assert n_threads(3) == 3
    assert n_threads(-1) >= 1
    assert n_threads(-1000) == 1
    with pytest.raises(OptionError, match="n_jobs must not be 0"):
        cdist_dtw([[1.0, 2.0]], n_jobs=0)


@pytest.mark.parametrize("window", [-1, 1.5, True, "wide"])
def test_senseless_window_is_refused(window: object) -> None:
    with pytest.raises(OptionError, match="window must be a whole number of points, 0 or more"):
        dtw([1.0, 2.0], [1.0, 2.0], window)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("A", "message"),
    [
        ([], "A, series: none given"),
        (np.empty((2, 0)), "A, series 0: no values"),
        (3.0, "A, series: a single value"),
        (
            np.zeros((2, 2, 2, 2)),
            r"A, series 0: shape \(2, 2, 2\), expected \(length,\) or \(n_channels, length\)",
        ),
        ([["a", "b"]], "A, series 0: not numeric"),
        ([[1.0, 2.0], [np.nan, np.nan]], "A, series 1: no values"),
        ([[1.0, np.nan, 2.0]], "A, series 0: a missing or infinite value at point 1"),
        ([[1.0, 2.0, np.inf]], "A, series 0: a missing or infinite value at point 2"),
        ([np.zeros((1, 3)), np.zeros((2, 3))], r"A, series 1: 2 channel\(s\), the first has 1"),
    ],
)
def test_bad_series_are_refused(A: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        cdist_dtw(A)  # type: ignore[arg-type]


def test_sets_of_different_channels_are_refused() -> None:
    for compare in (cdist_dtw, lambda a, b: dtw(a[0], b[0]), lambda a, b: dtw_path(a[0], b[0])):
        with pytest.raises(DataError, match="series of 1 and of 2 channels cannot be compared"):
            compare(np.zeros((1, 1, 4)), np.zeros((1, 2, 4)))


def test_importing_the_room_loads_nothing_heavy() -> None:
    heavy = ("numba", "torch", "tslearn", "scipy", "sklearn", "matplotlib")
    code = (
        f"import sys, tszoo.similarity, tszoo.recommendation; print([m for m in {heavy} if m in "
        "sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_kernels_work_where_machine_code_cannot_be_kept() -> None:
    code = (
        "from numba.core import caching\n"
        "caching.CacheImpl._locator_classes = []\n"  # as in a read-only installation without a home
        "from tszoo.similarity import _kernels, dtw\n"
        "print(dtw([1, 2, 3], [1, 2, 2, 3, 4]), type(_kernels.accumulate._cache).__name__)"
    )
    quick = {**os.environ, "NUMBA_OPT": "0"}  # to compile, which is most of the test
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=quick)
    assert done.stdout.split() == ["1.0", "NullCache"]
