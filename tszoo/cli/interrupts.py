"""Ctrl-C, from the first import to the last line."""

from __future__ import annotations

import _thread
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130
# How long an import may put Ctrl-C off, in seconds, and how often it is looked whether it has
# ended.
PATIENCE = 20.0
PAUSE = 0.05


@contextmanager
def answering_interrupts() -> Iterator[None]:
    """Make Ctrl-C a KeyboardInterrupt, but never in the midst of an import, and nothing once the block has ended.

    Compiled modules run Python while they are loaded, and PyTorch, for one, takes the process down
    with an exception that it did not expect there. What comes during an import is raised when the
    import is done.
    """
    if (
        signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    ):  # ignored, for whoever started us
        yield
        return
    main_thread = _thread.get_ident()
    asked: float | None = None
    is_waiting = False

    def raise_or_wait(_signal: int, _frame: FrameType | None) -> None:
        nonlocal asked, is_waiting
        now = time.monotonic()
        asked = now if asked is None else asked
        if not _is_importing() or now - asked > PATIENCE:
            asked = None
            raise KeyboardInterrupt
        if not is_waiting:
            is_waiting = True
            # not threading's, which takes locks: this may run between any two lines of the program
            _thread.start_new_thread(interrupt_again, ())

    def interrupt_again() -> None:
        nonlocal is_waiting
        time.sleep(PAUSE)
        is_waiting = False
        if hasattr(signal, "pthread_kill"):
            signal.pthread_kill(
                main_thread, signal.SIGINT
            )  # also wakes it where it waits for the network
        else:
            _thread.interrupt_main()

    signal.signal(signal.SIGINT, raise_or_wait)
    try:
        yield
    finally:
        # what is left to do is to leave, and an exception on the way out would be shown with a
        # traceback
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        # CPython remembers a KeyboardInterrupt that came out of a string of code, though it was
        # caught, until the next such string has run, and would end by the signal instead of the
        # status; typer has annotations for such strings
        eval("None")  # noqa: S307


def _is_importing() -> bool:
    """Whether a module is being loaded, in any thread."""
    modules = list(sys.modules.values())
    return any(
        getattr(getattr(module, "__spec__", None), "_initializing", False) for module in modules
    )
