"""What all commands have in common: their errors, their exit status, and their help."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

import typer
from typer.core import TyperCommand, TyperGroup

from tszoo.cli.interrupts import INTERRUPTED
from tszoo.cli.options import OTHER
from tszoo.cli.translate import translated
from tszoo.errors import DataWarning, TszooError

FAILED = 1


class Command(TyperCommand):
    """A command whose ``--help`` stands with the other options that all commands have."""

    def get_help_option(self, ctx: Any) -> Any:
        """Put ``--help`` into the last panel of the help."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.rich_help_panel = OTHER
        return option

    def get_params(self, ctx: Any) -> Any:
        """Name no type behind a flag, which takes no value."""
        return _without_types_of_flags(super().get_params(ctx))


def _without_types_of_flags(params: Any) -> Any:
    for param in params:
        if getattr(param, "is_flag", False):
            param.metavar = ""
    return params


class Group(TyperGroup):
    """A group of commands."""

    def get_params(self, ctx: Any) -> Any:
        """Name no type behind a flag, which takes no value."""
        return _without_types_of_flags(super().get_params(ctx))


class OneLineErrors(Group):
    """A group of commands whose foreseen errors are one line on stderr, without a traceback."""

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        """Read what stands before the command's name; Ctrl-C becomes status 130."""
        with _one_line():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """Run the command; turn a TszooError into status 1 and Ctrl-C into status 130."""
        with _one_line(), _notes(), _compiling():
            return super().invoke(ctx)


@contextmanager
def _one_line() -> Iterator[None]:
    try:
        yield
    except TszooError as error:
        typer.echo(f"error: {translated(str(error))}", err=True)
        raise typer.Exit(FAILED) from error
    except KeyboardInterrupt as interrupt:
        note = f": {interrupt}" if str(interrupt) else ""
        typer.echo(f"interrupted{note}", err=True)
        raise typer.Exit(INTERRUPTED) from interrupt


@contextmanager
def _compiling() -> Iterator[None]:
    """Say on stderr that kernels are compiled, unless there is to be nothing but the answer."""
    told = logging.StreamHandler(sys.stderr)
    log = logging.getLogger("tszoo.storage.machine_code")
    is_silent = bool({"--quiet", "-q", "--json"} & set(sys.argv))
    if not is_silent:
        log.addHandler(told)
        log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(told)


@contextmanager
def _notes() -> Iterator[None]:
    """Say what the library warns of about data in one line on stderr."""
    with warnings.catch_warnings():
        show = warnings.showwarning

        def note(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if issubclass(category, DataWarning):
                typer.echo(f"note: {translated(str(message))}", err=True)
            else:
                show(message, category, filename, lineno, file, line)

        warnings.showwarning = note
        yield
