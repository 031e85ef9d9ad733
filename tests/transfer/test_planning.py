"""Every decision is made once, in ``make_plan``, and says why."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.fits import RUN
from tests.support.sources import TINY, make_zoo, source_models
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.errors import DataError, ModelError, OptionError, TrainingError, ZooError
from tszoo.recommendation.advice import Advice, advise
from tszoo.recommendation.weigh import Choice
from tszoo.training.recipe import RECIPES, Recipe
from tszoo.training.run import Run
from tszoo.transfer import planning, sources
from tszoo.transfer.plan import Plan
from tszoo.transfer.planning import make_plan
from tszoo.transfer.pretrain import pretrain


@pytest.fixture(scope="module")
def zoo(tmp_path_factory) -> Path:
    return make_zoo(tmp_path_factory.mktemp("planning") / "zoo")


@pytest.fixture(scope="module")
def bumps() -> Dataset:
    """What inception.Bumps has learnt."""
    data = make_toy(24, length=40, n_classes=2, seed=len("Bumps"))
    labels = [data.classes[k] for k in data.labels]
    return Dataset.from_arrays(data.series, labels, name="Bumps", split="train")


def names(plan: Plan) -> list[str]:
    return [source.name for source in plan.sources]


def counts(plan: Plan) -> tuple[int, int]:
    return plan.ensemble.n_frozen, plan.ensemble.n_trained


def test_small_sets_get_both_heads_and_large_ones_ridge_heads(zoo, monkeypatch):
    toy = make_toy(mislabelled=2)
    plan = make_plan(toy, zoo=zoo)
    assert plan.head == "both"
    assert "err on different series" in plan.reasons["members"]
    points = toy.n_series * toy.length
    monkeypatch.setattr(planning, "MOST_POINTS_TRAINED", points)
    assert make_plan(toy, zoo=zoo).head == "both"
    monkeypatch.setattr(planning, "MOST_POINTS_TRAINED", points - 1)
    plan = make_plan(toy, zoo=zoo)
    assert plan.head == "ridge"
    assert plan.ensemble.recipe is None
    assert f"training on {points} points would take long" in plan.reasons["members"]


def test_what_the_readouts_get_right_alone_has_no_network_beside_them(zoo):
    toy = make_toy()
    plan = make_plan(toy, zoo=zoo)
    assert plan.advice.best("ridge").expected >= planning.NOTHING_TO_MEND
    assert plan.ensemble.n_trained == 0
    assert "next to nothing to mend" in plan.reasons["members"]
    assert make_plan(toy, zoo=zoo, head="both").head == "both"
    assert make_plan(toy, zoo=zoo, members=4).head == "both"
    assert make_plan(toy, zoo=zoo, recipe="fast").head == "softmax"


def test_several_channels_get_ridge_heads(zoo):
    plan = make_plan(make_toy(n_channels=2), zoo=zoo)
    if plan.sources:
        assert plan.head == "ridge"
        assert "one channel at a time" in plan.reasons["members"]


def test_one_member_is_a_ridge_head(zoo):
    plan = make_plan(make_toy(), zoo=zoo, members=1)
    assert (plan.head, counts(plan)) == ("ridge", (1, 0))
    assert plan.reasons["members"].startswith("one member was asked for")


def test_how_many_members_there_are(zoo):
    toy, several = make_toy(), ["inception.Bumps", "inception.Steps"]
    assert counts(make_plan(toy, "none", network=TINY)) == (0, 5)
    assert counts(make_plan(toy, "inception.Bumps", zoo=zoo)) == (0, 5)
    # one body gives one ridge head, and a source has two
    assert counts(make_plan(toy, "inception.Bumps", zoo=zoo, head="ridge")) == (2, 0)
    assert counts(make_plan(toy, several, zoo=zoo, head="ridge")) == (4, 0)
    assert counts(make_plan(toy, several, zoo=zoo, head="both")) == (4, 4)
    assert counts(make_plan(toy, "none", head="ridge", network=TINY)) == (5, 0)
    assert counts(make_plan(toy, "none", head="both", network=TINY)) == (5, 5)
    assert counts(make_plan(toy, several * 3, zoo=zoo)) == (0, 6)
    for members, halves in ((2, (1, 1)), (5, (3, 2)), (6, (3, 3))):
        plan = make_plan(toy, several, zoo=zoo, head="both", members=members)
        assert counts(plan) == halves


def test_many_series_get_a_ridge_head_a_source(zoo, monkeypatch):
    monkeypatch.setattr(planning, "MANY_SERIES", 10)
    several = ["inception.Bumps", "inception.Steps"]
    assert counts(make_plan(make_toy(), several, zoo=zoo, head="ridge")) == (2, 0)
    assert counts(make_plan(make_toy(), "none", head="ridge", network=TINY)) == (1, 0)


def test_a_named_source_is_trained_on_as_published(zoo):
    plan = make_plan(make_toy(), "inception.Bumps", zoo=zoo)
    assert (plan.head, names(plan)) == ("softmax", ["inception.Bumps"])
    assert plan.ensemble.recipe == RECIPES["finetune"]
    assert plan.reasons == {
        "source": "it was named.",
        "members": "a fresh softmax head, and the whole network trained on, as published.",
        "recipe": 'the recipe "finetune" suits networks that start from a source.',
    }
    assert plan.ensemble.trainable == "all"
    assert (
        make_plan(make_toy(), "inception.Bumps", zoo=zoo, freeze=True).ensemble.trainable == "head"
    )


def test_which_recipe_is_taken(zoo):
    toy = make_toy()

    def recipe(source: Any, **asked: Any) -> Recipe:
        return make_plan(toy, source, zoo=zoo, **asked).ensemble.required_recipe()

    assert recipe("none", network=TINY) == RECIPES["fast"]
    assert recipe("inception.Bumps", head="both") == RECIPES["fast"]  # that half has no start
    assert recipe("inception.Bumps", recipe="fast") == RECIPES["fast"]
    assert recipe("none", architecture="mlp").optimizer == "sgd"
    changed = recipe("inception.Bumps", recipe={"epochs": 3, "learning_rate": None})
    assert changed == replace(RECIPES["finetune"], epochs=3)
    paper = recipe("none", network=TINY, recipe={"name": "paper", "patience": 20})
    assert (paper.epochs, paper.patience) == (1500, 20)
    whole = Recipe(epochs=2)
    assert recipe("none", network=TINY, recipe=whole) == whole


def test_what_is_asked_of_the_network_is_done():
    toy = make_toy()
    plan = make_plan(toy, "none", architecture="fcn", network={"filters": [4, 4, 4]})
    assert plan.ensemble.architecture == "fcn"
    assert plan.ensemble.architecture_args["filters"] == [4, 4, 4]
    assert make_plan(toy, "none").ensemble.architecture == "inception"
    assert make_plan(toy, "none", network=TINY).ensemble.architecture_args["depth"] == 3
    plan = make_plan(toy, source_models()[0], architecture="inception")
    assert plan.ensemble.architecture_args["depth"] == TINY["depth"]


@pytest.mark.parametrize("most", [1, 2, 3])
@pytest.mark.parametrize("head", ["ridge", "softmax"])
def test_members_may_start_from_so_many_sources(zoo, most, head):
    plan = make_plan(make_toy(), zoo=zoo, head=head, most_sources=most)
    assert len(plan.sources) <= most
    if most > 1:
        assert len(plan.sources) == most


def test_training_starts_from_one_source_unless_told(zoo):
    assert len(make_plan(make_toy(), zoo=zoo, head="softmax").sources) <= 1


def test_the_nearest_are_those_of_algorithm_1(zoo):
    toy = make_toy()
    advice = advise(toy, zoo, method="dtw")
    for rank, name in enumerate((source.model for source in advice.sources), start=1):
        source = f"nearest:{rank}" if rank > 1 else "nearest"
        plan = make_plan(toy, source, zoo=zoo)
        assert names(plan) == [name]
        assert plan.head == "softmax"
        ordinal = "the nearest" if rank == 1 else f"number {rank}"
        assert plan.reasons["source"].startswith(f"{ordinal} of 3 by DTW between class prototypes")
        assert "Skipped" not in plan.reasons["source"]
    with pytest.raises(
        ZooError, match=r"^nearest:4: the zoo has 3 sources that have not learnt Toy\.$"
    ):
        make_plan(toy, "nearest:4", zoo=zoo)


def test_a_source_that_has_learnt_the_target_is_skipped_and_said(zoo, bumps):
    ranked = advise(bumps, zoo, method="dtw").sources
    assert (ranked[0].model, ranked[0].is_target) == ("inception.Bumps", True)
    plan = make_plan(bumps, "nearest", zoo=zoo)
    assert names(plan) == [ranked[1].model]
    assert plan.reasons["source"].startswith("the nearest of 2 by DTW")
    assert plan.reasons["source"].endswith(
        "Skipped: inception.Bumps, which learnt these very data."
    )
    assert names(make_plan(bumps, "nearest:2", zoo=zoo)) == [ranked[2].model]
    with pytest.raises(ZooError, match=r"^nearest:3: the zoo has 2 sources"):
        make_plan(bumps, "nearest:3", zoo=zoo)


def advice_of(toy: Dataset, zoo: Path, source: float, scratch: float) -> Advice:
    """Advice whose two ways of training reach so much."""
    ways = [
        Choice("inception.Bumps", "softmax", source, False, "it is near."),
        Choice(None, "softmax", scratch, False, "it is far."),
    ]
    ways.sort(key=lambda way: -(way.expected or 0.0))
    frozen = Choice("inception.Long", "ridge", 0.5, True, "it is quick.")
    return replace(advise(toy, zoo, method="dtw"), choices=(frozen, *ways))


@pytest.mark.parametrize(("source", "scratch"), [(0.9, 0.8), (0.7, 0.8)])
def test_training_begins_where_more_is_expected(zoo, source, scratch, monkeypatch):
    toy = make_toy()
    advice = advice_of(toy, zoo, source, scratch)
    monkeypatch.setattr(sources, "advise", lambda *_, **__: advice)
    plan = make_plan(toy, zoo=zoo, head="softmax")
    (other,) = plan.alternatives
    if source > scratch:
        assert names(plan) == ["inception.Bumps"]
        assert (other.expected, other.what) == (scratch, "trained from scratch")
        assert other.how == 'source="none", head="softmax"'
    else:
        assert names(plan) == []
        assert (other.expected, other.what) == (source, "inception.Bumps, trained on")
        assert other.how == 'source="inception.Bumps", head="softmax"'
    line = f"instead {other.what}, expected accuracy {other.expected:.3f}: {other.how}"
    assert line in " ".join(str(plan).split())
    # what the page says gets that way
    how = dict(part.split("=") for part in other.how.split(", "))
    instead = make_plan(toy, zoo=zoo, **{key: value.strip('"') for key, value in how.items()})
    assert names(instead) == ([] if source > scratch else ["inception.Bumps"])


def test_what_was_weighed_is_told(zoo):
    plan = make_plan(make_toy(), zoo=zoo)
    assert plan.alternatives
    for other in plan.alternatives:
        assert other.how.startswith('source="')
        assert other.expected is None or 0 <= other.expected <= 1
    assert make_plan(make_toy(), "inception.Bumps", zoo=zoo).alternatives == ()


def test_the_target_itself_is_no_source(zoo, bumps):
    for head in (None, "ridge", "softmax", "both"):
        assert "inception.Bumps" not in names(make_plan(bumps, zoo=zoo, head=head))


CONTRADICTIONS: list[tuple[dict[str, Any], str]] = [
    ({"head": "tree"}, r"^head must be one of softmax, ridge, both, not 'tree'\.$"),
    (
        {"head": "ridge", "recipe": {"epochs": 3}},
        r"^recipe=\{'epochs': \.\.\.\} does not go with head=\"ridge\", which is computed",
    ),
    ({"head": "ridge", "recipe": "fast"}, r"^recipe=\.\.\. does not go with head=\"ridge\""),
    ({"head": "ridge", "freeze": True}, r"^freeze=True does not go with head=\"ridge\""),
    ({"head": "both", "freeze": True}, r"^freeze=True does not go with head=\"both\""),
    ({"head": "both", "members": 1}, r"^members=1 does not go with head=\"both\""),
    ({"freeze": True, "source": "none"}, r"^freeze=True needs a source"),
    (
        {"network": {"depth": 9}},
        r"^a source's network stays as it is, so depth can be set only from.*source=\"none\"",
    ),
    (
        {"architecture": "fcn"},
        r"^architecture=\"fcn\": a source's network stays as it is, and inception\.Bumps is inc",
    ),
    (
        {"most_sources": 2},
        r"^most_sources goes with source=\"auto\"; .*inception\.Bumps.* is named",
    ),
    ({"most_sources": 2, "source": "nearest"}, r"^most_sources goes with source=\"auto\""),
    ({"most_sources": 0, "source": "auto"}, r"^most_sources must be 1 or more, not 0\.$"),
    ({"source": "nearest:0"}, r"^'nearest:0': write nearest, or nearest:2 for the second"),
    ({"source": "nearest:x"}, r"^'nearest:x': write nearest"),
    ({"source": "nearest:"}, r"^'nearest:': write nearest"),
    ({"source": "nearest:²"}, r"write nearest"),
    ({"source": "nearest:" + "9" * 9}, r"write nearest"),
    ({"source": []}, r"^no source is named\.$"),
    ({"source": ["auto"]}, r"^'auto' cannot be one of several sources; name models\.$"),
    ({"source": ["none", "x"]}, r"^'none' cannot be one of several sources"),
    ({"source": ["nearest:2"]}, r"^'nearest:2' cannot be one of several sources"),
    ({"members": 0}, r"^members must be a whole number from 1"),
    ({"members": True}, r"^members must be a whole number from 1"),
    ({"seed": -1}, r"^seed must be a whole number from 0 up"),
    ({"recipe": {"speed": 1}}, r"^a recipe has no 'speed'"),
    ({"recipe": "secret"}, r"^unknown recipe 'secret'"),
]


@pytest.mark.parametrize(("asked", "text"), CONTRADICTIONS)
def test_what_does_not_go_together_is_refused(zoo, asked, text):
    with pytest.raises(OptionError, match=text):
        make_plan(make_toy(), **{"source": "inception.Bumps", "zoo": zoo, **asked})


def test_training_that_is_asked_for_trains_every_member(zoo):
    """Also where ridge heads would have come out best."""
    plan = make_plan(make_toy(), zoo=zoo, recipe={"epochs": 2})
    assert plan.head == "softmax"
    assert plan.reasons["members"] == (
        "recipe={'epochs': ...} was asked for, so every member is trained."
    )
    assert plan.reasons["recipe"] == "it was asked for."


def test_targets_that_cannot_be_learnt_are_refused():
    toy = make_toy()
    with pytest.raises(DataError, match="no labels"):
        make_plan(Dataset.from_arrays(toy.series, name="Blank"), "none")
    with pytest.raises(TrainingError, match="one series is not enough"):
        make_plan(toy.take([0]), "none")
    rows = [row[0, : 31 + i % 2] for i, row in enumerate(toy.series)]
    ragged = Dataset.from_arrays(rows, toy.labels, name="R")
    with pytest.raises(ModelError, match=r"^mlp takes series of one length"):
        make_plan(ragged, "none", architecture="mlp")
    wide = pretrain(make_toy(n_channels=2), network=TINY, members=1, recipe={"epochs": 1}, run=RUN)
    with pytest.raises(ModelError, match=r"takes series of 2 channel\(s\), Toy has 3"):
        make_plan(make_toy(n_channels=3), wide)


@pytest.mark.parametrize("source", ["auto", "inception.Bumps", "none"])
def test_a_run_never_changes_the_plan(zoo, tmp_path, source):
    toy = make_toy()
    plain = make_plan(toy, source, zoo=zoo)
    runs = [
        Run(device="cpu", precision="float32"),
        Run(watchers=[lambda *_: None], validation=make_toy(seed=5)),
        Run(folder=tmp_path / "kept", resume=True, checkpoint_seconds=0.0),
        Run(side_by_side=1, cache=tmp_path / "cache", progress=lambda *_: None),
    ]
    for run in runs:
        plan = make_plan(toy, source, zoo=zoo, run=run)
        assert replace(plan, seconds=0.0) == replace(plain, seconds=0.0)
