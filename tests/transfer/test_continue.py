"""A universal body is trained on from its ridge readout, unless told otherwise."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.support.fits import RUN
from tests.support.sources import TINY
from tests.support.toys import make_toy
from tszoo.data import choose_preprocessing, prepare
from tszoo.errors import OptionError
from tszoo.models.load import load_folder
from tszoo.readout.head import fit_head
from tszoo.training.recipe import RECIPES
from tszoo.transfer.finetune import finetune
from tszoo.transfer.plan import Plan
from tszoo.transfer.planning import make_plan
from tszoo.zoo.find import load_model

UNIVERSAL = "inception.universalA"
ONE_EPOCH = {"epochs": 1, "least_steps": 1}


@pytest.mark.parametrize("n_channels", [1, 2])
def test_all_of_the_start_is_the_ridge_readout(n_channels: int) -> None:
    toy, unseen = (make_toy(12, 16, n_channels=n_channels, seed=k) for k in (0, 1))
    recipe = {**ONE_EPOCH, "start_share": 1.0}
    model = finetune(toy, UNIVERSAL, head="softmax", members=1, recipe=recipe, run=RUN)
    preprocessing = choose_preprocessing(toy)
    network = deepcopy(load_model(UNIVERSAL).networks[0])
    network.resampled, network.channels_apart = 0, n_channels
    fit_head(network, toy, preprocessing)
    network.eval()
    with torch.no_grad():
        logits = network(torch.from_numpy(prepare(unseen, preprocessing)))
    np.testing.assert_allclose(model.predict_proba(unseen), logits.softmax(1), atol=1e-5)
    for name, tensor in model.networks[0].state_dict().items():
        assert torch.equal(tensor, network.state_dict()[name]), name


def test_a_universal_source_is_trained_on_by_default() -> None:
    toy = make_toy(12, 16)
    plan = make_plan(toy, UNIVERSAL, members=2)
    assert plan.ensemble.recipe == RECIPES["continue"]
    assert "readout" in str(plan)
    assert Plan.from_json(plan.to_json()).ensemble == plan.ensemble
    assert make_plan(toy, UNIVERSAL, freeze=True).ensemble.recipe == RECIPES["finetune"]
    assert make_plan(toy, "inception.Coffee").ensemble.recipe == RECIPES["finetune"]
    beside = make_plan(toy, UNIVERSAL, head="both")
    assert beside.ensemble.recipe == RECIPES["fast"]


def test_what_was_trained_on_is_saved_whole(tmp_path: Path) -> None:
    toy, unseen = make_toy(12, 16), make_toy(12, 16, seed=1)
    model = finetune(toy, UNIVERSAL, members=1, recipe=ONE_EPOCH, run=RUN)
    assert model.config.architecture_args["readout"] == "stages"
    model.save(tmp_path / "m", dtype="float32")
    loaded = load_folder(tmp_path / "m")
    assert loaded.config == model.config
    assert np.array_equal(loaded.predict_proba(unseen), model.predict_proba(unseen))
    recipe = model.config.recipe.training
    assert recipe is not None
    assert recipe.recipe == replace(RECIPES["continue"], **ONE_EPOCH)


@pytest.mark.parametrize("asked", [{"source": "none", "network": TINY}, {"head": "both"}])
def test_from_scratch_there_is_no_readout_to_train_on(asked: dict[str, object]) -> None:
    with pytest.raises(OptionError, match="name a source"):
        make_plan(make_toy(12, 16), **{"source": UNIVERSAL, "recipe": "continue", **asked})
