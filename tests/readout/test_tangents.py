"""Heads that are blind to a little bending of time."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.support.small import SMALL
from tszoo.data import Dataset, Preprocessing, choose_preprocessing
from tszoo.nets.network import Network, initialize
from tszoo.nets.registry import build
from tszoo.readout import ridge as ridge_module
from tszoo.readout import tangents as room
from tszoo.readout.features import extract
from tszoo.readout.head import fit_head
from tszoo.readout.ridge import TANGENTS_COUNT, fit_ridge, gram_of_series
from tszoo.readout.spread import Prior, prior_of
from tszoo.readout.tangents import COPIES, bend, with_tangents

# series, features, tangents: fewer rows than features, more rows but fewer series, more series
SHAPES = [(12, 40, 9), (12, 16, 9), (60, 7, 5)]


@pytest.fixture(params=[None, 7], autouse=True)
def _block(request, monkeypatch):
    """As many rows at a time as ever, and few, so that a block holds series and tangents."""
    if request.param is not None:
        monkeypatch.setattr(ridge_module, "BLOCK", request.param)


def slow_fit(x, y, tangents, weights, penalty):
    """Solve the normal equations, tangents as rows without an intercept and with the target 0."""
    count = TANGENTS_COUNT * len(weights) / len(tangents)
    series = np.column_stack((np.ones(len(x)), x))
    rows = np.column_stack((np.zeros(len(tangents)), tangents))
    kept = weights[: len(x)]
    left = series.T @ (kept[:, None] * series) + count * rows.T @ rows
    free = np.diag([0.0] + [penalty] * x.shape[1])
    return np.linalg.solve(left + free, series.T @ (kept[:, None] * y))


@pytest.mark.parametrize("weighs", [False, True])
@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_tangents_are_rows_that_the_head_is_not_to_answer(shape, grouped, weighs) -> None:
    """Each series, or group, left out by solving for the others; the tangents stay."""
    n_series, n_features, n_tangents = shape
    rng = np.random.default_rng(n_series)
    features = rng.normal(3, 2, (n_series, n_features))
    tangents = rng.normal(0, 2, (n_tangents, n_features))
    labels = np.arange(n_series) % 3
    weights = np.ones(n_series)
    if weighs:
        weights = rng.uniform(0.2, 3, n_series)
        weights /= weights.mean()
    groups = np.arange(n_series) // 2 if grouped else None
    # the mean variance of each feature's own kind is its own: spreads are plain ones
    prior = Prior((1,) * n_features, tangents=tangents)
    fit = fit_ridge(features, labels, 3, [2.0], prior, groups, weights if weighs else None)
    centre = np.average(features, axis=0, weights=weights)
    spread = np.sqrt(np.average((features - centre) ** 2, axis=0, weights=weights))
    x, y = (features - centre) / spread, 2.0 * np.eye(3)[labels] - 1
    whole = slow_fit(x, y, tangents / spread, weights, 2.0)
    np.testing.assert_allclose(fit.fitted, whole[0] + x @ whole[1:], atol=1e-8)
    np.testing.assert_allclose(features @ fit.weight.T + fit.bias, fit.fitted, atol=1e-8)
    for i in range(n_series):
        rest = np.arange(n_series) != i if groups is None else groups != groups[i]
        count = TANGENTS_COUNT * n_series / n_tangents
        series = np.column_stack((np.ones(rest.sum()), x[rest]))
        rows = np.column_stack((np.zeros(n_tangents), tangents / spread))
        left = series.T @ (weights[rest, None] * series) + count * rows.T @ rows
        left += np.diag([0.0] + [2.0] * n_features)
        others = np.linalg.solve(left, series.T @ (weights[rest, None] * y[rest]))
        np.testing.assert_allclose(fit.left_out[i], others[0] + x[i] @ others[1:], atol=1e-7)


def test_a_head_answers_its_tangents_less() -> None:
    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(10, 30)), np.arange(10) % 2
    tangents = rng.normal(size=(6, 30))
    plain = fit_ridge(features, labels, 2, [1.0], Prior((30,)))
    blind = fit_ridge(features, labels, 2, [1.0], Prior((30,), tangents=tangents))
    answers = [np.abs(tangents @ fit.weight.T).mean() for fit in (plain, blind)]
    assert answers[1] < 0.2 * answers[0]
    gram = gram_of_series(features, Prior((30,), tangents=tangents))
    np.testing.assert_array_equal(gram, gram_of_series(features, Prior((30,))))


def test_tangents_are_left_aside_where_series_left_out_say_so() -> None:
    """The classes differ by the very thing that tangents forbid, or by another."""
    rng = np.random.default_rng(0)
    labels = np.arange(20) % 2
    features = rng.normal(size=(20, 30)) + np.outer(2 * labels - 1, rng.choice([-0.8, 0.8], 30))
    direction = rng.normal(size=30)
    features += 3 * rng.normal(size=(20, 1)) * direction  # what series of both classes differ by
    between = features[labels == 1].mean(axis=0) - features[labels == 0].mean(axis=0)
    forbidden, harmless = np.tile(4 * between, (2, 1)), np.tile(4 * direction, (2, 1))
    plain = fit_ridge(features, labels, 2, prior=Prior((1,) * 30))
    for tangents, is_taken in ((forbidden, False), (harmless, True)):
        fit = fit_ridge(features, labels, 2, prior=Prior((1,) * 30, tangents=tangents))
        assert np.array_equal(fit.weight, plain.weight) != is_taken
        one = fit_ridge(features, labels, 2, [fit.penalty], Prior((1,) * 30, tangents=tangents))
        assert np.array_equal(one.weight, fit.weight) == is_taken


def test_levels_behind_the_features_have_no_tangents() -> None:
    prior = Prior((4,), tangents=np.ones((2, 4))).beside(3, 0.5)
    assert prior.suits(7)
    assert prior.tangents is not None
    assert not prior.tangents[:, 4:].any()
    assert not Prior((4,), tangents=np.ones((2, 5))).suits(4)


def series(n_series: int = 6, n_channels: int = 1, length: int = 40) -> Dataset:
    rng = np.random.default_rng(1)
    values = rng.normal(size=(n_series, n_channels, length)).cumsum(axis=2)
    return Dataset.from_arrays(values, np.arange(n_series) % 2)


def test_bent_series_are_read_a_little_earlier_or_later() -> None:
    """A ramp's values are its places: they move by some two in a hundred points, and smoothly."""
    length = 200
    ramp = np.tile(np.arange(length, dtype=np.float32), (50, 2, 1))
    ramp[:, 1] *= -1
    dataset = Dataset.from_arrays(ramp, np.arange(50) % 2)
    bent = bend(dataset, Preprocessing(normalize=False), seed=3)
    places = bent.series[:, 0]
    np.testing.assert_allclose(bent.series[:, 1], -places)
    assert places.min() == 0
    assert places.max() == length - 1
    moved = places - np.arange(length)
    inner = moved[:, 20:-20]
    assert 0.7 * room.AMOUNT < np.sqrt(np.square(inner).mean()) / length < 1.3 * room.AMOUNT
    assert np.abs(np.diff(inner, axis=1)).max() < 0.5
    assert not np.allclose(places[0], places[1])
    again = bend(dataset, Preprocessing(normalize=False), seed=3)
    np.testing.assert_array_equal(bent.series, again.series)
    assert not np.allclose(
        bend(dataset, Preprocessing(normalize=False), seed=4).series, bent.series
    )


def test_each_series_is_bent_within_its_own_length() -> None:
    values = [np.arange(n, dtype=np.float32)[None] for n in (50, 30, 2, 1)]
    dataset = Dataset.from_arrays(values, [0, 1, 0, 1])
    bent = bend(dataset, Preprocessing(normalize=False, unequal=True), seed=0)
    np.testing.assert_array_equal(bent.lengths, [50, 30, 2, 1])
    for i, n in enumerate((50, 30)):
        own = bent.series[i, 0, :n]
        assert own.max() <= n - 1
        assert not np.array_equal(own, np.arange(n))
    np.testing.assert_array_equal(bent.series[2, 0, :2], [0, 1])


def test_missing_values_are_filled_before() -> None:
    values = np.tile(np.sin(np.arange(30.0)), (4, 1, 1))
    values[:, :, 10:12] = np.nan
    bent = bend(Dataset.from_arrays(values, [0, 1, 0, 1]), Preprocessing(), seed=0)
    assert np.isfinite(bent.series).all()


def body(n_channels: int = 1, nuisances: int = 2) -> Network:
    args = {**SMALL["inception"], "readout": "stages", "nuisances": nuisances}
    network = build("inception", args, 1, 0)
    initialize(network, torch.Generator().manual_seed(0))
    return network.eval()


@pytest.mark.parametrize("n_channels", [1, 2])
def test_tangents_are_what_features_change_by(n_channels: int) -> None:
    network, dataset = body(), series(n_channels=n_channels)
    preprocessing = choose_preprocessing(dataset)
    stages = extract(network, dataset, preprocessing).stages
    prior = prior_of(network, n_channels)
    with_them = with_tangents(prior, network, dataset, preprocessing, stages, "cpu")
    assert with_them.tangents is not None
    assert with_them.tangents.shape == (COPIES * len(dataset), stages.shape[1])
    for seed in range(COPIES):
        bent = bend(dataset, preprocessing, seed)
        changes = extract(network, bent, preprocessing).stages - stages
        found = with_them.tangents[seed * len(dataset) : (seed + 1) * len(dataset)]
        np.testing.assert_allclose(found, changes, atol=1e-6)


def test_there_are_no_more_tangents_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    network, dataset = body(), series(n_series=10)
    preprocessing = choose_preprocessing(dataset)
    stages = extract(network, dataset, preprocessing).stages
    prior = prior_of(network, 1)

    def count() -> int:
        found = with_tangents(prior, network, dataset, preprocessing, stages, "cpu").tangents
        return 0 if found is None else len(found)

    assert count() == 10 * COPIES
    monkeypatch.setattr(room, "MOST_SERIES", 4)
    assert count() == 4 * COPIES
    monkeypatch.setattr(room, "MOST_VALUES", 2 * COPIES * stages.shape[1])
    assert count() == 2 * COPIES
    monkeypatch.setattr(room, "MOST_VALUES", COPIES * stages.shape[1] - 1)
    assert count() == 0
    monkeypatch.setattr(room, "MOST_VALUES", 1 << 24)
    monkeypatch.setattr(room, "MOST_POINTS", 3 * COPIES * dataset.length)
    assert count() == 3 * COPIES
    # a body that names no directions was not made to be read as it is
    other = prior_of(body(nuisances=0), 1)
    assert with_tangents(other, network, dataset, preprocessing, stages, "cpu") is other


def test_a_head_on_a_body_that_names_directions_is_blind_to_bending() -> None:
    """The same body without directions gives a head that answers bent series more."""
    dataset = series(n_series=12, length=60)
    preprocessing = choose_preprocessing(dataset)
    answers = []
    for nuisances in (0, 2):
        network = body(nuisances=nuisances)  # directions of zeros, which damp nothing
        fit_head(network, dataset, preprocessing)
        bent = [extract(network, bend(dataset, preprocessing, s), preprocessing) for s in range(3)]
        own = extract(network, dataset, preprocessing)
        gaps = np.stack([one.logits - own.logits for one in bent])
        spread = own.logits.std()
        answers.append(float(np.abs(gaps).mean() / spread))
    assert answers[1] < 0.95 * answers[0]
