from __future__ import annotations

import numpy as np
import pytest

from tszoo.readout.few import can_be_left_out, is_few, usual_penalty, usual_temperature
from tszoo.readout.head import fit_stage_features
from tszoo.readout.ridge import PENALTIES, fit_ridge
from tszoo.readout.spread import Prior
from tszoo.readout.temperature import softmax

KINDS = (200, 200)


def kinds_of_features(per_class: int, n_classes: int, seed: int):
    """Two kinds of features: a few of many vary much and tell classes apart; the rest hardly do."""
    rng = np.random.default_rng(seed)
    means = rng.normal(size=(n_classes, 400))
    labels = np.repeat(np.arange(n_classes), per_class)
    size = np.where(np.arange(400) % 20 == 0, 1.0, 0.02) * np.repeat([1.0, 100.0], 200)
    tells = np.where(np.arange(400) % 20 == 0, 1.0, 0.0)

    def draw(y):
        return ((means[y] * tells + 0.7 * rng.normal(size=(len(y), 400))) * size).astype(np.float32)

    asked = np.repeat(np.arange(n_classes), 60)
    return draw(labels), labels, draw(asked), asked


@pytest.mark.parametrize(
    ("labels", "few"),
    [
        ([0, 1], True),
        ([0, 0, 1, 1], True),
        ([0, 0, 0, 1, 1, 1], False),
        ([0, 1, 2, 2, 2], False),  # most series have two others
        ([0, 1, 2, 3, 4, 4, 4], True),
        ([0, 5], True),  # classes without a series
    ],
)
def test_few_is_one_or_two_series_a_class(labels: list[int], few: bool) -> None:
    assert is_few(np.array(labels)) is few


@pytest.mark.parametrize("n_classes", [2, 5])
def test_with_one_series_a_class_more_is_right_than_by_spreads_of_their_own(n_classes: int) -> None:
    ours, plain, losses, by_left_out = [], [], [], []
    for seed in range(10):
        series, labels, asked, answers = kinds_of_features(1, n_classes, seed)
        fit, temperature, penalties = fit_stage_features(series, labels, n_classes, Prior(KINDS))
        assert penalties == (usual_penalty(400),) == (fit.penalty,)
        assert temperature == usual_temperature(n_classes)
        alone = fit_ridge(series, labels, n_classes)
        for accuracies, ridge in ((ours, fit), (plain, alone)):
            decisions = asked @ ridge.weight.T + ridge.bias
            accuracies.append((decisions.argmax(axis=1) == answers).mean())
        decisions = asked @ fit.weight.T + fit.bias
        rows = np.arange(len(answers))
        losses.append(-np.log(softmax(decisions / temperature)[rows, answers]).mean())
        by_left_out.append(-np.log(softmax(decisions / 10.0)[rows, answers]).mean())
    assert np.mean(ours) > np.mean(plain) + 0.05
    assert np.mean(losses) < np.mean(by_left_out)


def test_with_three_a_class_penalty_and_temperature_are_those_of_the_left_out() -> None:
    series, labels, _, _ = kinds_of_features(3, 3, 0)
    fit, _, penalties = fit_stage_features(series, labels, 3, Prior(KINDS))
    assert penalties == PENALTIES
    targets = 2.0 * np.eye(3)[labels] - 1
    errors = []
    for penalty in PENALTIES:
        left_out = fit_ridge(series, labels, 3, [penalty], Prior(KINDS)).left_out
        errors.append(np.mean((targets - left_out) ** 2))
    assert fit.penalty == PENALTIES[int(np.argmin(errors))]


def test_the_usual_values() -> None:
    assert usual_penalty(6144) == pytest.approx(614.4)
    assert usual_temperature(2) == pytest.approx(1.19, abs=0.01)
    assert usual_temperature(16) == pytest.approx(0.25)


def test_what_can_be_left_out_leaves_something_of_a_class() -> None:
    assert not can_be_left_out(np.arange(5))
    assert can_be_left_out(np.array([0, 1, 2, 2]))
    labels, groups = np.array([0, 0, 1, 1]), np.array([4, 4, 7, 7])
    assert not can_be_left_out(labels, groups)
    assert can_be_left_out(labels, np.array([4, 4, 7, 8]))
