"""What commands print, and where: results on stdout, progress on stderr."""

from __future__ import annotations

import json
import math
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import typer

from tszoo.text import one_line

if TYPE_CHECKING:
    from tszoo.data import Dataset
    from tszoo.nets.network import Network
    from tszoo.training.report import EpochReport, Watcher


WIDEST = 100_000


def print_json(document: dict[str, Any]) -> None:
    """Print one JSON document; a number that JSON lacks becomes null."""
    typer.echo(json.dumps(_finite(document), indent=2, ensure_ascii=False, default=str))


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, (list, tuple)) else value


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], right: Sequence[str] = ()) -> None:
    """Print a table: as wide as it needs on a pipe, cut to the window on a terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(one_line(str(cell))) for cell in row))
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = console.measure(table, options=console.options.update(max_width=WIDEST)).maximum
    console.print(table)


def print_facts(facts: Sequence[tuple[str, object]]) -> None:
    """Print lines of a name and a value."""
    width = max(len(name) for name, _ in facts)
    for name, value in facts:
        typer.echo(f"{name:<{width}}  {one_line(str(value))}")


def describe(dataset: Dataset) -> str:
    """A data set in one line, with what was done to its gaps and lengths."""
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
    """A share as an accuracy reads best, or a dash."""
    return "–" if share is None else f"{share:.3f}"


def human_size(n_bytes: int) -> str:
    """Bytes as a person says them."""
    return f"{n_bytes / 2**20:.1f} MiB" if n_bytes >= 2**20 else f"{n_bytes / 2**10:.0f} KiB"


@contextmanager
def counting(what: str, *, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar that is told (done, of how many); None where nobody would see it."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


@contextmanager
def training(members: int, *, quiet: bool, kept: Path) -> Iterator[Watcher]:
    """Watch a training run: a bar with loss, learning rate and time left, and Ctrl-C between two epochs.

    The first Ctrl-C lets the epoch end, so that the run can be saved as it stands; the second one does not wait.
    """
    with _bar(members, quiet=quiet) as show, _first_interrupt_waits() as interrupted:

        def watch(member: int, report: EpochReport, network: Network) -> None:  # noqa: ARG001 - a Watcher
            show(member, report)
            if interrupted():
                msg = f"what is done is kept in {kept}; the same command with --resume goes on from there."
                raise KeyboardInterrupt(msg)

        yield watch


@contextmanager
def _bar(members: int, *, quiet: bool) -> Iterator[Callable[[int, EpochReport], None]]:
    if quiet or not sys.stderr.isatty():
        yield lambda _member, _report: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("member {task.fields[member]}/{task.fields[members]}"),
        BarColumn(),
        TextColumn("epoch {task.fields[epoch]}  loss {task.fields[loss]:.4f}  lr {task.fields[rate]:.1e}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        done: dict[int, int] = {}
        task = progress.add_task("", total=None, member=1, members=members, epoch="–", loss=math.nan, rate=math.nan)

        def show(member: int, report: EpochReport) -> None:
            done[member] = report.epoch  # members may take turns
            progress.update(
                task,
                total=members * report.epochs,
                completed=sum(done.values()) + (member - len(done) + 1) * report.epochs,
                member=member + 1,
                epoch=f"{report.epoch}/{report.epochs}",
                loss=report.loss,
                rate=report.learning_rate,
            )

        yield show


@contextmanager
def _first_interrupt_waits() -> Iterator[Callable[[], bool]]:
    asked = False

    def ask(_signal: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        typer.echo("stopping after this epoch; Ctrl-C again to stop at once", err=True)

    try:
        before = signal.signal(signal.SIGINT, ask)
    except ValueError:  # not the main thread: whoever runs us there has the signals
        yield lambda: False
        return
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)
