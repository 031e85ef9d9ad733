"""Configs of format version 1, as they were written before version 2: read, and written anew."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.places import ROOT
from tests.support.tiny import make_config
from tszoo.errors import ModelError
from tszoo.models.config import ModelConfig
from tszoo.models.record import (
    Base,
    ModelRecipe,
    PartResults,
    Published,
    ReadoutRecipe,
    Results,
    TrainingRecipe,
    TrainingRecord,
    Validation,
)
from tszoo.training.recipe import CHOICES, Recipe

FOLDER = ROOT / "tests" / "models" / "version1"
# a card of the embedded zoo; a joint one; what ridge heads and both heads were written as
NAMES = ("trained", "joint", "ridge", "both")


def written(name: str) -> dict[str, Any]:
    values = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert values["format_version"] == 1
    return values


def read(name: str) -> ModelConfig:
    return ModelConfig.from_dict(written(name))


@pytest.mark.parametrize("name", NAMES)
def test_it_is_written_as_version_2_and_read_back(name):
    config = read(name)
    values = json.loads(config.to_json())
    assert values["format_version"] == config.format_version == 2
    assert {"trained_on", "base"} < values.keys()
    assert not {"source", "parent"} & values.keys()
    assert ModelConfig.from_json(config.to_json()) == config
    for key in ("architecture", "members", "classes", "label_type", "length", "preprocessing"):
        assert values[key] == written(name)[key]
    assert values["trained_on"] == written(name)["source"]
    assert values["base"] == written(name)["parent"]
    assert values["results"] == written(name)["results"]


def test_a_trained_model():
    config = read("trained")
    assert config.recipe == ModelRecipe(
        TrainingRecipe(
            Recipe(epochs=1500, batch_size=64, stop_at_convergence=True), seed=0, trainable="all"
        )
    )
    assert config.name == "inception.GunPoint"
    assert config.classes == (1, 2)
    assert config.trained_on.n_series == 50
    assert config.base is None
    assert config.results.accuracy == 1.0
    assert config.results.member_accuracy[0] == pytest.approx(149 / 150)
    assert config.results.published == Published(
        "InceptionTime", 1.0, "https://doi.org/10.1007/s10618-020-00710-y"
    )
    training = config.training
    assert training.epochs == (439, 441, 411, 393, 447)
    assert training.best_epoch == (438, 441, 410, 393, 445)
    assert (training.seconds, training.precision) == (309.5, "bfloat16")
    assert training.versions["tszoo"] == "0.1.0"


def test_a_joint_model():
    config = read("joint")
    assert config.recipe.training is not None
    heads = config.recipe.training.heads
    assert heads == Recipe(epochs=100, batch_size=64, learning_rate=0.01, schedule="cosine")
    assert config.recipe.training.recipe.least_steps == 4
    assert len(config.trained_on.parts) == 27
    assert config.results.per_dataset["CricketX"] == PartResults(
        accuracy=0.7435897435897436, train_accuracy=0.9666666666666667
    )


def test_ridge_heads():
    config = read("ridge")
    assert config.recipe == ModelRecipe(
        readout=ReadoutRecipe(
            body="source",
            seed=3,
            poolings="means and maxima, of values and differences",
            penalties=(0.001, 0.01, 0.1, 1.0),
            penalty=(0.1, 1.0, 0.01),
            temperature=(0.5, 0.25, 0.125),
        ),
        bases=("inception.Coffee", "hf://ORG/inception.Beef"),
    )
    assert config.base == Base("inception.Coffee")
    assert config.results.member_left_out_accuracy == (0.94, 0.96, 0.9)
    assert config.training.epochs == (0, 0, 0)
    assert config.training.best_epoch == ()


def test_ridge_heads_that_once_stood_beside_trained_members():
    """The first members of both heads, as version 1 wrote them: with what made them sharper."""
    values = written("ridge")
    values["recipe"]["sharper"] = 1.5
    config = ModelConfig.from_dict(values)
    assert config.recipe.head == "ridge"
    assert config.recipe.readout is not None
    assert config.recipe.readout.sharper == 1.5


def test_both_heads():
    config = read("both")
    recipe = config.recipe
    assert (recipe.head, recipe.n_frozen, config.members) == ("both", 3, 5)
    assert recipe.readout is not None
    assert (recipe.readout.body, recipe.readout.sharper) == ("untrained", 1.5)
    assert recipe.training is not None
    assert (recipe.training.seed, recipe.training.recipe.epochs) == (3, 37)
    assert recipe.bases == ()
    assert config.training.epochs == (0, 0, 0, 37, 12)
    assert config.training.stopped == {4: "the loss is not finite"}


def test_best_epochs_of_the_trained_members_alone_are_left_out():
    values = written("both")
    values["training"]["best_epoch"] = [37, 10]
    assert ModelConfig.from_dict(values).training.best_epoch == ()


def test_what_no_version_ever_read_is_left_out():
    values = written("trained")
    values["results"] |= {"macro_f1": 0.5, "published": {**values["results"]["published"], "x": 1}}
    values["recipe"]["mood"] = "good"
    values["training"] |= {"weather": [1], "seconds": None}
    config = ModelConfig.from_dict(values)
    assert config.results == read("trained").results
    assert config.recipe == read("trained").recipe
    assert config.training == replace(read("trained").training, seconds=None)


NOT_AN_OBJECT = [None, True, 1, "x", []]
HOSTILE: list[tuple[str, tuple[str, ...], list[Any]]] = [
    *((name, (part,), NOT_AN_OBJECT) for name in NAMES for part in ("recipe", "results")),
    *((name, ("training",), NOT_AN_OBJECT) for name in NAMES),
    *((name, ("source",), [*NOT_AN_OBJECT, {}]) for name in NAMES),
    *((name, ("parent",), [True, 1, "x", [], {}]) for name in NAMES),
    ("trained", ("recipe", "epochs"), [None, True, 0, -1, "3", [], {}]),
    ("trained", ("recipe", "learning_rate"), [None, 0, -1, "x", []]),
    ("trained", ("recipe", "schedule"), [None, 1, "fast", [], {}]),
    ("trained", ("recipe", "stop_at_convergence"), [None, 1, "no", []]),
    ("trained", ("recipe", "seed"), [None, True, -1, "0", [], 10**39]),
    ("trained", ("recipe", "trainable"), [None, 1, "body", [], {}]),
    ("trained", ("recipe", "head"), ["ridge", "both"]),
    ("joint", ("recipe", "heads_again", "epochs"), [None, True, 0, "3", []]),
    ("joint", ("recipe", "heads_again", "learning_rate"), [None, 0, "x", []]),
    ("joint", ("results", "per_dataset"), [1, "x", [], {"x": 1}, {"x": None}, {"a\n": {}}]),
    ("joint", ("results", "per_dataset"), [{"x": {"accuracy": 2}}, {"x": {"accuracy": "x"}}]),
    ("joint", ("source", "parts"), [None, 1, "x", {}, [1], [{}]]),
    ("ridge", ("recipe", "head"), ["softmax", "both"]),
    ("ridge", ("recipe", "penalty"), [None, 1, "x", [], [1.0], [1, 2, "x"], [1, 2, -1], {}]),
    ("ridge", ("recipe", "temperature"), [None, 1, [1.0], [1, 2, None]]),
    ("ridge", ("recipe", "penalties"), [None, 1, "x", ["x"], {}]),
    ("ridge", ("recipe", "poolings"), [None, 1, "", [], {}, "a\x1b"]),
    ("ridge", ("recipe", "seed"), [None, True, -1, "0", []]),
    ("ridge", ("recipe", "sharper"), [None, True, -1, "x", [], {}]),
    ("ridge", ("recipe", "sources"), [None, 1, "x", {}, [1], ["a\n"], [""]]),
    ("both", ("recipe", "readout"), [None, 1, "x", [], {}]),
    ("both", ("recipe", "training"), [None, 1, "x", [], {}]),
    ("both", ("recipe", "readout", "penalty"), [None, 1, [1.0], [1.0] * 5]),
    ("both", ("training", "stopped"), [1, "x", [], {"member 5": "x"}, {"member x": "x"}]),
    ("both", ("training", "stopped"), [{"member 1": 1}, {"member 1": "a\x1b"}, {"": "x"}]),
    ("both", ("training", "epochs"), [1, "3", {}, [3], [0, 0, 0, 1, "x"], [0, 0, 0, 1, -1]]),
    ("trained", ("training", "validation"), [1, "x", [], {}, {"dataset": "x"}]),
    ("trained", ("results", "published"), [1, "x", [], {}, {"name": "x"}]),
    ("trained", ("results", "accuracy"), [True, -1, 2, "x", [], {}]),
    ("trained", ("format_version",), [True, None, 0, -1, "1", 1.5, 3]),
]


@pytest.mark.parametrize(("name", "path", "values"), HOSTILE)
def test_what_never_was_sound_is_refused(name, path, values):
    for value in values:
        tree = written(name)
        branch = tree
        for key in path[:-1]:
            branch = branch[key]
        branch[path[-1]] = deepcopy(value)
        with pytest.raises(ModelError) as caught:
            ModelConfig.from_dict(tree)
        said = str(caught.value)
        assert said.isprintable()
        assert len(said) < 1000


@pytest.mark.parametrize("key", sorted(written("trained")))
def test_a_missing_field_is_named(key):
    values = written("trained")
    del values[key]
    said = {"source": "trained_on", "parent": "base", "training": "", "results": ""}.get(key, key)
    if not said:  # free-form once, and nothing in them was needed
        ModelConfig.from_dict(values)
        return
    with pytest.raises(ModelError, match=said):
        ModelConfig.from_dict(values)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)


def paths_of(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """All places of a tree but its root."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    paths = []
    for key, value in items:
        paths.append((*path, key))
        if isinstance(value, (dict, list)):
            paths += paths_of(value, (*path, key))
    return paths


@given(name=st.sampled_from(NAMES), data=st.data(), value=JSON_VALUES)
@settings(max_examples=80, deadline=None)
def test_any_value_in_any_place_is_taken_or_refused_in_one_line(name, data, value):
    tree = written(name)
    path = data.draw(st.sampled_from(paths_of(tree)))
    branch = tree
    for key in path[:-1]:
        branch = branch[key]
    branch[path[-1]] = value
    message = ""
    try:
        config = ModelConfig.from_dict(tree)
    except ModelError as error:
        message = str(error)
    if message:
        assert len(message.splitlines()) == 1
    else:
        assert ModelConfig.from_json(config.to_json()) == config


# records of version 2

SHARES = st.floats(0, 1)
NAMES_OF = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)


def sound(**values: Any) -> Recipe:
    """A recipe whose head starts as a ridge head only where batch norm lets it."""
    if values["head"] == "ridge":
        values["batch_norm"] = "kept"
    return Recipe(**values)


RECIPES = st.builds(
    sound,
    epochs=st.integers(1, 10**4),
    batch_size=st.integers(1, 10**4),
    learning_rate=st.floats(1e-9, 10),
    stop_at_convergence=st.booleans(),
    warmup=st.floats(0, 0.9),
    **{key: st.sampled_from(values) for key, values in CHOICES.items()},
)
SEEDS = st.integers(0, 2**60)
TRAININGS = st.builds(
    TrainingRecipe,
    RECIPES,
    seed=SEEDS,
    trainable=st.sampled_from(["all", "head"]),
    heads=st.none() | RECIPES,
)


def readouts(members: int) -> st.SearchStrategy[ReadoutRecipe]:
    several = st.lists(st.floats(0, 1e9), min_size=members, max_size=members).map(tuple)
    return st.builds(
        ReadoutRecipe,
        body=st.sampled_from(["untrained", "source"]),
        seed=SEEDS,
        poolings=NAMES_OF,
        penalties=several,
        penalty=several,
        temperature=several,
        sharper=st.floats(0, 9),
    )


BASES = st.lists(NAMES_OF, max_size=3).map(tuple)
MODEL_RECIPES = st.one_of(
    st.builds(ModelRecipe, training=TRAININGS, bases=BASES),
    st.builds(ModelRecipe, readout=readouts(2), bases=BASES),
    st.builds(ModelRecipe, training=TRAININGS, readout=readouts(1), bases=BASES),
)
PAIR = st.just(()) | st.tuples(SHARES, SHARES)
RESULTS = st.builds(
    Results,
    split=st.none() | NAMES_OF,
    n_series=st.none() | st.integers(1, 10**6),
    accuracy=st.none() | SHARES,
    member_accuracy=PAIR,
    train_loss=st.none() | st.floats(0, 1e9),
    member_left_out_accuracy=PAIR,
    per_dataset=st.dictionaries(
        NAMES_OF, st.builds(PartResults, st.none() | SHARES, st.none() | SHARES), max_size=3
    ),
    published=st.none() | st.builds(Published, NAMES_OF, SHARES, st.none() | NAMES_OF),
)
EPOCHS = st.just(()) | st.tuples(st.integers(0, 10**6), st.integers(0, 10**6))
RECORDS = st.builds(
    TrainingRecord,
    epochs=EPOCHS,
    best_epoch=EPOCHS,
    seconds=st.none() | st.floats(0, 1e9),
    device=st.none() | NAMES_OF,
    versions=st.dictionaries(NAMES_OF, NAMES_OF, max_size=3),
    stopped=st.dictionaries(st.integers(0, 1), NAMES_OF, max_size=2),
    validation=st.none()
    | st.builds(Validation, NAMES_OF, st.none() | NAMES_OF, st.integers(1, 10**6)),
)


@given(recipe=MODEL_RECIPES, results=RESULTS, training=RECORDS)
@settings(max_examples=60, deadline=None)
def test_records_come_back_as_they_went_in(recipe, results, training):
    config = make_config(recipe=recipe, results=results, training=training)
    again = ModelConfig.from_json(config.to_json())
    assert again == config
    for key in ("recipe", "results", "training"):
        record, back = getattr(config, key), getattr(again, key)
        for field in fields(record):
            assert type(getattr(back, field.name)) is type(getattr(record, field.name))
