from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from tests.support.fits import RUN, kept, ridge, same, trained
from tests.support.sources import TINY, source_models
from tests.support.toys import make_toy
from tszoo.cli import app
from tszoo.data import Dataset, choose_preprocessing, save_dataset
from tszoo.data.weights import weigh_series
from tszoo.errors import ModelError, OptionError
from tszoo.models.card.training import training
from tszoo.models.config import ModelConfig
from tszoo.models.load import load_folder
from tszoo.models.member_subset import first_members
from tszoo.readout.features import extract
from tszoo.readout.ridge import fit_ridge
from tszoo.readout.spread import prior_of
from tszoo.transfer.ensemble import Ensemble
from tszoo.transfer.joint import pretrain_joint
from tszoo.transfer.plan import Plan
from tszoo.transfer.planning import make_plan
from tszoo.transfer.pretrain import pretrain, scratch_ensemble


def uneven(seed: int = 0, name: str = "Toy") -> Dataset:
    """Twenty-four waves of one class and six of the other, noisy enough to be mistaken."""
    toy = make_toy(48, seed=seed)
    rare = np.flatnonzero(toy.labels == 1)[:6]
    data = toy.take(np.concatenate((np.flatnonzero(toy.labels == 0), rare)))
    noise = np.random.default_rng(seed).normal(size=data.series.shape)
    return replace(data, series=(data.series + 1.5 * noise).astype(np.float32), name=name)


def test_a_ridge_head_is_the_weighted_fit_to_its_features() -> None:
    target = uneven()
    model = ridge(target, members=1, class_weight={"c1": 4})
    (network,) = model.networks
    stages = extract(network, target, choose_preprocessing(target)).stages
    prior = prior_of(network, 1)
    weights = weigh_series(target, {"c1": 4})
    fit = fit_ridge(stages, target.require_labels(), 2, prior=prior, weights=weights)
    recipe = model.config.recipe
    assert recipe.readout is not None
    assert recipe.readout.penalty == (fit.penalty,)
    logits = extract(network, target, choose_preprocessing(target)).logits
    expected = fit.fitted / recipe.readout.temperature[0]
    np.testing.assert_allclose(logits, expected, atol=2e-3)
    assert recipe.class_weight == (1, 4)


@pytest.mark.parametrize("fit", [ridge, trained])
def test_balanced_classes_find_more_of_the_rare_one(fit: Any) -> None:
    target, source = uneven(), source_models()[0]
    changes = {} if fit is ridge else {"recipe": {"epochs": 8, "learning_rate": 0.02}}
    plain = fit(target, source, members=1, **changes)
    balanced = fit(target, source, members=1, class_weight="balanced", **changes)
    of_rare = [model.predict_proba(uneven(1))[:, 1].mean() for model in (plain, balanced)]
    assert of_rare[1] > 1.2 * of_rare[0]
    assert balanced.config.recipe.class_weight == (30 / 48, 30 / 12)
    assert plain.config.recipe.class_weight == ()
    assert "class_weight" not in plain.config.recipe.to_dict()


def test_the_ridge_start_of_a_recipe_that_goes_on_is_weighted_too() -> None:
    target, source = uneven(), source_models()[0]
    recipe = {"name": "continue", "epochs": 1, "learning_rate": 1e-12}
    begun = trained(target, source, members=1, recipe=recipe, class_weight={"c1": 9})
    readout = ridge(target, source, members=1, class_weight={"c1": 9})
    plain = ridge(target, source, members=1)
    torch.testing.assert_close(begun.networks[0].head.weight, readout.networks[0].head.weight)
    assert not torch.equal(plain.networks[0].head.weight, readout.networks[0].head.weight)


def test_weights_stand_in_the_plan_and_in_the_model(tmp_path: Any) -> None:
    target = uneven()
    wish: dict[str, Any] = {"head": "ridge", "members": 2, "network": TINY, "run": RUN}
    plan = make_plan(target, "none", class_weight={"c1": 4}, **wish)
    assert "weights   c1 counts 4" in str(plan)
    again = Plan.from_json(plan.to_json())
    assert again.ensemble.class_weight == {"c1": 4.0}
    assert again == plan
    model = again.fit(target, run=RUN)
    assert same(model, plan.fit(target, run=RUN))
    balanced = make_plan(target, "none", class_weight="balanced", **wish)
    assert "weights   balanced: all classes count the same" in str(balanced)
    assert Plan.from_json(balanced.to_json()) == balanced
    plain = make_plan(target, "none", **wish)
    assert "weights" not in str(plain)
    assert "class_weight" not in plain.to_json()
    model.save(tmp_path / "m")
    config = load_folder(tmp_path / "m").config
    assert config.recipe.class_weight == (1, 4)
    assert "weights of the classes" in training(config)
    assert first_members(model, 1).config.recipe.class_weight == (1, 4)


def test_a_recorded_weight_is_one_a_class() -> None:
    values = ridge(uneven(), members=1, class_weight="balanced").config.to_dict()
    values["recipe"]["class_weight"] = [1.0]
    with pytest.raises(ModelError, match="class_weight must be 2 numbers, one a class, not 1"):
        ModelConfig.from_dict(values)


def test_what_cannot_weigh_is_refused_before_the_work() -> None:
    with pytest.raises(OptionError, match="'c7' is no class of Toy"):
        make_plan(uneven(), "none", class_weight={"c7": 2})
    with pytest.raises(OptionError, match="counts -1; expected above 0"):
        make_plan(uneven(), "none", class_weight={"c1": -1})
    values = scratch_ensemble(class_weight="balanced").to_dict()
    with pytest.raises(ModelError, match='must be "balanced" or a weight'):
        Ensemble.from_dict({**values, "class_weight": 7})


def test_a_run_with_other_weights_does_not_go_on(tmp_path: Any) -> None:
    target = uneven()

    class StopError(KeyboardInterrupt):
        pass

    def stop(member: int, report: Any, network: Any) -> None:
        raise StopError

    def fit(class_weight: Any, **changes: Any) -> Any:
        run = kept(folder=tmp_path, **changes)
        return pretrain(
            target,
            network=TINY,
            members=1,
            recipe={"epochs": 2},
            class_weight=class_weight,
            run=run,
        )

    with pytest.raises(StopError):
        fit("balanced", watchers=[stop])
    with pytest.raises(Exception, match="another run"):
        fit(None, resume=True)
    resumed = fit("balanced", resume=True)
    whole = pretrain(
        target, network=TINY, members=1, recipe={"epochs": 2}, class_weight="balanced", run=RUN
    )
    assert same(resumed, whole)


def test_a_joint_model_balances_each_data_set() -> None:
    sets = [uneven(name="A"), make_toy(12, n_classes=3)]
    ensemble = scratch_ensemble("inception", TINY, 1, {"epochs": 1}, 0, "balanced")
    model = pretrain_joint(sets, ensemble, name="Pair", run=RUN)
    assert model.config.recipe.class_weight == (30 / 48, 30 / 12, 1, 1, 1)
    plain = scratch_ensemble("inception", TINY, 1, {"epochs": 1})
    assert not same(model, pretrain_joint(sets, plain, name="Pair", run=RUN))


def test_balance_on_the_command_line(tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    save_dataset(uneven(), "uneven.csv")
    small = [f"--set={name}={json.dumps(value)}" for name, value in TINY.items()]
    finetune = ["finetune", "uneven.csv", "--source", "none", "--head", "ridge", *small]
    result = CliRunner().invoke(app, [*finetune, "--balance", "--dry-run"])
    assert result.exit_code == 0, result.output
    assert "weights   balanced: all classes count the same" in result.output
    pretrain_ = ["pretrain", "uneven.csv", "--out", "zoo", "--epochs", "1", "--members", "1"]
    result = CliRunner().invoke(app, [*pretrain_, *small, "--balance"])
    assert result.exit_code == 0, result.output
    config = load_folder(tmp_path / "zoo" / "inception.uneven").config
    assert config.recipe.class_weight == (30 / 48, 30 / 12)
    universal = ["pretrain", "--universal", "u", "--synthetic", "1", "--out", "zoo", "--balance"]
    result = CliRunner().invoke(app, universal)
    assert result.exit_code == 1
    assert "--balance says nothing of a universal body" in result.output
