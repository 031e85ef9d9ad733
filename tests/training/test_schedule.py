"""Learning rates.

The plateau rule against a restatement of Keras's, the cosine, and convergence.
"""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tszoo.training.recipe import Recipe
from tszoo.training.schedule import Schedule


class KerasPlateau:
    """ReduceLROnPlateau(monitor="loss", mode="min", cooldown=0), as Keras documents it."""

    def __init__(
        self, lr: float, factor: float, patience: int, min_lr: float, min_delta: float
    ) -> None:
        self.lr, self.factor, self.patience, self.min_lr, self.min_delta = (
            lr,
            factor,
            patience,
            min_lr,
            min_delta,
        )
        self.best, self.wait = math.inf, 0

    def on_epoch_end(self, loss: float) -> float:
        if loss < self.best - self.min_delta:
            self.best = loss
            self.wait = 0
        else:
            self.wait += 1
            if self.wait >= self.patience and self.lr > self.min_lr:
                self.lr = max(self.lr * self.factor, self.min_lr)
                self.wait = 0
        return self.lr


losses = st.lists(
    st.sampled_from([0.0, 0.5, 0.5 + 5e-5, 0.5 + 2e-4, 1.0]) | st.floats(0, 3), max_size=80
)


@settings(max_examples=300, deadline=None)
@given(
    losses,
    st.integers(1, 6),
    st.sampled_from([0.0, 0.1, 0.5, 0.9]),
    st.sampled_from([0.0, 1e-4, 1e-3, 1e-2]),
    st.sampled_from([0.0, 1e-4, 0.1]),
)
def test_plateau_is_the_rule_of_keras(
    losses: list[float], patience: int, factor: float, minimum: float, min_delta: float
) -> None:
    recipe = Recipe(
        epochs=100, patience=patience, factor=factor, min_learning_rate=minimum, min_delta=min_delta
    )
    ours = Schedule.of(recipe)
    keras = KerasPlateau(1e-3, factor, patience, minimum, min_delta)
    for epoch, loss in enumerate(losses):
        ours.after_epoch(loss)
        assert ours.at(epoch / 100) == keras.on_epoch_end(loss)
        assert not ours.converged


def test_the_papers_rates_over_a_long_plateau() -> None:
    schedule = Schedule.of(Recipe(epochs=1500))
    rates = []
    for epoch in range(300):
        rates.append(schedule.at(epoch / 1500))
        schedule.after_epoch(1.0)
    # the first epoch sets the mark; the rate falls behind every 50 epochs that do not reach below
    # it
    assert rates == [1e-3] * 51 + [5e-4] * 50 + [2.5e-4] * 50 + [1.25e-4] * 50 + [1e-4] * 99


def test_a_run_has_converged_after_patience_epochs_at_the_lowest_rate() -> None:
    recipe = Recipe(epochs=1500, patience=5, stop_at_convergence=True)
    schedule = Schedule.of(recipe)
    epochs = 0
    while not schedule.converged:
        assert epochs < 100
        schedule.after_epoch(1.0)
        epochs += 1
    assert epochs == 1 + 5 * 5  # the mark, four reductions to 1e-4, five epochs there
    assert schedule.learning_rate == 1e-4


def test_a_lower_loss_puts_convergence_off() -> None:
    recipe = Recipe(epochs=1500, patience=5, stop_at_convergence=True)
    schedule = Schedule.of(recipe)
    for _ in range(1 + 5 * 4 + 4):
        schedule.after_epoch(1.0)
    schedule.after_epoch(0.5)
    for _ in range(4):
        schedule.after_epoch(0.5)
        assert not schedule.converged
    schedule.after_epoch(0.5)
    assert schedule.converged


def test_without_stop_at_convergence_a_run_never_ends_early() -> None:
    schedule = Schedule.of(Recipe(epochs=1500, patience=1))
    for _ in range(100):
        schedule.after_epoch(1.0)
    assert not schedule.converged


@pytest.mark.parametrize("total", [1, 2, 10, 1000])
def test_cosine_falls_from_the_rate_to_zero(total: int) -> None:
    schedule = Schedule.of(Recipe(epochs=10, schedule="cosine", learning_rate=0.02))
    rates = [schedule.at(step / total) for step in range(total)]
    assert rates[0] == 0.02
    assert all(a > b > 0 for a, b in itertools.pairwise(rates))
    assert schedule.at(1.0) == pytest.approx(0, abs=1e-12)
    if total > 1:
        assert rates[total // 2] == pytest.approx(0.01)
    if total == 1000:
        assert rates[-1] < 1e-7


@pytest.mark.parametrize("kind", ["cosine", "constant"])
def test_only_the_plateau_schedule_looks_at_the_loss(kind: str) -> None:
    recipe = Recipe(epochs=10, schedule=kind, patience=1, stop_at_convergence=True)
    watched, blind = Schedule.of(recipe), Schedule.of(recipe)
    for step in range(20):
        watched.after_epoch(1.0)
        assert watched.at(step / 20) == blind.at(step / 20)
    assert not watched.converged
    if kind == "constant":
        assert watched.at(19 / 20) == 1e-3
