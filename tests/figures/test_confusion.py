"""Confusion matrices and reliability diagrams."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.pictures import PNG, size_of, words_of
from tests.support.toys import make_toy
from tszoo.errors import OptionError
from tszoo.evaluation.metrics import Evaluation, score
from tszoo.figures.confusion import plot_confusion
from tszoo.figures.reliability import plot_reliability


def made_up(n_classes: int, names: str = "c{}") -> Evaluation:
    rng = np.random.default_rng(0)
    labels = np.arange(5 * n_classes) % n_classes
    probabilities = rng.dirichlet(np.ones(n_classes), len(labels))
    classes = tuple(names.format(k) for k in range(n_classes))
    return score(labels, probabilities, classes, "m", make_toy(len(labels)))


def test_every_class_and_every_number_of_series_stands_there(tmp_path: Path) -> None:
    evaluation = made_up(4)
    text = words_of(lambda path: plot_confusion(evaluation, path), tmp_path / "a.svg")
    assert [text.count(f">c{k}<") for k in range(4)] == [2, 2, 2, 2]
    assert f"{evaluation.confusion.trace()} of 20 series right" in text
    numbers = np.unique(evaluation.confusion[evaluation.confusion > 0])
    assert all(f">{number}<" in text for number in numbers)


def test_many_classes_are_all_named_on_a_larger_page(tmp_path: Path) -> None:
    evaluation = made_up(60, "a gesture of kind {}, which has a long name")
    text = words_of(lambda path: plot_confusion(evaluation, path), tmp_path / "a.svg")
    assert text.count("a gesture of kind") == 120
    for n, path in ((2, tmp_path / "2.png"), (60, tmp_path / "60.png")):
        plot_confusion(made_up(n), path)
        assert path.read_bytes().startswith(PNG)
    assert size_of(tmp_path / "60.png")[0] > 2 * size_of(tmp_path / "2.png")[0]


def test_a_diagram_says_how_far_off_it_is(tmp_path: Path) -> None:
    evaluation = made_up(3)
    text = words_of(lambda path: plot_reliability(evaluation, path), tmp_path / "a.svg")
    assert f"calibration error {evaluation.calibration_error:.3f}, 15 series" in text
    assert "surer than right" in text


@pytest.mark.parametrize("draw", [plot_confusion, plot_reliability])
def test_the_suffix_is_checked_first(draw, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="figures are saved as"):
        draw(made_up(2), tmp_path / "a.gif")
