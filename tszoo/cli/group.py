"""What ends a command: errors as one line, and the exit status."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from tszoo.errors import TszooError

FAILED = 1
INTERRUPTED = 130


class OneLineErrors(TyperGroup):
    """A group of commands whose foreseen errors are one line on stderr, without a traceback."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """Run the command; turn a TszooError into status 1 and Ctrl-C into status 130."""
        try:
            return super().invoke(ctx)
        except TszooError as error:
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(FAILED) from error
        except KeyboardInterrupt as interrupt:
            note = f": {interrupt}" if str(interrupt) else ""
            typer.echo(f"interrupted{note}", err=True)
            raise typer.Exit(INTERRUPTED) from interrupt
