"""What is read off an explanation, and how it is kept."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from tszoo.errors import OptionError
from tszoo.explanation.explain import Explanation
from tszoo.explanation.save import save_explanation
from tszoo.explanation.stretch import telling_stretch

CLASSES = ("no", "yes, or so")


def explanation(n_series: int = 3, n_channels: int = 2, length: int = 23) -> Explanation:
    """Random relevance; the second series is three points shorter."""
    rng = np.random.default_rng(5)
    relevance = rng.standard_normal((n_series, n_channels, length)).astype(np.float32)
    relevance[1, :, length - 3 :] = np.nan
    explained = np.arange(n_series) % 2
    return Explanation(relevance, explained, rng.dirichlet((1, 1), n_series), "cam")


def slow_stretch(relevance: np.ndarray) -> tuple[int, int]:
    points = [sum(column) for column in relevance.T.tolist() if not np.isnan(column[0])]
    width = max(1, len(points) // 10)
    sums = [sum(points[first : first + width]) for first in range(len(points) - width + 1)]
    first = sums.index(max(sums))
    return first, first + width - 1


@pytest.mark.parametrize("length", [4, 9, 10, 37, 150])
def test_the_telling_stretch_is_the_one_with_the_greatest_sum(length: int) -> None:
    for relevance in explanation(length=length).relevance:
        assert telling_stretch(relevance) == slow_stretch(relevance)


def test_a_csv_has_a_row_a_series_and_channel(tmp_path: Path) -> None:
    what, path = explanation(), tmp_path / "a.csv"
    names = [{"id": "a"}, {"id": "b,\n"}, {"id": "c"}]
    save_explanation(what, path, classes=CLASSES, index=(4, 0, 9), names=names)
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header == ["index", "id", "class", "channel", *map(str, range(23))]
    assert [row[:4] for row in rows[:4]] == [
        ["4", "a", "no", "1"],
        ["4", "a", "no", "2"],
        ["0", "b,\n", "yes, or so", "1"],
        ["0", "b,\n", "yes, or so", "2"],
    ]
    assert rows[2][-3:] == ["", "", ""]
    cells = np.array([[cell or "nan" for cell in row[4:]] for row in rows], dtype=float)
    assert cells.reshape(3, 2, 23) == pytest.approx(what.relevance, rel=1e-5, nan_ok=True)


def test_an_npz_has_plain_arrays(tmp_path: Path) -> None:
    what, path = explanation(), tmp_path / "a.npz"
    save_explanation(what, path, classes=CLASSES, index=(4, 0, 9))
    with np.load(path, allow_pickle=False) as arrays:
        assert np.array_equal(arrays["relevance"], what.relevance, equal_nan=True)
        assert np.array_equal(arrays["probabilities"], what.probabilities)
        assert arrays["index"].tolist() == [4, 0, 9]
        assert arrays["explained"].tolist() == ["no", "yes, or so", "no"]
        assert arrays["classes"].tolist() == list(CLASSES)


def test_a_file_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    for path, message in (
        (tmp_path / "a.txt", r"\.csv or \.npz"),
        (tmp_path / "b/a.csv", "cannot"),
    ):
        with pytest.raises(OptionError, match=message):
            save_explanation(explanation(), path, classes=CLASSES, index=(0, 1, 2))
    assert not list(tmp_path.iterdir())
