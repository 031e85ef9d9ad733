"""A plan says what will be done, and does it: today, or from a file tomorrow."""

from __future__ import annotations

import json
import shutil
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.fits import RUN, same
from tests.support.sources import TINY, make_zoo, source_models
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.errors import DataError, ModelError
from tszoo.transfer.finetune import finetune
from tszoo.transfer.plan import Plan
from tszoo.transfer.planning import make_plan

ONE_EPOCH = {"epochs": 1, "batch_size": 8}


@pytest.fixture(scope="module")
def zoo(tmp_path_factory) -> Path:
    return make_zoo(tmp_path_factory.mktemp("plans") / "zoo")


@pytest.fixture(scope="module")
def written(zoo: Path) -> dict[str, Any]:
    """A plan with a source and a recipe, as its file holds it."""
    return json.loads(make_plan(make_toy(), "inception.Bumps", zoo=zoo).to_json())


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """What may be asked for: all heads, all kinds of sources, members and seeds."""
    head = draw(st.sampled_from([None, "softmax", "ridge", "both"]))
    source = draw(
        st.sampled_from(
            ["auto", "none", "nearest", "nearest:2", "inception.Steps", ("inception.Long",) * 2]
        )
    )
    asked = {"source": source if isinstance(source, str) else list(source), "head": head}
    asked["seed"] = draw(st.integers(0, 3))
    asked["members"] = draw(st.sampled_from([2, 3] if head == "both" else [1, 2, 3]))
    if head in ("softmax", "both"):
        asked["recipe"] = ONE_EPOCH
    if source == "none":
        asked["network"] = TINY
    return asked


@given(asked=requests())
@settings(max_examples=4, deadline=None)
def test_a_plan_from_a_file_gives_the_very_weights_of_finetune(zoo, asked):
    toy = make_toy()
    if asked["head"] is None:
        asked = {**asked, "recipe": ONE_EPOCH}
    plan = make_plan(toy, zoo=zoo, run=RUN, **asked)
    read = Plan.from_json(plan.to_json())
    assert read == plan
    assert str(read) == str(plan)
    fitted, whole = read.fit(toy, run=RUN), finetune(toy, zoo=zoo, run=RUN, **asked)
    assert same(fitted, whole)
    assert same(plan.fit(toy, run=RUN), whole)
    assert fitted.config.recipe == whole.config.recipe
    assert fitted.config.results == whole.config.results
    assert fitted.config.base == whole.config.base


def test_what_auto_decides_by_itself_comes_back_too(zoo):
    """Nothing is asked for, and the zoo is named by its path, as text and opened."""
    from tszoo.zoo.find import open_zoo

    toy = make_toy(mislabelled=2)
    plans = [make_plan(toy, zoo=named) for named in (zoo, str(zoo), open_zoo(zoo))]
    assert {source.zoo for plan in plans for source in plan.sources} == {str(zoo)}
    for plan in plans:
        assert replace(Plan.from_json(plan.to_json()), seconds=0.0) == replace(plan, seconds=0.0)
    assert plans[0].head == "both"
    few = replace(plans[0].ensemble, n_frozen=1, n_trained=1)
    few = replace(few, recipe=replace(few.recipe, epochs=1))
    plan = replace(plans[0], ensemble=few, sources=plans[0].sources[:1], models=None)
    read = Plan.from_json(plan.to_json())
    assert same(read.fit(toy, run=RUN), plan.fit(toy, run=RUN))


def test_the_page_mentions_what_is_done(zoo):
    toy = make_toy()
    page = str(make_plan(toy, "inception.Bumps", zoo=zoo, members=3, recipe={"epochs": 7}))
    for fact in (
        "Plan for Toy: 24 series, 2 classes, length 32",
        "inception.Bumps",
        "it was named.",
        "3 inception networks, trained whole",
        "7 epochs",
        "time      about",
    ):
        assert fact in page
    page = str(make_plan(toy, "none", head="ridge", members=1, network=TINY))
    assert "none (random filters)" in page
    assert "1 inception network, frozen, under a ridge head" in page
    assert "epochs" not in page
    plan = make_plan(toy, "inception.Bumps", zoo=zoo, head="both", members=4)
    page = " ".join(str(plan).split())
    assert "2 inception networks, frozen" in page
    assert "2 inception networks, trained whole from scratch" in page
    page = str(make_plan(toy, zoo=zoo))
    assert "instead" in page
    assert all(len(line) <= 92 for line in page.splitlines())


def test_a_plan_is_for_its_data_alone(zoo):
    plan = make_plan(make_toy(), "inception.Bumps", zoo=zoo)
    for plan_too in (plan, Plan.from_json(plan.to_json())):
        with pytest.raises(
            DataError, match=r"^Toy: the plan was made for other data \(Toy, 24 series\)\. Make one"
        ):
            plan_too.fit(make_toy(seed=1))


def test_a_source_that_has_changed_is_refused(zoo, tmp_path):
    moved = shutil.copytree(zoo, tmp_path / "zoo")
    text = make_plan(make_toy(), "inception.Bumps", zoo=moved, recipe=ONE_EPOCH).to_json()
    Plan.from_json(text).sources[0].load()
    other = source_models()[0]
    changed = replace(other, config=replace(other.config, length=other.config.length + 1))
    changed.save(moved / "inception.Bumps", overwrite=True)
    with pytest.raises(ModelError, match=r"^inception\.Bumps: has changed since the plan was made"):
        Plan.from_json(text).fit(make_toy())


def test_a_model_in_memory_alone_cannot_stand_in_a_file(tmp_path):
    toy, source = make_toy(), source_models()[0]
    plan = make_plan(toy, source, recipe=ONE_EPOCH, members=1)
    with pytest.raises(ModelError, match=r"^inception\.Bumps: .*in memory alone.* Save it"):
        plan.to_json()
    source.save(tmp_path / "mine", dtype="float32")
    saved = make_plan(toy, tmp_path / "mine", recipe=ONE_EPOCH, members=1)
    read = Plan.from_json(saved.to_json())
    assert same(read.fit(toy, run=RUN), plan.fit(toy, run=RUN))


def test_names_that_do_not_print_can_be_written():
    toy = make_toy()
    for name in ("a\x1b[2J\n", "x" * 3000):
        target = Dataset(name, toy.series, toy.lengths, toy.labels, toy.classes)
        plan = make_plan(target, "none", head="ridge", members=1, network=TINY)
        assert Plan.from_json(plan.to_json()) == plan
        assert str(plan).splitlines()[0].isprintable()


NOT_TEXT = [None, True, 1, [], {}, ""]
NOT_WHOLE = [None, True, -1, 1.5, "2", [], {}, 10**39]
HOSTILE: dict[tuple[Any, ...], tuple[list[Any], str]] = {
    ("format",): ([None, 1, "tszoo", []], "format"),
    ("version",): ([None, 2, 0, "1", [], 10**39], "version"),
    ("target",): ([None, 1, "x", [], {}], "target"),
    ("target", "name"): (NOT_TEXT, "target.name"),
    ("target", "sha256"): ([None, 0, "", "g" * 64, "A" * 64], "target.sha256"),
    ("target", "n_series"): ([*NOT_WHOLE, 0], "target.n_series"),
    ("target", "n_classes"): ([*NOT_WHOLE, 0], "target.n_classes"),
    ("target", "length"): ([*NOT_WHOLE, 0], "target.length"),
    ("sources",): ([None, 1, "x", {}, [1], [None], [{}]], "source"),
    ("sources", 0, "name"): (NOT_TEXT, "a source's name"),
    ("sources", 0, "reference"): (NOT_TEXT, "a source's reference"),
    ("sources", 0, "zoo"): ([True, 1, [], {}, "", "a\nb"], "a source's zoo"),
    ("sources", 0, "config_sha256"): ([None, 1, "", "x" * 64], "a source's config_sha256"),
    ("ensemble",): ([None, 1, "x", [], {}], "ensemble"),
    ("ensemble", "architecture"): ([None, 1, [], "../x", "os.system"], "ensemble.architecture"),
    ("ensemble", "architecture_args"): ([None, 1, "x", [], {}], "ensemble.architecture_args"),
    ("ensemble", "architecture_args", "depth"): ([*NOT_WHOLE, 0], "depth"),
    ("ensemble", "n_frozen"): ([*NOT_WHOLE, 10**6], "n_frozen"),
    ("ensemble", "n_trained"): ([*NOT_WHOLE, 0, 10**6], "n_trained|ensemble: members|ensemble: 0"),
    ("ensemble", "recipe"): ([None, 1, "fast", [], {}], "recipe"),
    ("ensemble", "recipe", "epochs"): ([None, True, 0, -1, 1.5, "2", [], {}], "epochs"),
    ("ensemble", "recipe", "learning_rate"): ([None, True, 0, -1, "1", [], {}], "learning_rate"),
    ("ensemble", "recipe", "schedule"): ([None, 1, "fast", [], {}], "schedule"),
    ("ensemble", "recipe", "stop_at_convergence"): ([None, 1, "no", []], "stop_at_convergence"),
    ("ensemble", "trainable"): ([None, True, "body", [], {}], "trainable"),
    ("ensemble", "seed"): ([None, True, -1, 1.5, "2", [], 10**39], "seed"),
    ("seconds",): ([None, True, -1, "1", [], {}], "seconds"),
    ("reasons",): ([None, 1, "x", [], {"source": 1}, {"a b": "x"}, {"source": "a\x1b"}], "reasons"),
    ("alternatives",): ([None, 1, "x", {}, [1], [{}]], "alternative"),
}
ALTERNATIVE = {"what": "x", "expected": 0.5, "how": "y"}


def with_value(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Copy a tree with another value at a path."""
    tree = deepcopy(tree)
    branch = tree
    for key in path[:-1]:
        branch = branch[key]
    branch[path[-1]] = value
    return tree


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: ".".join(map(str, path)))
def test_what_no_plan_can_hold_is_refused_by_its_name(written, path):
    values, said = HOSTILE[path]
    for value in values:
        with pytest.raises(ModelError, match=said):
            Plan.from_json(json.dumps(with_value(written, path, value)))


@pytest.mark.parametrize("where", [(), ("target",), ("sources", 0), ("ensemble",)])
def test_a_missing_and_an_unknown_key_are_named(written, where):
    branch = written
    for key in where:
        branch = branch[key]
    for key in branch:
        lacking = deepcopy(written)
        at = lacking
        for step in where:
            at = at[step]
        del at[key]
        with pytest.raises(ModelError, match=f"lacks '{key}'"):
            Plan.from_json(json.dumps(lacking))
    with pytest.raises(ModelError, match="has 'more', which is none of its fields"):
        Plan.from_json(json.dumps(with_value(written, (*where, "more"), 1)))


@pytest.mark.parametrize(
    "other",
    [
        {**ALTERNATIVE, "what": 1},
        {**ALTERNATIVE, "how": "a\nb"},
        {**ALTERNATIVE, "expected": 2},
        {**ALTERNATIVE, "expected": "x"},
        {**ALTERNATIVE, "more": 1},
    ],
)
def test_alternatives_are_checked(written, other):
    assert Plan.from_json(json.dumps({**written, "alternatives": [ALTERNATIVE]})).alternatives
    with pytest.raises(ModelError, match="an alternative"):
        Plan.from_json(json.dumps({**written, "alternatives": [other]}))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        "[" * 5000,
        '{"a": 1, "a": 2}',
        '{"seconds": NaN}',
        '{"seconds": 1e999}',
        b"\xff",
        '{"version": ' + "9" * 5000 + "}",
    ],
)
def test_what_is_no_plan_is_refused(text):
    with pytest.raises(ModelError):
        Plan.from_json(text)


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


@given(data=st.data(), value=JSON_VALUES)
@settings(max_examples=80, deadline=None)
def test_any_value_in_any_place_is_taken_or_refused_in_one_line(written, data, value):
    path = data.draw(st.sampled_from(paths_of(written)))
    message = ""
    try:
        plan = Plan.from_json(json.dumps(with_value(written, path, value)))
    except ModelError as error:
        message = str(error)
    if message:
        assert len(message.splitlines()) == 1
    else:
        assert Plan.from_json(plan.to_json()) == plan
        assert str(plan)


def test_the_seconds_are_those_of_this_machine(zoo):
    slow, quick = (
        make_plan(make_toy(), "none", members=1, network=TINY, recipe={"epochs": epochs}).seconds
        for epochs in (4000, 1)
    )
    assert slow > quick >= 0
    assert np.isfinite(slow)
