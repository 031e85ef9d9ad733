"""Reading from the Hub.

As few requests as can be, offline what is cached, and nothing that is not on record.
"""

import logging
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from huggingface_hub import HfApi, constants, hf_hub_download, scan_cache_dir

import tszoo
from tests.support.drawn import drawn_once
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.errors import ModelError, ZooError
from tszoo.models.record import Base
from tszoo.publishing.publish import Options, publish_zoo
from tszoo.storage.layout import (
    CARD,
    CATALOGUE,
    CATALOGUE_PROTOTYPES,
    CONFIG,
    MODEL_FILES,
    PICTURE,
    PROTOTYPES,
    WEIGHTS,
)
from tszoo.training.recipe import Recipe
from tszoo.training.run import Run
from tszoo.zoo.find import find_model, load_model, locate, open_zoo
from tszoo.zoo.hub import client, snapshot
from tszoo.zoo.hub.address import parse_address
from tszoo.zoo.hub.pull import pull_model, pull_zoo
from tszoo.zoo.local import add_model

NAME = "inception.Set0"


@pytest.fixture(scope="module")
def local(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("local") / "zoo"
    for k in range(3):
        add_model(root, make_model(replace(make_toy(seed=k), name=f"Set{k}"), seed=k))
    return root


@pytest.fixture
def zoo(hub, local):
    """The Hub, with a zoo of three models on it, and nothing of it in the cache."""
    publish_zoo(local, "zoo", Options(draw=drawn_once))
    clear_cache()
    hub.clear_requests()
    return hub


def clear_cache() -> None:
    shutil.rmtree(constants.HF_HUB_CACHE, ignore_errors=True)


def asked(hub) -> list[str]:
    return [request.kind for request in hub.requests]


def blob_of(name: str) -> Path:
    return (find_model(f"hf://zoo/{NAME}") / name).resolve()


def test_opening_a_zoo_is_one_request(zoo):
    opened = open_zoo("hf://zoo")
    assert [entry.model for entry in opened.models] == [
        "inception.Set0",
        "inception.Set1",
        "inception.Set2",
    ]
    assert opened.name == "hf://zoo"
    assert asked(zoo) == ["get"]
    open_zoo("hf://zoo")
    assert asked(zoo) == ["get", "get"]
    assert zoo.requests[1].path.endswith("/resolve/main/catalogue.json")


def test_a_pinned_zoo_is_asked_for_once(zoo):
    commit = zoo.head("zoo/tszoo-catalogue")
    for _ in range(2):
        assert len(open_zoo(f"hf://zoo@{commit}").models) == 3
    assert asked(zoo) == ["get"]


def test_an_unchanged_catalogue_is_not_sent_again(zoo):
    open_zoo("hf://zoo")
    before = {
        path: path.stat().st_mtime_ns
        for path in Path(constants.HF_HUB_CACHE).rglob("*")
        if path.is_file()
    }
    open_zoo("hf://zoo")
    after = {
        path: path.stat().st_mtime_ns
        for path in Path(constants.HF_HUB_CACHE).rglob("*")
        if path.is_file()
    }
    assert before == after


def test_prototypes_of_all_models_come_together_and_once(zoo, local):
    for _ in range(2):
        opened = open_zoo("hf://zoo")
        ours = open_zoo(local)
        for entry in opened.models:
            series = opened.prototypes(entry.model).series
            np.testing.assert_array_equal(series[0], ours.prototypes(entry.model).series[0])
    assert asked(zoo) == ["get", "get", "lfs-get", "get"]


@pytest.mark.parametrize("resolve_cache", [False, True])
def test_the_cache_is_the_clients_own(zoo, resolve_cache):
    zoo.resolve_cache = resolve_cache
    root = open_zoo("hf://zoo").root
    commit = zoo.head("zoo/tszoo-catalogue")
    zoo.clear_requests()
    found = hf_hub_download("zoo/tszoo-catalogue", CATALOGUE, revision=commit)
    assert Path(found) == root / CATALOGUE
    assert asked(zoo) == []
    found = hf_hub_download(
        "zoo/tszoo-catalogue", CATALOGUE
    )  # of main: the client asks whether it is new, no more
    assert asked(zoo) in (["head"], ["head", "head"])
    load_model(f"hf://zoo/{NAME}")
    report = scan_cache_dir(constants.HF_HUB_CACHE)
    assert {repo.repo_id for repo in report.repos} == {"zoo/tszoo-catalogue", f"zoo/{NAME}"}
    assert not report.warnings


def test_a_model_is_loaded_checked_and_cached(zoo, local):
    model = tszoo.Model.load(f"hf://zoo/{NAME}")
    assert model.reference == Base(f"hf://zoo/{NAME}", zoo.head(f"zoo/{NAME}"))
    X = make_toy(seed=9).series
    np.testing.assert_array_equal(
        model.predict_proba(X), tszoo.Model.load(local / NAME).predict_proba(X)
    )
    zoo.clear_requests()
    tszoo.Model.load(f"hf://zoo/{NAME}")
    assert asked(zoo) == ["info"]
    zoo.clear_requests()
    tszoo.Model.load(f"hf://zoo/{NAME}@{model.reference.revision}")
    tszoo.Model.load(NAME, open_zoo(f"hf://zoo@{open_zoo('hf://zoo').remote.catalogue.revision}"))
    assert asked(zoo) == ["get"]


def test_a_zoo_of_the_hub_loads_its_models_with_their_reference(zoo):
    opened = tszoo.Zoo("hf://zoo")
    assert NAME in opened
    assert opened.load(NAME).reference == Base(f"hf://zoo/{NAME}", zoo.head(f"zoo/{NAME}"))
    with pytest.raises(ZooError, match=r"^hf://zoo: a zoo on the Hub; model\.publish"):
        opened.add(make_model())
    assert repr(opened).startswith("<Zoo hf://zoo: 3 model(s)>\nmodel ")


def test_only_files_of_the_layout_are_fetched(zoo):
    zoo.put(f"zoo/{NAME}", {"pytorch_model.bin": b"pickle", "evil.sh": b"#!"}, message="more")
    folder = find_model(f"hf://zoo/{NAME}")
    assert {path.name for path in folder.iterdir()} == set(MODEL_FILES)


def test_names_are_looked_up_in_the_account(zoo):
    assert locate(NAME, "hf://zoo").reference.revision == zoo.head(f"zoo/{NAME}")
    with pytest.raises(
        ZooError, match=r"^hf://zoo: no model 'inception\.Set9' in this zoo\. Did you mean"
    ):
        find_model("inception.Set9", "hf://zoo")
    with pytest.raises(
        ZooError, match=r"^hf://zoo/none: no such repository at .*, or one that is private"
    ):
        find_model("hf://zoo/none")
    with pytest.raises(
        ZooError, match=rf"^hf://zoo/{NAME}@v9: no such revision in this repository"
    ):
        find_model(f"hf://zoo/{NAME}@v9")


def test_the_catalogue_says_which_commit(zoo):
    """A model that moved on since the catalogue was written is taken as it was then."""
    old = zoo.head(f"zoo/{NAME}")
    zoo.put(f"zoo/{NAME}", {CARD: b"another\n"}, message="words")
    assert locate(NAME, "hf://zoo").reference.revision == old
    assert locate(f"hf://zoo/{NAME}").reference.revision == zoo.head(f"zoo/{NAME}") != old


def test_what_is_built_on_a_model_pins_its_commit(zoo, toy, tmp_path):
    commit = zoo.head(f"zoo/{NAME}")
    for source, where in ((f"hf://zoo/{NAME}", None), (NAME, "hf://zoo")):
        model = tszoo.finetune(
            toy,
            source,
            zoo=where,
            head="softmax",
            members=1,
            recipe=Recipe(epochs=1),
            run=Run(device="cpu", precision="float32"),
        )
        assert model.config.base == Base(f"hf://zoo/{NAME}", commit)
        model.save(tmp_path / where[:2] if where else tmp_path / "by-address")
        card = (tmp_path / ("hf" if where else "by-address") / CARD).read_text(encoding="utf-8")
        assert f"base_model: zoo/{NAME}\n" in card
        assert commit in card
    ridge = tszoo.finetune(toy, source=f"hf://zoo/{NAME}", head="ridge", members=1)
    assert ridge.config.base == Base(f"hf://zoo/{NAME}", commit)


def test_a_source_is_recommended_and_used(zoo, toy):
    ranking = tszoo.recommend(toy, zoo="hf://zoo", method="dtw")
    assert {one.model for one in ranking} == {"inception.Set0", "inception.Set1", "inception.Set2"}
    assert "info" not in asked(zoo)  # no model was touched
    model = tszoo.finetune(toy, source="auto", zoo="hf://zoo", members=1)
    assert (
        asked(zoo).count("get") <= 3 + 2 * 3
    )  # catalogue twice, its prototypes, and two small files of each model
    parent = model.config.base
    assert parent is None or parent.revision == zoo.head(parent.model.removeprefix("hf://"))


def test_offline_what_is_cached_works(zoo, monkeypatch):
    open_zoo("hf://zoo").prototypes(NAME)
    tszoo.Model.load(f"hf://zoo/{NAME}")
    zoo.clear_requests()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert len(open_zoo("hf://zoo").models) == 3
    open_zoo("hf://zoo").prototypes("inception.Set1")
    tszoo.Model.load(f"hf://zoo/{NAME}")
    tszoo.Model.load(NAME, "hf://zoo")
    with pytest.raises(
        ZooError, match=r"^hf://zoo/inception\.Set1.*: not in the cache, and HF_HUB_OFFLINE forbids"
    ):
        tszoo.Model.load("inception.Set1", "hf://zoo")
    with pytest.raises(
        ZooError, match=r"^hf://other: .*not in the cache, and HF_HUB_OFFLINE forbids"
    ):
        open_zoo("hf://other")
    assert asked(zoo) == []


def test_a_hub_that_is_gone_is_no_obstacle_to_what_is_cached(zoo, caplog, monkeypatch):
    monkeypatch.setattr(client, "WAITS", (0.01, 0.02))
    open_zoo("hf://zoo")
    tszoo.Model.load(f"hf://zoo/{NAME}")
    zoo.fault("drop", times=None)
    with caplog.at_level(logging.WARNING):
        assert len(open_zoo("hf://zoo").models) == 3
        tszoo.Model.load(f"hf://zoo/{NAME}")
    assert caplog.text.count("Using what is cached, commit") == 2
    with pytest.raises(ZooError, match=r"hf://zoo/inception\.Set1: http://.* cannot be reached"):
        tszoo.Model.load("hf://zoo/inception.Set1")


@pytest.mark.parametrize("name", MODEL_FILES)
def test_a_file_that_is_not_on_record_is_refused_and_removed(zoo, name):
    repo = f"zoo/{NAME}"
    original = zoo.files(repo)[name]
    altered = bytearray(original)
    altered[len(altered) // 2] ^= 1
    zoo.damage(repo, name, bytes(altered))
    with pytest.raises(
        ZooError,
        match=rf"{name.replace('.', '[.]')} is not the file that the Hub has on record.*remo",
    ):
        tszoo.Model.load(f"hf://{repo}")
    cached = [path for path in Path(constants.HF_HUB_CACHE).rglob(name) if path.exists()]
    assert not cached
    assert bytes(altered) not in [
        p.read_bytes() for p in Path(constants.HF_HUB_CACHE).rglob("*") if p.is_file()
    ]
    zoo.damage(repo, name, original)
    tszoo.Model.load(f"hf://{repo}")


def partial_of(zoo, name: str) -> Path:
    """Where clients before 1.18 keep what came of a file so far, and go on from there."""
    info = HfApi().model_info(f"zoo/{NAME}", files_metadata=True)
    (file,) = [one for one in info.siblings if one.rfilename == name]
    digest = file.blob_id if file.lfs is None else file.lfs.sha256
    zoo.clear_requests()
    return Path(constants.HF_HUB_CACHE) / f"models--zoo--{NAME}" / "blobs" / f"{digest}.incomplete"


@pytest.mark.parametrize(
    "name", [PROTOTYPES, WEIGHTS]
)  # of which the Hub tells the right size, its storage another
@pytest.mark.parametrize("begun", [False, True])
def test_a_file_that_came_too_short_is_fetched_afresh(zoo, name, begun):
    repo, partial = f"zoo/{NAME}", partial_of(zoo, name)
    original = zoo.files(repo)[name]
    if begun:  # as by a client that was ended
        partial.parent.mkdir(parents=True)
        partial.write_bytes(original[:10])
    zoo.damage(repo, name, bytes(len(original) // 2))
    with pytest.raises(
        ZooError, match=rf"{name.replace('.', '[.]')}: a download came incomplete\. Try again\.$"
    ):
        tszoo.Model.load(f"hf://{repo}")
    assert not list(Path(constants.HF_HUB_CACHE).rglob("*.incomplete"))
    zoo.damage(repo, name, original)
    tszoo.Model.load(f"hf://{repo}")


def test_a_partial_file_that_cannot_be_removed_is_named(zoo, monkeypatch):
    partial = partial_of(zoo, WEIGHTS)

    def refuse(repo: str, digest: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(snapshot, "discard_partial", refuse)
    zoo.damage(f"zoo/{NAME}", WEIGHTS, b"short")
    with pytest.raises(
        ZooError, match=rf"cannot let go of {partial.name} \(Permission denied\)\. Delete it\.$"
    ):
        tszoo.Model.load(f"hf://zoo/{NAME}")


@pytest.mark.parametrize("name", [CATALOGUE, CATALOGUE_PROTOTYPES])
def test_an_altered_catalogue_is_refused(zoo, name):
    repo = "zoo/tszoo-catalogue"
    altered = bytearray(zoo.files(repo)[name])
    altered[-3] ^= 1
    zoo.damage(repo, name, bytes(altered))
    with pytest.raises(
        ZooError, match=rf"{name.replace('.', '[.]')} is not the file that the Hub has on record"
    ):
        open_zoo("hf://zoo").prototypes(NAME)
    assert not [path for path in Path(constants.HF_HUB_CACHE).rglob(name) if path.exists()]


@pytest.mark.parametrize("name", [CONFIG, WEIGHTS])
@pytest.mark.parametrize("offline", [False, True])
def test_a_file_that_was_altered_in_the_cache_is_not_used(zoo, name, offline, monkeypatch, caplog):
    commit = zoo.head(f"zoo/{NAME}")
    blob = blob_of(name)
    data = bytearray(blob.read_bytes())
    data[-1] ^= 1
    blob.write_bytes(data)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", offline)
    reference = f"hf://zoo/{NAME}@{commit}"
    if offline:
        with pytest.raises(ZooError, match="not in the cache, and HF_HUB_OFFLINE forbids"):
            tszoo.Model.load(reference)
    else:
        tszoo.Model.load(reference)
    assert f"{name} in the cache has been altered" in caplog.text
    assert not blob.exists() or blob.read_bytes() != bytes(data)


def test_a_repository_that_is_no_model_is_refused_before_anything_is_fetched(zoo):
    zoo.put("zoo/other", {"pytorch_model.bin": b"x", CONFIG: b"{}"}, message="other")
    with pytest.raises(
        ZooError, match=r"hf://zoo/other: no tszoo model, model\.safetensors and prototypes\.saf"
    ):
        tszoo.Model.load("hf://zoo/other")
    zoo.put(
        "zoo/huge", {**dict.fromkeys(MODEL_FILES, b"x"), CONFIG: b" " * (5 << 20)}, message="huge"
    )
    with pytest.raises(
        ZooError, match=r"hf://zoo/huge: config\.json has 5242880 bytes; such a file has 1 to"
    ):
        tszoo.Model.load("hf://zoo/huge")
    assert "head" not in asked(zoo)


def test_a_broken_model_from_the_hub_is_refused_like_any_other(zoo):
    zoo.put(
        "zoo/broken", {**zoo.files(f"zoo/{NAME}"), WEIGHTS: b"PK\x03\x04 a zip"}, message="broken"
    )
    with pytest.raises(ModelError, match=r"model\.safetensors: "):
        tszoo.Model.load("hf://zoo/broken")


def test_private_and_gated_models_say_so(zoo, monkeypatch):
    zoo.create("zoo/gated", gated=True)
    zoo.put("zoo/gated", zoo.files(f"zoo/{NAME}"), message="model")
    zoo.create("zoo/private", private=True)
    zoo.put("zoo/private", zoo.files(f"zoo/{NAME}"), message="model")
    tszoo.Model.load("hf://zoo/private")
    clear_cache()
    zoo.add_user("bob", "hf_" + "b" * 34)
    monkeypatch.setenv("HF_TOKEN", "hf_" + "b" * 34)
    with pytest.raises(
        ZooError, match=r"^hf://zoo/private: no such repository .* or one that is private.*log in"
    ):
        tszoo.Model.load("hf://zoo/private")
    with pytest.raises(ZooError, match=r"^hf://zoo/gated.*: gated; ask for access on its page"):
        tszoo.Model.load("hf://zoo/gated")


def test_an_account_without_a_catalogue_is_searched(zoo, toy, caplog):
    """Each model is asked for; what is no tszoo model is passed over or named as broken."""
    HfApi().delete_repo("zoo/tszoo-catalogue")
    zoo.put(
        "zoo/bert",
        {"config.json": b"{}", CARD: b"---\nlibrary_name: transformers\n---\n"},
        message="other",
    )
    zoo.put("zoo/bad", {CARD: b"---\nlibrary_name: tszoo\n---\n", CONFIG: b"{}"}, message="bad")
    with caplog.at_level(logging.WARNING):
        opened = open_zoo("hf://zoo")
    assert "hf://zoo has no catalogue" in caplog.text
    assert [entry.model for entry in opened.models] == [
        "inception.Set0",
        "inception.Set1",
        "inception.Set2",
    ]
    assert [one.model for one in opened.broken] == ["bad"]
    assert "get" in asked(zoo)
    assert not [r for r in zoo.requests if WEIGHTS in r.path]
    assert len(tszoo.recommend(toy, zoo=opened, method="dtw")) == 3
    assert not [r for r in zoo.requests if WEIGHTS in r.path]
    assert locate(NAME, opened).reference.revision == zoo.head(f"zoo/{NAME}")


def test_a_model_is_pulled_into_a_plain_folder(zoo, tmp_path, local):
    out = tmp_path / "deep" / "mine"
    pulled, written = pull_model(parse_address(f"hf://zoo/{NAME}"), out)
    assert written
    assert pulled.address.revision == zoo.head(f"zoo/{NAME}")
    assert {path.name for path in out.iterdir()} == {*MODEL_FILES, PICTURE}
    assert not any(path.is_symlink() for path in out.iterdir())
    assert (out / WEIGHTS).read_bytes() == (local / NAME / WEIGHTS).read_bytes()
    tszoo.Model.load(out)
    assert pull_model(parse_address(f"hf://zoo/{NAME}"), out)[1] is False
    with pytest.raises(ModelError, match="there is a model already"):
        pull_model(parse_address("hf://zoo/inception.Set1"), out)
    pull_model(parse_address("hf://zoo/inception.Set1"), out, overwrite=True)
    assert tszoo.Model.load(out).config.trained_on.dataset == "Set1"
    (tmp_path / "file").write_text("x")
    with pytest.raises(ModelError, match="exists and is no folder"):
        pull_model(parse_address(f"hf://zoo/{NAME}"), tmp_path / "file")


def test_a_zoo_is_pulled_and_goes_on_where_it_stopped(zoo, tmp_path, local):
    out = tmp_path / "mine"
    zoo.damage("zoo/inception.Set1", PROTOTYPES, b"no")
    with pytest.raises(ZooError, match=r"inception\.Set1"):
        pull_zoo(open_zoo("hf://zoo"), out)
    assert [entry.model for entry in open_zoo(out).models] == ["inception.Set0"]
    zoo.damage(
        "zoo/inception.Set1", PROTOTYPES, (local / "inception.Set1" / PROTOTYPES).read_bytes()
    )
    told = []
    pull_zoo(open_zoo("hf://zoo"), out, report=lambda *what: told.append(what))
    assert told == [
        ("inception.Set0", False, 1, 3),
        ("inception.Set1", True, 2, 3),
        ("inception.Set2", True, 3, 3),
    ]
    assert open_zoo(out).models == open_zoo(local).models
    assert all(
        (out / entry.model / PICTURE).is_file() for entry in open_zoo(out).models
    )  # which the cards show


def test_a_zoo_is_pulled_with_pictures_that_were_not_fetched_before(zoo, tmp_path, monkeypatch):
    opened = open_zoo("hf://zoo")
    for entry in opened.models:
        load_model(entry.model, opened)
    pull_zoo(opened, tmp_path / "mine")
    assert len(list((tmp_path / "mine").glob(f"*/{PICTURE}"))) == 3
    for picture in Path(constants.HF_HUB_CACHE).rglob(PICTURE):
        picture.unlink()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    told = []
    pull_zoo(open_zoo("hf://zoo"), tmp_path / "mine", report=lambda *what: told.append(what[1]))
    assert told == [False] * 3  # without its picture it is no other model
