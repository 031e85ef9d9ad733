from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from tests.support.slow_dba import slow_dba, slow_medoid
from tests.support.slow_dtw import slow_dtw
from tszoo.errors import OptionError
from tszoo.similarity import cdist_dtw, dba, medoid
from tszoo.similarity.dtw import pairwise_costs
from tszoo.similarity.kmeans import first_centers, kmeans, nearest_centers
from tszoo.similarity.series import as_stack

Series = NDArray[np.float64]


def slow_kmeans(
    series: list[Series], k: int, n_iterations: int, window: int | None
) -> tuple[list[Series], list[int]]:
    """Do Lloyd's rounds, for sets in which no cluster runs empty.

    The first centres are not found anew here: of two equal series, either may be one.
    """
    chosen = first_centers(pairwise_costs(as_stack(series), None, window), k)
    centers, labels = [series[c] for c in chosen], [0] * len(series)
    for _ in range(n_iterations):
        members: list[list[Series]] = [[] for _ in centers]
        for i, values in enumerate(series):
            labels[i] = int(np.argmin([slow_dtw(values, center, window) for center in centers]))
            members[labels[i]].append(values)
        centers = [
            slow_dba(cluster, center, 1, window)
            for cluster, center in zip(members, centers, strict=True)
        ]
    return centers, labels


@settings(deadline=None, max_examples=20)
@given(
    st.integers(1, 4),
    st.integers(1, 8),
    st.integers(1, 3),
    st.none() | st.integers(0, 2),
    st.integers(0, 2**32 - 1),
)
def test_clusters_are_their_slow_twin(
    k: int, n: int, n_channels: int, window: int | None, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    series = [rng.standard_normal((n_channels, length)) for length in rng.integers(3, 7, n)]
    clusters = kmeans(series, k, 3, window)
    centers, labels = slow_kmeans(series, k, 3, window)
    assert_array_equal(clusters.labels, labels)
    for ours, slow in zip(clusters.centers, centers, strict=True):
        assert_allclose(ours, slow, rtol=1e-9, atol=1e-12)


def test_one_cluster_is_the_barycentre_from_the_medoid() -> None:
    X = np.random.default_rng(0).standard_normal((20, 2, 15)).cumsum(axis=2)
    clusters = kmeans(X, 1, 10, ties="straight")
    assert_array_equal(clusters.centers[0], dba(X, X[medoid(X)], 10, ties="straight"))
    assert_array_equal(clusters.labels, np.zeros(20))
    assert medoid(X) == slow_medoid(list(X))


def test_groups_that_are_there_are_found() -> None:
    rng = np.random.default_rng(1)
    shapes = np.stack(
        [np.sin(np.linspace(0, 6, 30)), np.linspace(-1, 1, 30), np.abs(np.linspace(-2, 2, 30))]
    )
    truth = rng.integers(0, 3, 30)
    clusters = kmeans(shapes[truth] + 0.05 * rng.standard_normal((30, 30)), 3)
    assert len({(a, b) for a, b in zip(truth, clusters.labels, strict=True)}) == 3
    for c, center in enumerate(clusters.centers):
        assert_allclose(center[0], shapes[truth[clusters.labels == c][0]], atol=0.2)


def test_rounds_bring_the_series_nearer() -> None:
    X = np.random.default_rng(2).standard_normal((40, 1, 20)).cumsum(axis=2)
    inertia = [
        (cdist_dtw(X, list(kmeans(X, 4, rounds).centers)).min(axis=1) ** 2).sum()
        for rounds in range(6)
    ]
    assert inertia == sorted(inertia, reverse=True)
    assert inertia[5] < inertia[0]


def test_no_rounds_leave_the_series_that_the_centres_began_as() -> None:
    X = np.random.default_rng(3).standard_normal((9, 1, 12))
    clusters = kmeans(X, 3, 0)
    for c, center in enumerate(clusters.centers):
        (at,) = np.flatnonzero((center == X).all(axis=(1, 2)))
        assert clusters.labels[at] == c
    assert_array_equal(clusters.labels, cdist_dtw(X, list(clusters.centers)).argmin(axis=1))


def test_there_are_no_more_clusters_than_different_series() -> None:
    X = np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [4.0, 0.0, 0.0], [4.0, 0.0, 0.0]])
    clusters = kmeans(X, 3)
    assert_array_equal(np.concatenate(clusters.centers), [[1, 2, 3], [4, 0, 0]])
    assert_array_equal(clusters.labels, [0, 0, 1, 1])
    assert len(kmeans(X[:1], 5).centers) == 1


def test_centres_begin_where_they_may() -> None:
    X = np.random.default_rng(4).standard_normal((8, 1, 6))
    clusters = kmeans(X, 2, 0, candidates=[2, 5, 6])
    began = [int(np.flatnonzero((center == X).all(axis=(1, 2)))[0]) for center in clusters.centers]
    assert set(began) < {2, 5, 6}


@settings(deadline=None)
@given(st.lists(st.integers(0, 99), min_size=1, max_size=9, unique=True), st.integers(1, 4))
def test_starts_are_their_slow_twin(points: list[int], k: int) -> None:
    chosen: list[int] = []
    while len(chosen) < min(k, len(points)):
        sums = [
            sum(min((points[c] - p) ** 2 for c in [*chosen, new]) for p in points)
            for new in range(len(points))
        ]
        chosen.append(int(np.argmin(sums)))
    costs = (np.array(points)[:, None] - np.array(points)) ** 2
    assert first_centers(costs.astype(float), k) == chosen


def test_starts_lower_the_sum_the_most() -> None:
    points = np.array([0.0, 1.0, 10.0, 11.0, 12.0, 50.0])
    costs = (points[:, None] - points) ** 2
    assert first_centers(costs, 1) == [4]
    assert first_centers(costs, 3) == [4, 5, 0]
    assert first_centers(np.zeros((4, 4)), 3) == [0]


def test_centre_without_series_takes_the_farthest_one() -> None:
    costs = np.array([[1.0, 5, 9, 9], [2.0, 5, 9, 9], [7.0, 6, 9, 9], [4.0, 8, 9, 9]])
    labels, new_starts = nearest_centers(costs)
    # series 2 is farther from its centre than series 3, but alone with it
    assert_array_equal(labels, [0, 2 + 1, 1, 2])
    assert new_starts == {2: 3, 3: 1}
    labels, new_starts = nearest_centers(np.array([[0.0, 1.0], [0.0, 1.0]]))
    assert_array_equal(labels, [0, 0])
    assert new_starts == {}


def test_threads_and_counting_change_nothing() -> None:
    X = np.random.default_rng(5).standard_normal((30, 1, 14))
    counts: list[int] = []
    once, again = kmeans(X, 3, 2), kmeans(X, 3, 2, n_jobs=3, on_comparisons=counts.append)
    assert_array_equal(once.labels, again.labels)
    assert_array_equal(once.centers, again.centers)
    assert sum(counts) == 30 * 29 // 2 + 2 * (30 * 3 + 30)


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(OptionError, match="n_clusters must be 1 or more, not 0"):
        kmeans([[1.0, 2.0]], 0)
    with pytest.raises(OptionError, match="n_iterations must be 0 or more, not -2"):
        kmeans([[1.0, 2.0]], 1, -2)
