"""The Zoo object: opening, looking, loading and adding."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import tszoo
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.errors import ModelError, ZooError
from tszoo.zoo.contents import Contents
from tszoo.zoo.find import open_zoo
from tszoo.zoo.local import add_model
from tszoo.zoo.table import MOST_ROWS
from tszoo.zoo.zoo import Zoo

NAMES = ["inception.Alpha", "inception.Beta"]


def named(name: str, seed: int = 0) -> tszoo.Model:
    return make_model(replace(make_toy(seed=seed), name=name), members=1, seed=seed)


@pytest.fixture
def folder(tmp_path) -> Path:
    for seed, name in enumerate(("Beta", "Alpha")):
        add_model(tmp_path / "zoo", named(name, seed))
    return tmp_path / "zoo"


def test_a_zoo_holds_entries_by_name(folder):
    zoo = tszoo.Zoo(folder)
    assert [entry.name for entry in zoo.models] == NAMES
    assert list(zoo) == list(zoo.models)
    assert len(zoo) == 2
    assert "inception.Beta" in zoo
    assert "inception.Gamma" not in zoo
    assert zoo.entry("inception.Beta").dataset == "Beta"
    assert zoo.place("inception.Beta").folder == folder / "inception.Beta"
    assert (zoo.root, zoo.name, zoo.remote, zoo.broken) == (folder, str(folder), None, ())


def test_a_model_of_a_zoo_is_loaded_by_name(folder):
    model = Zoo(folder).load("inception.Beta")
    X = make_toy(seed=9).series
    expected = tszoo.Model.load(folder / "inception.Beta")
    np.testing.assert_array_equal(model.predict_proba(X), expected.predict_proba(X))
    with pytest.raises(ZooError, match=r"no model 'inception\.Bta' in this zoo\. Did you mean"):
        Zoo(folder).load("inception.Bta")


def test_an_open_zoo_is_taken_as_it_is(folder):
    zoo = Zoo(folder)
    assert open_zoo(zoo) is zoo


def test_what_is_added_is_seen_at_once(folder):
    zoo = Zoo(folder)
    before = zoo.pool(NAMES)
    assert zoo.add(named("Gamma", 2)) == folder / "inception.Gamma"
    assert [entry.name for entry in zoo] == [*NAMES, "inception.Gamma"]
    assert zoo.prototypes("inception.Gamma").classes == before.source(0).classes
    assert zoo.pool([*NAMES, "inception.Gamma"]).names == (*NAMES, "inception.Gamma")
    assert zoo.add(named("Gamma", 3), "mine", dtype="float32") == folder / "mine"
    assert zoo.entry("mine").bytes > zoo.entry("inception.Gamma").bytes
    assert Zoo(folder).models == zoo.models


def test_a_model_is_replaced_only_on_request(folder):
    zoo = Zoo(folder)
    with pytest.raises(ModelError, match="there is a model already"):
        zoo.add(named("Beta", 5))
    before = zoo.entry("inception.Beta")
    zoo.add(named("Beta", 5), overwrite=True)
    assert zoo.entry("inception.Beta").sha256 != before.sha256


def test_a_folder_that_is_not_there_is_an_empty_zoo_until_a_model_is_added(tmp_path):
    zoo = Zoo(tmp_path / "new")
    assert (len(zoo), zoo.models, list(zoo)) == (0, (), [])
    assert zoo  # though it is empty
    assert not (tmp_path / "new").exists()
    zoo.add(named("Alpha"))
    assert [entry.name for entry in Zoo(tmp_path / "new")] == ["inception.Alpha"]
    with pytest.raises(ZooError, match="other: no such folder"):
        open_zoo(tmp_path / "other")


def test_a_folder_that_cannot_be_made_is_refused(tmp_path, monkeypatch):
    with pytest.raises(ZooError, match="no such folder, and none can be made in"):
        Zoo(tmp_path / "nowhere" / "zoo")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(ZooError, match="no such folder, and none can be made in"):
        Zoo(tmp_path / "zoo")


def test_what_is_no_zoo_is_refused(folder, tmp_path):
    with pytest.raises(ZooError, match="a model, not a zoo; the zoo is the folder around it"):
        Zoo(folder / "inception.Alpha")
    (tmp_path / "file").touch()
    with pytest.raises(ZooError, match="file: not a folder that can be read"):
        Zoo(tmp_path / "file")
    with pytest.raises(ZooError, match="not a folder that can be read"):
        Zoo(tmp_path / ("x" * 5000))


def test_a_zoo_is_shown_as_a_table(folder):
    zoo = Zoo(folder)
    assert repr(zoo).splitlines() == [
        f"<Zoo {folder}: 2 model(s)>",
        "model            classes  length  members  accuracy",
        "inception.Alpha        2      32        1     0.925",
        "inception.Beta         2      32        1     0.925",
    ]
    entry = replace(zoo.entry("inception.Beta"), accuracy=None)
    many = [replace(entry, model=f"m{k:03}") for k in range(50)]
    lines = repr(Zoo.of(Contents(folder, tuple(many)))).splitlines()
    assert len(lines) == MOST_ROWS + 3
    assert lines[2] == "m000         2      32        1"
    assert lines[-1] == "... and 30 more"
    assert repr(Zoo.of(Contents(Path("empty")))) == "<Zoo empty: 0 model(s)>"
