"""``--config FILE``: options of a command from a TOML file; those on the command line win."""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from tszoo.cli.options import OTHER
from tszoo.errors import OptionError
from tszoo.storage.files import reason
from tszoo.text import one_line, show

CONFIG = "config"
MOST_BYTES = 1 << 20


def take_config(ctx: typer.Context, path: Path | None) -> Path | None:
    """Let a command's options have what a file says where the command line says nothing.

    Raises
    ------
    OptionError
        If the file cannot be read, or has a key that is no option, or a value that none takes.
    """
    if path is not None:
        ctx.default_map = {**(ctx.default_map or {}), **_read(ctx, path)}
    return path


Config = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--config",
        metavar="FILE",
        is_eager=True,
        callback=take_config,
        help="Take options from a TOML file, such as MODEL/run.toml; the command line wins.",
        show_default=False,
        rich_help_panel=OTHER,
    ),
]


def _read(ctx: typer.Context, path: Path) -> dict[str, Any]:
    """Read a file's values, by the parameters that they are for."""
    options = options_of(ctx)
    values: dict[str, Any] = {}
    for key, value in _parsed(path).items():
        option = options.get(key.replace("_", "-"))
        if option is None:
            near = difflib.get_close_matches(key, options, n=1, cutoff=0.4)
            hint = f" Did you mean {near[0]}?" if near else ""
            msg = f"{path}: {ctx.info_name} has no option {show(key)}.{hint}"
            raise OptionError(msg)
        values[option.name] = _value(option, value, f"{path}: {key}")
    return values


def options_of(ctx: typer.Context) -> dict[str, Any]:
    """Return a command's options by their long names, but ``--config`` and ``--help``."""
    return {
        name.removeprefix("--"): parameter
        for parameter in ctx.command.params
        if parameter.param_type_name == "option" and parameter.name not in (CONFIG, "help")
        for name in parameter.opts
        if name.startswith("--")
    }


def _value(option: Any, value: Any, where: str) -> Any:
    """Return a value as it would stand on the command line; OptionError for what cannot."""
    if option.is_flag:
        if not isinstance(value, bool):
            msg = f"{where} is true or false, not {show(value)}."
            raise OptionError(msg)
        return value
    if not option.multiple:
        return _text(value, where)
    if isinstance(value, dict):  # a table of what is KEY=VALUE on the command line
        return [f"{key}={_json(item, where)}" for key, item in value.items()]
    if not isinstance(value, list):
        value = [value]
    return [_text(item, where) for item in value]


def _text(value: Any, where: str) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        msg = f"{where} is a text or a number, not {show(value)}."
        raise OptionError(msg)
    return str(value)


def _json(value: Any, where: str) -> str:
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value)
    except (TypeError, ValueError) as error:  # such as a date
        msg = f"{where} cannot have the value {show(value)}."
        raise OptionError(msg) from error


def _parsed(path: Path) -> Mapping[str, Any]:
    """Read a TOML file; OptionError, in one line, where that cannot be."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            msg = f"--config {path}: larger than options can be."
            raise OptionError(msg)
        parsed: Mapping[str, Any] = tomllib.loads(data.decode("utf-8"))
    except OSError as error:
        msg = f"--config {path}: cannot be read ({reason(error)})."
        raise OptionError(msg) from error
    except (ValueError, RecursionError) as error:
        msg = f"--config {path}: no TOML ({one_line(str(error))})."
        raise OptionError(msg) from error
    return parsed
