"""What is said of training where nobody sees a bar: one line an epoch of every member."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from tszoo.cli.minutes import Minutes
from tszoo.training.watch.epoch_line import epoch_line

if TYPE_CHECKING:
    from tszoo.training.epoch import EpochReport


def told_by_epochs(members: int, finished: int) -> Callable[[int, EpochReport], None]:
    """Make what writes a line an epoch to stderr, and once a minute how much time is left.

    ``finished`` of the members are done by an earlier run.
    """
    minutes, done = Minutes(), dict[int, int]()

    def show(member: int, report: EpochReport) -> None:
        line = epoch_line(report)
        if members > 1:
            line += f" member {member + 1}/{members}"
        typer.echo(line, err=True)
        done[member] = report.epoch
        completed = sum(done.values()) + finished * report.epochs
        minutes.say("training", completed / (members * report.epochs))

    return show
