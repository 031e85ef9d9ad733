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
    signal.alarm(30)
    WORK
    os._exit(torch.get_num_threads())
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status), torch.get_num_threads())
"""
WORK = {"predicts": "network(x)", "trains": "network.train()(x).sum().backward()"}


@pytest.mark.parametrize("work", WORK)
@pytest.mark.parametrize("is_used", [True, False], ids=["used before", "loaded only"])
def test_a_forked_child_computes_with_one_thread(work: str, is_used: bool) -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "2"}
    before = WORK[work] if is_used else "pass"
    code = CODE.replace("BEFORE", before).replace("WORK", WORK[work])
    command = [sys.executable, "-c", code]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=90)
    assert ran.stdout.split() == ["1", "2"], ran.stderr
