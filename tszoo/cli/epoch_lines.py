"""What is said of training where nobody sees a bar: one line an epoch of every member.

The names of the numbers are those of SageMaker's metrics, so that its regular expressions find
them: ``valid_accuracy ([0-9.]+)``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from tszoo.cli.minutes import Minutes

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


def epoch_line(report: EpochReport) -> str:
    """Write an epoch's numbers in one line; those of held-out series where there are some."""
    numbers = {
        "train_loss": report.loss,
        "train_accuracy": report.accuracy,
        "valid_loss": report.validation_loss,
        "valid_accuracy": report.validation_accuracy,
    }
    words = [f"epoch {report.epoch}/{report.epochs}"]
    words += [f"{name} {finite(x, '.4f')}" for name, x in numbers.items() if x is not None]
    return " ".join(words)


def finite(number: float, form: str) -> str:
    """Write a number, or a dash where there is none yet or none any more."""
    if not math.isfinite(number):
        return "–"
    return format(number, form)
