from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight

from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.data.weights import (
    checked_class_weight,
    weigh_classes,
    weigh_series,
    with_sample_weight,
)
from tszoo.errors import DataError, OptionError


def labelled(labels: list[str]) -> Dataset:
    return Dataset.from_arrays(np.arange(4.0 * len(labels)).reshape(-1, 4), labels, name="Few")


@given(st.lists(st.sampled_from("abc"), min_size=2, max_size=30).filter(lambda y: len(set(y)) > 1))
@settings(max_examples=50, deadline=None)
def test_balanced_is_what_scikit_learn_means(labels):
    data = labelled(labels)
    theirs = compute_class_weight("balanced", classes=np.array(data.classes), y=np.array(labels))
    np.testing.assert_allclose(weigh_classes(data, "balanced"), theirs)
    weights = weigh_series(data, "balanced")
    sums = np.bincount(data.labels, weights)
    np.testing.assert_allclose(sums, len(labels) / data.n_classes)


def test_classes_that_are_not_named_count_one_and_weights_are_relative():
    data = labelled(["a", "b", "c", "c"])
    assert weigh_classes(data, {"b": 3}).tolist() == [1, 3, 1]
    np.testing.assert_allclose(weigh_series(data, {"b": 3}), np.array([1, 3, 1, 1]) / 1.5)
    assert weigh_series(data) is None
    numbers = Dataset.from_arrays(np.arange(12.0).reshape(3, 4), [1, 2, 2])
    assert weigh_classes(numbers, {2: 5.0}).tolist() == [1, 5]


@pytest.mark.parametrize(
    ("class_weight", "message"),
    [
        ("equal", 'must be "balanced" or a weight by label'),
        ({"a": 0}, "counts 0; expected above 0"),
        ({"a": float("inf")}, "counts inf"),
        ({"a": True}, "counts True"),
        ({"a": "much"}, "counts 'much'"),
    ],
)
def test_wrong_class_weights_are_refused(class_weight, message):
    with pytest.raises(OptionError, match=message):
        checked_class_weight(class_weight)


def test_a_label_that_is_no_class_is_named():
    with pytest.raises(OptionError, match=r"'d' is no class of Few; it has 'a', 'b'\."):
        weigh_classes(labelled(["a", "b"]), {"d": 2})


def test_a_weight_of_two_is_a_series_that_stands_twice_whatever_the_order():
    toy = make_toy(9, n_classes=3)
    counts = np.array([0, 1, 2, 3, 1, 1, 2, 1, 1])
    twice = with_sample_weight(toy.take(np.repeat(np.arange(9), counts)), None)
    order = np.random.default_rng(0).permutation(9)
    weighted = with_sample_weight(toy.take(order), counts[order])
    assert np.array_equal(twice.series, weighted.series)
    assert np.array_equal(twice.labels, weighted.labels)
    assert np.array_equal(twice.weights, weighted.weights)
    assert twice.weights.sum() == 12
    assert twice.sha256 == weighted.sha256 != replace(weighted, weights=None).sha256


def test_where_all_count_the_same_nothing_changes():
    toy = make_toy()
    assert with_sample_weight(toy, None) is toy
    assert with_sample_weight(toy, np.ones(len(toy))) is toy


def test_a_class_without_weight_is_gone():
    toy = make_toy(9, n_classes=3)
    weights = (toy.labels != 1).astype(float)
    left = with_sample_weight(toy, weights)
    assert left.classes == ("c0", "c2")
    assert sorted(left.labels.tolist()) == [0] * 3 + [1] * 3
    with pytest.raises(DataError, match="weights of zero leave series of fewer than two classes"):
        with_sample_weight(toy, (toy.labels == 1).astype(float))


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0], r"sample_weight.shape == \(1,\), expected \(4,\)"),
        ([1, 1, -1, 1], "series 2 counts -1.0; expected 0 or more"),
        ([1, np.nan, 1, 1], "series 1 counts nan"),
    ],
)
def test_wrong_sample_weights_are_refused(weights, message):
    with pytest.raises(DataError, match=message):
        with_sample_weight(labelled(["a", "b", "a", "b"]), weights)


def test_weights_go_with_their_series():
    data = replace(labelled(["a", "b", "a"]), weights=np.array([1.0, 2.0, 3.0]))
    assert data.take([2, 1]).weights.tolist() == [3, 2]
    np.testing.assert_allclose(weigh_series(data, {"b": 3}), np.array([1, 6, 3]) * 0.3)
