"""The simplest classifiers, against going through all pairs with a slow, obvious DTW."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.support.slow_dtw import slow_dtw
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.errors import DataError
from tszoo.evaluation.baselines import baselines, left_out_baselines
from tszoo.evaluation.neighbour import WINDOWS, choose_window, nearest_neighbour

TRAIN, TEST = make_toy(14, length=20, seed=1), make_toy(10, length=20, seed=2)


def normalised(dataset: Dataset) -> list[np.ndarray]:
    rows = [
        row[:, :length].astype(float)
        for row, length in zip(dataset.series, dataset.lengths, strict=True)
    ]
    return [
        (row - row.mean(axis=1, keepdims=True)) / row.std(axis=1, keepdims=True) for row in rows
    ]


def guesses(judged: Dataset, learnt: Dataset, points: int, *, left_out: bool = False) -> list[int]:
    """The label of the nearest series of each, by trying all of them."""
    labels = learnt.require_labels()
    found = []
    for i, series in enumerate(normalised(judged)):
        distances = [slow_dtw(series, other, points) for other in normalised(learnt)]
        if left_out:
            distances[i] = np.inf
        found.append(int(labels[int(np.argmin(distances))]))
    return found


def by_hand(train: Dataset) -> tuple[float, float]:
    """The narrowest of the windows that leave most series right, and how many those are."""
    right = []
    for share in WINDOWS:
        found = guesses(train, train, round(share * train.length), left_out=True)
        right.append(float(np.mean(found == train.require_labels())))
    best = int(np.argmax(right))
    return WINDOWS[best], right[best]


@pytest.mark.parametrize("n_channels", [1, 2])
def test_the_window_and_the_accuracy_are_those_of_trying_everything(n_channels: int) -> None:
    train = make_toy(14, length=20, n_channels=n_channels, seed=1)
    test = make_toy(10, length=20, n_channels=n_channels, seed=2)
    found = nearest_neighbour(train, test)
    assert (found.window.share, found.window.left_out_accuracy) == by_hand(train)
    wanted = guesses(test, train, found.window.points)
    assert found.accuracy == np.mean(wanted == test.require_labels())
    assert (found.n_train, found.n_test, found.window.n_series) == (14, 10, 14)


def test_series_of_unequal_lengths_keep_their_ends() -> None:
    rows = [row[:, : 12 + k % 5] for k, row in enumerate(TRAIN.series)]
    labels = [f"c{k % 2}" for k in range(14)]
    ragged = Dataset.from_arrays(rows, labels, name="Ragged", unequal=True, layout="NCT")
    window = choose_window(ragged)
    assert (window.share, window.left_out_accuracy) == by_hand(ragged)


def test_series_of_one_group_are_no_neighbours() -> None:
    """Each series nearly twice: one tells the label of the other, unless both are left out."""
    rng = np.random.default_rng(0)
    series = np.repeat(rng.standard_normal((12, 1, 16)), 2, axis=0)
    exact = Dataset.from_arrays(series, [f"c{k // 2 % 2}" for k in range(24)], layout="NCT")
    assert choose_window(exact).left_out_accuracy < 0.9  # copies are a group
    series += 0.001 * rng.standard_normal(series.shape)
    labels = [f"c{k // 2 % 2}" for k in range(24)]
    twice = Dataset.from_arrays(series, labels, name="Twice", layout="NCT")
    assert choose_window(twice).left_out_accuracy == 1.0
    grouped = replace(twice, groups=tuple(f"{k // 2}" for k in range(24)))
    assert choose_window(grouped).left_out_accuracy < 0.9
    assert choose_window(replace(twice, groups=("one",) * 24)) is None


def test_large_data_are_drawn_from_and_larger_ones_skipped() -> None:
    train, test = make_toy(60, seed=1), make_toy(80, seed=2)
    whole = nearest_neighbour(train, test)
    assert (whole.n_train, whole.n_test) == (60, 80)
    cells = 32 * 32 * 12 * 25**2 // 2  # of a table of 25 series under every window, at most
    some = nearest_neighbour(train, test, most_cells=cells)
    assert 20 <= some.window.n_series < 60
    assert some == nearest_neighbour(train, test, most_cells=cells)
    few = nearest_neighbour(train, test, most_cells=cells // 2)
    assert few is None or few.n_train * few.n_test < 60 * 80
    assert nearest_neighbour(train, test, most_cells=1000) is None


def test_the_largest_class_is_that_of_the_training_series() -> None:
    train = TRAIN.take([0, 2, 4, 1])  # three of c0
    test = TEST.take([1, 3, 5, 0])  # three of c1
    found = baselines(test, train)
    assert (found.majority.label, found.majority.accuracy) == ("c0", 0.25)
    alone = baselines(test)
    assert (alone.majority.label, alone.majority.accuracy) == ("c1", 0.75)
    assert alone.neighbour is None


def test_left_out() -> None:
    found = left_out_baselines(TRAIN)
    assert found.majority.accuracy == 0.5
    assert found.window == choose_window(TRAIN)
    assert left_out_baselines(TRAIN.take([0, 1])).window is None  # a series a class


def test_progress_counts_windows() -> None:
    counted: list[tuple[int, int]] = []
    choose_window(TRAIN, progress=lambda done, total: counted.append((done, total)))
    assert counted == [(k, len(WINDOWS)) for k in range(1, len(WINDOWS) + 1)]


def test_series_that_do_not_go_together() -> None:
    with pytest.raises(DataError, match="channels cannot be compared"):
        baselines(make_toy(10, length=20, n_channels=2), TRAIN)
    with pytest.raises(DataError, match="class c2 occurs only here"):
        baselines(make_toy(12, length=20, n_classes=3), TRAIN)
