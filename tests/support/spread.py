"""Members that are trained in several processes, and a script that does so."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import torch

from tests.support import warm
from tests.support.places import ROOT
from tszoo.nets.network import Network, initialize
from tszoo.nets.registry import build

# without a main guard, as scripts and notebooks are
SCRIPT = """
import os, sys
from pathlib import Path
from tests.support.ensembles import KILLED, noise, running
from tests.support.spread import make_mlp
from tszoo.training.members import train_members

def say(k, report, _):
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text()
    print(k, report.epoch, children, flush=True)

job = running(KILLED, folder=Path(sys.argv[1]), resume=True, watchers=[say], jobs=2)
try:
    train_members(make_mlp, noise(), job)
except Exception as error:
    print(error)
"""


def make_mlp(_: int, generator: torch.Generator) -> Network:
    """A network whose training takes no kernels that a process would have to load first."""
    network = build("mlp", {"widths": [5]}, 1, 3, length=21)
    initialize(network, generator)
    return network


def started(folder: Path) -> subprocess.Popen[str]:
    """Start a run that two processes train."""
    command = [sys.executable, "-W", "error", "-c", SCRIPT, str(folder)]
    return warm.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def ends(process: int, seconds: float = 60.0) -> bool:
    """Wait until a process is gone; whether it is."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        if _is_dead(process):
            return True
        time.sleep(0.05)
    return False


def _is_dead(process: int) -> bool:
    """Whether a process has ended, and nobody has asked for its status yet."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def kill(process: int) -> None:
    """End a process as nothing can refuse."""
    os.kill(process, signal.SIGKILL)
