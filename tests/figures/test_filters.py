"""Filters above what they respond to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support.pictures import PNG, size_of, words_of
from tszoo.errors import OptionError
from tszoo.explanation.filters import FilterBank
from tszoo.figures import plot_filters


def bank(n: int, length: int, n_data: int, n_channels: int = 1) -> FilterBank:
    rng = np.random.default_rng(n)
    filters = rng.standard_normal((n, n_channels, length))
    return FilterBank(np.arange(n), filters, rng.uniform(size=(n, n_data)))


def test_each_length_has_rows_of_its_own_and_data_are_named(tmp_path: Path) -> None:
    banks, names = [bank(4, 8, 2), bank(40, 1, 2, n_channels=5)], ["A_$x$", "B"]
    banks[0].responses[0] = 0.0
    text = words_of(lambda path: plot_filters(banks, names, path, title="Seen"), tmp_path / "a.svg")
    for words in ("Seen", "4 filters of 8 points", "40 filters of 1 points: 1 to 32", ": 33 to 40"):
        assert words in text
    assert text.count("A_$x$") == 3
    assert "multiple of that to white noise" in text


def test_without_data_there_are_filters_alone(tmp_path: Path) -> None:
    text = words_of(lambda path: plot_filters([bank(3, 4, 0)], [], path), tmp_path / "a.svg")
    assert "white noise" not in text


def test_it_grows_with_its_data_and_is_the_same_again(tmp_path: Path) -> None:
    heights = []
    for n_data in (3, 30, 3):
        path = tmp_path / f"{len(heights)}.png"
        plot_filters([bank(8, 4, n_data)], [f"set {k}" for k in range(n_data)], path)
        heights.append(size_of(path)[1])
    assert heights[0] < heights[1]
    assert (tmp_path / "0.png").read_bytes() == (tmp_path / "2.png").read_bytes()
    assert (tmp_path / "0.png").read_bytes().startswith(PNG)
    with pytest.raises(OptionError, match=r"\.png, \.svg, \.pdf"):
        plot_filters([replace(bank(8, 4, 0))], [], tmp_path / "a.gif")
