"""The catalogue of an account hides no model, and a broken one is no dead end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub import HfApi

from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.errors import ZooError
from tszoo.publishing.options import Options
from tszoo.publishing.publish import publish
from tszoo.storage.layout import CATALOGUE, CATALOGUE_PROTOTYPES, PROTOTYPES
from tszoo.zoo.find import open_zoo

OPTIONS = Options(private=False)
OWNED = "zoo/tszoo-catalogue"


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    for k, name in enumerate(("one", "two", "three")):
        make_model(replace(make_toy(seed=k), name=name), seed=k).save(tmp_path / name)
    return [tmp_path / name for name in ("one", "two", "three")]


def names() -> list[str]:
    return [entry.model for entry in open_zoo("hf://zoo").models]


def test_a_first_catalogue_lists_all_models(hub, folders) -> None:
    for folder in folders[:2]:
        publish(folder, f"zoo/{folder.name}", OPTIONS)
    HfApi().delete_repo(OWNED)
    publish(folders[2], "zoo/three", OPTIONS)
    assert CATALOGUE in hub.files(OWNED)
    assert names() == ["one", "three", "two"]
    assert open_zoo("hf://zoo").entry("one").revision == hub.head("zoo/one")


def test_a_first_public_catalogue_keeps_private_models_out(hub, folders) -> None:
    publish(folders[0], "zoo/one", replace(OPTIONS, private=True))
    HfApi().delete_repo(OWNED)
    publish(folders[1], "zoo/two", OPTIONS)
    assert names() == ["two"]
    assert b'"one"' not in hub.files(OWNED)[CATALOGUE]


@pytest.mark.parametrize("content", [b"", b"{", b'{"models": []}', b"\xff\xfe"])
def test_a_broken_catalogue_is_passed_over_and_mended(hub, folders, caplog, content) -> None:
    for folder in folders[:2]:
        publish(folder, f"zoo/{folder.name}", OPTIONS)
    hub.put(OWNED, {CATALOGUE: content})
    assert names() == ["one", "two"]
    assert "the catalogue on the Hub cannot be used" in caplog.text
    assert "each of its 2 models was asked for; tszoo publish makes one" in caplog.text
    with pytest.raises(ZooError, match="the catalogue on the Hub cannot be used"):
        open_zoo(f"hf://zoo@{hub.head(OWNED)}")
    publish(folders[2], "zoo/three", OPTIONS)
    caplog.clear()
    assert names() == ["one", "three", "two"]
    assert not caplog.records


def test_broken_prototypes_of_a_catalogue_are_passed_over_and_mended(hub, folders, caplog) -> None:
    for folder in folders[:2]:
        publish(folder, f"zoo/{folder.name}", OPTIONS)
    hub.put(OWNED, {CATALOGUE_PROTOTYPES: b"nothing"})
    zoo = open_zoo("hf://zoo")
    assert zoo.prototypes("one").classes == zoo.entry("one").classes
    assert "reading prototypes from the models themselves" in caplog.text
    publish(folders[2], "zoo/three", OPTIONS)
    caplog.clear()
    zoo = open_zoo("hf://zoo")
    assert zoo.pool(["one", "three", "two"]).names == ("one", "three", "two")
    assert not caplog.records


def test_a_broken_model_is_left_out_of_a_new_catalogue(hub, folders, caplog) -> None:
    for folder in folders[:2]:
        publish(folder, f"zoo/{folder.name}", OPTIONS)
    hub.put("zoo/one", {PROTOTYPES: b"nothing"})
    HfApi().delete_repo(OWNED)
    publish(folders[2], "zoo/three", OPTIONS)
    assert names() == ["three", "two"]
    assert "hf://zoo/one left out of the catalogue" in caplog.text
