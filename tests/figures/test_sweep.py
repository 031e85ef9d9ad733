"""Figures of sweeps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.pictures import is_cut_off, words_of
from tests.support.sweeps import small_sweep
from tszoo.errors import DataError
from tszoo.figures.figure import new_figure
from tszoo.figures.sweep import _draw_mean_errors, draw_accuracies, draw_curves
from tszoo.study.ask import Design
from tszoo.study.by_value import Point, by_value, write_by_dataset
from tszoo.study.outcome import Outcome
from tszoo.study.results import Row
from tszoo.study.summary import spelled
from tszoo.training.watch.runlog import MemberHistory, RunHistory


def row(number: int, dataset: str, values: dict, repeat: int, accuracy: float | None) -> Row:
    return Row(number, dataset, values, repeat, 0, Outcome(accuracy, test_accuracy=accuracy))


ROWS = [
    row(1, "A", {"depth": 6, "filters": 32}, 1, 0.5),
    row(2, "A", {"depth": 3, "filters": 32}, 1, 0.6),
    row(3, "A", {"depth": 6, "filters": 16}, 1, 0.7),
    row(4, "A", {"depth": 6, "filters": 32}, 2, 0.7),
    row(5, "B", {"depth": 6, "filters": 32}, 1, 0.9),
]
CHANGES = {1: (), 2: ("depth",), 3: ("filters",), 4: (), 5: ()}


def test_one_at_a_time_a_value_stands_beside_the_first_combination() -> None:
    points = by_value(ROWS, CHANGES)
    found = [(p.key, p.value, p.dataset, round(p.accuracy, 9), p.n) for p in points]
    assert found == [
        ("depth", "3", "A", 0.6, 1),
        ("depth", "6", "A", 0.6, 2),
        ("depth", "6", "B", 0.9, 1),
        ("filters", "16", "A", 0.7, 1),
        ("filters", "32", "A", 0.6, 2),
        ("filters", "32", "B", 0.9, 1),
    ]
    spreads = [p.spread for p in points if p.dataset == "A" and p.n == 2]
    assert spreads == pytest.approx([np.std([0.5, 0.7], ddof=1)] * 2)


def test_in_a_grid_a_value_is_a_mean_over_the_others() -> None:
    (point,) = [p for p in by_value(ROWS) if (p.key, p.value) == ("depth", "6")][:1]
    assert point.accuracy == pytest.approx((np.mean([0.5, 0.7]) + 0.7) / 2)  # mean of two repeats


def test_tables_to_compare_by(tmp_path: Path) -> None:
    write_by_dataset(tmp_path, ROWS, list(map(spelled, ROWS)))
    lines = (tmp_path / "validation_accuracy.csv").read_text().splitlines()
    assert lines[0] == 'dataset,"depth=6, filters=32","depth=3, filters=32","depth=6, filters=16"'
    assert lines[1:] == ["A,0.6,0.6,0.7", "B,0.9,,"]
    untested = [Row(1, "A", {"depth": 1}, 1, 0, Outcome(0.5))]
    assert [
        path.name for path in write_by_dataset(tmp_path, untested, list(map(spelled, untested)))
    ] == ["validation_accuracy.csv"]


def test_a_panel_a_key_with_its_values_and_data_sets(tmp_path: Path) -> None:
    points = by_value(ROWS, CHANGES)
    words = words_of(lambda path: draw_accuracies(points, path), tmp_path / "a.svg")
    for word in ("depth", "filters", "3", "6", "16", "32", "A", "B", "mean over the data sets"):
        assert f">{word}<" in words, word


def test_many_data_sets_are_counted_and_not_named(tmp_path: Path) -> None:
    many = [row(k, f"Set{k}", {"depth": 1}, 1, 0.5) for k in range(60)]
    points = by_value(many)
    words = words_of(lambda path: draw_accuracies(points, path), tmp_path / "a.svg")
    assert "each of 60 data sets" in words
    assert "Set5" not in words


def test_a_panel_a_combination(tmp_path: Path) -> None:
    study = small_sweep(tmp_path / "s", design=Design(repeats=2))
    words = words_of(lambda path: draw_curves(study.curves(), path), tmp_path / "c.svg")
    for word in ("depth=1", "depth=2", "training", "held out", "epoch"):
        assert word in words, word


@pytest.mark.parametrize("n_sets", [3, 6, 60])
@pytest.mark.parametrize("value", ["3", "inception.universalALL{}"])
def test_long_names_are_not_cut_off(n_sets: int, value: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    points = [
        Point("source", value.format(k), f"DistalPhalanxOutlineAgeGroup{n}", 0.8, None, 1)
        for k in range(4)
        for n in range(n_sets)
    ]
    draw_accuracies(points, tmp_path / "a.png")
    assert not is_cut_off(tmp_path / "a.png")
    words = words_of(lambda path: draw_accuracies(points, path), tmp_path / "a.svg")
    assert f">{value.format(3)}<" in words


def test_the_mean_error_of_several_trials_is_drawn() -> None:
    """One that has ended keeps its last error."""
    pytest.importorskip("matplotlib")
    axes = new_figure(3, 3).subplots()
    members = []
    for accuracy in ([0.5, 0.9], [0.1, 0.3, 0.7]):
        n, share = len(accuracy), np.array(accuracy)
        zeros, epochs = np.zeros(n), np.arange(1, n + 1)
        members.append(MemberHistory(0, epochs, zeros, share, zeros, zeros, share, share))
    _draw_mean_errors(axes, members)
    training, _ = axes.get_lines()
    assert training.get_xdata().tolist() == [1, 2, 3]
    assert training.get_ydata() == pytest.approx([0.7, 0.4, 0.2])


def test_every_panel_is_shown(tmp_path: Path) -> None:
    panels = {f"depth={k}": [RunHistory({}, ())] for k in range(63)}
    words = words_of(lambda path: draw_curves(panels, path, title="Page 1"), tmp_path / "c.svg")
    assert "Page 1" in words
    assert all(f">{name}<" in words for name in panels)


def test_nothing_to_draw(tmp_path: Path) -> None:
    failed = [row(1, "A", {"depth": 1}, 1, None)]
    with pytest.raises(DataError, match="no trial has ended well"):
        draw_accuracies(by_value(failed), tmp_path / "a.png")
    with pytest.raises(DataError, match="no trial has a log"):
        draw_curves({}, tmp_path / "c.png")
