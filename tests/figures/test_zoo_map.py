"""The plane that data sets are drawn in: scaling, places for labels, and the picture itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from tests.support.pictures import size_of, words_of
from tszoo.figures import plot_map
from tszoo.figures.embedding import embed
from tszoo.figures.label_places import place_labels


def distances(points: np.ndarray) -> np.ndarray:
    return np.sqrt(((points[:, None] - points) ** 2).sum(axis=2))


def random_dissimilarities(n: int, seed: int) -> np.ndarray:
    """Symmetric, and far from any triangle inequality."""
    half = np.triu(np.random.default_rng(seed).uniform(0.1, 5, (n, n)), 1)
    return half + half.T


@given(st.integers(2, 30), st.integers(0, 99))
@settings(max_examples=25)
def test_points_of_a_plane_are_found_again(n: int, seed: int) -> None:
    points = np.random.default_rng(seed).standard_normal((n, 2)) * (5, 2)
    found = embed(distances(points))
    assert found.points.shape == (n, 2)
    assert_allclose(distances(found.points), distances(points), atol=1e-6)
    assert found.kept == pytest.approx(1.0)
    assert_allclose(found.points.mean(axis=0), 0.0, atol=1e-9)
    assert np.ptp(found.points[:, 0]) > 0


def test_the_first_axis_spreads_most_and_the_outermost_point_is_positive() -> None:
    points = embed(distances(np.random.default_rng(3).standard_normal((40, 4)))).points
    assert points[:, 0].var() > points[:, 1].var()
    assert np.cov(points.T)[0, 1] == pytest.approx(0.0, abs=1e-9)
    for axis in points.T:
        assert axis[np.abs(axis).argmax()] > 0


@pytest.mark.parametrize("n", [3, 12, 40])
def test_no_small_move_of_a_point_shows_the_distances_better(n: int) -> None:
    matrix = random_dissimilarities(n, seed=n)
    found = embed(matrix)
    rest = 1 - ((distances(found.points) - matrix) ** 2).sum() / (matrix**2).sum()
    assert found.kept == pytest.approx(rest)
    assert 0.3 < found.kept < 1
    rng = np.random.default_rng(0)
    for _ in range(50):
        moved = found.points + 0.05 * rng.standard_normal((n, 2))
        assert ((distances(moved) - matrix) ** 2).sum() >= (
            (distances(found.points) - matrix) ** 2
        ).sum()


def test_scaling_is_the_same_again_and_bears_degenerate_input() -> None:
    matrix = random_dissimilarities(20, seed=1)
    assert_array_equal(embed(matrix).points, embed(matrix.copy()).points)
    assert_array_equal(embed(np.zeros((4, 4))).points, np.zeros((4, 2)))
    assert embed(np.zeros((1, 1))).kept == 1.0
    assert_allclose(sorted(embed(np.array([[0.0, 3.0], [3.0, 0.0]])).points[:, 0]), [-1.5, 1.5])
    twins = distances(np.array([[0.0, 0.0], [0.0, 0.0], [4.0, 0.0]]))
    assert_allclose(distances(embed(twins).points), twins, atol=1e-6)


@st.composite
def crowds(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    n = draw(st.integers(0, 40))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    points = rng.standard_normal((n, 2)) * draw(st.sampled_from([0.0, 0.1, 1.0, 10.0]))
    return points, np.column_stack((rng.uniform(0.05, 2.0, n), np.full(n, 0.15)))


@given(crowds())
@settings(max_examples=30)
def test_labels_cover_neither_each_other_nor_points(crowd: tuple[np.ndarray, np.ndarray]) -> None:
    points, sizes = crowd
    radius = 0.08
    corners = place_labels(points, sizes, radius)
    assert corners.shape == points.shape
    low, high = np.vstack((corners, points - radius)), np.vstack((corners + sizes, points + radius))
    for k in range(len(points)):
        apart = ((high <= low[k] + 1e-9) | (high[k] <= low + 1e-9)).any(axis=1)
        assert np.flatnonzero(~apart).tolist() == [k], "a label overlaps itself and nothing else"
    assert_array_equal(corners, place_labels(points, sizes, radius))


def test_a_lonely_label_stands_to_the_right_of_its_point() -> None:
    points = np.array([[0.0, 0.0], [50.0, 3.0]])
    corners = place_labels(points, np.array([[2.0, 0.2], [1.0, 0.2]]), 0.1)
    gaps = corners[:, 0] - points[:, 0]
    assert (gaps > 0.1).all()
    assert (gaps < 0.15).all()
    assert_allclose(corners[:, 1] + 0.1, points[:, 1])


def test_labels_stay_near_their_points() -> None:
    rng = np.random.default_rng(0)
    points, sizes = rng.uniform(0, 13, (100, 2)), np.full((100, 2), (1.0, 0.15))
    near = np.clip(points, corners := place_labels(points, sizes, 0.085), corners + sizes)
    away = np.hypot(*(near - points).T)
    assert np.median(away) < 0.12
    assert away.max() < 1.0


def test_the_map_says_what_is_shown_and_is_the_same_again(tmp_path: Path) -> None:
    names = ["_Gun_ $x$", "A" * 60, "Mine", "Four"]
    matrix = distances(np.random.default_rng(2).standard_normal((4, 2)))

    def draw(path: Path) -> None:
        plot_map(names, matrix, path, kinds=["motion", "ECG", None, "ECG"], targets={"Mine"})

    text = words_of(draw, tmp_path / "a.svg")
    assert text == words_of(draw, tmp_path / "b.svg")
    for words in (
        "4 data sets by DTW distance of the nearest prototypes",
        "two dimensions show 100 % of the squared distances",
        "_Gun_ $x$", "A" * 27 + "…", "Mine", "Four", "motion", "ECG", "yours", "distance ",
    ):  # fmt: skip
        assert words in text, words
    assert "kind not known" not in text  # only the target's is not, and that is a star


@pytest.mark.parametrize("n", [1, 2, 3, 60])
def test_maps_of_any_size_are_drawn(n: int, tmp_path: Path) -> None:
    kinds = [f"kind {k:02d}" if k % 2 else None for k in range(n)]
    names = [f"Set{k}" for k in range(n)]

    def draw(path: Path) -> None:
        plot_map(
            names,
            random_dissimilarities(n, 0),
            path,
            kinds=kinds,
            targets={"Set0"} if n == 3 else (),
        )

    text = words_of(draw, tmp_path / "map.svg")
    assert all(name in text for name in names)
    assert ("other kinds" in text) == (n == 60)
    assert text.count("kind 0") + text.count("kind 1") + text.count("kind 2") <= 11


def test_maps_are_drawn_in_every_format(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for n in (1, 9):  # of data sets that are all equal
        plot_map([f"Set{k}" for k in range(n)], np.zeros((n, n)), tmp_path / f"{n}.png")
        assert size_of(tmp_path / f"{n}.png")[0] > 700
    plot_map(["a", "b"], random_dissimilarities(2, 0), tmp_path / "map.pdf")
    assert (tmp_path / "map.pdf").read_bytes().startswith(b"%PDF")
