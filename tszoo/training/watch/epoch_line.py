"""An epoch in one line of text.

The names of the numbers are those of SageMaker's metrics, so that its regular expressions find
them: ``valid_accuracy ([0-9.]+)``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tszoo.training.epoch import EpochReport


def epoch_line(report: EpochReport) -> str:
    """Write an epoch's numbers in one line; those of held-out series where there are some."""
    numbers = {
        "train_loss": report.loss,
        "train_accuracy": report.accuracy,
        "valid_loss": report.validation_loss,
        "valid_accuracy": report.validation_accuracy,
    }
    return f"epoch {report.epoch}/{report.epochs} {named_numbers(numbers)}"


def named_numbers(numbers: dict[str, float | None]) -> str:
    """Write numbers with four digits, each behind its name; one that is None is left out."""
    words = [f"{name} {finite(x, '.4f')}" for name, x in numbers.items() if x is not None]
    return " ".join(words)


def finite(number: float, form: str) -> str:
    """Write a number, or a dash where there is none yet or none any more."""
    if not math.isfinite(number):
        return "–"
    return format(number, form)
