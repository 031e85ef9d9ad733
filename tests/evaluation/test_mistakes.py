"""Where a model is wrong, how sure it was, and what its members are worth."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.evaluation.by_member import by_member
from tszoo.evaluation.metrics import accuracy, evaluate, score
from tszoo.evaluation.mistakes import frequent_mistakes, surest_errors
from tszoo.evaluation.reliability import calibration_error, reliability
from tszoo.models.member_subset import first_members

LABELS = np.array([0, 0, 0, 1, 1, 2])
PROBABILITIES = np.array(
    [
        [0.1, 0.9, 0.0],
        [0.2, 0.7, 0.1],
        [0.8, 0.1, 0.1],
        [0.0, 0.6, 0.4],
        [0.95, 0.05, 0.0],
        [0.0, 0.45, 0.55],
    ]
)
EVALUATION = score(LABELS, PROBABILITIES, ("a", "b", "c"), "m", make_toy(6))


def test_the_most_frequent_mistake_comes_first() -> None:
    assert frequent_mistakes(EVALUATION) == [("a", "b", 2, 2 / 3), ("b", "a", 1, 1 / 2)]
    assert len(frequent_mistakes(EVALUATION, most=1)) == 1
    assert EVALUATION.confusion.trace() == 3  # counting changes nothing


def test_the_surest_error_comes_first() -> None:
    errors = surest_errors(EVALUATION)
    assert [error.series for error in errors] == [4, 0, 1]
    assert errors[0] == (4, "b", "a", 0.95, 0.05)
    assert len(surest_errors(EVALUATION, most=2)) == 2


def test_no_mistakes_are_none() -> None:
    right = score(LABELS, np.eye(3)[LABELS], ("a", "b", "c"), "m", make_toy(6))
    assert frequent_mistakes(right) == surest_errors(right) == []


@pytest.mark.parametrize("seed", range(3))
def test_bins_against_going_through_all_series(seed: int) -> None:
    rng = np.random.default_rng(seed)
    probabilities, labels = rng.dirichlet(np.ones(3), 200), rng.integers(0, 3, 200)
    error = 0.0
    seen = 0
    for found in reliability(probabilities, labels, 10):
        rows = [p for p in range(200) if found.low < probabilities[p].max() <= found.high]
        assert found.n_series == len(rows)
        assert found.probability == pytest.approx(probabilities[rows].max(axis=1).mean())
        right = (probabilities[rows].argmax(axis=1) == labels[rows]).mean()
        assert found.accuracy == pytest.approx(right)
        error += len(rows) / 200 * abs(found.accuracy - found.probability)
        seen += len(rows)
    assert seen == 200
    assert calibration_error(probabilities, labels) == pytest.approx(error, abs=0.05)


def test_members_alone_and_together() -> None:
    toy, data = make_toy(), make_toy(40, seed=5)
    model = make_model(toy, members=3)
    counted: list[tuple[int, int]] = []
    scores = by_member(model, data, progress=lambda done, total: counted.append((done, total)))
    assert [found.member for found in scores] == [1, 2, 3]
    for k, found in enumerate(scores):
        together = first_members(model, k + 1).predict_proba(data)
        assert found.together == accuracy(together, data.require_labels())
        alone = first_members(make_model(toy, members=3), 1)
        alone.networks[0].load_state_dict(model.networks[k].state_dict())
        wanted = accuracy(alone.predict_proba(data), data.require_labels())
        assert found.accuracy == wanted
    assert scores[-1].together == evaluate(model, data).accuracy
    assert counted[-1] == (120, 120)
