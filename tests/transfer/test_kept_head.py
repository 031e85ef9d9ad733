"""Heads that go on: incremental training on the same classes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.support.command_line import run, write_folder
from tests.support.fits import RECIPE, RUN, kept, ridge, same
from tests.support.sources import TINY, tiny_model
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.errors import OptionError, TrainingError
from tszoo.models.load import load_folder
from tszoo.models.record import ModelRecipe
from tszoo.similarity.prototypes import Prototypes
from tszoo.training.recipe import RECIPES, Recipe
from tszoo.training.run_folder import holds_run
from tszoo.transfer.finetune import finetune
from tszoo.transfer.plan import Plan
from tszoo.transfer.planning import make_plan

# so small a step that nothing learns: what comes out is what training began with
STILL = Recipe(
    epochs=1, batch_size=8, learning_rate=1e-30, schedule="constant", batch_norm="kept", keep="last"
)


@pytest.fixture(scope="module")
def base():
    return tiny_model(make_toy(), epochs=12)


@pytest.fixture(scope="module")
def more() -> Dataset:
    """More series of the same classes."""
    return make_toy(seed=5)


def renamed(data: Dataset, classes: tuple) -> Dataset:
    return replace(data, classes=classes)


def test_training_begins_with_the_very_networks_of_the_base(base, more):
    model = finetune(more, base, keep_head=True, recipe=STILL, run=RUN)
    assert model.config.members == base.config.members == 2
    for network, of_base in zip(model.networks, base.networks, strict=True):
        assert torch.equal(network.head.weight, of_base.head.weight)
        assert torch.equal(network.head.bias, of_base.head.bias)
    np.testing.assert_allclose(model.predict_proba(more), base.predict_proba(more), atol=1e-6)
    fresh = finetune(more, base, recipe=STILL, members=2, run=RUN)
    assert not torch.equal(fresh.networks[0].head.weight, base.networks[0].head.weight)


def test_outputs_follow_the_new_order_of_the_classes(base, more):
    """The same series, and what was output 1 is output 0."""
    swapped = replace(more, classes=more.classes[::-1], labels=1 - more.labels)
    model = finetune(swapped, base, keep_head=True, recipe=STILL, run=RUN)
    assert model.config.classes == ("c1", "c0")
    expected = base.predict_proba(more)[:, ::-1]
    np.testing.assert_allclose(model.predict_proba(swapped), expected, atol=1e-6)
    assert list(model.predict(swapped)) == list(base.predict(more))


def test_numbers_are_the_same_classes_however_they_are_written(base, more):
    config = replace(base.config, classes=("1", "2"))
    numbered = replace(base, config=config, prototypes=Prototypes((), ()))
    model = finetune(renamed(more, (1.0, 2.0)), numbered, keep_head=True, recipe=STILL, run=RUN)
    np.testing.assert_allclose(model.predict_proba(more), base.predict_proba(more), atol=1e-6)


def test_a_base_learns_on_and_is_recorded():
    data = make_toy(48)
    early = tiny_model(data, epochs=2)
    later = finetune(data, early, keep_head=True, recipe=replace(RECIPE, epochs=12), run=RUN)
    assert later.config.base.model == "inception.Toy"
    assert later.config.recipe.training.keep_head
    assert ModelRecipe.from_dict(later.config.recipe.to_dict()) == later.config.recipe

    def loss(model) -> float:
        return -np.log(model.predict_proba(data)[np.arange(data.n_series), data.labels]).mean()

    assert loss(later) < loss(early)


def test_a_plan_says_so_and_keeps_it(base, more, tmp_path):
    plan = make_plan(more, base, keep_head=True)
    assert "with the heads of the source" in " ".join(str(plan).split())
    assert plan.ensemble.recipe == replace(RECIPES["finetune"], head_epochs=0)
    assert plan.reasons["members"] == "the source's own heads go on with its bodies."
    base.save(tmp_path / "base")
    plan = make_plan(more, tmp_path / "base", keep_head=True, recipe=STILL)
    read = Plan.from_json(plan.to_json())
    assert read.ensemble == plan.ensemble
    assert same(read.fit(more, run=RUN), plan.fit(more, run=RUN))
    told = make_plan(more, base, keep_head=True, recipe={"head_epochs": 3}, members=3)
    assert (told.ensemble.recipe.head_epochs, told.ensemble.members) == (3, 3)


def test_heads_that_read_levels_go_on_reading_them(more):
    base = finetune(
        make_toy(), "none", head="softmax", level="yes", members=1, network=TINY, recipe=RECIPE
    )
    assert base.networks[0].level
    model = finetune(more, base, keep_head=True, recipe=STILL, run=RUN)
    assert torch.equal(model.networks[0].level_knots, base.networks[0].level_knots)
    np.testing.assert_allclose(model.predict_proba(more), base.predict_proba(more), atol=1e-6)


def test_an_interrupted_run_goes_on_and_no_other_run_does(base, more, tmp_path):
    recipe = replace(RECIPE, epochs=4)
    whole = finetune(more, base, keep_head=True, recipe=recipe, run=RUN)

    def interrupt(member, report, network) -> None:
        if report.epoch == 2:
            raise KeyboardInterrupt

    where = kept(folder=tmp_path / "run", jobs=1)
    with pytest.raises(KeyboardInterrupt):
        finetune(more, base, keep_head=True, recipe=recipe, run=where, callbacks=[interrupt])
    assert holds_run(tmp_path / "run")
    on = replace(where, resume=True)
    with pytest.raises(TrainingError, match="belongs to another run"):
        finetune(more, base, recipe=recipe, members=2, run=on)
    assert same(finetune(more, base, keep_head=True, recipe=recipe, run=on), whole)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"source": "auto"}, r'^keep_head=True does not go with source="auto": name the model'),
        ({"source": "nearest:2"}, r'^keep_head=True does not go with source="nearest:2"'),
        ({"source": "none"}, r'^keep_head=True does not go with source="none"'),
        ({"head": "ridge"}, r'^keep_head=True does not go with head="ridge", which is computed'),
        ({"head": "both"}, r'^keep_head=True does not go with head="both": its networks start'),
        ({"level": "yes"}, r'^level="yes" does not go with keep_head=True'),
        ({"recipe": "continue"}, r"^keep_head=True does not go with a recipe with head"),
    ],
)
def test_what_does_not_go_with_kept_heads(base, more, asked, message):
    with pytest.raises(OptionError, match=message):
        make_plan(more, **{"source": base, "keep_head": True, **asked})


def test_other_classes_have_no_head_to_go_on(base):
    for target, has in (
        (make_toy(n_classes=3), r"3 classes \(c0, c1, c2\)"),
        (renamed(make_toy(), ("c0", "x")), r"2 classes \(c0, x\)"),
    ):
        with pytest.raises(OptionError) as caught:
            make_plan(target, base, keep_head=True)
        assert caught.match(
            rf"^keep_head=True: inception.Toy has 2 classes \(c0, c1\), and Toy {has}\. A head "
            "goes on with the same classes only. Leave it out, and heads are fresh.$"
        )


def test_ridge_heads_and_heads_of_other_channels_do_not_go_on(base, more):
    with pytest.raises(OptionError, match="has ridge heads, which are solved and not trained"):
        make_plan(more, ridge(make_toy()), keep_head=True)
    with pytest.raises(OptionError, match=r"read 1 channel\(s\), and Toy has 2"):
        make_plan(make_toy(n_channels=2), base, keep_head=True)


def test_the_command_goes_on_with_a_model(base, tmp_path):
    mine = write_folder(tmp_path / "Mine")
    base.save(tmp_path / "base")
    few = ("--epochs", "1", "--device", "cpu", "--keep-head", "--source", tmp_path / "base")
    done = run("finetune", mine, "--out", tmp_path / "newer", *few)
    assert "with the heads of the source" in " ".join(done.stderr.split())
    config = load_folder(tmp_path / "newer").config
    assert (config.members, config.base.model) == (2, "inception.Toy")
    other = tmp_path / "other.csv"
    other.write_text("".join(f"{label},1,2,{k},4\n" for k, label in enumerate("xyxyxyxy")))
    error = run("finetune", other, "--out", tmp_path / "no", *few, status=1).stderr
    lines = [line for line in error.splitlines() if line.startswith("error")]
    assert len(lines) == 1
    assert lines[0].startswith("error: --keep-head: inception.Toy has 2 classes (c0, c1), and ")
