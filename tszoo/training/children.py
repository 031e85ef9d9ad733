"""Start processes of ``worker``, talk to them, and let none of them outlive its work."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, BinaryIO, NamedTuple, cast

from tszoo.training.pipe import Message, receive, send

# The modules of the process that starts another are found where its own are, wherever it runs. The
# current folder, which Python would put first, may hold files that are called like modules.
BEGIN = """
import sys
from importlib import import_module
module, folder, *sys.path[:] = sys.argv[1:]
import_module(module).main(folder)
"""
MEMBERS = "tszoo.training.worker"
SECONDS_TO_END = 10.0
# Windows wakes nobody who waits for a queue when Ctrl-C is pressed.
SECONDS_A_LOOK = 1.0


class Child:
    """A process that trains members, or does other work with a number.

    Attributes
    ----------
    number : int
        From 0, in the order in which they were started.
    numbers : sequence of int
        The members that it trains now, or the work that it does; none where it is idle.
    is_ready : bool
        Whether it has said that it can begin.
    orders, answers : BinaryIO
        Its standard input and output.
    """

    def __init__(self, folder: Path, number: int, module: str = MEMBERS) -> None:
        self.number = number
        self.numbers: Sequence[int] = ()
        self.is_ready = False
        self.errors = folder / f"errors-{number}.txt"
        command = [sys.executable, "-c", BEGIN, module, str(folder), *sys.path]
        with self.errors.open("wb") as errors, _without_interrupts():
            self.process = subprocess.Popen(  # noqa: S603 - this very Python
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )

        self.orders = cast("BinaryIO", self.process.stdin)
        self.answers = cast("BinaryIO", self.process.stdout)

    def tell(self, facts: Mapping[str, Any], payload: bytes = b"") -> None:
        """Send a message; where the process is gone, its end is told by the answers."""
        with suppress(OSError):
            send(self.orders, facts, payload)

    def end(self) -> None:
        """Let the process end, and make sure that it does."""
        self.tell({"kind": "end"})
        try:
            self.process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self._leave()

    def kill(self) -> None:
        """End the process at once."""
        self.process.kill()
        self._leave()

    def _leave(self) -> None:
        with suppress(OSError):  # it may be gone, with a message on its way
            self.orders.close()
        self.process.wait()

    def last_words(self) -> str:
        """Return the last line that the process wrote to standard error."""
        lines = self.errors.read_text("utf-8", "replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")


class Answer(NamedTuple):
    """What a process says; None where it says nothing any more."""

    child: Child
    message: Message | None


class Children:
    """Processes that are at work, and what they answer, in the order in which it comes."""

    def __init__(self, folder: Path, most: int, module: str = MEMBERS) -> None:
        self.all: list[Child] = []
        self._answers: SimpleQueue[Answer] = SimpleQueue()
        try:
            for number in range(most):
                self._start(Child(folder, number, module))
        except BaseException:
            self.kill()
            raise

    def _start(self, child: Child) -> None:
        self.all.append(child)
        threading.Thread(target=self._listen, args=(child,), daemon=True).start()

    def _listen(self, child: Child) -> None:
        with child.answers:
            while message := _next(child.answers):
                self._answers.put(Answer(child, message))
        self._answers.put(Answer(child, None))

    def next_answer(self) -> Answer:
        """Wait for what a process says next."""
        while True:
            try:
                return self._answers.get(timeout=SECONDS_A_LOOK)
            except Empty:  # noqa: PERF203 - that is what waiting is
                continue

    def end(self) -> None:
        """Let all end that are idle."""
        for child in self.all:
            child.end()

    def kill(self) -> None:
        """End all at once."""
        for child in self.all:
            child.kill()


def _next(answers: BinaryIO) -> Message | None:
    try:
        return receive(answers)
    except (OSError, ValueError):  # what a process that is being killed had begun to say
        return None


@contextmanager
def started(folder: Path, most: int, module: str = MEMBERS) -> Iterator[Children]:
    """Start processes that run a module's ``main(folder)``; when the block ends, so do they.

    Raises
    ------
    OSError
        If one cannot be started.
    """
    children = Children(folder, most, module)
    try:
        yield children
    except BaseException:
        children.kill()
        raise
    children.end()


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Start processes that Ctrl-C does not reach: it is for the one that they work for.

    They keep the set of blocked signals that they are started with.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
