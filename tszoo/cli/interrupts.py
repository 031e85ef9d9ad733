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
# For how many seconds an import may put Ctrl-C off, and how often we look whether it has ended.
PATIENCE = 20.0
PAUSE = 0.05


@contextmanager
def answering_interrupts() -> Iterator[None]:
    """Make Ctrl-C a KeyboardInterrupt, but never in the midst of an import.

    Compiled modules run Python while they are loaded. PyTorch, for one, takes the process down
    with an exception that it did not expect there. So what comes during an import is raised when
    the import is done. What comes where Python drops exceptions, such as in a destructor, is raised
    again. Once the block has ended, Ctrl-C does nothing.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield  # whoever started us wants it ignored
        return
    main_thread = _thread.get_ident()
    asked: float | None = None
    is_waiting = False

    def raise_or_wait(_signal: int, _frame: FrameType | None) -> None:
        nonlocal asked, is_waiting
        now = time.monotonic()
        if asked is None:
            asked = now
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
            # this also wakes the main thread where it waits for the network
            signal.pthread_kill(main_thread, signal.SIGINT)
        else:
            _thread.interrupt_main()

    report = sys.unraisablehook

    def raise_again(dropped: sys.UnraisableHookArgs) -> None:
        if issubclass(dropped.exc_type, KeyboardInterrupt):
            _thread.start_new_thread(interrupt_again, ())
        else:
            report(dropped)

    sys.unraisablehook = raise_again
    signal.signal(signal.SIGINT, raise_or_wait)
    try:
        yield
    finally:
        sys.unraisablehook = report
        # all that is left is to leave: an exception on the way out would be shown with a traceback
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        # CPython remembers a KeyboardInterrupt that came out of a string of code, even if it was
        # caught, until the next such string has run. It would then end by the signal and not with
        # the status. Typer evaluates annotations, which are such strings.
        eval("None")  # noqa: S307


def _is_importing() -> bool:
    """Whether a module is being loaded, in any thread."""
    modules = list(sys.modules.values())
    return any(
        getattr(getattr(module, "__spec__", None), "_initializing", False) for module in modules
    )
