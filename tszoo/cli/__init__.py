"""The command line: one file a command group.

Each command parses, calls the library once, and prints.

Nothing is loaded here but what it takes to answer Ctrl-C and to print: a command's own imports take
longer than some commands.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from tszoo.cli.interrupts import INTERRUPTED, answering_interrupts
from tszoo.cli.streams import reaching_outside

if TYPE_CHECKING:
    from tszoo.cli.commands import app as app

__all__ = ["app", "main"]

# How often a thread that waits for the others looks before it sleeps, by the OpenMP of GCC, which
# reads this when PyTorch is loaded. Its own default is minutes of looking: beside other work, the
# thread that is waited for has no core then. See benchmarks/README.md, "Beside other work".
SPINS = "1000"


def main() -> None:
    """Run the command line."""
    # the Hub's client draws bars of its own, and asks this before it is loaded
    if not sys.stderr.isatty() or {"--quiet", "-q", "--json"} & set(sys.argv):
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)
    try:
        with reaching_outside(), answering_interrupts():
            from tszoo.cli.commands import app

            app()
    except KeyboardInterrupt:  # outside of a command, which ends with a line of its own
        sys.stderr.write("interrupted\n")
        sys.exit(INTERRUPTED)


def __getattr__(name: str) -> Any:
    if name == "app":
        from tszoo.cli.commands import app

        return app
    msg = f"module 'tszoo.cli' has no attribute {name!r}"
    raise AttributeError(msg)
