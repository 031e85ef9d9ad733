"""Plans stand on universal bodies first; a source votes beside them if its error is lower."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import tszoo
from tests.support.sources import make_zoo
from tests.support.toys import make_toy
from tests.support.universal import universal_model
from tszoo.recommendation.advice import Advice
from tszoo.training.run import Run
from tszoo.transfer import sources as module
from tszoo.transfer.plan import Plan
from tszoo.transfer.planning import make_plan
from tszoo.zoo.local import add_model

FAST = Run(device="cpu", precision="float32")


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    folder = make_zoo(tmp_path_factory.mktemp("zoo"))
    for seed, name in enumerate(("universalS", "universalT")):
        add_model(folder, universal_model(name, seed=seed))
    return folder


@pytest.fixture
def errors(monkeypatch):
    """Let sources have the errors that a test sets, whatever a probe says."""
    wanted: dict[str, float] = {}
    real = module.advise

    def advise(*args, **kwargs) -> Advice:
        advice = real(*args, **kwargs)
        sources = [
            replace(source, error=wanted.get(source.model, 9.0)) for source in advice.sources
        ]
        ordered = sorted(sources, key=lambda source: source.error)
        choice = replace(advice.choices[0], source=ordered[0].model, head="ridge")
        return Advice(tuple(ordered), (choice, *advice.choices), advice.prototypes)

    monkeypatch.setattr(module, "advise", advise)
    return wanted


UNIVERSAL = {"inception.universalS": 0.3, "inception.universalT": 0.2}


def names(plan: Plan) -> list[str]:
    return [source.name for source in plan.sources]


def test_universal_bodies_come_first_and_a_source_with_a_lower_error_votes_too(zoo, errors):
    errors |= {**UNIVERSAL, "inception.Bumps": 0.1, "inception.Steps": 0.25}
    plan = make_plan(make_toy(), zoo=zoo, head="ridge", run=FAST)
    assert names(plan) == ["inception.universalT", "inception.universalS", "inception.Bumps"]
    assert (plan.ensemble.n_frozen, plan.ensemble.n_trained) == (3, 0)
    assert plan.ensemble.architecture_args["resampled"] == 16


def test_sources_that_are_no_better_stay_away(zoo, errors):
    errors |= {**UNIVERSAL, "inception.Bumps": 0.21, "inception.Steps": 0.25}
    plan = make_plan(make_toy(mislabelled=2), zoo=zoo, run=FAST)
    assert names(plan) == ["inception.universalT", "inception.universalS"]
    # fewer networks need training beside them
    assert (plan.ensemble.n_frozen, plan.ensemble.n_trained) == (2, 1)


def test_with_one_series_a_class_universal_bodies_vote_alone(zoo):
    one_each = make_toy(n_series=3, n_classes=3)
    plan = make_plan(one_each, zoo=zoo, head="ridge", run=FAST)
    assert sorted(names(plan)) == ["inception.universalS", "inception.universalT"]
    assert "one series only" in str(plan)


def test_members_that_are_asked_for_are_made(zoo, errors):
    errors |= UNIVERSAL
    plan = make_plan(make_toy(), zoo=zoo, head="both", members=4, run=FAST)
    assert (plan.ensemble.n_frozen, plan.ensemble.n_trained) == (2, 2)


def test_the_plan_is_done_and_its_model_reads_both_lengths(zoo, errors, tmp_path):
    errors |= UNIVERSAL
    toy = make_toy(n_series=40, mislabelled=3)
    plan = make_plan(toy, zoo=zoo, recipe=None, run=FAST)
    small = replace(plan.ensemble, recipe=replace(plan.ensemble.recipe, epochs=2))
    model = replace(plan, ensemble=small).fit(toy, run=FAST)
    network = model.networks[0]
    assert network.resampled == 16
    assert network.head.in_features == 2 * 2 * 4 * 3 * 16
    assert model.config.base.model == "inception.universalT"
    model.save(tmp_path / "m", dtype="float32")
    loaded = tszoo.Model.load(tmp_path / "m")
    np.testing.assert_allclose(
        loaded.predict_proba(toy), model.predict_proba(toy), rtol=1e-5, atol=1e-6
    )


def test_a_plan_comes_back_from_json(zoo, errors):
    errors |= UNIVERSAL
    plan = make_plan(make_toy(), zoo=zoo, run=FAST)
    assert Plan.from_json(plan.to_json()) == plan


def test_a_softmax_head_on_a_universal_body_reads_one_length():
    body = universal_model()
    plan = make_plan(make_toy(), body, head="softmax", run=FAST)
    assert "resampled" not in plan.ensemble.architecture_args
    small = replace(plan.ensemble, n_trained=1, recipe=replace(plan.ensemble.recipe, epochs=2))
    model = replace(plan, ensemble=small).fit(make_toy(), run=FAST)
    assert model.networks[0].resampled == 0
    assert model.predict(make_toy()).shape == (24,)
