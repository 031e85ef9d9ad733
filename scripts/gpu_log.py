"""Notes what a session did, for people: lines on the screen with the time left, and a file."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Log:
    """Speaks of a session that ends when ``time.monotonic()`` is ``until``.

    Several processes may write to its file; each line is written as a whole.
    """

    path: Path
    until: float

    def left(self) -> float:
        """Return the seconds that are left."""
        return max(0.0, self.until - time.monotonic())

    def say(self, text: str) -> None:
        """Print a line of progress."""
        print(f"[{self.left():4.0f} s left] {text}", flush=True)

    def note(self, how: str, what: str, text: str = "") -> None:
        """Print a line and add it to the file: how something ended, what it was, and more."""
        first = (text.strip() or "-").splitlines()[0]
        line = f"{how:<8} {what}: {first}"
        self.say(line)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            os.write(descriptor, f"{line}\n".encode())
        finally:
            os.close(descriptor)
