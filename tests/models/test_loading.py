"""What a user sees of a model that is loaded: one line, by whatever it is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

import tszoo
from tests.support.sources import make_zoo
from tests.support.tiny import make_model
from tszoo.errors import ModelError, ZooError
from tszoo.models.record import Results
from tszoo.text import counted


@pytest.mark.parametrize("members", [1, 5])
def test_a_model_shows_itself_on_one_line(members):
    model = make_model(members=members)
    begin = f"<Model inception.Toy: {counted(members, 'member')}, 2 classes, length 32"
    assert repr(model) == f"{begin}, accuracy 0.925>"
    unmeasured = replace(model, config=replace(model.config, results=Results()))
    assert repr(unmeasured) == f"{begin}>"
    assert str(model) == repr(model)


def test_hostile_names_keep_to_the_line():
    model = make_model()
    trained_on = replace(model.config.trained_on, dataset="a" * 200)
    assert len(repr(replace(model, config=replace(model.config, trained_on=trained_on)))) < 400
    with pytest.raises(ModelError, match=r"trained_on\.dataset"):
        replace(trained_on, dataset="a\nb")


def test_a_model_is_loaded_by_its_folder_and_by_its_name(tmp_path, monkeypatch):
    zoo = make_zoo(tmp_path / "zoo")
    folder = zoo / "inception.Bumps"
    by_folder = tszoo.Model.load(folder)
    for model in (
        tszoo.Model.load(str(folder)),
        tszoo.Model.load("inception.Bumps", zoo),
        tszoo.Model.load("inception.Bumps", str(zoo), device="cpu"),
    ):
        assert model.config == by_folder.config
        assert model.reference is None
    monkeypatch.chdir(zoo)
    assert tszoo.Model.load("./inception.Bumps").config == by_folder.config
    with pytest.raises(ZooError, match=r"no model 'inception\.Bump' in this zoo"):
        tszoo.Model.load("inception.Bump", zoo)


def test_what_is_loaded_is_what_was_saved(tmp_path):
    model = make_model()
    model.save(tmp_path / "m", dtype="float32")
    assert tszoo.Model.load(tmp_path / "m").config == model.config
    with pytest.raises(ModelError, match="there is a model already"):
        model.save(tmp_path / "m")
    model.save(tmp_path / "m", overwrite=True)
