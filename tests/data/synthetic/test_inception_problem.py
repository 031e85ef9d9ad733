from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from tszoo.data.synthetic import positions
from tszoo.data.synthetic.inception_problem import pattern_starts
from tszoo.errors import OptionError


@given(st.integers(2, 12), st.integers(20, 300), st.integers(0, 99))
def test_a_class_is_the_place_of_a_pattern(n_classes, length, seed):
    dataset = positions(3 * n_classes, n_classes, length, seed)
    assert dataset.series.shape == (3 * n_classes, 1, length)
    assert dataset.name == "positions"
    assert dataset.classes == tuple(range(n_classes))
    is_pattern = dataset.series[:, 0] >= 1.0
    assert (is_pattern.sum(axis=1) == round(0.1 * length)).all()
    starts = is_pattern.argmax(axis=1)
    for label in range(n_classes):
        assert len(set(starts[dataset.labels == label])) == 1
    assert len(set(starts)) == n_classes
    noise = dataset.series[:, 0] - is_pattern
    assert (noise >= -1e-6).all()
    assert (noise <= 0.1 + 1e-6).all()


def test_the_pattern_is_one_piece_and_the_noise_uniform():
    dataset = positions()
    assert (dataset.n_series, dataset.length, dataset.n_classes) == (128, 256, 2)
    assert_array_equal(np.bincount(dataset.labels), [64, 64])
    series = dataset.series[:, 0]
    for label, start in enumerate([57, 172]):
        members = series[dataset.labels == label]
        assert (members[:, start : start + 26] >= 1.0).all()
        rest = np.delete(members, range(start, start + 26), axis=1)
        assert rest.max() <= 0.1
        counts, _ = np.histogram(rest, bins=10, range=(0.0, 0.1))
        assert counts.max() < 1.2 * counts.min()


def test_classes_that_fit_beside_each_other_do_not_overlap():
    starts = pattern_starts(8, 256, 26)
    assert (np.diff(starts) >= 26).all()
    assert starts[0] >= 0
    assert starts[-1] + 26 <= 256


def test_another_seed_makes_other_series_of_the_same_classes():
    train, test = positions(seed=0), positions(seed=1)
    assert train.sha256 == positions(seed=0).sha256 != test.sha256
    assert_array_equal(train.series >= 1.0, test.series >= 1.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_classes": 1}, "n_classes=1: classification needs 2 classes at least"),
        ({"n_series": 3, "n_classes": 4}, "n_series=3: each of the 4 classes needs a series"),
        (
            {"n_classes": 19, "length": 20},
            "n_classes=19: in 20 points a pattern has 18 places of its own; ask for fewer classes",
        ),
    ],
)
def test_what_cannot_be_made_is_refused(arguments, message):
    with pytest.raises(OptionError, match=message):
        positions(**arguments)
