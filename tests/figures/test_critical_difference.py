"""Critical difference diagrams, and two classifiers against each other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support.pictures import PNG, size_of, words_of
from tests.support.results import random_table, table_of
from tszoo.errors import DataError, OptionError
from tszoo.evaluation.standings import Standings, stand
from tszoo.figures import pair
from tszoo.figures.critical_difference import plot_critical_difference
from tszoo.figures.label_places import place_labels
from tszoo.figures.pair import plot_pair


def test_every_classifier_and_its_mean_rank_are_named(tmp_path: Path) -> None:
    standings = stand(random_table(40, 5))
    text = words_of(lambda path: plot_critical_difference(standings, path), tmp_path / "a.svg")
    for standing in standings.classifiers:
        assert f"{standing.classifier}  {standing.mean_rank:.2f}" in text
    assert "Mean rank on 40 data sets, 1 is the best" in text
    assert f"Friedman's test: p = {standings.friedman.p:.2g}" in text


def test_a_diagram_grows_with_its_classifiers_and_is_the_same_again(tmp_path: Path) -> None:
    paths = [tmp_path / f"{k}.png" for k in range(3)]
    for path, n in zip(paths, (2, 20, 20), strict=True):
        plot_critical_difference(stand(random_table(12, n)), path)
    assert size_of(paths[0])[1] < size_of(paths[1])[1]
    assert paths[1].read_bytes() == paths[2].read_bytes()
    assert paths[0].read_bytes().startswith(PNG)


def test_one_data_set_and_classifiers_that_are_alike(tmp_path: Path) -> None:
    draw = plot_critical_difference
    text = words_of(lambda path: draw(stand(table_of([[0.5, 0.6]])), path), tmp_path / "a.svg")
    assert "Rank on one data set" in text
    alike = stand(table_of([[0.5] * 3] * 4))
    text = words_of(lambda path: draw(alike, path), tmp_path / "b.svg")
    assert text.count("2.00") == 3


def test_what_cannot_be_drawn(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="needs two classifiers or more"):
        plot_critical_difference(Standings(1, (), None, (), ()), tmp_path / "a.png")
    with pytest.raises(OptionError, match="figures are saved as"):
        plot_pair(random_table(4, 2), "A", "B", tmp_path / "a.gif")


def test_outliers_are_named_and_nothing_else(tmp_path: Path) -> None:
    rows = [[0.7 + k / 1000, 0.7] for k in range(20)] + [[0.2, 0.7], [0.9, 0.6]]
    table = table_of(rows)
    text = words_of(lambda path: plot_pair(table, "A", "B", path), tmp_path / "a.svg")
    assert ">20<" in text
    assert ">21<" in text
    assert ">19<" not in text
    assert "A against B, 22 data sets" in text
    assert "better on 20, alike on 1, worse on 1" in text


def test_two_that_are_alike_on_one_data_set(tmp_path: Path) -> None:
    table = table_of([[1.0, 1.0]])
    text = words_of(lambda path: plot_pair(table, "A", "B", path), tmp_path / "a.svg")
    assert "better on 0, alike on 1, worse on 0" in text
    assert "Wilcoxon" not in text


def test_labels_keep_other_points_free() -> None:
    points, sizes = np.zeros((1, 2)), np.array([[1.0, 0.2]])
    right = place_labels(points, sizes, 0.1)
    assert right[0, 0] > 0
    taken = np.array([[0.5, 0.0]])
    assert place_labels(points, sizes, 0.1, taken)[0, 0] < 0


def test_a_name_at_the_edge_stays_on_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its nearest free place would be past the edge; others are in the way on the left."""
    rows = [[0.7 + k / 1000, 0.7 + k / 1000] for k in range(100)]
    rows += [[0.43, 0.995], [0.4, 0.987], [0.4, 0.93], [0.5, 0.99]]
    rows += [[0.51, 0.932], [0.47, 0.981], [0.49, 0.942], [0.47, 0.99]]
    table = table_of(rows)
    names = tuple(f"a data set with a name {k}" for k in range(len(rows)))
    drawn = []
    monkeypatch.setattr(pair, "save_figure", lambda figure, _: drawn.append(figure))
    plot_pair(replace(table, datasets=names), "A", "B", tmp_path / "a.png")
    (figure,) = drawn
    (axes,) = figure.axes
    found = [text for text in axes.texts if text.get_text() in names]
    assert len(found) == 8
    for text in found:
        box = text.get_window_extent()
        assert box.x0 >= 0.0, text
        assert box.x1 <= figure.bbox.x1, text
