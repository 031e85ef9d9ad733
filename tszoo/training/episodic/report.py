"""Describe how training in episodes goes, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class EpisodicReport:
    """How training in episodes goes.

    Attributes
    ----------
    step : int
        Steps done.
    steps : int or None
        Steps in all; None where the budget is a time.
    seconds : float
        Seconds spent, those before an interruption among them.
    loss : float
        Mean loss of the last steps; 1 is guessing.
    real_accuracy, synthetic_accuracy : float or None
        Share of the queries of the last steps that were right, in episodes of data sets and in
        made-up ones; None without such.
    held_out_accuracy : float or None
        The same in episodes of data sets that are kept for judging, when that was last measured.
    steps_per_second : float
    seconds_left : float
        An estimate.
    """

    step: int
    steps: int | None
    seconds: float
    loss: float
    real_accuracy: float | None
    synthetic_accuracy: float | None
    held_out_accuracy: float | None
    steps_per_second: float
    seconds_left: float


# Called some times a second at most. It may return True to have training end after this step: the
# body is then finished from where it stands.
EpisodicWatcher = Callable[[EpisodicReport], "bool | None"]


@dataclass(frozen=True)
class EpisodicHistory:
    """What training in episodes came to.

    Attributes
    ----------
    steps : int
    seconds : float
    stopped_early : bool
        Whether a watcher ended it before the budget was spent.
    loss, accuracy : float
        Means over the last steps; the accuracy is that of queries in all episodes.
    held_out_accuracy, held_out_untrained : float or None
        Of queries in episodes of data sets kept for judging: of the finished body, frozen, and of
        an untrained one; None where none were kept.
    """

    steps: int
    seconds: float
    stopped_early: bool
    loss: float
    accuracy: float
    held_out_accuracy: float | None = None
    held_out_untrained: float | None = None
