"""What commands print, and where: results on stdout, progress on stderr."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import typer

from tszoo.cli.minutes import told_by_minutes
from tszoo.cli.streams import is_utf8
from tszoo.text import one_line

if TYPE_CHECKING:
    from tszoo.data import Dataset


WIDEST = 100_000
_UNUSUAL = re.compile(r"[^\n -~]")


def print_json(document: dict[str, Any]) -> None:
    """Print one JSON document.

    A number that JSON lacks becomes null. A character that does not print becomes an escape, and so
    does any but ASCII where stdout is not UTF-8, which JSON is.
    """
    is_ascii = not is_utf8(sys.stdout)
    text = json.dumps(_finite(document), indent=2, ensure_ascii=is_ascii, default=str)
    typer.echo(_UNUSUAL.sub(_printable, text))


def _printable(match: re.Match[str]) -> str:
    character = match[0]
    return character if character.isprintable() else json.dumps(character)[1:-1]


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value


def print_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    right: Sequence[str] = (),
    *,
    groups: Sequence[str] = (),
    gap: int | None = None,
) -> None:
    """Print a table: as wide as it needs on a pipe, cut to the window on a terminal.

    ``groups`` names the group of each row; rows of one stand together under its name. With a
    ``gap`` there are so many spaces between columns, 1 or more, and the first column is never cut.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    padding = (0, 1) if gap is None else (0, gap - 1, 0, 0)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=padding, show_edge=gap is None)
    cells = [[one_line(str(cell)) for cell in row] for row in rows]
    widest = max((len(row[0]) for row in cells), default=0) + 2 * bool(groups)
    for k, column in enumerate(columns):
        least = None if gap is None or k else widest
        justify: Literal["left", "right"] = "right" if column in right else "left"
        table.add_column(Text(one_line(column)), justify=justify, no_wrap=True, min_width=least)
    for k, row in enumerate(cells):
        if groups and (k == 0 or groups[k] != groups[k - 1]):
            if k:
                table.add_row()
            table.add_row(Text(f"{one_line(groups[k])} ({groups.count(groups[k])})", style="bold"))
        table.add_row(Text(f"  {row[0]}" if groups else row[0]), *map(Text, row[1:]))
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = console.measure(
            table, options=console.options.update(max_width=WIDEST)
        ).maximum
    console.print(table)


def print_facts(facts: Sequence[tuple[str, object]]) -> None:
    """Print lines of a name and a value."""
    width = max(len(name) for name, _ in facts)
    for name, value in facts:
        typer.echo(f"{name:<{width}}  {one_line(str(value))}")


def describe(dataset: Dataset) -> str:
    """Describe a data set in one line, with what was done to its gaps and lengths."""
    length = f"length {dataset.length}"
    if dataset.is_unequal:
        length = f"lengths {dataset.lengths.min()} to {dataset.length}"
    parts = [f"{dataset.n_series} series", f"{dataset.n_classes} classes", length]
    if dataset.n_channels > 1:
        parts.append(f"{dataset.n_channels} channels")
    if dataset.n_missing:
        parts.append(f"{dataset.n_missing} missing values interpolated")
    return f"{dataset.name}: {', '.join(parts)}"


def percent(share: float | None) -> str:
    """Spell a share as an accuracy reads best, or a dash."""
    return "–" if share is None else f"{share:.3f}"


def human_size(n_bytes: int) -> str:
    """Spell a number of bytes as a person says it."""
    if n_bytes >= 2**20:
        return f"{n_bytes / 2**20:.1f} MiB"
    return f"{n_bytes / 2**10:.0f} KiB"


@contextmanager
def counting(what: str, *, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show a progress bar that is told (done, of how many), or write a line a minute.

    None where neither is wanted.
    """
    if quiet:
        yield None
        return
    if not sys.stderr.isatty():
        yield told_by_minutes(what)
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
