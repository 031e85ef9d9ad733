from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from tests.support.plain_tslearn import tslearn
from tests.support.slow_dba import slow_dba, slow_medoid
from tests.support.slow_dtw import slow_dtw
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.data.preprocess import znormalize
from tszoo.errors import DataError, OptionError
from tszoo.similarity import (
    Prototypes,
    compute_prototypes,
    dataset_distance,
    dba,
    distance_matrix,
    medoid,
)
from tszoo.similarity.kmeans import kmeans

# tslearn says so about itself
pytestmark = pytest.mark.filterwarnings("ignore:h5py not installed")


def slow_prototypes(dataset: Dataset) -> list[np.ndarray]:
    """Lines 1 to 8 of Algorithm 1, one after the other."""
    assert dataset.labels is not None
    prototypes = []
    for k in range(dataset.n_classes):
        members = [
            znormalize(dataset.series[i, :, : dataset.lengths[i]]).astype(np.float64)
            for i in range(dataset.n_series)
            if dataset.labels[i] == k
        ]
        prototypes.append(slow_dba(members, members[slow_medoid(members)], 10, ties="straight"))
    return prototypes


@pytest.mark.parametrize("n_channels", [1, 2])
def test_prototypes_are_their_slow_twin(n_channels: int) -> None:
    toy = make_toy(n_series=15, n_classes=3, length=20, n_channels=n_channels)
    prototypes = compute_prototypes(toy)
    assert prototypes.classes == ("c0", "c1", "c2")
    assert prototypes.n_channels == n_channels
    for ours, slow in zip(prototypes.series, slow_prototypes(toy), strict=True):
        assert ours.dtype == np.float32
        assert_allclose(ours, slow, rtol=1e-5, atol=1e-6)


def test_series_of_unequal_lengths_keep_theirs() -> None:
    rng = np.random.default_rng(0)
    series = [rng.standard_normal(length).cumsum() for length in (9, 12, 11, 20, 24, 19)]
    dataset = Dataset.from_arrays(series, [0, 0, 0, 1, 1, 1], name="Unequal")
    prototypes = compute_prototypes(dataset)
    assert prototypes.series[0].shape[1] in (9, 12, 11)
    assert prototypes.series[1].shape[1] in (20, 24, 19)
    for ours, slow in zip(prototypes.series, slow_prototypes(dataset), strict=True):
        assert_allclose(ours, slow, rtol=1e-5, atol=1e-6)


def test_missing_values_are_interpolated() -> None:
    full = np.tile(np.arange(8.0), (4, 1)) * [[1], [1], [-1], [-1]]
    gappy = full.copy()
    gappy[:, 3] = np.nan
    gappy[0, 0] = np.nan
    with_gaps = compute_prototypes(Dataset.from_arrays(gappy, [0, 0, 1, 1]))
    assert all(np.isfinite(series).all() for series in with_gaps.series)
    without = compute_prototypes(Dataset.from_arrays(full, [0, 0, 1, 1]))
    assert_allclose(with_gaps.series[1], without.series[1], atol=0.15)


def test_level_and_scale_of_series_do_not_matter() -> None:
    toy = make_toy()
    scaled = Dataset.from_arrays(
        toy.series * 7 + 100, [toy.classes[k] for k in toy.require_labels()], name="Toy"
    )
    for a, b in zip(compute_prototypes(toy).series, compute_prototypes(scaled).series, strict=True):
        assert_allclose(a, b, atol=1e-3)


def test_classes_of_one_two_and_constant_series() -> None:
    series = np.array([[0.0, 1, 4, 2], [3, 1, 2, 5], [3, 1, 2, 6], [5, 5, 5, 5], [7, 7, 7, 7]])
    prototypes = compute_prototypes(
        Dataset.from_arrays(series, ["one", "two", "two", "same", "same"])
    )
    by_class = dict(zip(prototypes.classes, prototypes.series, strict=True))
    assert_allclose(by_class["one"], znormalize(series[:1]), rtol=1e-6)
    assert_allclose(by_class["two"], znormalize(series[1:3]).mean(axis=0, keepdims=True), atol=0.1)
    assert_array_equal(by_class["same"], np.zeros((1, 4)))


def test_shortest_series_there_are() -> None:
    prototypes = compute_prototypes(Dataset.from_arrays([[1.0], [2.0], [3.0]], [0, 1, 1]))
    assert_array_equal(prototypes.series, np.zeros((2, 1, 1)))


def test_class_without_series_has_no_prototype() -> None:
    toy = make_toy(n_series=12, n_classes=3)
    labels = toy.require_labels()
    assert compute_prototypes(toy.take(np.flatnonzero(labels != 1))).classes == ("c0", "c2")


def test_huge_class_has_its_medoid_among_some(caplog: pytest.LogCaptureFixture) -> None:
    rng = np.random.default_rng(1)
    dataset = Dataset.from_arrays(rng.standard_normal((60, 10)), [0] * 50 + [1] * 10, name="Huge")
    reports: list[tuple[int, int]] = []
    with caplog.at_level(logging.INFO, logger="tszoo"):
        few = compute_prototypes(
            dataset, medoid_cells=45 * 100, progress=lambda *at: reports.append(at)
        )
    assert "Huge, class 0: the medoid is chosen among 10 evenly spaced series of 50" in caplog.text
    assert "class 1" not in caplog.text
    assert reports[-1] == (45 + 45 + 600, 45 + 45 + 600)
    exact = compute_prototypes(dataset)
    assert_array_equal(few.series[1], exact.series[1])
    again = compute_prototypes(dataset, medoid_cells=45 * 100, n_jobs=2)
    assert_array_equal(few.series[0], again.series[0])


def test_several_prototypes_a_class_are_the_centres_of_clusters() -> None:
    toy = make_toy(n_series=15, n_classes=3, length=20)
    labels = toy.require_labels()
    prototypes = compute_prototypes(toy, per_class=2)
    assert prototypes.classes == ("c0", "c0", "c1", "c1", "c2", "c2")
    for k in range(3):
        members = znormalize(toy.series[labels == k]).astype(np.float64)
        clusters = kmeans(members, 2, ties="straight")
        for ours, center in zip(
            prototypes.series[2 * k : 2 * k + 2], clusters.centers, strict=True
        ):
            assert_allclose(ours, center, rtol=1e-5, atol=1e-6)


def test_one_prototype_a_class_is_what_there_is_without_asking() -> None:
    toy = make_toy(n_series=15, n_classes=3, length=20)
    for ours, clusters in zip(
        compute_prototypes(toy).series, compute_prototypes(toy, per_class=1).series, strict=True
    ):
        assert_array_equal(ours, clusters)


def test_class_has_no_more_prototypes_than_different_series() -> None:
    series = [[0.0, 1, 4, 2], [3, 1, 2, 5], [3, 1, 2, 5], [3, 1, 2, 5], [5, 1, 0, 0], [0, 7, 0, 0]]
    prototypes = compute_prototypes(
        Dataset.from_arrays(series, ["a", "b", "b", "b", "c", "c"]), per_class=3
    )
    assert prototypes.classes == ("a", "b", "c", "c")


def test_senseless_number_of_prototypes_is_refused() -> None:
    with pytest.raises(OptionError, match="per_class must be 1 or more, not 0"):
        compute_prototypes(make_toy(), per_class=0)


@pytest.mark.parametrize("per_class", [1, 2, 50])
def test_progress_rises_to_all_of_it(per_class: int) -> None:
    reports: list[tuple[int, int]] = []
    compute_prototypes(make_toy(), progress=lambda *at: reports.append(at), per_class=per_class)
    done = [at[0] for at in reports]
    assert done == sorted(done)
    assert {at[1] for at in reports} == {done[-1]}


def test_data_without_classes_are_refused() -> None:
    with pytest.raises(DataError, match="no labels"):
        compute_prototypes(Dataset.from_arrays([[1.0, 2.0], [2.0, 1.0]]))
    with pytest.raises(DataError, match="only one class"):
        compute_prototypes(Dataset.from_arrays([[1.0, 2.0], [2.0, 1.0]], [1, 1]))
    with pytest.raises(OptionError, match="window must be a whole number"):
        compute_prototypes(make_toy(), window=-3)


def row(*values: float) -> np.ndarray:
    return np.array([values], dtype=np.float32)


@pytest.mark.parametrize(
    ("classes", "series", "message"),
    [
        (("a", "b"), (row(1, 2),), r"2 class\(es\) but 1 series"),
        (("a",), (np.zeros(3, dtype=np.float32),), r"prototype of class a: shape \(3,\)"),
        (
            ("a", "b"),
            (row(1, 2), np.zeros((2, 2), dtype=np.float32)),
            r"prototype of class b: shape \(2, 2\)",
        ),
        (("a",), (np.zeros((1, 0), dtype=np.float32),), r"prototype of class a: shape \(1, 0\)"),
        (("a",), (row(1, np.nan),), "prototype of class a: missing or infinite values"),
    ],
)
def test_prototypes_that_cannot_be_are_refused(
    classes: tuple[str, ...], series: tuple[np.ndarray, ...], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        Prototypes(classes, series)


def test_distance_is_that_of_the_nearest_prototypes() -> None:
    rng = np.random.default_rng(2)
    a, b, c = (
        Prototypes(
            tuple(f"{name}{k}" for k in range(len(lengths))),
            tuple(rng.standard_normal((2, length)).astype(np.float32) for length in lengths),
        )
        for name, lengths in (("a", (7, 9)), ("b", (5, 12, 8)), ("c", (30,)))
    )
    for left, right in ((a, b), (b, c), (c, a)):
        table = np.array([[slow_dtw(x, y) for y in right.series] for x in left.series])
        nearest = dataset_distance(left, right)
        assert_allclose(nearest.distance, table.min(), rtol=1e-6)
        assert table[nearest.target_class, nearest.source_class] == table.min()
    matrix = distance_matrix([a, b, c])
    assert_array_equal(matrix, matrix.T)
    assert_array_equal(np.diag(matrix), np.zeros(3))
    assert matrix[0, 1] == dataset_distance(b, a).distance
    assert matrix[1, 2] == dataset_distance(b, c).distance


def test_first_of_equally_near_prototypes_is_named() -> None:
    twice = Prototypes(("x", "y"), (row(1, 2, 3), row(1, 2, 3)))
    assert dataset_distance(twice, twice) == (0.0, 0, 0)


def test_matrix_reports_every_pair_and_takes_a_window() -> None:
    reports: list[tuple[int, int]] = []
    some = [Prototypes(("x",), (row(*np.roll([0, 0, 1, 5, 2, 0], k)),)) for k in range(4)]
    matrix = distance_matrix(some, progress=lambda *at: reports.append(at))
    assert reports == [(k, 6) for k in range(1, 7)]
    assert (distance_matrix(some, window=0) >= matrix).all()
    assert distance_matrix(some, window=0).max() > matrix.max()


def test_sets_of_different_channels_have_no_distance() -> None:
    with pytest.raises(DataError, match="series of 1 and of 2 channels cannot be compared"):
        dataset_distance(
            Prototypes(("a",), (row(1, 2),)),
            Prototypes(("a",), (np.ones((2, 2), dtype=np.float32),)),
        )


def test_medoid_and_barycentre_of_real_data_are_tslearns(archive: Path) -> None:
    barycenter = tslearn("barycenters").dtw_barycenter_averaging_petitjean
    cdist_dtw = tslearn("metrics").cdist_dtw
    table = np.loadtxt(archive / "ItalyPowerDemand" / "ItalyPowerDemand_TRAIN.tsv")
    dataset = Dataset.from_arrays(table[:, 1:], table[:, 0].astype(int), name="ItalyPowerDemand")
    prototypes = compute_prototypes(dataset)
    for label, ours in zip(prototypes.classes, prototypes.series, strict=True):
        members = znormalize(table[table[:, 0] == int(label), 1:].astype(np.float32)).astype(
            np.float64
        )
        start = members[(cdist_dtw(members) ** 2).sum(axis=1).argmin()]
        assert_array_equal(start, members[medoid(members)])
        expected = barycenter(members, init_barycenter=start, max_iter=10, tol=-1.0)
        assert_allclose(dba(members, start, 10), expected.T, rtol=1e-9, atol=1e-12)
        assert_allclose(ours, dba(members, start, 10, ties="straight"), rtol=1e-5, atol=1e-6)


def test_a_universal_body_has_none():
    nothing = Prototypes((), ())
    assert nothing.n_channels == 0
