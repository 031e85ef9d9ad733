"""A model with the first of its members.

It predicts as they do, and its config says no more than is known.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load

from tests.support.sources import tiny_model
from tests.support.tiny import make_config, make_model, ridge_recipe
from tests.support.toys import make_toy
from tszoo.errors import OptionError
from tszoo.models.load import load_folder, read_card
from tszoo.models.member_subset import first_members
from tszoo.models.record import (
    Base,
    PartResults,
    Published,
    Results,
    TrainingRecord,
    Validation,
)

RESULTS = Results(
    split="test",
    n_series=40,
    accuracy=0.9,
    member_accuracy=(0.7, 0.8, 0.6),
    train_accuracy=1.0,
    train_loss=0.1,
    member_train_loss=(0.3, 0.2, 0.1),
    left_out_accuracy=0.5,
    per_dataset={"Toy": PartResults(0.9)},
    published=Published("InceptionTime", 0.95),
)
TRAINING = TrainingRecord(
    stopped={0: "no memory", 2: "loss not finite"},
    validation=Validation("Toy", None, 4),
    epochs=(3, 4, 5),
    best_epoch=(1, 2, 3),
    seconds=9.5,
    device="cpu",
    date="2026-01-31",
)
KNOWN_OF_ANY = Results(split="test", n_series=40, published=RESULTS.published)


@pytest.mark.parametrize("k", [1, 2])
def test_the_first_members_predict_as_they_did_in_the_ensemble(k, tmp_path):
    toy = make_toy()
    model = make_model(toy, members=3)
    fewer = first_members(model, k)
    alone = [
        replace(
            model,
            config=replace(model.config, members=1, results=Results(), training=TrainingRecord()),
            networks=(network,),
        )
        for network in model.networks[:k]
    ]
    expected = np.mean([one.predict_proba(toy) for one in alone], axis=0)
    np.testing.assert_allclose(fewer.predict_proba(toy), expected, rtol=0, atol=1e-12)
    assert not np.allclose(expected, model.predict_proba(toy))

    fewer.save(tmp_path / "fewer")
    model.save(tmp_path / "whole")
    kept, whole = (
        load((tmp_path / name / "model.safetensors").read_bytes()) for name in ("fewer", "whole")
    )
    assert kept.keys() == {key for key in whole if int(key.split(".")[1]) < k}
    assert all(np.array_equal(kept[key], whole[key]) for key in kept)
    assert load_folder(tmp_path / "fewer").config == fewer.config


def test_of_one_member_its_own_accuracy_is_known():
    fewer = first_members(make_model(members=3, results=RESULTS, training=TRAINING), 1).config
    assert fewer.members == 1
    assert fewer.results == replace(
        KNOWN_OF_ANY, accuracy=0.7, member_accuracy=(0.7,), member_train_loss=(0.3,)
    )
    assert fewer.training == TrainingRecord(
        stopped={0: "no memory"},
        validation=TRAINING.validation,
        epochs=(3,),
        best_epoch=(1,),
        device="cpu",
        date="2026-01-31",
    )


def test_of_several_members_no_accuracy_is_known(tmp_path):
    training = replace(TRAINING, stopped={2: "loss not finite"})
    fewer = first_members(make_model(members=3, results=RESULTS, training=training), 2)
    assert fewer.config.results == replace(
        KNOWN_OF_ANY, member_accuracy=(0.7, 0.8), member_train_loss=(0.3, 0.2)
    )
    assert fewer.config.training.stopped == {}
    fewer.save(tmp_path / "fewer")
    text = read_card(tmp_path / "fewer")
    assert "An ensemble of 2 networks" in text
    for gone in (
        "0.9000",
        "0.6000",
        "| **Ensemble** |",
        "| Time |",
        "as published",
        "loss not finite",
    ):
        assert gone not in text


def test_what_is_said_of_each_member_goes_with_it():
    recipe = ridge_recipe(3, bases=("inception.A", "inception.B"))
    config = make_config(members=3, base=Base("inception.A"), recipe=recipe)
    model = replace(make_model(members=3), config=config)
    two, one = (first_members(model, k).config for k in (2, 1))
    assert two.recipe.readout == replace(recipe.readout, penalty=(1.0, 2.0), temperature=(1.0, 2.0))
    assert two.recipe.bases == ("inception.A", "inception.B")
    assert one.recipe.readout == replace(recipe.readout, penalty=(1.0,), temperature=(1.0,))
    assert one.recipe.readout.penalties == (1.0, 2.0, 3.0)
    assert one.recipe.bases == ()
    assert one.base == Base("inception.A")
    assert model.config.recipe == recipe


def test_all_members_are_the_model_itself():
    model = make_model(members=2)
    assert first_members(model, 2) is model


@pytest.mark.parametrize("k", [0, 3, True, 1.0, "1"])
def test_no_other_number_of_members_can_be_taken(k):
    with pytest.raises(
        OptionError,
        match=r"inception\.Toy has 2 member\(s\); from 1 to 2 of them can be taken, not",
    ):
        first_members(make_model(members=2), k)


def test_a_trained_ensemble_s_first_members_reach_what_was_measured():
    train, test = make_toy(seed=1), make_toy(40, seed=2)
    whole = tiny_model(train, test=test, members=3, epochs=2, side_by_side=1)
    labels = test.with_classes(whole.classes).require_labels()
    for k in (1, 2):
        fewer = first_members(whole, k)
        alone = tiny_model(train, test=test, members=k, epochs=2, side_by_side=1)
        assert np.array_equal(
            fewer.predict_proba(test), alone.predict_proba(test)
        )  # member k has a seed of its own
        known, measured = fewer.config, alone.config
        assert known.recipe == measured.recipe
        measured_values = measured.results.to_dict()
        known_values = known.results.to_dict()
        assert all(measured_values[key] == value for key, value in known_values.items())
        assert known.training.epochs == measured.training.epochs
    assert first_members(whole, 1).config.results.accuracy == np.mean(
        first_members(whole, 1).predict_proba(test).argmax(axis=1) == labels
    )
