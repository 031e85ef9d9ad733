from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from tests.conftest import make_toy
from tszoo.errors import DataError, MissingExtraError, OptionError
from tszoo.report import plot_prototypes, plot_similarity, save_matrix_csv
from tszoo.report.similarity import similarity_order
from tszoo.similarity import Prototypes, compute_prototypes

PNG = b"\x89PNG\r\n\x1a\n"


def matrix_of(points: list[float]) -> np.ndarray:
    at = np.array(points)
    return np.abs(at[:, None] - at)


@pytest.fixture(scope="module")
def pair() -> tuple[Prototypes, Prototypes]:
    return compute_prototypes(make_toy(seed=1)), compute_prototypes(make_toy(length=45, n_classes=3, seed=2))


def width_of(png: Path) -> int:
    return int.from_bytes(png.read_bytes()[16:20], "big")


def test_prototypes_are_drawn(pair: tuple[Prototypes, Prototypes], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    plot_prototypes(*pair, tmp_path / "pair.png", target_name="Mine", source_name="GunPoint")
    assert (tmp_path / "pair.png").read_bytes().startswith(PNG)
    assert width_of(tmp_path / "pair.png") > 1000
    plot_prototypes(pair[0], None, tmp_path / "alone.pdf")
    assert (tmp_path / "alone.pdf").read_bytes().startswith(b"%PDF")
    assert sorted(child.name for child in tmp_path.iterdir()) == ["alone.pdf", "pair.png"]


def test_svg_says_what_is_shown_and_is_the_same_again(pair: tuple[Prototypes, Prototypes], tmp_path: Path) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    with matplotlib.rc_context({"svg.fonttype": "none"}):  # words stay words
        plot_prototypes(*pair, tmp_path / "a.svg", target_name="Mine", source_name="GunPoint", window=3)
        plot_prototypes(*pair, tmp_path / "b.svg", target_name="Mine", source_name="GunPoint", window=3)
    text = (tmp_path / "a.svg").read_text()
    assert text == (tmp_path / "b.svg").read_text()
    for words in ("target: Mine", "source: GunPoint", "class c0", "(nearest)", "Mine and GunPoint: nearest classes"):
        assert words in text


def test_pyplot_is_left_alone(pair: tuple[Prototypes, Prototypes], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from matplotlib import pyplot

    plot_prototypes(*pair, tmp_path / "a.png", title="Mine $against$ theirs")
    assert pyplot.get_fignums() == []


def test_odd_prototypes_are_drawn_too(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    rng = np.random.default_rng(0)
    crowd = Prototypes(tuple(f"_{k}$" for k in range(30)), tuple(rng.standard_normal((30, 2, 9)).astype(np.float32)))
    points = Prototypes(("x" * 99,), (np.zeros((2, 1), dtype=np.float32),))
    for k, (target, source) in enumerate(((crowd, points), (points, crowd), (points, points), (crowd, None))):
        plot_prototypes(target, source, tmp_path / f"{k}.png", target_name="_long $ name" * 9)
        assert (tmp_path / f"{k}.png").read_bytes().startswith(PNG)


def test_prototypes_of_different_channels_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    one, two = (Prototypes(("a",), (np.zeros((n, 4), dtype=np.float32),)) for n in (1, 2))
    with pytest.raises(DataError, match="series of 1 and of 2 channels cannot be compared"):
        plot_prototypes(one, two, tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_matrix_is_saved_in_full(tmp_path: Path) -> None:
    matrix = matrix_of([0.0, 1 / 3, 7.0])
    save_matrix_csv(["a", 'b "c", d', "e"], matrix, tmp_path / "m.csv")
    with (tmp_path / "m.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header == ["dataset", "a", 'b "c", d', "e"]
    assert [row[0] for row in rows] == header[1:]
    assert_array_equal(np.array([row[1:] for row in rows], dtype=float), matrix)


@pytest.mark.parametrize("n", [1, 2, 3, 20])
def test_similarity_is_drawn(n: int, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    points = np.random.default_rng(n).uniform(0, 9, n)
    plot_similarity([f"_Set {k} $" for k in range(n)], matrix_of(list(points)), tmp_path / "heat.png")
    assert (tmp_path / "heat.png").read_bytes().startswith(PNG)


def test_equal_sets_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    plot_similarity(["a", "b", "c"], np.zeros((3, 3)), tmp_path / "heat.svg")
    assert "<svg" in (tmp_path / "heat.svg").read_text()


def test_sets_that_are_alike_stand_together() -> None:
    points = [0.0, 50.0, 1.0, 51.0, 2.0, 52.0]
    order = similarity_order(matrix_of(points)).tolist()
    assert sorted(order) == list(range(6))
    assert {frozenset(order[:3]), frozenset(order[3:])} == {frozenset({0, 2, 4}), frozenset({1, 3, 5})}
    assert similarity_order(np.zeros((2, 2))).tolist() == [0, 1]


def test_figures_go_into_known_formats_and_places(pair: tuple[Prototypes, Prototypes], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for draw in (
        lambda path: plot_prototypes(*pair, path),
        lambda path: plot_similarity(["a", "b"], np.zeros((2, 2)), path),
    ):
        with pytest.raises(OptionError, match=r"picture\.bmp: figures are saved as \.png, \.svg, \.pdf"):
            draw(tmp_path / "picture.bmp")
        with pytest.raises(OptionError, match=r"a\.png: cannot be written"):
            draw(tmp_path / "missing" / "a.png")
    with pytest.raises(OptionError, match=r"m\.csv: cannot be written"):
        save_matrix_csv(["a"], np.zeros((1, 1)), tmp_path / "missing" / "m.csv")


def test_matrix_must_fit_its_names(tmp_path: Path) -> None:
    for save in (save_matrix_csv, plot_similarity):
        with pytest.raises(DataError, match=r"distances of shape \(2, 2\) for 3 data set\(s\)"):
            save(["a", "b", "c"], np.zeros((2, 2)), tmp_path / "m.png")


def test_missing_matplotlib_is_one_line(
    pair: tuple[Prototypes, Prototypes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r'figures need matplotlib: pip install "tszoo\[plot\]"'):
        plot_prototypes(*pair, tmp_path / "a.png")
    with pytest.raises(MissingExtraError, match=r'pip install "tszoo\[plot\]"'):
        plot_similarity(["a", "b"], np.zeros((2, 2)), tmp_path / "a.png")
    save_matrix_csv(["a"], np.zeros((1, 1)), tmp_path / "m.csv")
