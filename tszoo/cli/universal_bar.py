"""What a user watches training in episodes by: a bar that Ctrl-C ends after the step."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tszoo.cli.minutes import Minutes
from tszoo.cli.watching import first_interrupt_waits
from tszoo.training.watch.epoch_line import finite

if TYPE_CHECKING:
    from tszoo.training.episodic.report import EpisodicReport

STOPPING = "stopping after this step, then finishing the body; Ctrl-C again to stop at once"


@dataclass(frozen=True)
class Watch:
    """An ``EpisodicWatcher`` that shows how it goes, and ends training after Ctrl-C.

    Attributes
    ----------
    show : callable
    interrupted : callable
        Whether Ctrl-C was pressed.
    """

    show: Callable[[EpisodicReport], None]
    interrupted: Callable[[], bool]

    def __call__(self, report: EpisodicReport) -> bool:
        """Show a report; return True to end training."""
        self.show(report)
        return self.interrupted()


@contextmanager
def watching_episodes(*, quiet: bool) -> Iterator[Watch]:
    """Show a bar, and answer Ctrl-C.

    The first one lets the step end, so that the run can be saved and the body finished. The second
    one does not wait.
    """
    with _bar(quiet=quiet) as show, first_interrupt_waits(STOPPING) as interrupted:
        yield Watch(show, interrupted)


@contextmanager
def _bar(*, quiet: bool) -> Iterator[Callable[[EpisodicReport], None]]:
    if quiet:
        yield lambda _report: None
        return
    if not sys.stderr.isatty():
        minutes = Minutes()
        yield lambda report: minutes.say(line(report))
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (BarColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("the first step", total=None)

        def show(report: EpisodicReport) -> None:
            total = report.seconds + report.seconds_left
            progress.update(task, total=total, completed=report.seconds, description=line(report))

        yield show


def line(report: EpisodicReport) -> str:
    """Describe how training goes, on one line."""
    steps = str(report.step)
    if report.steps is not None:
        steps = f"{report.step}/{report.steps}"
    parts = [f"step {steps}", f"loss {finite(report.loss, '.3f')}"]
    accuracies = (
        ("real", report.real_accuracy),
        ("made up", report.synthetic_accuracy),
        ("held out", report.held_out_accuracy),
    )
    parts += [f"{name} {share:.3f}" for name, share in accuracies if share is not None]
    parts += [f"{report.steps_per_second:.3g} steps/s", f"left {_clock(report.seconds_left)}"]
    return "  ".join(parts)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"
