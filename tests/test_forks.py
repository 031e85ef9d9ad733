"""A process that was forked after PyTorch had threads."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")

# the parent may have its threads work first; it waits for the child no longer than it may take
CODE = """
import os, signal, sys, warnings
warnings.simplefilter("ignore")  # newer Pythons warn of a fork with threads
import torch
import tszoo
from tszoo.nets.registry import build
torch.set_num_threads(2)
network = build("fcn", {"filters": [16, 16], "kernel_lengths": [8, 5]}, 1, 2).eval()
x = torch.ones(64, 1, 256)
BEFORE
child = os.fork()
if child == 0:
    signal.alarm(120)
    WORK
    os._exit(torch.get_num_threads())
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status), torch.get_num_threads())
"""
WORK = {"predicts": "network(x)", "trains": "network.train()(x).sum().backward()"}


CASES = {
    "predicts": (WORK["predicts"], WORK["predicts"]),
    "trains": (WORK["trains"], WORK["trains"]),
    "predicts, and the parent never did": ("pass", WORK["predicts"]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_forked_child_computes_with_one_thread(case: str) -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "2"}
    before, work = CASES[case]
    command = [sys.executable, "-c", CODE.replace("BEFORE", before).replace("WORK", work)]
    # the parent compiles what it trains with, which takes long on a busy machine
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=240)
    assert ran.stdout.split() == ["1", "2"], ran.stderr
