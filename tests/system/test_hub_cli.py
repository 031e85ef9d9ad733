"""The Hub from the command line: publish, list, recommend, fine-tune, predict, pull.

In processes of their own where the environment, another machine's cache or the real entry point
matter.
"""

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result

from tests.support import command_line, warm
from tests.support.hub_walks import empty_cache
from tests.support.places import ROOT
from tests.support.sources import make_zoo
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.data import save_dataset
from tszoo.storage.layout import CARD, CATALOGUE, CATALOGUE_PROTOTYPES, MODEL_FILES
from tszoo.zoo.catalogue import encode_catalogue
from tszoo.zoo.find import open_zoo
from tszoo.zoo.local import add_model


def run(
    *arguments: object, status: int = 0, cwd: Path | None = None, **env: str
) -> subprocess.CompletedProcess[str]:
    """Run tszoo as a user does.

    No error message may have a traceback, a token or more than a line.
    """
    done = warm.run(
        [sys.executable, "-m", "tszoo", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **env},
    )
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    assert os.environ["HF_TOKEN"] not in done.stdout + done.stderr
    if status == 1:
        assert re.fullmatch(r"error: [^\n]+\n", done.stderr), done.stderr
    return done


def here(*arguments: object, status: int = 0, **env: str) -> Result:
    """Run tszoo in this process, and make sure of the same."""
    done = command_line.run(*arguments, status=status, env=env)
    assert os.environ["HF_TOKEN"] not in done.output
    if status == 1:
        assert re.fullmatch(r"error: [^\n]+\n", done.stderr), done.stderr
    return done


@pytest.fixture(scope="module")
def five(tmp_path_factory) -> Path:
    """A zoo of three real sources and two more."""
    root = make_zoo(tmp_path_factory.mktemp("five") / "zoo")
    for k in range(2):
        add_model(root, make_model(replace(make_toy(seed=k), name=f"Set{k}"), seed=k, members=1))
    return root


@pytest.fixture
def mine(tmp_path) -> Path:
    save_dataset(replace(make_toy(seed=3), name="Mine"), tmp_path / "Mine.csv")
    return tmp_path / "Mine.csv"


def test_a_zoo_there_and_back(hub, five, mine, tmp_path, monkeypatch):
    """The main job from end to end.

    What one account publishes, another machine recommends from and builds on.
    """
    listed = here("publish", "--zoo", five, "zoo", "--dry-run").stdout
    assert listed.count("model.safetensors") == 5
    assert re.search(r"would send .* to 6 repositories\n$", listed)
    assert hub.repo_names() == []

    text = run("publish", "--zoo", five, "zoo", "--public").stdout
    assert text.splitlines()[-1].startswith(f"{hub.endpoint}/zoo/tszoo-catalogue: ")
    assert len(text.splitlines()) == 6
    assert len(hub.repo_names()) == 6
    again = here("publish", "--zoo", five, "zoo", "--public").stdout
    assert all(line.endswith(": unchanged") for line in again.splitlines())
    assert len(again.splitlines()) == 6

    elsewhere = {"HF_HUB_CACHE": str(tmp_path / "another-machine"), "HF_TOKEN": ""}
    empty_cache(monkeypatch, tmp_path / "another-machine")
    hub.clear_requests()
    document = json.loads(here("list", "--zoo", "hf://zoo", "--json").stdout)
    assert [request.kind for request in hub.requests] == ["get"]
    assert document["zoo"] == "hf://zoo"
    assert len(document["models"]) == 5
    assert {one["model"]: one["revision"] for one in document["models"]} == {
        name.removeprefix("zoo/"): hub.head(name)
        for name in hub.repo_names()
        if "catalogue" not in name
    }

    ranked = json.loads(here("recommend", mine, "--zoo", "hf://zoo", "--json").stdout)
    assert ranked["zoo"] == "hf://zoo"
    best = ranked["sources"][0]["model"]
    done = run(
        "finetune",
        mine,
        "--source",
        best,
        "--zoo",
        "hf://zoo",
        "--out",
        "own",
        "--members",
        1,
        "--json",
        cwd=tmp_path,
        **elsewhere,
    )
    assert json.loads(done.stdout)["source"] == f"hf://zoo/{best}"
    base = json.loads((tmp_path / "own" / "config.json").read_text(encoding="utf-8"))["base"]
    assert base == {"model": f"hf://zoo/{best}", "revision": hub.head(f"zoo/{best}")}

    run("info", f"hf://zoo/{best}", HF_HUB_OFFLINE="1", **elsewhere)

    here("publish", tmp_path / "own", "zoo/own", "--public", "--tag", "v1")
    assert hub.tags("zoo/own") == {"v1": hub.head("zoo/own")}
    assert f"base_model: zoo/{best}\n" in hub.files("zoo/own")[CARD].decode()

    empty_cache(monkeypatch, tmp_path / "a-third-machine")
    pinned = f"hf://zoo/inception.Set0@{hub.head('zoo/inception.Set0')}"
    here("predict", pinned, mine)
    hub.clear_requests()
    rows = here("predict", pinned, mine).stdout.splitlines()
    assert len(rows) == 25
    assert hub.requests == []  # all of it is cached
    here("pull", "hf://zoo", "--out", tmp_path / "pulled")
    assert [e.model for e in open_zoo(tmp_path / "pulled").models] == sorted(
        [*(path.name for path in five.glob("inception.*")), "own"]
    )
    for name in MODEL_FILES[:3]:
        assert (tmp_path / "pulled" / best / name).read_bytes() == (five / best / name).read_bytes()
    monkeypatch.chdir(tmp_path)
    text = here("pull", f"hf://zoo/{best}@{base['revision']}").stdout
    assert text == f"wrote {best}, commit {base['revision'][:12]}\n"


@pytest.mark.usefixtures("quick_recipes")
def test_the_snippet_of_a_card_runs_as_it_stands(hub, five):
    here("publish", "inception.Bumps", "zoo/inception.Bumps", "--zoo", five, "--public")
    card = hub.files("zoo/inception.Bumps")[CARD].decode()
    (snippet,) = re.findall(r"```python\n(.*?)```", card, flags=re.DOTALL)
    assert 'tszoo.Model.load("hf://zoo/inception.Bumps")' in snippet
    exec(compile(snippet, CARD, "exec"), {})
    (command,) = re.findall(r"^tszoo (info .*)$", card, flags=re.MULTILINE)
    here(*command.split())


def test_an_organisations_zoo_may_be_the_default(hub, five):
    here("publish", "--zoo", five, "zoo", "--public", "--json")
    text = here("list", TSZOO_ZOO="hf://zoo").stdout
    assert "5 models. More about one: tszoo info inception." in text
    assert "--zoo" not in text


def test_a_thousand_models_are_listed_at_once(hub, capsys):
    """Two seconds and one request are what the project promises.

    What this machine took is printed.
    """
    entry = open_zoo().entry("inception.ArrowHead")
    entries = [
        replace(entry, model=f"inception.Set{k:04}", revision=f"{k:040x}") for k in range(1000)
    ]
    prototypes = open_zoo().prototypes(entry.model)
    files = encode_catalogue(entries, {one.model: prototypes for one in entries})
    assert set(files) == {CATALOGUE, CATALOGUE_PROTOTYPES}
    hub.put("zoo/tszoo-catalogue", files, message="a thousand")
    hub.clear_requests()
    began = time.perf_counter()
    document = json.loads(run("list", "--zoo", "hf://zoo", "--json").stdout)
    with capsys.disabled():
        sys.stdout.write(f"\n1,000 models listed in {time.perf_counter() - began:.2f} s\n")
    assert len(document["models"]) == 1000
    assert [request.kind for request in hub.requests] == ["get"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("publish", "inception.None", "zoo/x"), "no model 'inception.None' in this zoo"),
        (
            ("publish", "inception.CBF", "nowhere"),
            "'nowhere': no place for a model. Write ORG/NAME",
        ),
        (("publish", "inception.CBF"), "name the repository as ORG/NAME, or a whole zoo"),
        (("publish", "inception.CBF", "zoo/x", "--verify"), "name the archive with --archive DIR"),
        (("publish", "inception.CBF", "stranger/x"), "the token may not do this"),
        (("publish", "--zoo", "nowhere", "zoo"), "nowhere: no such folder"),
        (("pull", "hf://zoo/none"), "hf://zoo/none: no such repository"),
        (("pull", "hf://none"), "hf://none: no tszoo models in this account"),
        (("list", "--zoo", "hf://none"), "hf://none: no tszoo models in this account"),
        (("list", "--zoo", "hf://a/b"), "hf://a/b: a model, not a zoo; the zoo is hf://a"),
        (("info", "hf://../x"), "cannot be an account of the Hub"),
        (("predict", "hf://zoo/none", "x.csv"), "hf://zoo/none: no such repository"),
    ],
)
def test_what_cannot_be_is_one_line(hub, arguments, message):
    assert message in here(*arguments, status=1).stderr


def test_a_hub_that_is_not_there_is_one_line(hub):
    done = run("list", "--zoo", "hf://zoo", status=1, HF_ENDPOINT="http://127.0.0.1:9")
    assert "http://127.0.0.1:9 cannot be reached" in done.stderr


def test_without_a_token_one_is_asked_for(hub):
    nobody = {"HF_TOKEN": ""}
    done = command_line.run("publish", "inception.CBF", "zoo/x", status=1, env=nobody)
    assert "nobody is logged in. Log in with: hf auth login, or set HF_TOKEN" in done.stderr
