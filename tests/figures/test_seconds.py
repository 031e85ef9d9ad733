"""How long each value took."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pictures import words_of
from tszoo.errors import DataError
from tszoo.figures.seconds import draw_seconds
from tszoo.study.outcome import Outcome
from tszoo.study.results import Row
from tszoo.study.seconds import Taken, seconds_by_value


def row(dataset: str, values: dict, seconds: float | None) -> Row:
    return Row(1, dataset, values, 1, 0, Outcome(0.5, seconds=seconds))


def test_keys_of_numbers_have_medians_by_data_set() -> None:
    rows = [
        row("A", {"length": 256, "arch": "fcn", "rate": 0.1, "batch": 8}, 4.0),
        row("A", {"length": 128, "arch": "mlp", "rate": 0.1, "batch": None}, 1.0),
        row("A", {"length": 128, "arch": "fcn", "rate": 0.1, "batch": 8}, 2.0),
        row("A", {"length": 128, "arch": "fcn", "rate": 0.1, "batch": 8}, 9.0),
        row("B", {"length": 128, "arch": "fcn", "rate": 0.1, "batch": 16}, 3.0),
        row("A", {"length": 64, "arch": "fcn", "rate": 0.1, "batch": 8}, None),
    ]
    assert seconds_by_value(rows) == [
        Taken("length", 128.0, "A", 2.0, 3),
        Taken("length", 128.0, "B", 3.0, 1),
        Taken("length", 256.0, "A", 4.0, 1),
    ]
    assert seconds_by_value([]) == []


@pytest.mark.parametrize("n_sets", [3, 60])
def test_a_panel_a_key(n_sets: int, tmp_path: Path) -> None:
    taken = [
        Taken(key, value, f"Set{k}", value * (k + 1), 1)
        for key in ("length", "n_series")
        for value in (128.0, 256.0)
        for k in range(n_sets)
    ]
    told = words_of(lambda path: draw_seconds(taken, path), tmp_path / "a.svg")
    for word in (">length<", ">n_series<", ">128<", ">256<", "seconds of training"):
        assert word in told
    assert ("Set2" in told) is (n_sets == 3)
    assert ("each of 60 data sets" in told) is (n_sets == 60)


def test_nothing_to_draw(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no key has two numbers"):
        draw_seconds([], tmp_path / "a.png")
