"""A source in one call."""

from __future__ import annotations

from dataclasses import replace

import pytest

import tszoo
from tests.support.fits import RUN, same
from tests.support.sources import TINY
from tests.support.toys import make_toy
from tszoo.errors import ModelError, OptionError
from tszoo.models.record import Published
from tszoo.training import recipe as recipe_module
from tszoo.training.recipe import RECIPES
from tszoo.transfer.pretrain import scratch_ensemble


@pytest.fixture
def quick(monkeypatch):
    """The recipe that is taken unless told, cut to two epochs."""
    fast = replace(RECIPES["fast"], epochs=2)
    monkeypatch.setitem(recipe_module.RECIPES, "fast", fast)
    return fast


def test_it_needs_no_options(quick):
    toy = make_toy(8, length=16)
    model = tszoo.pretrain(toy)
    config = model.config
    assert (config.name, config.members, config.base) == ("inception.Toy", 5, None)
    assert config.recipe.training.recipe == quick
    assert config.training.epochs == (2,) * 5
    assert config.architecture_args["depth"] == 6
    assert model.predict(toy).shape == (8,)


def test_every_parameter_is_taken(quick):
    toy, published = make_toy(), Published("Theirs", 0.9)
    model = tszoo.pretrain(
        toy,
        test=toy,
        architecture="fcn",
        network={"filters": [2, 2, 2]},
        members=2,
        recipe={"epochs": 1},
        seed=7,
        published=published,
        run=RUN,
    )
    config = model.config
    assert (config.architecture, config.architecture_args["filters"]) == ("fcn", [2, 2, 2])
    assert (config.members, config.training.epochs) == (2, (1, 1))
    assert config.recipe.training.seed == 7
    assert config.results.published == published
    assert config.results.n_series == 24


def test_it_is_what_finetune_does_without_a_source():
    toy = make_toy()
    asked = {"network": TINY, "members": 2, "recipe": {"epochs": 2}, "seed": 3, "run": RUN}
    assert same(tszoo.pretrain(toy, **asked), tszoo.finetune(toy, "none", head="softmax", **asked))


def test_what_makes_no_sense_is_refused():
    toy = make_toy()
    with pytest.raises(ModelError, match="unknown architecture 'lstm'"):
        tszoo.pretrain(toy, architecture="lstm")
    with pytest.raises(ModelError, match="inception has no argument 'width'"):
        tszoo.pretrain(toy, network={"width": 3})
    with pytest.raises(OptionError, match="members must be a whole number"):
        tszoo.pretrain(toy, members=0)
    with pytest.raises(OptionError, match="a recipe has no 'speed'"):
        tszoo.pretrain(toy, recipe={"speed": 1})
    assert scratch_ensemble("mlp").required_recipe().optimizer == "sgd"
