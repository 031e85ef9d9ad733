"""What a shell offers while somebody types a command."""

import os
import subprocess
import sys

import pytest

from tests.support import warm
from tests.support.sources import make_zoo
from tszoo.nets.registry import ARCHITECTURES
from tszoo.training.recipe import NAMES

# as a shell asks the installed program, for one line after another, and what that loads
PROGRAM = """
import os, sys
from tszoo.cli import main
for line in sys.argv[1:]:
    sys.argv = ["tszoo"]
    os.environ.update(COMP_WORDS=line, COMP_CWORD=str(len(line.split(" ")) - 1))
    try:
        main()
    except SystemExit as end:
        assert not end.code
    print()
sys.stderr.write(" ".join(sys.modules))
"""


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    return make_zoo(tmp_path_factory.mktemp("completion") / "zoo")


def completed(start, *lines, **environment):
    return start(
        [sys.executable, "-c", PROGRAM, *lines],
        env={
            **{name: value for name, value in os.environ.items() if name != "TSZOO_ZOO"},
            "_TSZOO_COMPLETE": "complete_bash",
            **environment,
        },
        capture_output=True,
        text=True,
        check=True,
    )


def offered(line, **environment):
    """What bash is offered for the last word of a line."""
    return completed(warm.run, line, **environment).stdout.split()


def test_nothing_slow_is_loaded(zoo):
    lines = [
        "tszoo info inception.Gun",
        f"tszoo evaluate --zoo {zoo} ",
        "tszoo info --zoo hf://nobody ",
        f"tszoo finetune x --zoo {zoo} --source n",
        "tszoo pretrain --arch ",
        "tszoo finetune --recipe ",
        "tszoo list --kind E",
    ]
    done = completed(subprocess.run, *lines)
    assert not {"torch", "numba", "sklearn", "huggingface_hub"} & set(done.stderr.split())
    for kind in ("inception.GunPoint", "inception.Bumps", "nearest", "fcn", "finetune", "ECG"):
        assert kind in done.stdout.split()


def test_models_of_the_embedded_zoo_are_offered():
    assert "inception.GunPoint" in offered("tszoo info inception.Gun")


def test_models_of_the_zoo_on_the_line_are_offered(zoo):
    names = sorted(path.name for path in zoo.iterdir() if path.is_dir())
    assert offered(f"tszoo evaluate --zoo {zoo} ") == names
    assert offered("tszoo predict ", TSZOO_ZOO=str(zoo)) == names


def test_a_zoo_of_the_hub_or_none_offers_nothing():
    assert offered("tszoo info --zoo hf://nobody ") == []
    assert offered("tszoo info --zoo /nowhere ") == []


def test_sources_are_ways_and_models(zoo):
    assert offered(f"tszoo finetune x --zoo {zoo} --source n") == ["nearest", "none"]
    assert offered(f"tszoo finetune x --zoo {zoo} --source inception.B") == ["inception.Bumps"]


@pytest.mark.parametrize("command", ["finetune x", "pretrain x", "list"])
def test_architectures_are_offered(command):
    assert offered(f"tszoo {command} --arch ") == list(ARCHITECTURES)


@pytest.mark.parametrize("command", ["finetune x", "pretrain x"])
def test_recipes_are_offered(command):
    assert offered(f"tszoo {command} --recipe ") == list(NAMES)


def test_kinds_are_offered():
    assert offered("tszoo list --kind E") == ["ECG", "EOG"]
