"""Several processes that write one zoo at once, some of them killed.

What a reader sees, and what is there then.
"""

from __future__ import annotations

import os
import sys

import pytest

from tests.support import warm
from tests.support.places import ROOT
from tszoo.models.load import load_folder
from tszoo.storage.layout import MODEL_FILES
from tszoo.zoo.zoo import Zoo

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")

SHARED = """
import itertools, logging, os, signal, sys
from dataclasses import replace
from pathlib import Path
from tests.support.toys import make_toy
from tests.support.tiny import make_model
from tszoo.storage import files
from tszoo.models.load import load_folder
from tszoo.zoo.zoo import Zoo
from tszoo.zoo.local import add_model

logging.disable()  # a catalogue that is being written is stale, and says so
zoo = Path(sys.argv[1])

def named(name):
    return make_model(replace(make_toy(), name=name), members=1)

def started(work):
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return child

def looked_at(only=None):
    \"\"\"Read the zoo as anybody might at any moment, and say what models it has: whole ones.

    `only` names those whose weights are read.
    \"\"\"
    opened = Zoo(zoo)
    assert not opened.broken, opened.broken
    for entry in opened.models:
        if only is not None and entry.dataset not in only:
            continue
        model = load_folder(zoo / entry.model)
        assert model.config.trained_on.dataset == entry.dataset
        assert model.prototypes.classes == opened.prototypes(entry.model).classes
    return {entry.dataset for entry in opened.models}
"""

AT_ONCE = """
def write(k):
    for n in range(int(sys.argv[3])):
        add_model(zoo, named(f"w{k}m{n}"))

writers = {started(lambda k=k: write(k)) for k in range(int(sys.argv[2]))}
looks, seen = 0, set()
while writers:
    for writer in list(writers):
        done, status = os.waitpid(writer, os.WNOHANG)
        if done:
            assert status == 0, status
            writers.remove(writer)
    if zoo.is_dir():
        now = looked_at()
        assert seen <= now, seen - now  # what has been there once stays
        looks, seen = looks + 1, now
print(looks)
"""

KILLED = """
zoo.mkdir()

def killed_at(step):
    left = itertools.count(step, -1)
    def counted(function):
        def call(*args, **kwargs):
            if next(left) == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*args, **kwargs)
        return call
    files.os.fsync = counted(os.fsync)
    for name in ("rename", "replace", "unlink"):
        setattr(Path, name, counted(getattr(Path, name)))

def die(step):
    killed_at(step)
    add_model(zoo, named(f"dies{step}"))

expected = set()
for step in itertools.count():
    victim = started(lambda: die(step))
    other = started(lambda: add_model(zoo, named(f"lives{step}")))
    assert os.waitpid(other, 0)[1] == 0
    _, status = os.waitpid(victim, 0)
    expected.add(f"lives{step}")
    there = looked_at({f"lives{step}", f"dies{step}"})
    assert expected <= there <= expected | {f"dies{step}"}, there ^ expected
    assert status in (0, signal.SIGKILL), status
    add_model(zoo, named(f"dies{step}"), overwrite=True)  # the same again
    expected.add(f"dies{step}")
    opened = Zoo(zoo)
    assert opened.packed_sha256 is not None
    assert {entry.dataset for entry in opened.models} == expected
    if status == 0:
        assert looked_at() == expected
        print(step)
        break
"""


def run(script, *arguments):
    done = warm.run(
        [sys.executable, "-W", "ignore", "-c", SHARED + script, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def assert_whole(zoo, names):
    """The catalogue is fresh; the folder shows the catalogue and these models, each whole."""
    opened = Zoo(zoo)
    assert opened.packed_sha256 is not None
    assert {entry.dataset for entry in opened.models} == names
    shown = {path.name for path in zoo.iterdir() if not path.name.startswith(".")}
    assert shown == {f"inception.{name}" for name in names} | {
        "catalogue.json",
        "catalogue.safetensors",
    }
    for name in names:
        assert {path.name for path in (zoo / f"inception.{name}").iterdir()} == set(MODEL_FILES)
        assert load_folder(zoo / f"inception.{name}").config.trained_on.dataset == name


@pytest.mark.parametrize(("writers", "models"), [(2, 4), (4, 2)])
def test_what_several_write_at_once_is_all_there(tmp_path, writers, models):
    zoo = tmp_path / "zoo"
    assert run(AT_ONCE, zoo, writers, models) >= 3  # so often was it read meanwhile
    assert_whole(zoo, {f"w{k}m{n}" for k in range(writers) for n in range(models)})
    assert not [path for path in zoo.iterdir() if path.name.startswith(".")]


def test_one_that_is_killed_takes_nothing_with_it(tmp_path):
    """At each of its steps in turn, while another one writes.

    The same command then finishes what it began.
    """
    zoo = tmp_path / "zoo"
    steps = run(KILLED, zoo)
    assert steps >= 12
    assert_whole(zoo, {f"{what}{step}" for what in ("lives", "dies") for step in range(steps + 1)})
    assert not (zoo / ".lock").exists()
