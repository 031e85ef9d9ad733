"""The process that does trials for another one, which ``local`` starts.

It reads from standard input which trial to do, and answers on standard output with what came out.
Where standard input ends, the process that asks is gone, and this one ends at once.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import traceback
from pathlib import Path
from queue import SimpleQueue

import torch

from tszoo.study.hand_over import take_over
from tszoo.study.perform import perform
from tszoo.study.trial import Trial
from tszoo.training.pipe import Message, receive, send


def main(folder: str) -> None:
    """Do trials as long as there are some to do."""
    try:
        _work(folder)
    except Exception:
        # at once: Python's own end would wait for the thread that listens
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


def _work(folder: str) -> None:
    # standard output is for answers: what else is printed goes to standard error
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    orders: SimpleQueue[Message] = SimpleQueue()
    threading.Thread(target=_listen, args=(folder, orders), daemon=True).start()
    torch.set_num_threads(1)
    order = take_over(Path(folder))
    send(answers, {"kind": "ready"})
    while True:
        trial = Trial(**orders.get().facts["trial"])
        done = perform(trial, order.conditions, order.sets[trial.dataset])
        send(answers, {"kind": "done", **done.to_dict()})


def _listen(folder: str, orders: SimpleQueue[Message]) -> None:
    """Pass on what is asked for, and end this process when nothing will be any more."""
    while message := receive(sys.stdin.buffer):
        if message.kind == "end":
            os._exit(0)
        orders.put(message)
    # killed, the process that asks could not clear its folder away; others may be at it, too
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)
