"""Many series of many classes are fitted in bounded memory, as fewer are without bounds."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

from tszoo.readout import many
from tszoo.readout.many import choose_rows, fit_many
from tszoo.readout.ridge import fit_ridge
from tszoo.readout.spread import Prior


def blobs(n_series: int, n_features: int, n_classes: int, seed: int = 0) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n_series) % n_classes)
    middles = rng.normal(size=(n_classes, n_features))
    features = (middles[labels] + rng.normal(size=(n_series, n_features))).astype(np.float32)
    weights = rng.uniform(0.2, 3, n_series)
    return features, labels, weights / weights.mean()


@pytest.mark.parametrize("is_weighted", [False, True])
@pytest.mark.parametrize("is_grouped", [False, True])
@pytest.mark.parametrize("with_prior", [False, True])
def test_it_is_the_ordinary_fit(monkeypatch, is_weighted, is_grouped, with_prior):
    features, labels, weights = blobs(90, 12, 15)
    features[:, 3] = 7  # constant
    groups = np.arange(90) // 3 if is_grouped else None
    prior = None
    if with_prior:
        nuisance = np.random.default_rng(1).normal(size=(2, 12))
        prior = Prior((8, 4), nuisance=nuisance)
    args = (features, labels, 15, [0.1, 1.0, 30.0], prior, groups)
    args = (*args, weights if is_weighted else None)
    plain = fit_ridge(*args)
    monkeypatch.setattr(many, "MOST_DECISIONS", 10**9)  # all series are left out
    found = fit_many(*args)
    assert found.penalty == plain.penalty
    for name in ("weight", "bias", "fitted", "left_out", "centre", "spread"):
        expected = getattr(plain, name)
        np.testing.assert_allclose(getattr(found, name), expected, rtol=1e-7, atol=1e-9)
    assert found.rows.tolist() == list(range(90))


def test_those_that_are_left_out_are_of_all_classes_or_whole_groups(monkeypatch):
    monkeypatch.setattr(many, "MOST_DECISIONS", 10 * 15)
    labels = np.random.default_rng(0).permutation(np.arange(90) % 15)
    rows = choose_rows(labels, 15)
    assert len(rows) == 10
    assert len(set(labels[rows])) == 10
    groups = np.arange(90) % 30
    rows = choose_rows(labels, 15, groups)
    assert 0 < len(rows) <= 10
    assert np.isin(groups, groups[rows]).sum() == len(rows)


def test_what_is_left_out_of_some_is_what_is_left_out_of_all(monkeypatch):
    features, labels, _ = blobs(90, 12, 15)
    plain = fit_ridge(features, labels, 15, [2.0])
    monkeypatch.setattr(many, "MOST_DECISIONS", 20 * 15)
    found = fit_many(features, labels, 15, [2.0])
    assert found.left_out.shape == (20, 15)
    np.testing.assert_allclose(found.left_out, plain.left_out[found.rows], rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(found.weight, plain.weight, rtol=1e-7, atol=1e-9)


def test_memory_does_not_hold_a_table_of_series_and_classes(monkeypatch):
    features, labels, _ = blobs(4000, 20, 1000)
    monkeypatch.setattr(many, "MOST_DECISIONS", 100_000)
    tracemalloc.start()
    fit_many(features, labels, 1000, [0.1, 1.0])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4000 * 1000 * 8 / 2  # of one table
