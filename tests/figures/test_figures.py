from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.cluster.hierarchy import dendrogram

from tests.support.pictures import PNG, size_of, words_of
from tests.support.toys import make_toy
from tszoo.errors import DataError, MissingExtraError, OptionError
from tszoo.figures import plot_map, plot_recommendation, plot_similarity
from tszoo.figures.recommendation import outline
from tszoo.figures.similarity import tree_lines
from tszoo.similarity import Prototypes, compute_prototypes, dataset_distance, dtw_path
from tszoo.similarity.comparison import Comparison
from tszoo.similarity.tree import similarity_tree, tree_order


def matrix_of(points: list[float]) -> np.ndarray:
    at = np.array(points)
    return np.abs(at[:, None] - at)


def noise(n_classes: int, length: int, n_channels: int = 1, seed: int = 0) -> Prototypes:
    series = (
        np.random.default_rng(seed)
        .standard_normal((n_classes, n_channels, length))
        .astype(np.float32)
    )
    return Prototypes(tuple(f"_{k}$" for k in range(n_classes)), tuple(series))


@pytest.fixture(scope="module")
def target() -> Prototypes:
    return compute_prototypes(make_toy(seed=1))


@pytest.fixture(scope="module")
def source() -> Prototypes:
    return compute_prototypes(make_toy(length=45, n_classes=3, seed=2))


def test_a_recommendation_is_drawn_in_every_format(
    target: Prototypes, source: Prototypes, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    for suffix, start in ((".png", PNG), (".pdf", b"%PDF"), (".svg", b"<?xml")):
        plot_recommendation(target, [("GunPoint", source)], tmp_path / f"a{suffix}")
        assert (tmp_path / f"a{suffix}").read_bytes().startswith(start)
    assert sorted(child.suffix for child in tmp_path.iterdir()) == [".pdf", ".png", ".svg"]


def test_a_recommendation_says_what_is_shown_and_is_the_same_again(
    target: Prototypes, source: Prototypes, tmp_path: Path
) -> None:
    def draw(path: Path) -> None:
        plot_recommendation(
            target, [("Gun_$Point$", source), ("Other", noise(2, 9))], path, target_name="Mine",
            comparison=Comparison(window=3), captions=["it is alike in its frozen features", ""],
        )  # fmt: skip

    text = words_of(draw, tmp_path / "a.svg")
    assert text == words_of(draw, tmp_path / "b.svg")
    nearest = dataset_distance(target, source, comparison=Comparison(window=3))
    for words in (
        "Mine over the nearest class of each source",
        "1  Gun_$Point$",
        "2  Other",
        f"distance {nearest.distance:.2f}",
        f"yours: class {target.classes[nearest.target_class]}",
        f"source: class {source.classes[nearest.source_class]}",
        "it is alike in its frozen features",
        "time (% of each series)",
        "pale: the target's other prototypes",
    ):
        assert words in text, words
    for words in ("channel 1", "resampled"):
        assert words not in text


def test_the_lines_are_the_warping_path(
    target: Prototypes, source: Prototypes, tmp_path: Path
) -> None:
    from tszoo.figures.recommendation import _match

    for comparison in (Comparison(), Comparison(window=2), Comparison(length=20, normalized=True)):
        match = _match(target, "x", source, comparison)
        path, _ = dtw_path(match.a, match.b, comparison.window)
        steps = {(i / (len(match.a) - 1), j / (len(match.b) - 1)) for i, j in path}
        links = [(float(i), float(j)) for i, j in match.links]
        assert set(links) <= steps
        assert links[0] == (0.0, 0.0)
        assert links[-1] == (1.0, 1.0)
        assert links == sorted(links)
        assert len(match.a) == (comparison.length or 32)


def test_panels_make_a_grid_and_captions_are_wrapped(
    target: Prototypes, source: Prototypes, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    sizes = []
    for n in (1, 3, 4, 5):
        plot_recommendation(target, [("s", source)] * n, tmp_path / f"{n}.png")
        sizes.append(size_of(tmp_path / f"{n}.png"))
    one, three, four, five = sizes
    assert one[0] < four[0] < three[0] == five[0]
    assert one[1] == three[1] < four[1] == five[1]

    def draw(path: Path) -> None:
        plot_recommendation(
            target, [("s", source)] * 9, path, captions=[f"{k} is good " * 60 for k in range(9)]
        )

    text = words_of(draw, tmp_path / "nine.svg")
    assert "the first 6 of 9" in text
    assert "6  s" in text
    assert "7  s" not in text
    assert "5 is good" in text
    assert text.count("5 is good") < 30
    assert " …" in text


@pytest.mark.parametrize(
    "odd",
    [
        noise(30, 9, 2),
        Prototypes(("x" * 99,), (np.zeros((2, 1), dtype=np.float32),)),
        Prototypes(("a\nb\x00", "c"), (np.full((2, 7), 3.0, dtype=np.float32),) * 2),
    ],
    ids=["many", "one point", "constant"],
)
def test_odd_prototypes_are_drawn_too(odd: Prototypes, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    others = [
        ("_long $ name\n" * 9, noise(30, 9, 2)),
        ("s", Prototypes(("p",), (np.zeros((2, 1), np.float32),))),
    ]
    text = words_of(
        lambda path: plot_recommendation(odd, others, path, target_name="_long $ name" * 9),
        tmp_path / "a.svg",
    )
    assert "drawn is channel 1 of 2; all are compared" in text
    plot_recommendation(others[0][1], [("odd", odd)], tmp_path / "b.png")
    assert size_of(tmp_path / "b.png")[0] > 1000


def test_long_series_are_resampled_for_the_path_and_this_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def spy(
        a: np.ndarray, b: np.ndarray, window: int | None
    ) -> tuple[list[tuple[int, int]], float]:
        asked.append((a.shape, b.shape, window))
        return dtw_path(a, b, window)

    monkeypatch.setattr("tszoo.figures.recommendation.dtw_path", spy)
    monkeypatch.setattr("tszoo.figures.recommendation.MOST_WARPED", 50)
    long, short = noise(1, 400), noise(1, 40, seed=1)

    def draw(path: Path) -> None:
        plot_recommendation(long, [("short", short)], path, comparison=Comparison(window=16))

    assert "lines join points of the series resampled to 50" in words_of(draw, tmp_path / "a.svg")
    assert asked == [((1, 50), (1, 40), 2)]


@given(st.integers(1, 300), st.integers(2, 40), st.integers(0, 99))
@settings(max_examples=40)
def test_thinning_keeps_ends_lows_and_highs(length: int, most: int, seed: int) -> None:
    series = np.random.default_rng(seed).standard_normal(length).astype(np.float32)
    at, values = outline(series, most)
    assert len(at) == len(values) <= max(most, 1)
    assert (np.diff(at) > 0).all()
    assert_array_equal(values, series[np.round(at * (length - 1)).astype(int)])
    assert values.min() == series.min()
    assert values.max() == series.max()
    if length <= most:
        assert_array_equal(values, series)


def test_what_cannot_be_drawn_is_refused(
    target: Prototypes, source: Prototypes, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    with pytest.raises(DataError, match="series of 1 and of 2 channels cannot be compared"):
        plot_recommendation(target, [("two", noise(1, 4, 2))], tmp_path / "a.png")
    with pytest.raises(DataError, match=r"a picture of 0 source\(s\); at least one source"):
        plot_recommendation(target, [], tmp_path / "a.png")
    with pytest.raises(
        DataError, match=r"a picture of 2 source\(s\) and 1 caption\(s\); .* each with one caption"
    ):
        plot_recommendation(target, [("a", source)] * 2, tmp_path / "a.png", captions=["why"])
    assert list(tmp_path.iterdir()) == []


def test_pyplot_is_left_alone(target: Prototypes, source: Prototypes, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from matplotlib import pyplot

    plot_recommendation(
        target, [("s", source)], tmp_path / "a.png", target_name="Mine $against$ theirs"
    )
    plot_map(["a", "b"], matrix_of([0, 1]), tmp_path / "b.png")
    assert pyplot.get_fignums() == []


@pytest.mark.parametrize("n", [1, 2, 31])
def test_similarity_is_drawn(n: int, tmp_path: Path) -> None:
    points = np.random.default_rng(n).uniform(0, 9, n)
    names = [f"_Set {k} $" for k in range(n)]

    def draw(path: Path) -> None:
        plot_similarity(names, matrix_of(list(points)), path, targets={"_Set 0 $"})

    text = words_of(draw, tmp_path / "heat.svg")
    assert text.count("★ _Set 0 $") >= 2
    assert all(name in text for name in names)
    assert ("distance at which" in text) == (n > 1)
    if n == 2:
        assert text == words_of(draw, tmp_path / "again.svg")
        draw(tmp_path / "heat.png")
        assert size_of(tmp_path / "heat.png")[0] > 700


# the shortest and the longest names, few and many; the whole table if asked
EDGES = {("a", 2), ("a", 60), ("ProximalPhalanxOutlineAgeGroup", 2)}
EDGES |= {("GunPoint", 3), ("ProximalPhalanxOutlineAgeGroup", 60)}


@pytest.mark.parametrize(
    ("name", "n"),
    [
        pytest.param(name, n, marks=[] if (name, n) in EDGES else pytest.mark.slow)
        for name in ("a", "GunPoint", "ProximalPhalanxOutlineAgeGroup")
        for n in (2, 3, 60)
    ],
)
def test_no_edge_cuts_anything_of_a_heat_map_off(name: str, n: int, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from matplotlib.image import imread

    points = np.random.default_rng(n).uniform(0, 20, n)
    path = tmp_path / "heat.png"
    plot_similarity([f"{name}{k}" for k in range(n)], matrix_of(list(points)), path)
    picture = imread(path)[..., :3]
    for edge in (picture[0], picture[-1], picture[:, 0], picture[:, -1]):
        assert (edge == 1.0).all()


def test_a_hundred_names_have_room(tmp_path: Path) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    from tszoo.figures.similarity import _name_cells

    figure = matplotlib.figure.Figure(figsize=(20, 20))
    for n, inches in ((100, 15.0), (400, 5.0)):
        axes = figure.add_axes((0.2, 0.2, 0.75, inches / 20))
        axes.imshow(np.zeros((n, n)), aspect="auto")
        _name_cells(axes, [f"Name{k}" for k in range(n)], (), 72 * inches / n)
        renderer = matplotlib.backends.backend_agg.FigureCanvasAgg(figure).get_renderer()
        boxes = sorted(
            (one.get_window_extent(renderer) for one in axes.get_yticklabels()),
            key=lambda box: box.y0,
        )
        assert len(boxes) >= 80
        assert all(low.y1 <= high.y0 for low, high in pairwise(boxes))


def test_equal_sets_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    plot_similarity(["a", "b", "c"], np.zeros((3, 3)), tmp_path / "heat.svg")
    assert "<svg" in (tmp_path / "heat.svg").read_text()


def test_sets_that_are_alike_stand_together() -> None:
    points = [0.0, 50.0, 1.0, 51.0, 2.0, 52.0]
    order = tree_order(similarity_tree(matrix_of(points))).tolist()
    assert sorted(order) == list(range(6))
    assert {frozenset(order[:3]), frozenset(order[3:])} == {
        frozenset({0, 2, 4}),
        frozenset({1, 3, 5}),
    }
    assert tree_order(similarity_tree(np.zeros((2, 2)))).tolist() == [0, 1]
    assert tree_order(similarity_tree(np.zeros((1, 1)))).tolist() == [0]


@pytest.mark.parametrize("n", [2, 3, 17])
def test_the_tree_is_drawn_as_scipy_draws_it(n: int) -> None:
    tree = similarity_tree(matrix_of(list(np.random.default_rng(n).uniform(0, 9, n))))
    lines = tree_lines(tree, tree_order(tree))
    drawn = dendrogram(tree, no_plot=True)
    theirs = np.stack(((np.array(drawn["icoord"]) - 5) / 10, np.array(drawn["dcoord"])), axis=2)

    def in_order(brackets: np.ndarray) -> np.ndarray:
        return np.array(sorted(sorted(map(tuple, np.round(one, 9))) for one in brackets))

    assert_allclose(in_order(lines), in_order(theirs))


def test_figures_go_into_known_formats_and_places(
    target: Prototypes, source: Prototypes, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    for draw in (
        lambda path: plot_recommendation(target, [("s", source)], path),
        lambda path: plot_similarity(["a", "b"], np.zeros((2, 2)), path),
        lambda path: plot_map(["a", "b"], np.zeros((2, 2)), path),
    ):
        with pytest.raises(
            OptionError, match=r"picture\.bmp: figures are saved as \.png, \.svg, \.pdf"
        ):
            draw(tmp_path / "picture.bmp")
        with pytest.raises(OptionError, match=r"a\.png: cannot be written"):
            draw(tmp_path / "missing" / "a.png")


def test_matrix_must_fit_its_names(tmp_path: Path) -> None:
    for draw in (plot_similarity, plot_map):
        with pytest.raises(DataError, match=r"distances of shape \(2, 2\) for 3 data set\(s\)"):
            draw(["a", "b", "c"], np.zeros((2, 2)), tmp_path / "m.png")


def test_missing_matplotlib_is_one_line(
    target: Prototypes, source: Prototypes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    for draw in (
        lambda: plot_recommendation(target, [("s", source)], tmp_path / "a.png"),
        lambda: plot_similarity(["a", "b"], np.zeros((2, 2)), tmp_path / "a.png"),
        lambda: plot_map(["a", "b"], np.zeros((2, 2)), tmp_path / "a.png"),
    ):
        with pytest.raises(
            MissingExtraError, match=r'figures need matplotlib: pip install "tszoo\[plot\]"'
        ):
            draw()
