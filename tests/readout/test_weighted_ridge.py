from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from tszoo.readout import ridge as ridge_module
from tszoo.readout.ridge import PENALTIES, fit_ridge
from tszoo.readout.spread import Prior, shared_variances
from tszoo.readout.temperature import TEMPERATURES, choose_temperature, log_softmax

# series, features, classes: fewer series than features, as many, more
SHAPES = [(12, 40, 2), (20, 20, 3), (60, 7, 4)]


def blobs(n_series: int, n_features: int, n_classes: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    labels = np.arange(n_series) % n_classes
    means = rng.normal(size=(n_classes, n_features))
    features = (means[labels] + 2 * rng.normal(size=(n_series, n_features))) * 7 + 5
    weights = rng.uniform(0.1, 4, n_series)
    return features, labels, weights / weights.mean()


def standardized(features, weights):
    centre = np.average(features, axis=0, weights=weights)
    return (features - centre) / np.sqrt(np.average((features - centre) ** 2, 0, weights))


def least_squares(x, y, weights, penalty):
    """Weighted ridge regression with a free intercept, by its normal equations: coefficients."""
    ones = np.column_stack((np.ones(len(x)), x))
    free = np.diag([0.0] + [penalty] * x.shape[1])
    return np.linalg.solve(ones.T @ (weights[:, None] * ones) + free, ones.T @ (weights * y.T).T)


@pytest.fixture(params=[None, 7], autouse=True)
def _block(request, monkeypatch):
    """As many features at a time as ever, and few, so that small tests have several blocks."""
    if request.param is not None:
        monkeypatch.setattr(ridge_module, "BLOCK", request.param)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("penalty", [1e-2, 1.0, 1e2])
def test_it_is_weighted_least_squares(shape, penalty):
    features, labels, weights = blobs(*shape)
    x, y = standardized(features, weights), 2.0 * np.eye(shape[2])[labels] - 1
    fit = fit_ridge(features, labels, shape[2], [penalty], weights=weights)
    theirs = Ridge(alpha=penalty).fit(x, y, sample_weight=weights)
    by_hand = least_squares(x, y, weights, penalty)
    np.testing.assert_allclose(theirs.predict(x), by_hand[0] + x @ by_hand[1:], atol=1e-7)
    np.testing.assert_allclose(fit.fitted, by_hand[0] + x @ by_hand[1:], atol=1e-7)
    np.testing.assert_allclose(features @ fit.weight.T + fit.bias, fit.fitted, atol=1e-7)
    for i in range(shape[0]):
        rest = np.arange(shape[0]) != i
        others = least_squares(x[rest], y[rest], weights[rest], penalty)
        np.testing.assert_allclose(fit.left_out[i], others[0] + x[i] @ others[1:], atol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_penalty_has_the_least_weighted_left_out_error(shape):
    chosen = set()
    for seed in range(6):
        features, labels, weights = blobs(*shape, seed)
        weights = weights**4 / np.mean(weights**4)
        y = 2.0 * np.eye(shape[2])[labels] - 1
        errors = []
        for penalty in PENALTIES:
            left_out = fit_ridge(features, labels, shape[2], [penalty], weights=weights).left_out
            errors.append(np.mean(weights[:, None] * (y - left_out) ** 2))
        fit = fit_ridge(features, labels, shape[2], weights=weights)
        assert fit.penalty == PENALTIES[int(np.argmin(errors))]
        chosen.add(fit.penalty == fit_ridge(features, labels, shape[2]).penalty)
    assert False in chosen, "the weights never change the penalty: this tests nothing"


def test_weights_that_are_all_one_are_none():
    features, labels, _ = blobs(30, 9, 3)
    fit = fit_ridge(features, labels, 3)
    weighted = fit_ridge(features, labels, 3, weights=np.ones(30))
    np.testing.assert_allclose(weighted.left_out, fit.left_out, atol=1e-10)
    np.testing.assert_allclose(weighted.weight, fit.weight, atol=1e-10)
    assert weighted.penalty == fit.penalty


def test_spreads_are_weighted_too():
    features, labels, weights = blobs(20, 6, 2)
    fit = fit_ridge(features, labels, 2, prior=Prior((2, 4)), weights=weights)
    variances = np.cov(features.T, aweights=weights, ddof=0).diagonal()
    expected = np.sqrt(shared_variances(variances, 20, (2, 4)))
    np.testing.assert_allclose(fit.spread, expected, rtol=1e-9)


def test_the_temperature_has_the_least_weighted_log_loss():
    rng = np.random.default_rng(0)
    decisions, labels = rng.normal(size=(40, 3)), np.arange(40) % 3
    decisions[np.arange(20), labels[:20]] += 3
    weights = np.where(np.arange(40) < 20, 1.9, 0.1)
    losses = []
    for temperature in TEMPERATURES:
        logarithms = log_softmax(decisions / temperature)
        loss = 0.0
        for i, label in enumerate(labels):
            for k in range(3):
                share = 1 - 1 / 42 if k == label else 1 / 42 / 2
                loss -= weights[i] * share * logarithms[i, k]
        losses.append(loss)
    chosen = choose_temperature(decisions, labels, weights)
    assert chosen == TEMPERATURES[int(np.argmin(losses))]
    assert chosen < choose_temperature(decisions, labels)
