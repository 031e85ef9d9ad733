"""Recipes: the published numbers, the batch rule, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tszoo.errors import OptionError
from tszoo.nets.registry import ARCHITECTURES
from tszoo.training.recipe import NAMES, PAPER, RECIPES, Recipe, default_recipe, named_recipe


def test_inceptiontime_is_the_papers_recipe() -> None:
    recipe = named_recipe("paper")
    assert (recipe.epochs, recipe.batch_size, recipe.learning_rate) == (1500, 64, 1e-3)
    assert (recipe.schedule, recipe.factor, recipe.patience, recipe.min_learning_rate) == (
        "plateau",
        0.5,
        50,
        1e-4,
    )
    assert recipe.min_delta == 1e-4  # the default of Keras
    assert not recipe.stop_at_convergence


def test_fcn_is_the_papers_recipe() -> None:
    recipe = named_recipe("paper", "fcn")
    assert (recipe.epochs, recipe.learning_rate) == (2000, 1e-3)
    assert (recipe.schedule, recipe.factor, recipe.patience, recipe.min_learning_rate) == (
        "plateau",
        0.5,
        50,
        1e-4,
    )


@pytest.mark.parametrize("n_series", [1, 5, 19, 20, 29, 30, 155, 159, 160, 161, 1000])
def test_fcn_batches_hold_a_tenth_of_the_series_between_2_and_16(n_series: int) -> None:
    assert named_recipe("paper", "fcn").batch(n_series) == max(2, int(min(n_series / 10, 16)))


@pytest.mark.parametrize(("n_series", "batch"), [(2, 2), (10, 10), (63, 63), (64, 64), (1000, 64)])
def test_inceptiontime_batches_hold_64_or_all_series(n_series: int, batch: int) -> None:
    assert named_recipe("paper").batch(n_series) == batch


def test_fast_recipe_takes_at_least_four_steps_an_epoch() -> None:
    sizes = (3, 4, 8, 20, 127, 128, 500)
    assert [named_recipe("fast").batch(n) for n in sizes] == [2, 2, 2, 5, 32, 32, 64]
    assert [named_recipe("fast").steps(n) for n in sizes] == [2, 2, 4, 4, 4, 4, 8]


@pytest.mark.parametrize("n_series", [*range(2, 200), 1000, 8926])
def test_fast_recipe_takes_a_tenth_of_the_papers_steps_at_most(n_series: int) -> None:
    fast, paper = named_recipe("fast"), named_recipe("paper")
    assert fast.epochs * fast.steps(n_series) <= paper.epochs * paper.steps(n_series) / 10


def test_a_batch_size_of_the_users_own_is_kept() -> None:
    assert Recipe(epochs=1, batch_size=1).batch(10) == 1


def test_papers_recipes_are_those_of_architectures() -> None:
    assert set(PAPER) <= set(ARCHITECTURES)
    for architecture in ARCHITECTURES:
        assert named_recipe("paper", architecture) == PAPER.get(architecture, PAPER["inception"])
        assert default_recipe(architecture) in NAMES


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_recipes_survive_json(name: str) -> None:
    assert Recipe(**json.loads(json.dumps(RECIPES[name].to_dict()))) == RECIPES[name]


@pytest.mark.parametrize(
    "key", ["epochs", "batch_size", "batch_divisor", "least_steps", "patience"]
)
@pytest.mark.parametrize("value", [0, -1, 1.0, 2.5, True, "3", None, float("nan")])
def test_counts_are_whole_numbers_from_1_up(key: str, value: Any) -> None:
    with pytest.raises(OptionError, match=rf"^{key} must be a whole number from 1 up, not "):
        Recipe(**{"epochs": 1, key: value})


@pytest.mark.parametrize("key", ["learning_rate", "factor", "min_learning_rate", "min_delta"])
@pytest.mark.parametrize("value", [-1e-9, float("inf"), float("nan"), True, "0.1", None])
def test_rates_are_finite_and_not_negative(key: str, value: Any) -> None:
    with pytest.raises(OptionError, match=rf"^{key} must be a finite number, not negative; got "):
        Recipe(**{"epochs": 1, key: value})


def test_a_learning_rate_of_zero_is_refused() -> None:
    with pytest.raises(OptionError, match=r"^learning_rate must be above 0\.$"):
        Recipe(epochs=1, learning_rate=0.0)


def test_an_unknown_schedule_is_refused() -> None:
    with pytest.raises(
        OptionError, match=r"^schedule must be one of plateau, cosine, constant, not 'linear'\.$"
    ):
        Recipe(epochs=1, schedule="linear")


def test_an_unknown_recipe_is_refused() -> None:
    with pytest.raises(
        OptionError, match=rf"^unknown recipe 'long'; there are {', '.join(NAMES)}\.$"
    ):
        named_recipe("long")
