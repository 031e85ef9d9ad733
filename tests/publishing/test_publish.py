"""Publishing: what is sent, what is not sent again, and what is never overwritten or let out."""

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from huggingface_hub import HfApi, ModelCard, get_session

from tests.support.drawn import drawn_once
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.errors import ModelError, OptionError, ZooError
from tszoo.models.load import load_folder
from tszoo.models.model import Model
from tszoo.models.record import Base, ModelRecipe, TrainingRecipe
from tszoo.publishing import modeling
from tszoo.publishing.claims import verify
from tszoo.publishing.publish import Options, publish, publish_zoo
from tszoo.storage.layout import (
    CARD,
    CATALOGUE,
    CODE,
    CONFIG,
    MODEL_FILES,
    PICTURE,
    RUN,
    WEIGHTS,
)
from tszoo.training.recipe import Recipe
from tszoo.zoo.find import open_zoo
from tszoo.zoo.local import add_model

OPTIONS = Options(draw=drawn_once)
REPO = "zoo/inception.Toy"


@pytest.fixture
def folder(tmp_path) -> Path:
    make_model().save(tmp_path / "inception.Toy")
    return tmp_path / "inception.Toy"


def assert_valid(hub, card: ModelCard) -> None:
    """The Hub finds nothing wrong with a card.

    (The client's own ``validate`` asks the real one before release 2.2.)
    """
    body = {"repoType": "model", "content": str(card)}
    answer = get_session().post(f"{hub.endpoint}/api/validate-yaml", json=body)
    assert (answer.status_code, answer.json()["errors"]) == (200, [])


def sent(hub) -> list[str]:
    return [request.kind for request in hub.requests if request.method in ("POST", "PUT")]


def test_a_model_is_published_whole_in_one_commit(hub, folder):
    before = hub.clear_requests()
    model, listed = publish(folder, REPO, OPTIONS)
    assert model.url == f"{hub.endpoint}/{REPO}"
    assert model.commit == hub.head(REPO)
    files = hub.files(REPO)
    assert set(files) == {*MODEL_FILES, PICTURE, CODE, ".gitattributes"}
    for name in MODEL_FILES:
        if name != CARD:
            assert files[name] == (folder / name).read_bytes()
    assert [r.kind for r in hub.requests].count("commit") == 2, (
        before
    )  # the model's and the catalogue's
    assert (listed.url, listed.commit) == (
        f"{hub.endpoint}/zoo/tszoo-catalogue",
        hub.head("zoo/tszoo-catalogue"),
    )
    entry = open_zoo("hf://zoo").models[0]
    assert (entry.model, entry.revision) == ("inception.Toy", model.commit)


def test_a_loaded_model_is_published(hub):
    model = make_model()
    url = model.publish(REPO, tag="v1")
    assert url == f"{hub.endpoint}/{REPO}"
    files = hub.files(REPO)
    assert set(files) == {*MODEL_FILES, CODE, ".gitattributes"}
    assert PICTURE.encode() not in files[CARD]  # none can be drawn here
    assert f'Model.load("hf://{REPO}' in files[CARD].decode()
    assert hub.tags(REPO) == {"v1": hub.head(REPO)}
    published = Model.load(f"hf://{REPO}")
    assert published.config == model.config
    assert files[CODE] == Path(modeling.__file__).read_bytes()
    X = make_toy(seed=9)
    np.testing.assert_allclose(published.predict_proba(X), model.predict_proba(X), atol=1e-3)
    assert open_zoo("hf://zoo").entry("inception.Toy").revision == hub.head(REPO)
    hub.clear_requests()
    assert published.publish(REPO, tag="v1") == url
    assert sent(hub) == []


def test_a_loaded_model_keeps_the_picture_that_is_there(hub, folder):
    publish(folder, REPO, OPTIONS)
    hub.clear_requests()
    make_model().publish(REPO)
    assert sent(hub) == []
    assert PICTURE in hub.files(REPO)
    make_model().publish("zoo/secret", private=True)
    assert HfApi().model_info("zoo/secret").private
    with pytest.raises(ZooError, match="no place for a model"):
        make_model().publish("zoo")


def test_what_is_there_is_not_sent_again(hub, folder):
    first, _ = publish(folder, REPO, OPTIONS)
    hub.clear_requests()
    second, _ = publish(folder, REPO, OPTIONS)
    assert second.commit == first.commit
    assert not second.upload.is_needed
    assert sent(hub) == []


def test_only_what_changed_is_sent(hub, folder):
    publish(folder, REPO, OPTIONS)
    changed = make_model()
    recipe = ModelRecipe(TrainingRecipe(Recipe(epochs=4)))
    changed = replace(changed, config=replace(changed.config, recipe=recipe))
    changed.save(folder, overwrite=True)
    hub.clear_requests()
    again, _ = publish(folder, REPO, OPTIONS)
    states = {change.name: change.state for change in again.upload.changes}
    assert states[CONFIG] == "changed"
    assert states[WEIGHTS] == "unchanged"
    assert PICTURE not in states  # drawn once, and good as long as the prototypes are
    assert "lfs-put" not in sent(hub)[: sent(hub).index("commit")]
    assert json.loads(hub.files(REPO)[CONFIG])["recipe"] == recipe.to_dict()


def test_a_dry_run_sends_nothing_and_needs_no_token(hub, folder, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    model, listed = publish(folder, REPO, replace(OPTIONS, dry_run=True))
    assert model.upload.n_bytes > (folder / WEIGHTS).stat().st_size
    assert {change.state for change in [*model.upload.changes, *listed.upload.changes]} == {"new"}
    assert model.commit is None
    assert sent(hub) == []
    assert hub.repo_names() == []


def test_an_edited_card_stays_unless_forced(hub, folder):
    publish(folder, REPO, OPTIONS)
    edited = hub.files(REPO)[CARD].replace(b"## Source", b"## Our own words\n\nMine.\n\n## Source")
    hub.put(REPO, {CARD: edited}, message="words")
    kept, _ = publish(folder, REPO, OPTIONS)
    assert hub.files(REPO)[CARD] == edited
    assert {c.name: c.state for c in kept.upload.changes}[CARD] == "kept"
    assert not kept.upload.is_needed
    forced, _ = publish(folder, REPO, replace(OPTIONS, force=True))
    assert {c.name: c.state for c in forced.upload.changes}[CARD] == "changed"
    assert b"Our own words" not in hub.files(REPO)[CARD]


def test_an_edited_card_that_became_wrong_stops_a_new_version(hub, folder):
    publish(folder, REPO, OPTIONS)
    edited = hub.files(REPO)[CARD].replace(b"value: 0.925", b"value: 0.99") + b"\nmine\n"
    commit = hub.put(REPO, {CARD: edited}, message="words")
    with pytest.raises(
        ModelError,
        match=r"claims an accuracy of 0\.99 on 'Toy', the config has 0\.9250.*force=True",
    ):
        publish(folder, REPO, OPTIONS)
    assert hub.head(REPO) == commit


def test_a_local_card_that_claims_too_much_is_refused(hub, folder):
    text = (folder / CARD).read_text(encoding="utf-8").replace("value: 0.925", "value: 0.975")
    (folder / CARD).write_text(text, encoding="utf-8")
    with pytest.raises(
        ModelError,
        match=r"README\.md: claims an accuracy of 0\.975 on 'Toy', the config has 0\.9250",
    ):
        publish(folder, REPO, OPTIONS)
    assert hub.repo_names() == []


def test_a_card_that_a_person_wrote_here_is_published_as_it_is(hub, folder):
    text = (
        (folder / CARD)
        .read_text(encoding="utf-8")
        .replace("## Source", "## Mine\n\nOur own words.\n\n## Source")
    )
    (folder / CARD).write_text(text, encoding="utf-8")
    publish(folder, REPO, OPTIONS)
    assert "Our own words." in hub.files(REPO)[CARD].decode()
    hub.clear_requests()
    publish(folder, REPO, OPTIONS)
    assert sent(hub) == []
    (folder / CARD).write_text(text.replace("Our own", "Our better"), encoding="utf-8")
    publish(folder, REPO, OPTIONS)
    assert "Our better words." in hub.files(REPO)[CARD].decode()


@pytest.mark.parametrize("name", MODEL_FILES)
def test_a_broken_model_is_not_published(hub, folder, name):
    (folder / name).write_bytes(b"\xff" * 64)
    with pytest.raises(ModelError, match=name.replace(".", r"\.")):
        publish(folder, REPO, OPTIONS)
    assert hub.repo_names() == []
    assert sent(hub) == []


def trained(tmp_path) -> tuple[Path, Path]:
    """A model whose accuracy on its test split is known, and the archive that has the split."""
    from tests.support.sources import tiny_model
    from tszoo.data import load_dataset, save_dataset

    archive = tmp_path / "archive"
    (archive / "Waves").mkdir(parents=True)
    for split, seed in (("TRAIN", 1), ("TEST", 2)):
        toy = make_toy(40, seed=seed)
        waves = Dataset.from_arrays(toy.series, toy.labels, name="Waves")
        save_dataset(waves, archive / "Waves" / f"Waves_{split}.tsv")
    train, test = (
        load_dataset("Waves", split=split, archive=archive) for split in ("train", "test")
    )
    tiny_model(train, test=test, members=1).save(tmp_path / "waves")
    return tmp_path / "waves", archive


def test_verifying_evaluates_again(hub, tmp_path):
    folder, archive = trained(tmp_path)
    model = load_folder(folder)
    assert verify(model, archive) == pytest.approx(model.config.results.accuracy, abs=0.051)
    claim = replace(model.config.results, accuracy=model.config.results.accuracy - 0.2)
    liar = replace(model, config=replace(model.config, results=claim))
    with pytest.raises(
        ModelError, match=r"reaches an accuracy of .* its card claims .* It is not published"
    ):
        verify(liar, archive)
    liar.save(tmp_path / "liar")

    def check(one) -> None:
        verify(one, archive)

    with pytest.raises(ModelError, match="not published"):
        publish(tmp_path / "liar", "zoo/liar", replace(OPTIONS, verify=check))
    assert hub.repo_names() == []
    publish(folder, "zoo/waves", replace(OPTIONS, verify=check))
    assert "zoo/waves" in hub.repo_names()


def test_a_tag_names_one_commit_for_ever(hub, folder):
    tagged = replace(OPTIONS, tag="v1")
    first, _ = publish(folder, REPO, tagged)
    assert hub.tags(REPO) == {"v1": first.commit}
    hub.clear_requests()
    publish(folder, REPO, tagged)
    assert sent(hub) == []
    changed = make_model(seed=1)
    changed.save(folder, overwrite=True)
    with pytest.raises(
        ZooError, match=f"the tag v1 names commit {first.commit[:12]} already. Choose another"
    ):
        publish(folder, REPO, tagged)
    assert hub.head(REPO) == first.commit
    second, _ = publish(folder, REPO, replace(OPTIONS, tag="v2"))
    assert hub.tags(REPO) == {"v1": first.commit, "v2": second.commit}
    with pytest.raises(OptionError, match="cannot be a tag"):
        publish(folder, REPO, replace(OPTIONS, tag="a b"))


def test_a_private_model_stays_out_of_a_public_catalogue(hub, folder):
    publish(folder, REPO, replace(OPTIONS, private=False))
    make_model(seed=1).save(folder.parent / "secret")
    publish(folder.parent / "secret", "zoo/secret", replace(OPTIONS, private=True))
    assert HfApi().model_info("zoo/secret").private
    assert not HfApi().model_info("zoo/tszoo-catalogue").private
    assert [entry.model for entry in open_zoo("hf://zoo").models] == ["inception.Toy"]
    assert b"secret" not in b"".join(hub.files("zoo/tszoo-catalogue").values())


def test_a_private_zoo_has_a_private_catalogue(hub, folder, monkeypatch):
    publish(folder, REPO, replace(OPTIONS, private=True))
    assert HfApi().model_info("zoo/tszoo-catalogue").private
    assert len(open_zoo("hf://zoo").models) == 1
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(
        ZooError, match=r"^hf://zoo: no tszoo models in this account, or none that may be seen"
    ):
        open_zoo("hf://zoo")


@pytest.mark.parametrize(
    ("role", "message"),
    [
        ("read", r"the token may not do this.*write access"),
        (None, r"nobody is logged in\. Log in with: hf auth login, or set HF_TOKEN"),
        ("wrong", r"the Hub does not accept the token|nobody is logged in"),
    ],
)
def test_without_the_right_to_write_nothing_happens(hub, folder, monkeypatch, role, message):
    token = "hf_" + "a" * 34
    if role == "read":
        hub.add_user("bob", token, orgs=("zoo",), role="read")
    if role is None:
        monkeypatch.delenv("HF_TOKEN")
    else:
        monkeypatch.setenv("HF_TOKEN", token)
    with pytest.raises(ZooError, match=message) as caught:
        publish(folder, REPO, OPTIONS)
    assert token not in str(caught.value)
    assert hub.repo_names() == []


def make_zoo(root: Path, n: int) -> Path:
    for k in range(n):
        add_model(root, make_model(replace(make_toy(seed=k), name=f"Set{k}"), seed=k))
    return root


def test_a_zoo_is_published_with_catalogue_and_collection(hub, tmp_path):
    zoo = make_zoo(tmp_path / "zoo", 3)
    told = []
    done = publish_zoo(zoo, "zoo", OPTIONS, lambda what, k, n: told.append((what.url, k, n)))
    assert [one.upload.address.name for one in done] == [
        "inception.Set0",
        "inception.Set1",
        "inception.Set2",
        None,
    ]
    assert [(k, n) for _, k, n in told] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    opened = open_zoo("hf://zoo")
    assert [entry.model for entry in opened.models] == [
        "inception.Set0",
        "inception.Set1",
        "inception.Set2",
    ]
    local = open_zoo(zoo)
    for entry in opened.models:
        assert replace(entry, revision=None) == local.entry(entry.model)
        assert entry.revision == hub.head(f"zoo/{entry.model}")
        for ours, theirs in zip(
            local.prototypes(entry.model).series,
            opened.prototypes(entry.model).series,
            strict=True,
        ):
            np.testing.assert_array_equal(ours, theirs)
    (collection,) = list(HfApi().list_collections(owner="zoo"))
    assert {item.item_id for item in HfApi().get_collection(collection.slug).items} == {
        f"zoo/{entry.model}" for entry in opened.models
    }
    hub.clear_requests()
    publish_zoo(zoo, "zoo", OPTIONS)
    assert set(sent(hub)) <= {"collection"}


def test_a_hub_without_collections_is_no_obstacle(hub, tmp_path, caplog):
    hub.has_collections = False
    publish_zoo(make_zoo(tmp_path / "zoo", 1), "zoo", OPTIONS)
    assert len(open_zoo("hf://zoo").models) == 1
    assert "no collection was made, everything else is published" in caplog.text


def test_broken_models_are_left_out_and_named(hub, tmp_path):
    zoo = make_zoo(tmp_path / "zoo", 3)
    weights = zoo / "inception.Set1" / WEIGHTS
    data = bytearray(weights.read_bytes())
    data[-2:] = b"\xff\x7f"  # not a number
    weights.write_bytes(data)
    (zoo / "inception.Set2" / CONFIG).write_bytes(b"{}")
    told = []
    with pytest.raises(
        ModelError, match=r"2 of 3 models not published: inception\.Set1, inception\.Set2\.$"
    ):
        publish_zoo(zoo, "zoo", OPTIONS, lambda what, *_: told.append(what))
    assert sum(isinstance(one, str) for one in told) == 2
    assert [entry.model for entry in open_zoo("hf://zoo").models] == ["inception.Set0"]


@pytest.mark.parametrize("owner", ["zoo/name", "hf://zoo/name", "zoo@v1", "", "../x"])
def test_a_zoo_goes_to_an_account(hub, tmp_path, owner):
    with pytest.raises((OptionError, ZooError)):
        publish_zoo(make_zoo(tmp_path / "zoo", 1), owner, OPTIONS)


def test_two_catalogues_grow_together(hub, folder, tmp_path):
    """A model that is published alone enters beside the others, and replaces its own entry only."""
    publish_zoo(make_zoo(tmp_path / "zoo", 2), "zoo", OPTIONS)
    publish(folder, REPO, OPTIONS)
    make_model(seed=5).save(folder, overwrite=True)
    again, _ = publish(folder, REPO, OPTIONS)
    opened = open_zoo("hf://zoo")
    assert [e.model for e in opened.models] == [
        "inception.Set0",
        "inception.Set1",
        "inception.Toy",
    ]
    assert opened.entry("inception.Toy").revision == again.commit
    assert len(opened.pool([e.model for e in opened.models])) == 3


def test_cards_pass_the_hub_and_name_what_they_are_built_on(hub, folder):
    """The server's validation really reads the metadata; the client sends every card there."""
    source, _ = publish(folder, REPO, OPTIONS)
    tuned = make_model(seed=3, base=Base(f"hf://{REPO}", source.commit))
    tuned.save(folder.parent / "tuned")
    publish(folder.parent / "tuned", "zoo/tuned", OPTIONS)
    card = ModelCard(hub.files("zoo/tuned")[CARD].decode())
    assert_valid(hub, card)
    assert card.data.base_model == REPO
    (result,) = card.data.eval_results
    assert (result.dataset_name, result.dataset_config, result.dataset_split) == (
        "Toy",
        "Toy",
        "test",
    )
    assert (result.metric_type, result.metric_value) == ("accuracy", 0.925)
    assert (result.source_name, result.source_url) == ("tszoo", "https://huggingface.co/zoo/tuned")
    assert {"time-series-classification", "inception", "tszoo"} <= set(card.data.tags)
    catalogue = ModelCard(hub.files("zoo/tszoo-catalogue")[CARD].decode())
    assert_valid(hub, catalogue)
    assert "tszoo-catalogue" in catalogue.data.tags


def test_tokens_are_nowhere(hub, folder, caplog, capfd):
    token = os.environ["HF_TOKEN"]
    caplog.set_level("DEBUG")
    publish(folder, REPO, replace(OPTIONS, tag="v1"))
    hub.fault("403", where="commit")
    make_model(seed=9).save(folder, overwrite=True)
    with pytest.raises(ZooError) as caught:
        publish(folder, REPO, OPTIONS)
    seen = caplog.text + str(caught.value) + "".join(capfd.readouterr())
    published = b"".join(data for repo in hub.repo_names() for data in hub.files(repo).values())
    assert token not in seen
    assert token.encode() not in published
    kept = b"".join(path.read_bytes() for path in folder.parent.rglob("*") if path.is_file())
    assert token.encode() not in kept
    assert hashlib.sha256(token.encode()).hexdigest() not in seen


def test_the_catalogue_of_another_kind_is_not_overwritten(hub, folder):
    hub.create("zoo/tszoo-catalogue")
    hub.put(
        "zoo/tszoo-catalogue",
        {CATALOGUE: b'{"format_version": 99, "prototypes_sha256": "", "models": []}'},
    )
    head = hub.head("zoo/tszoo-catalogue")
    with pytest.raises(
        ZooError, match=r"the catalogue on the Hub cannot be used.*format_version is 99"
    ):
        publish(folder, REPO, OPTIONS)
    assert hub.head("zoo/tszoo-catalogue") == head


def test_how_a_model_was_made_stays_on_the_machine(hub, folder):
    (folder / RUN).write_text('source = "/home/ada/secret/model"\n')
    publish(folder, REPO, OPTIONS)
    assert set(hub.files(REPO)) == {*MODEL_FILES, PICTURE, CODE, ".gitattributes"}
    assert not any(b"/home/ada" in content for content in hub.files(REPO).values())
