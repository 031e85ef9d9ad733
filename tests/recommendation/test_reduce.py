"""Large targets are looked at in bounded time."""

from __future__ import annotations

import time

import numpy as np
from numpy.testing import assert_array_equal

from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.data.shorten import LONG, LONGEST
from tszoo.recommendation.reduce import MOST_CHANNELS, MOST_CLASSES, reduce, what_was_reduced
from tszoo.similarity.prototypes import compute_prototypes


def test_small_targets_stay_what_they_are():
    toy = make_toy()
    assert reduce(toy) is toy
    assert what_was_reduced(toy, toy) == ""


def test_some_of_ten_thousand_classes_are_looked_at():
    series = np.arange(20_000.0).reshape(-1, 1, 1) + np.zeros((1, 1, 4))
    labels = [f"{k // 2:05d}" for k in range(20_000)]
    target = Dataset.from_arrays(series, labels, name="Many")
    seen = reduce(target)
    assert (seen.n_classes, seen.n_series) == (MOST_CLASSES, 2 * MOST_CLASSES)
    assert what_was_reduced(target, seen) == f"{MOST_CLASSES} of 10000 classes"
    # every series still has its own label
    own = [f"{int(value) // 2:05d}" for value in seen.series[:, 0, 0]]
    assert [seen.classes[k] for k in seen.require_labels()] == own
    assert own[0] == "00000"
    assert own[-1] == "09960"


def test_some_of_a_thousand_channels_are_looked_at():
    series = np.zeros((4, 1000, 8)) + np.arange(1000.0)[None, :, None]
    target = Dataset.from_arrays(series, ["a", "b"] * 2, name="Wide", layout="NCT")
    seen = reduce(target)
    assert seen.n_channels == MOST_CHANNELS
    assert_array_equal(seen.series[0, :, 0], np.arange(MOST_CHANNELS) * 1000 // MOST_CHANNELS)
    assert reduce(target, all_channels=True) is target
    assert what_was_reduced(target, seen) == f"{MOST_CHANNELS} of 1000 channels"


def test_series_of_a_hundred_thousand_points_are_averaged_and_their_prototypes_take_no_minutes():
    rng = np.random.default_rng(0)
    series = rng.standard_normal((4, 1, 100_000)).cumsum(axis=2)
    target = Dataset.from_arrays(series, ["a", "b"] * 2, name="Long")
    seen = reduce(target)
    assert target.length > LONG
    assert LONGEST - 20 < seen.length <= LONGEST
    assert what_was_reduced(target, seen) == (f"series of 100000 points averaged to {seen.length}")
    started = time.process_time()
    prototypes = compute_prototypes(target)
    assert time.process_time() - started < 60
    assert [row.shape for row in prototypes.series] == [(1, seen.length)] * 2
