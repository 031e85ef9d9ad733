"""Publishing that breaks off at any request.

Nothing half-published is seen, and the same command finishes the job.
"""

from __future__ import annotations

import itertools
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support import warm
from tests.support.hub_server import HubServer
from tests.support.hub_walks import (
    CATALOGUE_FILES,
    CATALOGUE_REPO,
    PICTURE,
    Clock,
    check_finished,
    check_whole,
    empty_cache,
    one_line_error,
    options,
    save_model,
    save_zoo,
)
from tszoo import publishing
from tszoo.errors import TszooError
from tszoo.publishing.account import update_catalogue
from tszoo.publishing.publish import publish, publish_model, publish_zoo
from tszoo.publishing.tags import is_tagged
from tszoo.publishing.upload import Upload, send
from tszoo.zoo.find import open_zoo
from tszoo.zoo.hub import client
from tszoo.zoo.hub.address import parse_repo


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    clock.replace_in(monkeypatch)
    return clock


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    return save_zoo(tmp_path_factory.mktemp("models"), "alpha", "beta")


def publish_one(root: Path) -> None:
    publish(root / "alpha", "zoo/alpha", options())


def publish_both(root: Path) -> None:
    publish_zoo(root, "zoo", options())


def reset(hub: HubServer) -> None:
    hub.reset()
    hub.add_user("ada", os.environ["HF_TOKEN"], orgs=("zoo",))


def arrange(hub: HubServer, how: str, n: int) -> None:
    """Have the Hub fail at the n-th request."""
    if how == "lost answer":  # it does what it was asked for, and is not heard of again
        hub.fail_at(n, "drop-after")
        hub.fail_at(n + 1, "drop", times=None)
    else:
        hub.fail_at(n, how, times=None)


# a zoo takes the same requests for each of its models, and what a lost answer leaves behind is what
# a break before the next request leaves
@pytest.mark.parametrize(
    ("how", "act", "names"),
    [
        ("drop", publish_one, ("alpha",)),
        ("lost answer", publish_one, ("alpha",)),
        pytest.param("500", publish_one, ("alpha",), marks=pytest.mark.slow),
        pytest.param("lost answer", publish_both, ("alpha", "beta"), marks=pytest.mark.slow),
    ],
)
def test_a_break_at_every_request(hub, root, tmp_path, monkeypatch, clock, how, act, names):
    monkeypatch.setattr(client, "WAITS", (0.5,))
    broken, first = 0, 1
    if act is publish_both:  # up to its first commit it is what publish_one does
        empty_cache(monkeypatch, tmp_path / "undisturbed")
        act(root)
        first = 1 + next(request.n for request in hub.requests if request.kind == "commit")
    for n in itertools.count(first):
        reset(hub)
        empty_cache(monkeypatch, tmp_path / f"{n}")
        arrange(hub, how, n)
        line = one_line_error(lambda: act(root))
        met = any(request.fault for request in hub.requests)
        hub.clear_faults()
        if not met:
            break
        broken += line is not None
        check_whole(hub, root)
        empty_cache(monkeypatch, tmp_path / f"{n} again")
        act(root)
        check_finished(hub, root, *names)
    assert line is None
    assert n > 20
    # after its last request a run has all it wants; what fails in the collection is a warning, and
    # that comes last
    in_collection = 0 if act is publish_one else 4
    assert broken == n - first - in_collection


@pytest.mark.slow
def test_one_lost_answer_anywhere_is_not_noticed(hub, root, tmp_path, monkeypatch, clock):
    for n in itertools.count(1):
        reset(hub)
        empty_cache(monkeypatch, tmp_path / f"{n}")
        hub.fail_at(n, "drop-after")
        publish_one(root)
        check_finished(hub, root, "alpha")
        if not any(request.fault for request in hub.requests):
            break
    assert n > 20


# a process of its own, ended from outside


def start(*arguments: object, cache: Path) -> subprocess.Popen[str]:
    # the client gives its HTTP library a file to send in a way that this library means to give up
    warned = ["-W", "error", "-W", "ignore:Use 'content=<...>':DeprecationWarning"]
    return warm.Popen(
        [sys.executable, *warned, "-m", "tszoo", *map(str, arguments)],
        env={**os.environ, "HF_HUB_CACHE": str(cache), "HF_HUB_DISABLE_PROGRESS_BARS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("kind", "fault", "how"),
    [
        pytest.param("lfs-put", "stalled", signal.SIGKILL, marks=pytest.mark.slow),
        pytest.param("commit", "stalled", signal.SIGKILL, marks=pytest.mark.slow),
        ("tag", "slow", signal.SIGINT),
    ],
)
def test_a_process_that_is_ended(hub, root, tmp_path, monkeypatch, kind, fault, how):
    command = ("publish", root / "alpha", "zoo/alpha", "--tag", "v1")
    (root / "alpha" / "prototypes.png").write_bytes(PICTURE)  # drawing one takes a process a second
    hub.fault(fault, where=kind, seconds=600)
    with start(*command, cache=tmp_path / "first") as process:
        try:
            deadline = time.monotonic() + 120
            while not any(request.fault for request in hub.requests):
                assert process.poll() is None, process.stderr.read()
                assert time.monotonic() < deadline
                time.sleep(0.01)
            process.send_signal(how)
            stderr = process.communicate(timeout=120)[1]
        finally:
            process.kill()
    assert process.returncode == (130 if how == signal.SIGINT else -how)
    assert "Traceback" not in stderr
    hub.clear_faults()
    empty_cache(monkeypatch, tmp_path / "looking")
    check_whole(hub, root)
    with start(*command, cache=tmp_path / "second") as again:
        stdout, stderr = again.communicate(timeout=60)
    assert (again.returncode, stderr) == (0, "")
    assert f"{hub.endpoint}/zoo/alpha: " in stdout
    check_finished(hub, root, "alpha")


# two at once


def test_two_publishers_of_different_models(hub, root, tmp_path, monkeypatch, clock):
    empty_cache(monkeypatch, tmp_path / "cache")
    for _ in range(5):
        reset(hub)
        together(
            *(
                lambda name=name: publish(root / name, f"zoo/{name}", options())
                for name in ("alpha", "beta")
            )
        )
        check_whole(hub, root)
        listed = {entry.model: entry.revision for entry in open_zoo("hf://zoo").models}
        assert listed == {name: hub.head(f"zoo/{name}") for name in ("alpha", "beta")}
        # the second one waited for the first, and added to what that one had written; or the first
        # one found the second's model there already, and listed it too
        assert len(hub.store.repos[CATALOGUE_REPO].commits) in (2, 3)


def test_two_publishers_of_the_same_model(hub, root, tmp_path, monkeypatch, clock):
    empty_cache(monkeypatch, tmp_path / "cache")
    for _ in range(5):
        reset(hub)
        together(*(lambda: publish_one(root) for _ in range(2)))
        check_finished(hub, root, "alpha")


def test_a_model_that_is_published_and_tagged_meanwhile_is_done(
    hub, root, tmp_path, monkeypatch, clock
):
    empty_cache(monkeypatch, tmp_path / "cache")
    hub.create("zoo/alpha")  # and planned for as it is, without files

    def asking(upload: Upload, tag: str) -> bool:
        monkeypatch.setattr(publishing.publish, "is_tagged", is_tagged)
        publish_one(root)
        return is_tagged(upload, tag)

    monkeypatch.setattr(publishing.publish, "is_tagged", asking)
    publish_one(root)
    check_finished(hub, root, "alpha")


def together(*calls: Callable[[], object]) -> None:
    """Make calls at once; the error of the first that failed is raised."""
    begin = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> None:
        begin.wait()
        call()

    with ThreadPoolExecutor(len(calls)) as pool:
        for future in [pool.submit(run, call) for call in calls]:
            future.result()


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Have somebody act between the first plan of an upload and its sending."""
    later = [act]

    def sending(upload: Upload, message: str) -> str:
        if later:
            later.pop()()
        return send(upload, message)

    for module in (publishing.publish, publishing.account):
        monkeypatch.setattr(module, "send", sending)


EDITED = b"---\nlibrary_name: tszoo\ntags: [tszoo]\n---\n# Written by hand\n"


def test_a_card_that_is_edited_meanwhile_stays(hub, root, tmp_path, monkeypatch, clock):
    empty_cache(monkeypatch, tmp_path / "cache")
    publish_one(root)
    other = save_model(tmp_path / "other", seed=7)  # another version of it
    meanwhile(monkeypatch, lambda: hub.put("zoo/alpha", {"README.md": EDITED}, "Edit the card"))
    publish(other, "zoo/alpha", options(tag=None))
    files = hub.files("zoo/alpha")
    assert files["README.md"] == EDITED
    assert files["model.safetensors"] == (other / "model.safetensors").read_bytes()


def test_a_card_that_is_written_while_the_repository_is_made_stays(
    hub, root, tmp_path, monkeypatch, clock
):
    empty_cache(monkeypatch, tmp_path / "cache")
    meanwhile(monkeypatch, lambda: hub.put("zoo/alpha", {"README.md": EDITED}, "Make it by hand"))
    publish_one(root)
    assert hub.files("zoo/alpha")["README.md"] == EDITED
    check_whole(hub, root)


def test_a_catalogue_that_is_made_meanwhile_is_added_to(hub, root, tmp_path, monkeypatch, clock):
    empty_cache(monkeypatch, tmp_path / "cache")
    publish(root / "alpha", "zoo/alpha", options())
    made = {path: hub.files(CATALOGUE_REPO)[path] for path in (*CATALOGUE_FILES, "README.md")}
    del hub.store.repos[CATALOGUE_REPO]
    described = publish_model(root / "beta", parse_repo("zoo/beta"), options())[1]
    meanwhile(monkeypatch, lambda: hub.put(CATALOGUE_REPO, made, "List alpha"))
    update_catalogue("zoo", {"beta": described}, private=False)
    assert {entry.model for entry in open_zoo("hf://zoo").models} == {"alpha", "beta"}
    check_whole(hub, root)


def test_a_repository_that_changes_all_the_time_is_given_up(
    hub, root, tmp_path, monkeypatch, clock
):
    empty_cache(monkeypatch, tmp_path / "cache")
    publish_one(root)
    other = save_model(tmp_path / "other", seed=7)
    before = hub.head("zoo/alpha")
    hub.fault(412, where="commit", times=None)
    with pytest.raises(
        TszooError, match=re.escape("hf://zoo/alpha: changed on the Hub meanwhile") + ".*Try again"
    ):
        publish(other, "zoo/alpha", options(tag=None))
    assert hub.head("zoo/alpha") == before
