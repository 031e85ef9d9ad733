"""What a shell offers behind an option or in place of an argument: names, without loading PyTorch.

Nothing is asked of the Hub while somebody types. Where a zoo cannot be read there is nothing to
offer; the command itself says why.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import typer

from tszoo.errors import TszooError, ZooError
from tszoo.nets.registry import ARCHITECTURES
from tszoo.storage.hub_names import SCHEME
from tszoo.storage.layout import CONFIG
from tszoo.training.recipe import NAMES

WAYS = ("auto", "nearest", "none")


def architectures(incomplete: str) -> list[str]:
    """Complete the name of an architecture."""
    return _beginning_with(incomplete, ARCHITECTURES)


def recipes(incomplete: str) -> list[str]:
    """Complete the name of a recipe."""
    return _beginning_with(incomplete, NAMES)


def models(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete the name of a model in the zoo that the line so far names.

    Folders are looked at, and no file is read: that would take longer than the rest.
    """
    try:
        folders = sorted(_zoo(ctx).iterdir())
    except (OSError, TszooError):
        return []
    return _beginning_with(incomplete, (path.name for path in folders if (path / CONFIG).is_file()))


def sources(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete what a model may start from: a way of choosing, or a model."""
    return _beginning_with(incomplete, WAYS) + models(ctx, incomplete)


def kinds(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete what the sources of a zoo measure."""
    from tszoo.zoo.find import open_zoo
    from tszoo.zoo.order import kind_of

    try:
        entries = open_zoo(_zoo(ctx)).models
    except TszooError:
        return []
    return _beginning_with(incomplete, sorted({kind_of(entry) for entry in entries}))


def _beginning_with(incomplete: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


def _zoo(ctx: typer.Context) -> Path:
    """Find the folder of the zoo; ZooError if it is none on this machine."""
    from tszoo.zoo.embedded import embedded_zoo

    zoo = ctx.params.get("zoo") or os.environ.get("TSZOO_ZOO")
    if not zoo:
        return embedded_zoo()
    if str(zoo).startswith(SCHEME):
        msg = f"{zoo} is not asked while somebody types."
        raise ZooError(msg)
    return Path(zoo)
