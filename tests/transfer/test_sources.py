"""Where members start from: what is named, what is advised, and networks of one shape."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.sources import TINY, make_zoo
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.recommendation import advise
from tszoo.training.recipe import Recipe
from tszoo.transfer.planning import make_plan
from tszoo.transfer.pretrain import pretrain
from tszoo.transfer.sources import _of_one_shape
from tszoo.zoo.local import add_model


@pytest.fixture(scope="module")
def zoo(tmp_path_factory) -> Path:
    return make_zoo(tmp_path_factory.mktemp("sources") / "zoo")


def names(plan) -> list[str]:
    return [source.name for source in plan.sources]


def test_a_plan_takes_what_is_named(zoo, toy):
    plan = make_plan(toy, "none", network=TINY)
    assert (plan.sources, plan.ensemble.head) == ((), "softmax")
    assert make_plan(toy, "none", head="ridge", network=TINY).ensemble.head == "ridge"
    named = ["inception.Long", "inception.Bumps"]
    plan = make_plan(toy, named, zoo=zoo)
    assert names(plan) == named
    assert (plan.ensemble.members, plan.advice) == (5, None)
    # of a ridge head no more members than there are bodies
    assert make_plan(toy, named, head="ridge", zoo=zoo).ensemble.members == 4


@pytest.mark.parametrize("head", ["ridge", "softmax"])
def test_a_plan_follows_the_advice(zoo, toy, head):
    advice = advise(toy, zoo)
    best = advice.best(head)
    plan = make_plan(toy, zoo=zoo, head=head)
    assert plan.advice is not None
    assert plan.advice.best(head) == best
    assert names(plan)[:1] == [name for name in [best.source] if name is not None]
    if head == "softmax":
        assert len(plan.sources) <= 1
    one = make_plan(toy, zoo=zoo, head=head, most_sources=1)
    assert len(one.sources) <= 1
    several = make_plan(toy, zoo=zoo, head=head, most_sources=3)
    assert names(several)[0] == advice.best(head, sources_only=True).source
    assert len(set(names(several))) == len(several.sources) == 3


def test_several_sources_are_of_the_shape_that_has_enough_of_them(tmp_path):
    root = make_zoo(tmp_path)
    thin = Dataset.from_arrays(make_toy(8).series, ["a", "b"] * 4, name="Thin")
    add_model(root, pretrain(thin, network={**TINY, "filters": 2}, members=1, recipe=Recipe(1)))
    sources = [f"inception.{name}" for name in ("Thin", "Long", "Steps", "Bumps")]

    def chosen(most: int) -> list[str]:
        return [name for name, _ in _of_one_shape(sources, most, root)]

    assert [chosen(most) for most in (1, 2, 3, 5)] == [
        sources[:1],
        sources[1:3],
        sources[1:],
        sources[1:],
    ]
    assert _of_one_shape([], 5, root) == []
