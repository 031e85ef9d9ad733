"""SIGTERM: how SageMaker tells a container that it is to end, two minutes before it is ended."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

TERMINATED = 128 + signal.SIGTERM


class Stop:
    """Whether the container is to end.

    Attributes
    ----------
    waits : bool
        Whether there is something to save first; else the process ends at once.
    asked : bool
    """

    def __init__(self) -> None:
        self.waits = False
        self.asked = False

    def ask(self, _signal: int, _frame: FrameType | None) -> None:
        """Take note of a signal."""
        self.asked = True
        if not self.waits:
            os._exit(TERMINATED)


@contextmanager
def stoppable() -> Iterator[Stop]:
    """Answer SIGTERM while the block runs; process 1 of a container would not see it otherwise."""
    stop = Stop()
    before = signal.signal(signal.SIGTERM, stop.ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGTERM, before)
