"""About how long fitting takes, before it begins."""

from __future__ import annotations

import pytest

from tests.support.sources import TINY
from tests.support.toys import make_toy
from tszoo.training.recipe import RECIPES
from tszoo.training.spread import SECONDS_A_PROCESS
from tszoo.transfer import estimate
from tszoo.transfer.ensemble import Ensemble
from tszoo.transfer.estimate import estimate_seconds


def ensemble(n_frozen: int = 0, n_trained: int = 0, name: str = "fast") -> Ensemble:
    recipe = RECIPES[name] if n_trained else None
    return Ensemble.of("inception", TINY, n_frozen=n_frozen, n_trained=n_trained, recipe=recipe)


@pytest.fixture
def hundredth(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that takes a hundredth of a second a series."""
    monkeypatch.setattr(estimate, "_seconds_a_series", lambda *_: 0.01)


@pytest.mark.usefixtures("hundredth")
def test_training_takes_longer_with_members_epochs_and_series():
    toy = make_toy(20)
    one = estimate_seconds(ensemble(n_trained=1), None, toy)
    assert one == pytest.approx(0.01 * 20 * 37 * estimate.PASSES_A_STEP)
    five = ensemble(n_trained=5)
    assert estimate_seconds(five, None, toy, jobs=1) == pytest.approx(5 * one)
    in_three_rounds = 3 * one + SECONDS_A_PROCESS
    assert estimate_seconds(five, None, toy, jobs=2) == pytest.approx(in_three_rounds)
    assert estimate_seconds(ensemble(n_trained=1), None, make_toy(40)) == pytest.approx(2 * one)
    longer = estimate_seconds(ensemble(n_trained=1, name="converged"), None, toy)
    assert longer == pytest.approx(one * 1500 / 37)


@pytest.mark.usefixtures("hundredth")
def test_a_frozen_member_takes_less_than_a_trained_one_and_both_take_the_sum():
    toy = make_toy(20)
    frozen = estimate_seconds(ensemble(n_frozen=2), None, toy, jobs=1)
    trained = estimate_seconds(ensemble(n_trained=2), None, toy, jobs=1)
    assert 0 < frozen < trained
    both = estimate_seconds(ensemble(n_frozen=2, n_trained=2), None, toy, jobs=1)
    assert both == pytest.approx(frozen + trained, abs=0.1)


@pytest.mark.parametrize("shape", [{}, {"n_channels": 3}, {"n_series": 4, "length": 500}])
def test_a_real_network_is_timed(shape):
    assert estimate_seconds(ensemble(n_trained=1), None, make_toy(**shape)) > 0
