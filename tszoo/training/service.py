"""What a process does that works for another one: it takes orders, answers, and ends with it.

``children`` starts such processes. Orders come from standard input, answers go to standard output.
Where standard input ends, the process that asks is gone, and this one ends at once.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO

import torch

from tszoo.training.pipe import Message, receive

Orders = SimpleQueue[Message]


def serve(folder: str, work: Callable[[Path, Orders, BinaryIO], None]) -> None:
    """Work on one thread, with orders to wait for and a stream for answers, as long as asked.

    Parameters
    ----------
    folder : str
        What was handed over. It is cleared away where the process that asks was killed.
    work : callable
        Called with the folder, a queue of orders and the stream; it does not return.
    """
    try:
        # standard output is for answers: what else is printed goes to standard error
        answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        orders: Orders = SimpleQueue()
        threading.Thread(target=_listen, args=(folder, orders), daemon=True).start()
        torch.set_num_threads(1)
        work(Path(folder), orders, answers)
    except Exception:
        # at once: Python's own end would wait for the thread that listens
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


def _listen(folder: str, orders: Orders) -> None:
    """Pass on what is asked for, and end this process when nothing will be any more."""
    while message := receive(sys.stdin.buffer):
        if message.kind == "end":
            os._exit(0)
        orders.put(message)
    # killed, the process that asks could not clear its folder away; others may be at it, too
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)
