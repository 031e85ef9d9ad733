"""What the epochs of a run came to, in a few numbers for each member."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tszoo.training.watch.runlog import MemberHistory


@dataclass(frozen=True)
class MemberSummary:
    """The facts of one member's training. A number that there is none of is None.

    Attributes
    ----------
    member : int
        Its number, from 0.
    epochs : int
        The last epoch in the log.
    loss, accuracy, validation_loss, validation_accuracy : float or None
        Of the last epoch.
    best_loss : float or None
        The lowest training loss, which ``best_epoch`` had.
    best_validation_accuracy : float or None
        The highest accuracy on held-out series, which ``best_validation_epoch`` had first.
    seconds_per_epoch : float or None
        The median.
    """

    member: int
    epochs: int
    loss: float | None
    best_loss: float | None
    best_epoch: int | None
    accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None
    best_validation_accuracy: float | None
    best_validation_epoch: int | None
    seconds_per_epoch: float | None


def summarize(history: MemberHistory) -> MemberSummary:
    """Sum up the epochs of one member."""
    best_loss, best_epoch = _best(history, -history.loss)
    validation, validation_epoch = _best(history, history.validation_accuracy)
    seconds = history.seconds[~np.isnan(history.seconds)]
    return MemberSummary(
        member=history.member,
        epochs=int(history.epoch[-1]),
        loss=_number(history.loss[-1]),
        best_loss=None if best_loss is None else -best_loss,
        best_epoch=best_epoch,
        accuracy=_number(history.accuracy[-1]),
        validation_loss=_number(history.validation_loss[-1]),
        validation_accuracy=_number(history.validation_accuracy[-1]),
        best_validation_accuracy=validation,
        best_validation_epoch=validation_epoch,
        seconds_per_epoch=float(np.median(seconds)) if len(seconds) else None,
    )


def _best(
    history: MemberHistory, values: NDArray[np.float64]
) -> tuple[float, int] | tuple[None, None]:
    """Give the highest of some values, one an epoch, and the epoch that had it first."""
    if np.isnan(values).all():
        return None, None
    best = int(np.nanargmax(values))
    return float(values[best]), int(history.epoch[best])


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
