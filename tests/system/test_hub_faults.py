"""Every request that tszoo makes, met by everything that can go wrong with it.

The tables in docs/hub-faults.md are what these tests found. After a change that is meant, write
them anew:

    TSZOO_WRITE_DOCS=1 python -m pytest -m "" tests/system/test_hub_faults.py
"""

from __future__ import annotations

import copy
import hashlib
import logging
import os
import re
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub import constants, file_download
from huggingface_hub.utils import _http

import tszoo
from tests.support.hub_server import HubServer, Request
from tests.support.hub_server.store import Store
from tests.support.hub_walks import (
    CATALOGUE_REPO,
    DATASET,
    Clock,
    check_line,
    check_secrets,
    empty_cache,
    one_line_error,
    options,
    save_model,
)
from tests.support.places import ROOT
from tszoo.publishing.account import Described, update_catalogue
from tszoo.publishing.collection import TITLE, collect
from tszoo.publishing.publish import publish_model
from tszoo.storage.layout import CONFIG
from tszoo.zoo.find import open_zoo
from tszoo.zoo.hub import client, page, repository
from tszoo.zoo.hub.address import parse_repo

DOCUMENT = ROOT / "docs" / "hub-faults.md"
CLIENT = f"huggingface_hub {huggingface_hub.__version__.partition('.')[0]}"
SHORT_TIMEOUT = 0.4  # seconds
LONG_WAIT = 60.0  # of which the client speaks while it waits
ALPHA = parse_repo("zoo/alpha")


@dataclass(frozen=True)
class Fault:
    """A row: what goes wrong, and how the Hub of the tests is asked for it."""

    label: str
    meaning: str
    kind: str = ""
    times: int | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def arrange(self, hub: HubServer, ask: Ask) -> None:
        hub.fault(self.kind, ask.meets, self.times, after=ask.after, **self.options)


@dataclass(frozen=True)
class Ask:
    """A column: one request of a walk."""

    label: str
    kind: str
    path: str = ""
    after: int = 0
    setting: str = ""
    is_first: bool = False  # of its walk: if the Hub is gone, that is where it shows
    body: str = "file"  # of the answer; a byte anywhere in a "json" means anything
    has_past: bool = False  # asks for what is newest

    def meets(self, request: Request) -> bool:
        return request.kind == self.kind and request.path.endswith(self.path)


FAULTS = [
    Fault("401", "every such request is answered with 401: the token is not accepted", "401"),
    Fault("403", "every such request is answered with 403: the token does not allow it", "403"),
    Fault(
        "404",
        "every such request is answered with 404, without the Hub's word for what is not there",
        "404",
    ),
    Fault("429, 2 s", "one answer is 429 with `Retry-After: 2`", "429", 1, {"retry_after": 2}),
    Fault(
        "429, 300 s", "one answer is 429 with `Retry-After: 300`", "429", 1, {"retry_after": 300}
    ),
    Fault("500 once", "one answer is 500", "500", 1),
    Fault("500", "every answer is 500", "500"),
    Fault("dropped once", "one connection ends before anything was done or said", "drop", 1),
    Fault("dropped", "every connection ends before anything was done or said", "drop"),
    Fault(
        "answer lost",
        "what was asked for is done, then the connection ends without a word; once",
        "drop-after",
        1,
    ),
    Fault("cut once", "the connection ends after half of a body; once", "truncated", 1),
    Fault("cut", "every connection ends after half of a body", "truncated"),
    Fault("short", "half of every body, and a Content-Length that agrees with it", "short"),
    Fault("altered", "one byte in the middle of every body is another one", "altered"),
    Fault(
        "slow once",
        f"one answer comes later than the timeout, which is {SHORT_TIMEOUT} s here",
        "slow",
        1,
        {"seconds": 3},
    ),
    Fault("stale", "one answer is as things were a commit ago", "stale", 1),
    Fault("gone", "nobody listens at the Hub's address"),
]
SOME = ("429, 2 s", "500", "cut", "altered", "stale", "gone")  # by default, of loading
BODIES = {"cut once": "json file", "cut": "json file", "short": "json file", "altered": "file"}

# an outcome's short words, and the text of the error that they stand for
REFUSALS = {
    "not accepted": "the Hub does not accept the token",
    "not allowed": "the token may not do this",
    "not there": (
        "no such repository|a file that it should have is not there|no tszoo models in this account"
    ),
    "404": r"the Hub refuses \(404",
    "busy": "the Hub takes no more requests for now",
    "fails": "the Hub fails",
    "not reached": "cannot be reached",
    "cut off": "came incomplete",
    "wrong file": "is not the file that the Hub has on record",
    "changed": "changed on the Hub meanwhile|somebody else wrote there meanwhile",
    "unreadable": "the Hub's answer makes no sense",
}


@dataclass(frozen=True)
class Setting:
    """What a walk begins with.

    The Hub as it is and as it was a commit ago, and what was cached then.
    """

    now: Store
    before: Store
    cache: Path | None = None


@dataclass(frozen=True)
class Walk:
    """A table: what is done, the requests that it takes, and what it comes to."""

    title: str
    text: str
    asks: tuple[Ask, ...]
    act: Callable[[], object]
    right: object
    settings: dict[str, Setting]
    older: object = None
    writes: bool = False
    otherwise: str = "from the cache"

    def has(self, fault: Fault, ask: Ask) -> bool:
        """Whether such a request can meet such a fault."""
        if fault.label in BODIES:
            return ask.body in BODIES[fault.label].split() and not self.writes
        if fault.label in ("stale", "gone"):
            return ask.has_past if fault.label == "stale" else ask.is_first
        return fault.label != "answer lost" or self.writes


class Heard(logging.Handler):
    """The warnings that are logged: tszoo's, and the client's."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []
        self.of_client: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        (self.lines if record.name.startswith("tszoo") else self.of_client).append(
            record.getMessage()
        )

    def __enter__(self) -> Heard:
        for name in ("tszoo", "huggingface_hub"):
            logging.getLogger(name).addHandler(self)
        return self

    def __exit__(self, *error: object) -> None:
        for name in ("tszoo", "huggingface_hub"):
            logging.getLogger(name).removeHandler(self)


def restore(hub: HubServer, store: Store) -> None:
    """Have the Hub hold what is in a store, for the users that it knows."""
    held = copy.deepcopy(store)
    hub.store.repos, hub.store.collections, hub.store.ticks = (
        held.repos,
        held.collections,
        held.ticks,
    )


def impair(patch: pytest.MonkeyPatch, fault: Fault) -> None:
    """What a fault takes on this side."""
    if fault.kind == "slow":
        _http.close_session()  # whose timeout is the usual one
        for module in (client, page, repository):
            patch.setattr(module, "TIMEOUT_SECONDS", SHORT_TIMEOUT)
        for name in ("HF_HUB_ETAG_TIMEOUT", "HF_HUB_DOWNLOAD_TIMEOUT", "DEFAULT_REQUEST_TIMEOUT"):
            patch.setattr(constants, name, SHORT_TIMEOUT)
        patch.setattr(file_download, "_ETAG_RETRY_TIMEOUT", SHORT_TIMEOUT, raising=False)
    elif fault.label == "gone":
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            gone = f"http://127.0.0.1:{closed.getsockname()[1]}"
        patch.setattr(constants, "ENDPOINT", gone)
        patch.setattr(
            constants,
            "HUGGINGFACE_CO_URL_TEMPLATE",
            gone + "/{repo_id}/resolve/{revision}/{filename}",
        )


def outcome(hub: HubServer, walk: Walk, ask: Ask, fault: Fault, folder: Path) -> tuple[str, str]:
    """Have one request of a walk meet a fault.

    What came of it in a few words, and the line that was said.
    """
    setting, clock = walk.settings[ask.setting], Clock()
    hub.reset()
    hub.add_user("ada", os.environ["HF_TOKEN"], orgs=("zoo",))
    restore(hub, setting.before)
    if fault.kind:
        fault.arrange(hub, ask)
    restore(hub, setting.now)
    if setting.cache is not None:
        shutil.copytree(setting.cache, folder, symlinks=True)
    with pytest.MonkeyPatch.context() as patch, Heard() as heard:
        empty_cache(patch, folder)
        clock.replace_in(patch)
        found: list[object] = []
        with pytest.MonkeyPatch.context() as impaired:
            impair(impaired, fault)
            line = one_line_error(lambda: found.append(walk.act()))
        if fault.kind == "slow":
            _http.close_session()
        at = f"{walk.title}, {ask.label}, {fault.label}: "
        assert fault.label == "gone" or any(request.fault for request in hub.requests), (
            at + "never met"
        )
        said = [line] if line else list(heard.lines)
        for one in said:
            check_line(one)
        check_secrets("\n".join(heard.of_client))
        # the client's single attempts are no news; that it waits for the Hub is
        assert all(text.startswith("Rate limited. Waiting") for text in heard.of_client), at
        if line is None:
            assert found[0] in (walk.right, walk.older), at + "wrong"
            assert found[0] == walk.right or heard.lines or fault.label == "stale", (
                at + "older, and nothing said"
            )
        for name, files in [(name, hub.files(name)) for name in hub.repo_names()]:
            assert CONFIG not in files or len(files) >= 5, at + f"half of {name} is to be seen"
        hub.clear_faults()
        heard.lines.clear()
        assert walk.act() == walk.right, at + "wrong afterwards"
        assert heard.lines == [], at + "not at ease afterwards"
    check_cache(folder)
    late = f", {clock.waited:.0f} s later" if clock.waited > LONG_WAIT else ""
    if line is not None:
        words = [short for short, text in REFUSALS.items() if re.search(text, line)]
        assert len(words) == 1, at + line
        return f"refused: {words[0]}{late}", line
    if found[0] == walk.right:
        return f"done{late}", ""
    return (f"{walk.otherwise}{late}" if said else "done, as of then"), "".join(said[:1])


def check_cache(folder: Path) -> None:
    """Every file in the cache is what its name there says."""
    for blob in folder.glob("models--*/blobs/*"):
        data = blob.read_bytes()
        if len(blob.name) == 64:
            assert hashlib.sha256(data).hexdigest() == blob.name
        elif len(blob.name) == 40:
            assert hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest() == blob.name
        else:
            assert blob.name.endswith(".incomplete")  # and is not looked at


def table(hub: HubServer, walk: Walk, folder: Path) -> str:
    """Fill a table: a section of the document."""
    rows, said = [], {}
    for i, fault in enumerate(FAULTS):
        row = [fault.label]
        for j, ask in enumerate(walk.asks):
            word = "–"
            if walk.has(fault, ask):
                word, line = outcome(hub, walk, ask, fault, folder / f"{i}-{j}")
                if line:
                    said.setdefault(word.partition(",")[0], anonymous(line))
            row.append(word)
        if set(row[1:]) != {"–"}:
            rows.append(row)
    columns: dict[tuple[str, ...], list[str]] = {}  # requests that fare alike stand together
    for ask, column in zip(walk.asks, list(zip(*rows, strict=True))[1:], strict=True):
        columns.setdefault(column, []).append(ask.label)
    head = ["", *(", ".join(labels) for labels in columns.values())]
    body = zip([row[0] for row in rows], *columns, strict=True)
    lines = ["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *body)]
    notes = [f"- {word}: `{line}`" for word, line in sorted(said.items())]
    return "\n".join([f"## {walk.title}", "", walk.text, "", *lines, "", *notes, ""])


def cells(title: str) -> dict[tuple[str, str], str]:
    """What the document says, by fault and request; nothing if it is of another client."""
    text = DOCUMENT.read_text(encoding="utf-8")
    if CLIENT not in text.partition("\n## ")[0]:
        return {}
    section = text.split(f"## {title}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    head, _, *body = [line.strip("| ").split(" | ") for line in lines]
    return {
        (row[0], label): word
        for row in body
        for labels, word in zip(head, row[1:], strict=True)
        for label in labels.split(", ")
    }


def anonymous(line: str) -> str:
    """A line without what is another in each run, or with each release of the HTTP library."""
    line = re.sub(r"http://127\.0\.0\.1:\d+", "https://huggingface.co", line)
    line = re.sub(r"(cannot be reached|makes no sense) \(.*?\)(?=\.)", r"\1 (…)", line)
    return re.sub(r"[0-9a-f]{12,40}…?", "0123456789ab…", line)


def compare(section: str) -> None:
    """A section of the document is the one that was found.

    With TSZOO_WRITE_DOCS it becomes that.
    """
    text = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.is_file() else INTRODUCTION
    title = section.partition("\n")[0]
    found = re.search(rf"^{re.escape(title)}$.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if os.environ.get("TSZOO_WRITE_DOCS"):
        kept = text if found is None else text.replace(found[0], "")
        parts = re.split(r"(?=^## )", kept + section, flags=re.MULTILINE)
        ordered = sorted(
            parts[1:], key=lambda part: TITLES.index(part.partition("\n")[0].removeprefix("## "))
        )
        DOCUMENT.write_text(
            INTRODUCTION + "\n".join(part.strip() + "\n" for part in ordered), encoding="utf-8"
        )
        return
    if CLIENT not in text.partition("\n## ")[0]:
        pytest.skip(
            f"the tables are of another client than {CLIENT}; what must hold of any was found to "
            "hold"
        )
    assert found is not None
    assert section.strip() == found[0].strip()


TITLES = [
    "List a zoo and compare with it",
    "Load a model",
    "Publish a model",
    "Enter it into the catalogue",
    "Collect the models",
]
INTRODUCTION = f"""# What goes wrong between tszoo and the Hub, and what comes of it

These tables are of {CLIENT}.x. `tests/system/test_hub_faults.py` makes them: it has a Hub on its own machine fail each
request in each way, and runs the very code of `tszoo list`, `recommend`, `finetune`, `pull` and `publish` against it.
For every cell it makes sure that

- what is done is right, byte for byte, and what is refused says so in one line, without tokens and signed addresses;
- no half of a model is to be seen on the Hub, and no wrong file stays in the cache;
- the same call, made again when the fault is over, does what it should.

**done** means that the fault was not noticed, or passed while tszoo tried again; **from the cache** that an older
commit was used, with a warning; **done, as of then** that an older commit was used because the Hub said that it is the
newest; **refused** that there was an error. Below each table stand the lines that were said. **–** cannot be. Seconds
are named where the client itself waits for as long as the Hub asks it to, and says so meanwhile.

| Fault | What happens |
|---|---|
"""
INTRODUCTION += "".join(f"| {fault.label} | {fault.meaning} |\n" for fault in FAULTS) + "\n"


# the walks


@dataclass(frozen=True)
class World:
    """A model here, and the Hub as it was and is."""

    new: Path
    nothing: Store
    before: Store  # the old version is published and listed
    now: Store  # the new one is
    described: dict[str, Described]  # another model, that is not listed yet


@pytest.fixture
def world(hub, tmp_path, monkeypatch) -> World:
    old, new, beta = (save_model(tmp_path / f"model-{seed}", seed) for seed in range(3))
    empty_cache(monkeypatch, tmp_path / "making")
    stores = [copy.deepcopy(hub.store)]
    for folder in (old, new):
        _, described = publish_model(folder, ALPHA, options(tag=None))
        update_catalogue("zoo", {"alpha": described}, private=False)
        stores.append(copy.deepcopy(hub.store))
    _, described = publish_model(beta, parse_repo("zoo/beta"), options(tag=None))
    return World(new, *stores, {"beta": described})


def cached(
    hub: HubServer, world: World, folder: Path, *acts: Callable[[], object]
) -> tuple[Path, list[object]]:
    """A cache as of the commit before, and what these acts came to then."""
    with pytest.MonkeyPatch.context() as patch:
        empty_cache(patch, folder)
        restore(hub, world.before)
        found = [act() for act in acts]
        restore(hub, world.now)
    return folder, found


def list_and_compare() -> object:
    zoo = open_zoo("hf://zoo")
    names = [entry.model for entry in zoo.models]
    pool = zoo.pool(names)
    return (
        [(entry.model, entry.revision) for entry in zoo.models],
        pool.values.tobytes(),
        pool.starts.tobytes(),
    )


def load_alpha() -> object:
    model = tszoo.Model.load("hf://zoo/alpha")
    return model.reference, model.predict_proba(DATASET.series).tobytes()


def test_listing(hub, world, tmp_path, monkeypatch):
    cache, (older,) = cached(hub, world, tmp_path / "cached", list_and_compare)
    empty_cache(monkeypatch, tmp_path / "undisturbed")
    one = partial(Ask, kind="get", path="catalogue.json", is_first=True, has_past=True)
    packed = "catalogue.safetensors"
    walk = Walk(
        TITLES[0],
        "`tszoo list --zoo hf://zoo` asks for `catalogue.json`, with or without a commit of "
        "yesterday in the cache; `tszoo recommend` also for `catalogue.safetensors`, which the "
        "Hub sends to its storage for.",
        (
            one("catalogue.json"),
            one("catalogue.json (older one cached)", setting="cached"),
            Ask(packed, "get", packed, body="none"),
            Ask("its storage", "lfs-get"),
        ),
        list_and_compare,
        list_and_compare(),
        {"": Setting(world.now, world.before), "cached": Setting(world.now, world.before, cache)},
        older,
    )
    compare(table(hub, walk, tmp_path / "cells"))


def loading(hub, world, tmp_path, monkeypatch) -> Walk:
    cache, (older,) = cached(hub, world, tmp_path / "cached", load_alpha)
    empty_cache(monkeypatch, tmp_path / "undisturbed")
    asks = (
        Ask("info", "info", body="json", is_first=True, has_past=True),
        Ask("HEAD", "head", "config.json", body="none"),
        Ask("GET", "get", "config.json"),
        Ask("storage GET", "lfs-get"),
    )
    return Walk(
        TITLES[1],
        "`Model.load`, `finetune`, `predict` and `pull` ask what the repository holds, and for "
        "each file by HEAD and GET: at the Hub, or at its storage.",
        (
            *asks,
            *(replace(ask, label=f"{ask.label} (older cached)", setting="cached") for ask in asks),
        ),
        load_alpha,
        load_alpha(),
        {"": Setting(world.now, world.before), "cached": Setting(world.now, world.before, cache)},
        older,
    )


def test_some_faults_of_loading(hub, world, tmp_path, monkeypatch):
    """What is said of each request is what the table says, for a fault of each kind."""
    walk = loading(hub, world, tmp_path, monkeypatch)
    told = cells(walk.title)
    for i, fault in enumerate(FAULTS):
        asks = [ask for ask in walk.asks if fault.label in SOME and walk.has(fault, ask)]
        for j, ask in enumerate(asks):
            word, _ = outcome(hub, walk, ask, fault, tmp_path / f"{i}-{j}")
            assert not told or word == told[fault.label, ask.label]


@pytest.mark.slow
def test_loading(hub, world, tmp_path, monkeypatch):
    walk = loading(hub, world, tmp_path, monkeypatch)
    compare(table(hub, walk, tmp_path / "cells"))


@pytest.mark.slow
def test_publishing(hub, world, tmp_path, monkeypatch):
    empty_cache(monkeypatch, tmp_path / "undisturbed")

    def act() -> object:
        publish_model(world.new, ALPHA, options(tag="v2"))
        return hub.files("zoo/alpha"), hub.tags("zoo/alpha") == {"v2": hub.head("zoo/alpha")}

    restore(hub, world.nothing)
    right = act()
    there = copy.deepcopy(hub.store)
    walk = Walk(
        TITLES[2],
        "`tszoo publish MODEL zoo/alpha --tag v2`, where there is no such repository yet; and "
        "again, for the refs.",
        (
            Ask("info", "info", is_first=True),
            Ask("info (there already)", "info", setting="another", has_past=True),
            Ask("create", "create"),
            Ask("info (just made)", "info", after=1),
            Ask("validate", "validate"),
            Ask("preupload", "preupload"),
            Ask("LFS batch", "lfs-batch"),
            Ask("LFS PUT", "lfs-put"),
            Ask("LFS verify", "lfs-verify"),
            Ask("commit", "commit"),
            Ask("tag", "tag"),
            Ask("refs", "refs", setting="there"),
        ),
        act,
        right,
        {
            "": Setting(world.nothing, world.nothing),
            "another": Setting(world.before, world.nothing),
            "there": Setting(there, world.before),
        },
        writes=True,
    )
    compare(table(hub, walk, tmp_path / "cells"))


@pytest.mark.slow
def test_entering_into_the_catalogue(hub, world, tmp_path, monkeypatch):
    empty_cache(monkeypatch, tmp_path / "undisturbed")

    def act() -> object:
        update_catalogue("zoo", world.described, private=False)
        return hub.files(CATALOGUE_REPO)

    restore(hub, world.now)
    right = act()
    walk = Walk(
        TITLES[3],
        "What `tszoo publish` does next: it reads the account's catalogue and writes it with the "
        "new entry.",
        (
            Ask("info", "info", is_first=True, has_past=True),
            Ask("catalogue.json", "get", "catalogue.json"),
            Ask("storage of its prototypes", "lfs-get"),
            Ask("card", "get", "README.md"),
            Ask("preupload", "preupload"),
            Ask("commit", "commit"),
        ),
        act,
        right,
        {"": Setting(world.now, world.before)},
        writes=True,
    )
    compare(table(hub, walk, tmp_path / "cells"))


def test_collecting(hub, world, tmp_path, monkeypatch):
    def act() -> object:
        url = collect("zoo", ["zoo/alpha"], private=False)
        return url and [
            [item["id"] for item in one.items] for one in hub.store.collections.values()
        ]

    walk = Walk(
        TITLES[4],
        f"The last of `tszoo publish --zoo`: the models come into a collection, *{TITLE}*. They "
        "are published by then, so what fails is no more than a warning.",
        (
            Ask("make", "collection", is_first=True),
            Ask("read", "collection-get"),
            Ask("add", "collection-item"),
        ),
        act,
        [["zoo/alpha"]],
        {"": Setting(world.now, world.before)},
        writes=True,
        otherwise="done without",
    )
    compare(table(hub, walk, tmp_path / "cells"))
