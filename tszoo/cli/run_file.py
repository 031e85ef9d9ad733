"""``run.toml`` beside a model: the options that it was made with, for ``--config``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer

from tszoo import __version__
from tszoo.cli.config_file import options_of
from tszoo.storage.files import reason, write_file
from tszoo.storage.hub_names import SCHEME
from tszoo.storage.layout import RUN

# What is written where on this machine, what is watched and shown, and with what: nothing of it
# decides what a model becomes.
LEFT_OUT = {
    "out",
    "archive",
    "labels",
    "published",
    "log",
    "tensorboard",
    "record",
    "snapshots",
    "resume",
    "checkpoint_seconds",
    "side_by_side",
    "jobs",
    "device",
    "overwrite",
    "dry_run",
    "quiet",
    "as_json",
}
# These may name a place on this machine, or something that others know as well.
PERHAPS_PLACES = ("source", "zoo", "validation", "held_out")


def write_run(ctx: typer.Context, folder: Path) -> None:
    """Write the options of a command, as they came to be, beside the model that it made.

    Places on this machine are left out. Where the disk does not take the file, that is said: the
    model is there all the same.
    """
    try:
        write_file(folder / RUN, run_toml(ctx).encode("utf-8", "replace"))
    except OSError as error:
        typer.echo(f"{folder / RUN}: cannot be written ({reason(error)}).", err=True)


def run_toml(ctx: typer.Context) -> str:
    """Spell the options of a command as TOML, a line each."""
    lines = [f"# tszoo {ctx.info_name} {__version__}: --config takes these options again"]
    for name, option in options_of(ctx).items():
        value = ctx.params.get(option.name)
        if option.name in LEFT_OUT or value in (None, (), []):
            continue
        if option.name in PERHAPS_PLACES and _is_place(value):
            lines.append(f"# {name}: a place on the machine, not written down")
            continue
        lines.append(f"{name} = {_spelled(value)}")
    return "\n".join(lines) + "\n"


def _is_place(value: Any) -> bool:
    """Whether a value names, or may name, a file or a folder."""
    if isinstance(value, (list, tuple)):
        return any(map(_is_place, value))
    text = str(value)
    if text.startswith(SCHEME):
        return False
    return "/" in text or "\\" in text or Path(text).exists()


def _spelled(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_spelled, value))}]"
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    # TOML's texts are JSON's, but for one character
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
