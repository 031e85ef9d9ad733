from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from tests.support.fits import ridge, trained
from tests.support.sources import source_models
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.errors import DataError, ModelError, OptionError
from tszoo.evaluation.calibrate import calibrate
from tszoo.evaluation.metrics import evaluate
from tszoo.evaluation.reliability import calibration_error
from tszoo.models.config import ModelConfig
from tszoo.models.load import load_folder
from tszoo.models.member_subset import first_members
from tszoo.models.model import Model
from tszoo.models.record.calibration import MOST_SCORES, Calibration, probabilities_at, sets_of


def noisy(n_series: int, seed: int, name: str = "Noisy") -> Dataset:
    """Waves that are often mistaken for those of another class."""
    toy = make_toy(n_series, n_classes=3, seed=seed)
    noise = np.random.default_rng(seed + 1000).normal(size=toy.series.shape)
    return replace(toy, series=(toy.series + 1.5 * noise).astype(np.float32), name=name)


@lru_cache(maxsize=1)
def model_of_noise() -> Model:
    recipe = {"epochs": 15, "learning_rate": 0.02}
    return trained(noisy(45, 0), source_models()[0], members=2, recipe=recipe)


def of_ranks(scores: np.ndarray, coverage: float) -> float:
    """The quantile of split conformal prediction, as it is written."""
    rank = int(np.ceil(round((len(scores) + 1) * coverage, 9)))
    return np.sort(scores)[rank - 1]


def test_the_temperature_lowers_the_log_loss_and_no_label_changes():
    model, held_back = model_of_noise(), noisy(120, 1)
    better = calibrate(model, held_back)
    before, after = evaluate(model, held_back), evaluate(better, held_back)
    assert after.log_loss < before.log_loss
    assert after.calibration_error < before.calibration_error
    assert after.accuracy == before.accuracy
    unseen = noisy(60, 2)
    assert evaluate(better, unseen).log_loss < evaluate(model, unseen).log_loss
    assert np.array_equal(better.predict(unseen), model.predict(unseen))
    np.testing.assert_allclose(better.predict_proba(unseen).sum(axis=1), 1)

    def loss(logarithm: float) -> float:
        probabilities = probabilities_at(model.predict_proba(held_back), np.exp(logarithm))
        own = probabilities[np.arange(120), held_back.labels]
        return float(-np.log(own).mean())

    best = float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))
    assert better.config.calibration.temperature == pytest.approx(best, rel=0.2)
    again = calibrate(better, held_back)
    assert again.config.calibration == better.config.calibration


def test_a_temperature_is_that_of_the_logits_of_one_member():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(9, 4)) * 3
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    for temperature in (0.3, 1.0, 2.5):
        powers = np.exp(logits / temperature)
        expected = powers / powers.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(probabilities_at(probabilities, temperature), expected)
    certain = probabilities_at(np.array([[1.0, 0.0]]), 2.0)
    assert np.isfinite(certain).all()
    assert certain[0, 0] == 1


def test_the_calibration_error_is_that_of_the_bins():
    rng = np.random.default_rng(1)
    probabilities, labels = rng.dirichlet([0.4] * 3, 200), rng.integers(0, 3, 200)
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    expected = 0.0
    for k in range(15):
        inside = (sure > k / 15) & (sure <= (k + 1) / 15)
        if inside.any():
            expected += inside.sum() / 200 * abs(right[inside].mean() - sure[inside].mean())
    assert calibration_error(probabilities, labels) == pytest.approx(expected)
    assert calibration_error(np.array([[1.0, 0.0]] * 4), np.zeros(4, dtype=int)) == 0
    assert calibration_error(np.array([[1.0, 0.0]] * 4), np.array([0, 0, 1, 1])) == 0.5


def test_sets_hold_the_right_class_as_often_as_asked():
    """The mean over many calibrations lies in the bounds that theory gives."""
    model = model_of_noise()
    plain = model.predict_proba(noisy(1200, 3))
    labels = noisy(1200, 3).labels
    rng, n_series, coverages = np.random.default_rng(4), 40, {}
    for coverage in (0.6, 0.9):
        shares = []
        for _ in range(300):
            order = rng.permutation(1200)
            known, unseen = order[:n_series], order[n_series:]
            part = Dataset.from_arrays(np.ones((n_series, 2)), labels[known])
            calibration = Calibration.of(part, plain[known], 1.0)
            inside = sets_of(plain[unseen], calibration, coverage)
            shares.append(inside[np.arange(len(unseen)), labels[unseen]].mean())
        coverages[coverage] = np.mean(shares)
    # coverage <= mean <= coverage + 1 / (n + 1); of 300 draws the mean errs by about 0.004
    for coverage, share in coverages.items():
        assert coverage - 0.015 < share < coverage + 1 / 41 + 0.015


def test_sets_are_those_of_the_scores_before_the_temperature():
    model, held_back, unseen = model_of_noise(), noisy(120, 1), noisy(60, 2)
    better = calibrate(model, held_back)
    assert better.config.calibration.temperature != 1
    own = model.predict_proba(held_back)[np.arange(120), held_back.labels]
    for coverage in (0.5, 0.9, 0.99):
        threshold = of_ranks(1 - own, coverage)
        expected = 1 - model.predict_proba(unseen) <= threshold
        assert np.array_equal(better.predict_set(unseen, coverage), expected)
    small = better.predict_set(unseen, 0.3)
    assert not small.any(axis=1).all(), "some sets are empty: none of these"


@given(st.integers(2, 1800), st.floats(0.01, 0.99))
@settings(max_examples=60, deadline=None)
def test_scores_that_are_thinned_out_cover_no_less(n_series, coverage):
    scores = np.random.default_rng(n_series).uniform(size=n_series)
    data = Dataset.from_arrays(np.ones((n_series, 2)), np.arange(n_series) % 2)
    both = np.stack((1 - scores, scores), axis=1)
    both[1::2] = both[1::2, ::-1]
    calibration = Calibration.of(data, both)
    assert len(calibration.scores) == min(n_series, MOST_SCORES)
    if np.ceil(round((n_series + 1) * coverage, 9)) > n_series:
        with pytest.raises(OptionError, match="series vouch for"):
            calibration.threshold(coverage)
        return
    exact = of_ranks(scores, coverage)
    higher = of_ranks(scores, min(coverage + 1 / MOST_SCORES, n_series / (n_series + 1)))
    assert exact <= calibration.threshold(coverage) + 1e-12
    if n_series <= MOST_SCORES:
        assert calibration.threshold(coverage) <= exact + 1e-6
    else:
        assert calibration.threshold(coverage) <= max(higher, exact) + 1e-6


def test_it_is_kept_in_the_model(tmp_path):
    better = calibrate(model_of_noise(), noisy(40, 1))
    better.save(tmp_path / "m", dtype="float32")
    loaded = load_folder(tmp_path / "m")
    assert loaded.config.calibration == better.config.calibration
    unseen = noisy(20, 2)
    np.testing.assert_allclose(
        loaded.predict_proba(unseen), better.predict_proba(unseen), atol=1e-6
    )
    text = (tmp_path / "m" / "README.md").read_text(encoding="utf-8")
    assert "with 40 series of Noisy, to a temperature of" in text
    assert first_members(better, 1).config.calibration is None


def test_a_ridge_readout_keeps_what_it_gives_series_that_are_left_out():
    target, unseen = noisy(90, 5), noisy(300, 6)
    model = ridge(target, source_models()[0], members=1)
    calibration = model.config.calibration
    assert (calibration.n_series, calibration.left_out) == (90, True)
    assert calibration.temperature == 1
    inside = model.predict_set(unseen, 0.8)
    assert 0.7 < inside[np.arange(300), unseen.labels].mean() < 0.95
    plain = replace(model, config=replace(model.config, calibration=None))
    assert np.array_equal(model.predict_proba(unseen), plain.predict_proba(unseen))


def test_what_cannot_be_calibrated_is_refused():
    model = model_of_noise()
    with pytest.raises(DataError, match=r"the series that inception\.Noisy has learnt"):
        calibrate(model, noisy(45, 0))
    with pytest.raises(DataError, match="no labels"):
        calibrate(model, Dataset.from_arrays(np.ones((3, 32))))
    with pytest.raises(ModelError, match="no scores to make prediction sets by"):
        model.predict_set(noisy(3, 1))
    better = calibrate(model, noisy(19, 1))
    with pytest.raises(OptionError, match=r"coverage=0.96: 19 series vouch for 0.95 at most"):
        better.predict_set(noisy(3, 1), 0.96)
    for coverage in (0, 1, 90, True):
        with pytest.raises(OptionError, match="expected a share between 0 and 1"):
            better.predict_set(noisy(3, 1), coverage)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"temperature": 0}, "temperature must be above 0"),
        ({"temperature": -1}, "temperature must be a number from 0 up"),
        ({"scores": [0.1]}, "scores must be 3 numbers, not 1"),
        ({"scores": [0.3, 0.2, 0.4]}, "scores must rise"),
        ({"scores": [0.3, 0.4, 1.4]}, "scores must rise, from 0 up and to 1"),
        ({"left_out": 1}, "left_out must be true or false"),
        ({"more": 1}, "'more', which is none of its fields"),
    ],
)
def test_a_calibration_of_a_file_is_looked_at(changes, message):
    values = model_of_noise().config.to_dict()
    sound = {
        "dataset": "D",
        "n_series": 3,
        "temperature": 1.5,
        "scores": [0.1, 0.2, 0.3],
        "left_out": False,
    }
    assert ModelConfig.from_dict({**values, "calibration": sound}).to_dict()["calibration"] == sound
    with pytest.raises(ModelError, match=message):
        ModelConfig.from_dict({**values, "calibration": {**sound, **changes}})
