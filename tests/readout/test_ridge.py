from __future__ import annotations

import tracemalloc
import warnings

import numpy as np
import pytest
from sklearn.linear_model import Ridge, RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tszoo.errors import OptionError, TrainingError
from tszoo.readout import ridge as ridge_module
from tszoo.readout.ridge import PENALTIES, fit_ridge

# series, features, classes: fewer series than features, as many, more
SHAPES = [(12, 40, 2), (20, 20, 3), (21, 20, 3), (60, 7, 4), (30, 29, 2)]


def blobs(n_series: int, n_features: int, n_classes: int, seed: int = 0):
    """Features of all scales that tell classes apart, not too easily."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n_series) % n_classes
    means = rng.normal(size=(n_classes, n_features))
    features = (means[labels] + 3 * rng.normal(size=(n_series, n_features))) * rng.uniform(
        0.01, 100, n_features
    ) + 5
    return features, labels


@pytest.fixture(params=[None, 7], autouse=True)
def _block(request, monkeypatch):
    """As many features at a time as ever, and few, so that small tests have several blocks."""
    if request.param is not None:
        monkeypatch.setattr(ridge_module, "BLOCK", request.param)


def decisions(fit, features):
    return features @ fit.weight.T + fit.bias


@pytest.mark.parametrize(("n_series", "n_features", "n_classes"), SHAPES)
def test_it_is_the_classifier_of_scikit_learn(n_series, n_features, n_classes):
    features, labels = blobs(n_series, n_features, n_classes)
    fit = fit_ridge(features, labels, n_classes)
    theirs = make_pipeline(StandardScaler(), RidgeClassifierCV(alphas=np.logspace(-3, 3, 10))).fit(
        features, labels
    )
    unseen, _ = blobs(50, n_features, n_classes, seed=1)
    values = theirs.decision_function(unseen)
    values = np.stack([-values, values], axis=1) if n_classes == 2 else values
    np.testing.assert_allclose(decisions(fit, unseen), values, rtol=1e-6, atol=1e-8)
    assert np.array_equal(decisions(fit, unseen).argmax(axis=1), theirs.predict(unseen))
    assert fit.penalty == pytest.approx(theirs[-1].alpha_)


@pytest.mark.parametrize(("n_series", "n_features", "n_classes"), SHAPES)
def test_the_fitted_decisions_are_those_of_the_features(n_series, n_features, n_classes):
    features, labels = blobs(n_series, n_features, n_classes)
    features[:, 0] = 7.0  # a constant one too
    fit = fit_ridge(features, labels, n_classes)
    np.testing.assert_allclose(fit.fitted, decisions(fit, features), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("n_series", "n_features", "n_classes"), SHAPES)
@pytest.mark.parametrize("penalty", [1e-3, 1.0, 1e3])
def test_left_out_decisions_are_those_of_fits_to_all_others(
    n_series, n_features, n_classes, penalty
):
    features, labels = blobs(n_series, n_features, n_classes)
    fit = fit_ridge(features, labels, n_classes, [penalty])
    standard, targets = (
        StandardScaler().fit_transform(features),
        2.0 * np.eye(n_classes)[labels] - 1,
    )
    for i in range(n_series):
        rest = np.arange(n_series) != i
        slow = (
            Ridge(alpha=penalty).fit(standard[rest], targets[rest]).predict(standard[i : i + 1])[0]
        )
        np.testing.assert_allclose(fit.left_out[i], slow, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(("n_series", "n_features", "n_classes"), SHAPES)
def test_the_penalty_has_the_least_left_out_error(n_series, n_features, n_classes):
    features, labels = blobs(n_series, n_features, n_classes, seed=3)
    targets = 2.0 * np.eye(n_classes)[labels] - 1
    errors = [
        np.mean((targets - fit_ridge(features, labels, n_classes, [one]).left_out) ** 2)
        for one in PENALTIES
    ]
    assert fit_ridge(features, labels, n_classes).penalty == PENALTIES[int(np.argmin(errors))]


def test_the_standardisation_comes_with_the_fit():
    features, labels = blobs(12, 40, 2)
    fit = fit_ridge(features, labels, 2)
    standard = (features - fit.centre) / fit.spread
    np.testing.assert_allclose(standard, StandardScaler().fit_transform(features), atol=1e-9)


@pytest.mark.parametrize(("n_series", "n_features"), [(10, 30), (30, 10)])
def test_a_constant_feature_weighs_nothing(n_series, n_features):
    features, labels = blobs(n_series, n_features, 2)
    without = fit_ridge(features, labels, 2)
    flat = np.full((n_series, 2), 7.0)
    flat[:, 1] += 1e-7 * np.arange(n_series)  # what float32 makes of a constant
    fit = fit_ridge(np.concatenate([features, flat], axis=1), labels, 2)
    assert (fit.weight[:, -2:] == 0).all()
    np.testing.assert_allclose(fit.left_out, without.left_out, rtol=1e-8)
    np.testing.assert_allclose(fit.weight[:, :-2], without.weight, rtol=1e-8)


def test_without_a_feature_that_varies_it_knows_how_many_series_a_class_has():
    labels = np.array([0, 0, 0, 1])
    for n_features in (1, 9):
        fit = fit_ridge(np.full((4, n_features), 3.0), labels, 2)
        assert (fit.weight == 0).all()
        np.testing.assert_allclose(fit.bias, [0.5, -0.5])
        np.testing.assert_allclose(fit.left_out[3], [1, -1])  # all others are of class 0


@pytest.mark.parametrize(("n_series", "n_features"), [(9, 30), (30, 9)])
def test_a_class_of_one_series_and_one_of_none(n_series, n_features):
    features, _ = blobs(n_series, n_features, 2)
    labels = np.zeros(n_series, dtype=np.int64)
    labels[3], labels[4] = 3, 1
    fit = fit_ridge(features, labels, 5)
    for absent in (2, 4):
        assert (fit.weight[absent] == 0).all()
        assert fit.bias[absent] == -1
        np.testing.assert_allclose(fit.left_out[:, absent], -1)
    theirs = RidgeClassifierCV(alphas=PENALTIES).fit(
        StandardScaler().fit_transform(features), labels
    )
    assert np.array_equal(
        decisions(fit, features).argmax(axis=1),
        theirs.predict((features - fit.centre) / fit.spread),
    )


def test_doubled_series_and_features_are_no_trouble():
    features, labels = blobs(8, 20, 2)
    twice = np.concatenate([features, features])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit = fit_ridge(np.concatenate([twice, twice], axis=1), np.concatenate([labels, labels]), 2)
    assert np.isfinite(fit.weight).all()
    assert np.array_equal(fit.left_out.argmax(axis=1), np.concatenate([labels, labels]))


def test_what_cannot_be_fitted_is_refused():
    features, labels = blobs(6, 3, 2)
    for penalties in ([], [1.0, 0.0], [float("nan")]):
        with pytest.raises(OptionError, match=r"^penalties must be numbers above 0, not \["):
            fit_ridge(features, labels, 2, penalties)
    with pytest.raises(TrainingError, match=r"^1 series: a ridge classifier needs two or more\.$"):
        fit_ridge(features[:1], labels[:1], 2)
    features[4, 1] = np.inf
    with pytest.raises(
        TrainingError, match=r"^the features of series 4 are not finite; the network's weights"
    ):
        fit_ridge(features, labels, 2)


@pytest.mark.parametrize("shape", [(40, 9), (9, 40)])
def test_features_are_left_as_they_are_and_may_be_of_any_float(shape):
    features, labels = blobs(*shape, 2)
    before = features.copy()
    whole = fit_ridge(features, labels, 2)
    assert np.array_equal(features, before)
    narrow = features.astype(np.float32)
    ours, theirs = fit_ridge(narrow, labels, 2), fit_ridge(narrow.astype(np.float64), labels, 2)
    for name in ("weight", "bias", "penalty", "fitted", "left_out", "centre", "spread"):
        one, other = getattr(ours, name), getattr(theirs, name)
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
    assert ours.rows is theirs.rows is None
    assert fit_ridge(features[:, ::-1], labels, 2).penalty == whole.penalty


@pytest.mark.parametrize("shape", [(3000, 400), (400, 3000)])
def test_features_are_not_copied_as_a_whole(shape, monkeypatch):
    monkeypatch.setattr(ridge_module, "BLOCK", 32)
    features, labels = blobs(*shape, 2)
    features = features.astype(np.float32)
    tracemalloc.start()
    try:
        fit_ridge(features, labels, 2)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 0.9 * 8 * features.size
