"""Fixtures that several test files share."""

from __future__ import annotations

import gc
import os
import secrets
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

# Before anything loads PyTorch, and for the processes that tests start: networks this small are
# slower on several threads, and several processes whose threads wait for each other's cores hardly
# move at all.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Files that are imported are compiled once, and not by every process again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

import pytest
from hypothesis import HealthCheck, settings
from typer.main import get_command

from tests.support import warm
from tests.support.hub_here import HUB  # before anything loads the Hub's client
from tests.support.hub_server import HubServer
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.training.recipe import RECIPES

# a busy machine is slow, not wrong
settings.register_profile("developer", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# one commit, one verdict: new examples are looked for where somebody is there to mend what they
# find
settings.register_profile("integration", settings.get_profile("developer"), derandomize=True)
settings.load_profile("integration" if os.environ.get("CI") else "developer")


def pytest_configure() -> None:
    sys.dont_write_bytecode = False
    # a shell that starts this in its background has it ignored, and so would all that tests start
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session) -> None:
    """Let every other process load the files of all tests from the last to the first.

    In a fresh checkout half of their time goes into rewriting assertions. What one process has
    rewritten, the other reads, so they must not rewrite the same file at the same time.
    """
    config = session.config
    worker = getattr(config, "workerinput", {}).get("workerid", "gw0")
    if config.args != config.getini("testpaths") or int(worker[2:]) % 2 == 0:
        return
    here = Path(__file__).parent
    for path in sorted(here.rglob("test_*.py"), reverse=True):
        name = ".".join(path.relative_to(here.parent).with_suffix("").parts)
        with suppress(Exception, pytest.skip.Exception):  # collecting it tells that again
            import_module(name)


def pytest_collection_finish() -> None:
    """Take what is loaded out of the garbage collector's sight: a million things that stay."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Give each process a stretch of the tests, and what others have left when that is done.

    What a file fits once is then fitted by one process, and what is compiled by one is read by the
    others.
    """
    from xdist.scheduler import WorkStealingScheduling

    if config.getvalue("dist") != "load":  # something else was asked for
        return None
    return WorkStealingScheduling(config, log)


@pytest.fixture(scope="session", autouse=True)
def _no_cache_of_the_user(tmp_path_factory) -> None:
    """Neither this process nor those that tests start read or write what a user has cached."""
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session", autouse=True)
def _commands_are_put_together_once() -> Iterator[None]:
    """All options of all commands, which Typer looks up anew for each call: 25 ms, 900 times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("typer.testing._get_command", cache(get_command))
        yield


@pytest.fixture(scope="session", autouse=True)
def _the_disk_is_not_waited_for() -> Iterator[None]:
    """Twelve thousand times 5 ms, for files that need not outlive the machine.

    Processes that tests start do wait for it.
    """

    def is_open(descriptor: int) -> None:
        os.fstat(descriptor)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", is_open)
        yield


@pytest.fixture(scope="session", autouse=True)
def _few_tasks_show_what_classes_differ_by() -> Iterator[None]:
    """Bodies of tests are tiny, and so is what is made up to find their nuisance directions."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tszoo.readout.directions.TASKS", 2)
        yield


@pytest.fixture
def hub(tmp_path, monkeypatch) -> Iterator[HubServer]:
    """An empty Hub and cache, and the user ada, who may write into the organisation zoo."""
    from huggingface_hub import constants

    HUB.reset()
    token = "hf_" + secrets.token_hex(17)
    HUB.add_user("ada", token, orgs=("zoo",))
    monkeypatch.setenv("HF_TOKEN", token)
    monkeypatch.setenv(
        "HF_HUB_CACHE", str(tmp_path / "hub-cache")
    )  # of processes that the test starts
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub-cache"))  # of this one
    # the client gives its HTTP library a file to send in a way that this library means to give up
    warnings.filterwarnings(
        "ignore", "Use 'content=<...>' to upload raw bytes/text content", DeprecationWarning
    )
    yield HUB
    assert HUB.failures == []
    HUB.reset()


@pytest.fixture
def quick_retries(monkeypatch) -> list[float]:
    """The client's waits before it tries again, a thousand times shorter.

    Returns how long each was meant to be.

    Two of its modules get a `time` of their own for that, the rest of the client is as it was
    installed.
    """
    from huggingface_hub import file_download
    from huggingface_hub.utils import _http

    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        time.sleep(seconds / 1000)

    for module in (file_download, _http):
        monkeypatch.setattr(module, "time", SimpleNamespace(**{**vars(time), "sleep": sleep}))
    return waits


@pytest.fixture
def warm_children(monkeypatch) -> None:
    """Processes that this one trains members in, or tries trials, begin with everything loaded."""
    started = SimpleNamespace(**{**vars(subprocess), "Popen": warm.Popen})
    monkeypatch.setattr("tszoo.training.children.subprocess", started)


@pytest.fixture
def quick_recipes(monkeypatch) -> None:
    """Recipes of three epochs, for what a page shows and not for how good it gets."""
    for name, change in (("fast", {}), ("finetune", {"head_epochs": 1})):
        monkeypatch.setitem(RECIPES, name, replace(RECIPES[name], epochs=3, **change))


@pytest.fixture(scope="session")
def archive() -> Path:
    """The folder of the UCR archive, for tests that want real data."""
    path = os.environ.get("TSZOO_ARCHIVE")
    if not path:
        pytest.skip("TSZOO_ARCHIVE is not set: no archive to read")
    return Path(path)


@pytest.fixture
def toy() -> Dataset:
    return make_toy()
