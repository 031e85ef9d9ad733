"""A universal body as a model: no classes, no head, a card that says what it has seen."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.support.toys import make_toy
from tests.support.universal import NOTHING, universal_model
from tszoo.data import prepare
from tszoo.errors import ModelError
from tszoo.models.config import ModelConfig
from tszoo.models.model import Model
from tszoo.models.record import EpisodicRecord, ModelRecipe, TrainedOn
from tszoo.storage.layout import CONFIG, WEIGHTS
from tszoo.training.episodic.recipe import EpisodicRecipe


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8"])
def test_it_is_saved_without_a_head_and_comes_back(tmp_path, dtype):
    model = universal_model()
    model.save(tmp_path / "m", dtype=dtype)
    loaded = Model.load(tmp_path / "m")
    assert loaded.config == model.config
    assert loaded.prototypes.classes == ()
    assert loaded.networks[0].head.out_features == 0
    header = (tmp_path / "m" / WEIGHTS).read_bytes()[:20_000]
    assert b"head.weight" not in header
    if dtype == "float32":
        before, after = (m.networks[0].body.state_dict() for m in (model, loaded))
        assert all(torch.equal(before[key], after[key]) for key in before)


def test_it_embeds_series_of_any_length_and_predicts_nothing():
    model, toy = universal_model(), make_toy()
    features = model.embed(toy)
    # four poolings of three stages of 16 maps, of the series and its difference, at two lengths
    assert features.shape == (toy.n_series, 2 * 2 * 4 * 3 * 16)
    assert model.embed(make_toy(length=50)).shape == features.shape
    x = torch.tensor(prepare(toy, model.config.preprocessing))
    with torch.no_grad():
        expected = model.networks[0].stage_features(x)
    np.testing.assert_allclose(features, expected.numpy(), rtol=1e-4, atol=1e-5)
    with pytest.raises(ModelError, match=r"has no classes of its own.*source="):
        model.predict(toy)
    assert repr(model) == "<Model inception.universalT: a universal body that has seen 2 data sets>"


def test_its_config_comes_back_from_json():
    config = universal_model().config
    assert ModelConfig.from_json(config.to_json()) == config
    assert config.is_universal
    assert config.recipe.head == "none"


def test_made_up_episodes_alone_need_no_series():
    trained_on = TrainedOn.joint("made up", [])
    config = replace(universal_model().config, trained_on=trained_on)
    assert ModelConfig.from_json(config.to_json()) == config
    with pytest.raises(ModelError, match="n_series must be 1 or more"):
        ModelConfig.from_dict({**_toy_config(), "trained_on": trained_on.to_dict()})


def _toy_config():
    from tests.support.tiny import make_config

    return make_config().to_dict()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"classes": ["a", "b"]}, "no head, so no classes, not 2"),
        ({"recipe": {"head": "none"}}, "recipe must hold training, readout, or both; or episodic"),
        ({"recipe": {"head": "softmax"}}, "or episodic alone"),
    ],
)
def test_what_cannot_be_a_universal_body_is_refused(changes, message):
    values = universal_model().config.to_dict()
    with pytest.raises(ModelError, match=message):
        ModelConfig.from_dict({**values, **changes})


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("steps", -1, "recipe.episodic.steps must be a whole number"),
        ("held_out", "Kept", "recipe.episodic.held_out must be a list"),
        ("held_out_accuracy", 1.5, "recipe.episodic.held_out_accuracy must be a number from 0"),
        ("loss", float("nan"), "recipe.episodic.loss must be a number"),
        ("unknown", 1, "recipe.episodic has 'unknown'"),
        ("recipe", {}, "recipe.episodic.recipe lacks"),
    ],
)
def test_a_hostile_record_is_named(field, value, message):
    record = EpisodicRecord(EpisodicRecipe(), 3).to_dict()
    with pytest.raises(ModelError, match=message):
        EpisodicRecord.from_dict({**record, field: value})


def test_a_recipe_out_of_range_is_named():
    record = json.loads(json.dumps(EpisodicRecord(EpisodicRecipe(), 3).to_dict()))
    record["recipe"]["series"] = 6
    with pytest.raises(ModelError, match=r"recipe\.episodic\.recipe: classes: 2 does not divide"):
        EpisodicRecord.from_dict(record)


def test_its_card_says_what_it_has_seen_and_what_it_must_not_be_judged_on(tmp_path):
    universal_model("universalT", "FiftyWords", "Coffee").save(tmp_path / "inception.universalT")
    card = (tmp_path / "inception.universalT" / "README.md").read_text(encoding="utf-8")
    assert "# inception.universalT" in card
    assert "It has seen the training splits of: FiftyWords, Coffee." in card
    assert "Recordings of the same kind: WordSynonyms." in card
    assert "| Query series of held-out data sets | 0.7500 |" in card
    assert "Held out, and so not learnt: Kept." in card
    assert 'head="ridge"' in card
    assert "- universal" in card


def test_an_ensemble_with_two_recipes_is_none():
    training = universal_model().config.recipe.episodic
    with pytest.raises(ModelError, match="or episodic alone"):
        ModelRecipe()
    assert ModelRecipe(episodic=training).n_frozen == 0


def test_weights_with_a_head_are_refused(tmp_path):
    with_head = universal_model()
    with_head.save(tmp_path / "m", dtype="float32")
    config = json.loads((tmp_path / "m" / CONFIG).read_bytes())
    config["architecture_args"]["depth"] = 2
    (tmp_path / "m" / CONFIG).write_text(json.dumps(config))
    with pytest.raises(ModelError, match=r"model.safetensors"):
        Model.load(tmp_path / "m")
    assert NOTHING.n_channels == 0
