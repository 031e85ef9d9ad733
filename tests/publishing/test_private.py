"""Nothing of a user's data, and no right to use a model, is given away unasked."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from huggingface_hub import HfApi, ModelCard
from safetensors.numpy import load

from tests.support.digests import forget_digests
from tests.support.drawn import drawn_once
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.errors import ModelError, OptionError
from tszoo.figures.prototypes import draw_prototypes
from tszoo.models.load import load_config
from tszoo.models.model import Model
from tszoo.models.record import TrainedOn
from tszoo.publishing.options import Options
from tszoo.publishing.publish import publish
from tszoo.storage.layout import (
    CARD,
    CATALOGUE_PROTOTYPES,
    CODE,
    CONFIG,
    PICTURE,
    PROTOTYPES,
    WEIGHTS,
)
from tszoo.zoo.find import open_zoo

OPTIONS = Options(draw=drawn_once)
REPO = "zoo/few"


def few(n_first: int = 1) -> Dataset:
    """Return three classes of ``n_first``, 3 and 4 series."""
    toy = make_toy(n_series=24, n_classes=3)
    labels = toy.require_labels()
    rows = [np.flatnonzero(labels == k)[:n] for k, n in enumerate((n_first, 3, 4))]
    return toy.take(np.concatenate(rows))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = few()
    model = make_model(data)
    # the prototype of one series is that series
    raw = replace(model.prototypes, series=tuple(x for x in few(1).series[[0, 1, 4]]))
    config = replace(model.config, trained_on=TrainedOn.of(data))
    picture = draw_prototypes(raw, "few")
    replace(model, config=config, prototypes=raw).save(tmp_path / "few", picture=picture)
    return tmp_path / "few"


def test_an_old_picture_goes_where_no_prototype_is_left(hub, folder, tmp_path) -> None:
    shared = replace(OPTIONS, share_prototypes=True)
    publish(folder, REPO, shared)
    assert PICTURE in hub.files(REPO)
    model = Model.load(folder)
    nothing = replace(model.prototypes, classes=(), series=())
    hidden = tmp_path / "hidden"
    replace(model, prototypes=nothing).save(hidden)
    published, _ = publish(hidden, REPO, OPTIONS)
    assert PICTURE not in hub.files(REPO)
    assert ("removed", PICTURE) in {(c.state, c.name) for c in published.upload.changes}
    assert PICTURE.encode() not in hub.files(REPO)[CARD]
    again, _ = publish(hidden, REPO, OPTIONS)
    assert not again.upload.is_needed


def test_an_old_picture_goes_where_none_is_drawn_of_other_prototypes(hub, folder) -> None:
    publish(folder, REPO, replace(OPTIONS, share_prototypes=True))
    publish(folder, REPO, Options())
    assert PICTURE not in hub.files(REPO)
    assert PICTURE.encode() not in hub.files(REPO)[CARD]


def test_series_of_small_classes_are_not_sent(hub, folder) -> None:
    secret = few().series[0].astype("<f4").tobytes()
    assert secret in (folder / PROTOTYPES).read_bytes()
    published, _ = publish(folder, REPO, OPTIONS)
    assert published.n_withheld == 1
    for repo in (REPO, "zoo/tszoo-catalogue"):
        assert all(secret not in data for data in hub.files(repo).values())
    files = hub.files(REPO)
    assert len(load(files[PROTOTYPES])) == 2
    assert files[PICTURE] != (folder / PICTURE).read_bytes()
    assert json.loads(files[CONFIG])["sha256"] == {
        name: hashlib.sha256(files[name]).hexdigest() for name in (WEIGHTS, PROTOTYPES)
    }
    there = Model.load(f"hf://{REPO}")
    assert there.prototypes.classes == there.config.class_names[1:]
    zoo = open_zoo("hf://zoo")
    assert zoo.prototypes("few").classes == there.prototypes.classes
    assert zoo.pool(["few"]).classes == (there.prototypes.classes,)
    assert publish(folder, REPO, OPTIONS)[0].upload.contents == {}


def test_series_are_sent_where_it_is_asked_for(hub, folder) -> None:
    published, _ = publish(folder, REPO, replace(OPTIONS, share_prototypes=True))
    assert published.n_withheld == 0
    for name in (PROTOTYPES, PICTURE, CONFIG):
        assert hub.files(REPO)[name] == (folder / name).read_bytes()


def test_a_model_that_did_not_count_its_series_shares_none(hub, folder) -> None:
    config = load_config(folder)
    trained_on = replace(config.trained_on, class_series=())
    (folder / CONFIG).write_bytes(replace(config, trained_on=trained_on).to_json())
    published, _ = publish(folder, REPO, OPTIONS)
    assert published.n_withheld == 3
    assert set(hub.files(REPO)) == {CONFIG, WEIGHTS, PROTOTYPES, CARD, CODE, ".gitattributes"}
    assert load(hub.files("zoo/tszoo-catalogue")[CATALOGUE_PROTOTYPES]) == {}
    zoo = open_zoo("hf://zoo")
    assert not zoo.prototypes("few").series
    assert len(zoo.pool(["few"])) == 0


def test_repositories_are_private_unless_asked_otherwise(hub, folder) -> None:
    publish(folder, REPO, OPTIONS)
    publish(folder, "zoo/seen", replace(OPTIONS, private=False))
    assert HfApi().model_info(REPO).private
    assert not HfApi().model_info("zoo/seen").private
    assert HfApi().model_info("zoo/tszoo-catalogue").private


def test_a_licence_is_the_authors_to_give(hub, folder) -> None:
    publish(folder, REPO, OPTIONS)
    for repo in (REPO, "zoo/tszoo-catalogue"):
        assert ModelCard(hub.files(repo)[CARD].decode()).data.license is None
    publish(folder, REPO, replace(OPTIONS, license="cc-by-4.0"))
    assert ModelCard(hub.files(REPO)[CARD].decode()).data.license == "cc-by-4.0"
    assert Model.load(f"hf://{REPO}").config.license == "cc-by-4.0"
    assert load_config(folder).license is None
    with pytest.raises(OptionError, match=r"^license='My own': no name of a licence"):
        Options(license="My own")


def test_the_licence_of_an_edited_card_is_not_passed_over(hub, folder) -> None:
    card = folder / CARD
    text = card.read_text(encoding="utf-8").replace("---\n", "---\nlicense: mit\n", 1)
    card.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=r"its licence is 'mit', not license='apache-2.0'"):
        publish(folder, REPO, replace(OPTIONS, license="apache-2.0"))
    publish(folder, REPO, replace(OPTIONS, license="mit"))
    assert ModelCard(hub.files(REPO)[CARD].decode()).data.license == "mit"


def test_a_model_without_digests_is_published_with_them(hub, folder) -> None:
    forget_digests(folder)
    publish(folder, REPO, OPTIONS)
    assert set(json.loads(hub.files(REPO)[CONFIG])["sha256"]) == {WEIGHTS, PROTOTYPES}


def test_the_hubs_usual_manners(hub, folder, tmp_path) -> None:
    model = Model.from_pretrained(folder)
    url = model.push_to_hub(REPO, commit_message="First", private=False, license="mit", tag="v1")
    assert url == f"{hub.endpoint}/{REPO}"
    assert HfApi().list_repo_commits(REPO)[0].title == "First"
    for revision in (None, "v1", hub.head(REPO)):
        loaded = Model.from_pretrained(REPO, revision=revision)
        assert loaded.config.license == "mit"
        assert loaded.reference.revision == hub.head(REPO)
    with pytest.raises(OptionError, match=r"^revision='v1': .* is a folder, which has none"):
        Model.from_pretrained(folder, revision="v1")
