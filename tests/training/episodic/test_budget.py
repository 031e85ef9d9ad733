"""A budget is steps or a time, and the learning rate follows what is done of it."""

from __future__ import annotations

import math

import pytest

from tszoo.errors import OptionError
from tszoo.training.episodic.budget import Budget, learning_rate


@pytest.mark.parametrize(
    ("given", "budget"),
    [
        (7, Budget(steps=7)),
        ("480s", Budget(seconds=480)),
        ("8m", Budget(seconds=480)),
        ("1.5h", Budget(seconds=5400)),
    ],
)
def test_what_is_read(given: int | str, budget: Budget) -> None:
    assert Budget.of(given) == budget


@pytest.mark.parametrize("given", [0, -3, True, "8", "8 m", "0s", "m", "1e3s", "-1h", "9d", ""])
def test_what_is_refused(given: int | str) -> None:
    with pytest.raises(OptionError, match="budget must be a whole number of steps from 1 up, or"):
        Budget.of(given)


def test_how_much_is_done() -> None:
    assert Budget(steps=10).done(5, 1e9) == 0.5
    assert Budget(seconds=10).done(10**9, 2.5) == 0.25
    assert Budget(seconds=10).done(0, 11) == 1


def test_the_rate_rises_and_falls() -> None:
    assert learning_rate(1, 4, 0, 0) == 0.25
    assert learning_rate(1, 4, 3, 0) == 1
    assert math.isclose(learning_rate(1, 0, 9, 0.5), 0.5)
    assert learning_rate(1, 4, 99, 1) == 0
