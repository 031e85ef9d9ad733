"""Which values are tried together, and what presets hold."""

from __future__ import annotations

from itertools import product

import pytest

from tests.support.toys import make_toy
from tszoo.errors import OptionError
from tszoo.study.ask import Asked, Design, plan_sweep
from tszoo.study.combine import combinations
from tszoo.study.presets import PRESETS, Preset
from tszoo.study.settings import Settings
from tszoo.study.trial import Sets
from tszoo.training.run import Run

VARY = {"depth": [3, 6, 9], "filters": [16, 32]}


def complete(rows, defaults):
    return [{**defaults, **row} for row in rows]


def test_a_grid_is_the_product() -> None:
    rows = combinations(Settings(), VARY, grid=True)
    expected = [{"depth": d, "filters": f} for d, f in product([3, 6, 9], [16, 32])]
    assert complete(rows, {"depth": 6, "filters": 32}) == expected


def test_one_at_a_time_changes_one_and_tries_the_defaults_once() -> None:
    rows = combinations(Settings(), VARY, grid=False)
    assert rows == [{}, {"depth": 3}, {"depth": 9}, {"filters": 16}]


def test_a_batch_is_no_default_where_small_sets_have_smaller_ones() -> None:
    assert combinations(Settings(), {"batch_size": [64]}, grid=False) == [{}, {"batch_size": 64}]
    paper = Settings(recipe={"name": "paper"})
    assert combinations(paper, {"batch_size": [64]}, grid=False) == [{}]


def test_what_follows_from_a_change_is_said() -> None:
    """Another recipe has another learning rate."""
    vary = {"recipe": ["fast", "paper"], "learning_rate": [0.01]}
    asked = Asked(Settings(), vary, Design(grid=False), Preset(Settings()))
    plan = plan_sweep([Sets(make_toy())], asked, Run())
    assert [plan.all_values(values) for values in plan.candidates()] == [
        {"recipe": "fast", "learning_rate": 0.003},
        {"recipe": "paper", "learning_rate": 0.001},
        {"recipe": "fast", "learning_rate": 0.01},
    ]


def test_too_many() -> None:
    vary = {key: list(range(1, 101)) for key in ("depth", "filters", "bottleneck")}
    with pytest.raises(OptionError, match="1000000 combinations; 100000 at most"):
        combinations(Settings(), vary, grid=True)


def plan_of(preset: str, settings: Settings | None = None, given=(), **vary):
    asked = Asked(settings or Settings(), vary, Design(), PRESETS[preset], given)
    return plan_sweep([Sets(make_toy())], asked, Run())


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_tried(name: str) -> None:
    """Each of its values makes a recipe and a network."""
    plan = plan_of(name)
    assert not plan.grid
    for trial in plan.trials():
        settings = plan.conditions.settings.changed(trial.values)
        settings.own_recipe()
        from tszoo.transfer.ensemble import complete_args

        complete_args(settings.architecture, settings.network)


def test_what_is_given_holds_although_a_preset_has_another_default() -> None:
    assert plan_of("inceptiontime").conditions.settings.members == 5
    plan = plan_of("inceptiontime", given=("members",))
    assert plan.conditions.settings.members == 1
    assert "members" not in plan.keys
    with pytest.raises(OptionError, match=r"^members is varied and set\."):
        plan_of("inceptiontime", given=("members",), members=[1, 5])


def test_sagemakers_defaults() -> None:
    plan = plan_of("sagemaker")
    assert plan.all_values(plan.trials()[0].values) == {
        "filters": 32,
        "depth": 6,
        "members": 5,
        "learning_rate": 0.001,
        "batch_size": 64,
        "epochs": 100,
    }
    assert len(plan.trials()) == 1 + 6 * 2


def test_what_is_set_is_not_varied_and_what_is_varied_replaces() -> None:
    plan = plan_of("sagemaker", Settings(recipe={"epochs": 5}), filters=[8])
    assert "epochs" not in plan.vary
    assert plan.vary["filters"] == [8]
    assert plan.conditions.settings.recipe["epochs"] == 5
    assert plan.conditions.settings.recipe["name"] == "paper"


def test_no_two_repeats_share_a_member() -> None:
    asked = Asked(Settings(members=5), {"depth": [1]}, Design(repeats=3), Preset(Settings()))
    seeds = [trial.seed for trial in plan_sweep([Sets(make_toy())], asked, Run()).trials()]
    assert seeds == [0, 1000, 2000]
