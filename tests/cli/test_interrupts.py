"""Ctrl-C: status 130 and one line at any moment, the imports of the first second included."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.toys import make_toy
from tszoo.data import Dataset, save_dataset

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent as POSIX sends it")


def interrupted(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True
    )


def test_an_import_is_not_broken_into(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
import tszoo.cli

folder = Path(sys.argv[1])
(folder / "fragile.py").write_text('''
import os, signal
try:
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGINT)
    for _ in range(1000): pass
except BaseException:
    os._exit(99)
''')
sys.path.insert(0, str(folder))
from tszoo.cli import commands

def load():
    import fragile, time
    print("loaded", flush=True)
    time.sleep(30)

commands.app.command("load")(load)
sys.argv[1:] = ["load"]
tszoo.cli.main()
"""
    done = interrupted(code, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (130, "loaded\n", "interrupted\n")


def test_the_status_is_that_of_an_exit_wherever_it_comes(tmp_path: Path) -> None:
    """In a string of code, as annotations are, CPython would have the signal end ``python -m``."""
    code = """
import os, signal, sys
import tszoo.cli
from tszoo.cli import commands

def evaluated():
    eval("[os.kill(os.getpid(), signal.SIGINT) for _ in range(1000)]", globals())

commands.app.command("evaluated")(evaluated)
sys.argv[1:] = ["evaluated"]
tszoo.cli.main()
"""
    (tmp_path / "evaluating.py").write_text(code)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "evaluating"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")


def test_before_there_are_commands() -> None:
    code = """
import os, signal, sys
import tszoo.cli

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "tszoo.cli.commands":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
sys.argv[1:] = ["--help"]
tszoo.cli.main()
"""
    done = interrupted(code)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")


def test_one_that_a_destructor_swallows_is_raised_again() -> None:
    code = """
import os, signal, sys, time
from tszoo.cli.interrupts import answering_interrupts

class Swallows:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000): pass

try:
    with answering_interrupts():
        thing = Swallows()
        del thing
        print("swallowed", flush=True)
        time.sleep(600)
except KeyboardInterrupt:
    sys.exit(7)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=240)
    assert done.stdout == "swallowed\n"
    assert done.returncode == 7, done.stderr
    assert done.stderr == ""


def test_who_ignores_interrupts_goes_on_ignoring_them() -> None:
    code = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
import tszoo.cli
from tszoo.cli.interrupts import answering_interrupts
with answering_interrupts():
    os.kill(os.getpid(), signal.SIGINT)
print(signal.getsignal(signal.SIGINT) == signal.SIG_IGN)
"""
    done = interrupted(code)
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr


TELLING = """
import sys
import tszoo.cli

class Telling:
    def find_spec(self, name, path=None, target=None):
        if name == "tszoo.cli.commands":
            print("begun", flush=True)

sys.meta_path.insert(0, Telling())
tszoo.cli.main()
"""


@pytest.mark.parametrize("delay", [0.1, pytest.param(0.4, marks=pytest.mark.slow)])
def test_while_a_command_loads_what_it_needs(tmp_path: Path, delay: float) -> None:
    toy = make_toy()
    save_dataset(
        Dataset.from_arrays(toy.series, [toy.classes[k] for k in toy.labels], name="d"),
        tmp_path / "d.csv",
    )
    command = [
        sys.executable,
        "-c",
        TELLING,
        "finetune",
        str(tmp_path / "d.csv"),
        "--out",
        str(tmp_path / "m"),
        "--source",
        "none",
        "--head",
        "ridge",
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout.readline() == "begun\n"
        time.sleep(delay)
        child.send_signal(signal.SIGINT)
        stdout, stderr = child.communicate(timeout=120)
    assert child.returncode == 130, stderr
    assert stderr.splitlines()[-1].startswith("interrupted")
    assert "Traceback" not in stderr
    assert "terminate" not in stderr
    assert not stdout
