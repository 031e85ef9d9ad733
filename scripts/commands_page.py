"""Write the options of all commands into docs/commands.md, from the commands themselves.

python scripts/commands_page.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from tszoo.cli import app

PAGE = Path(__file__).resolve().parent.parent / "docs" / "commands.md"
TITLE = "## All options\n"
# an option of so many commands is described once
SHARED = 4

Row = tuple[str, str]


def main() -> None:
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(text.partition(TITLE)[0] + reference(), encoding="utf-8")


def reference() -> str:
    """Describe every option: first those that many commands have, then the others by command."""
    rows = {name: list(options(command)) for name, command in commands(app)}
    everywhere = [row for some in rows.values() for row in some]
    shared = [row for row in dict.fromkeys(everywhere) if everywhere.count(row) >= SHARED]
    parts = [
        TITLE,
        "Made by `python scripts/commands_page.py` from what `--help` says.\n",
        f"### Of {SHARED} commands and more\n",
        table(shared),
    ]
    for name, some in rows.items():
        names = [f"`{row[0].split()[0]}`" for row in some if row in shared]
        parts += [f"### `{name}`\n", table([row for row in some if row not in shared])]
        if names:
            parts.append(f"And, from above: {', '.join(names)}.\n")
    return "\n".join(part for part in parts if part)


def commands(application: typer.Typer) -> Iterator[tuple[str, Any]]:
    """Yield every command with the words that call it."""
    waiting: list[tuple[str, Any]] = [("tszoo", typer.main.get_command(application))]
    while waiting:
        name, command = waiting.pop(0)
        children = getattr(command, "commands", None)
        if children is None:
            yield name, command
        else:
            waiting += [(f"{name} {word}", child) for word, child in children.items()]


def options(command: Any) -> Iterator[Row]:
    """Yield how each option is spelled, and what it does."""
    for parameter in command.params:
        if parameter.param_type_name == "option":
            spelled = "/".join(
                name for name in (*parameter.opts, *parameter.secondary_opts) if name[:2] == "--"
            )
            yield f"{spelled} {parameter.metavar or ''}".strip(), parameter.help


def table(rows: list[Row]) -> str:
    """Write options as a table; nothing for none."""
    if not rows:
        return ""
    lines = [f"| `{name}` | {text} |".replace("NAME|N", "NAME\\|N") for name, text in rows]
    return "\n".join(["| option | does |", "|---|---|", *lines, ""])


if __name__ == "__main__":
    main()
