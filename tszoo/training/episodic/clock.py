"""Tell how much of a run is done, and leave time to finish the body."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from tszoo.training.episodic.budget import Budget
from tszoo.training.episodic.finish import BATCHES

# What a pass without a gradient takes, as a share of a step.
FORWARD = 1 / 3
# The most that finishing takes of the budget: statistics are means over fewer batches then.
MOST_FINISHING = 0.3


@dataclass
class Clock:
    """Reads how much of a run is done.

    Attributes
    ----------
    budget : Budget
    first_step : int
        Steps that were done when the time of steps began to be taken.
    began : float
        The reading of ``time.monotonic`` when the run would have begun without interruptions.
    finished_bodies : int
        How many bodies get their statistics at the end.
    judging : float
        Seconds that judging a finished body takes, as far as is known.
    warming : float
        Seconds that the first step took.
    """

    budget: Budget
    first_step: int
    began: float
    finished_bodies: int = 1
    judging: float = 0.0
    warming: float = 0.0
    started: float = field(default_factory=time.monotonic)

    def warmed_up(self, steps: int) -> None:
        """Take the time of the steps from here on: the first one also compiled and allocated."""
        self.first_step = steps
        self.warming = time.monotonic() - self.started
        self.started = time.monotonic()

    def seconds(self) -> float:
        """Return the seconds that the run has taken."""
        return time.monotonic() - self.began

    def step_seconds(self, steps: int) -> float:
        """Return the mean seconds of a step, judging and saving included; 0 before the first."""
        if steps == self.first_step:
            return self.warming
        return (time.monotonic() - self.started) / (steps - self.first_step)

    def done(self, steps: int) -> float:
        """Return how much of the training is done, 0 to 1, after that many steps."""
        seconds = self.seconds()
        if self.budget.seconds is not None:
            seconds *= self.budget.seconds / max(self._for_steps(steps), 1e-9)
        return self.budget.done(steps, seconds)

    def seconds_left(self, steps: int) -> float:
        """Estimate the seconds until the body is whole."""
        if self.budget.seconds is not None:
            return max(0.0, self.budget.seconds - self.seconds())
        left = (self.budget.steps or 0) - steps
        return left * self.step_seconds(steps) + self._finishing(steps)

    def deadline(self) -> float | None:
        """Return the reading of ``time.monotonic`` when statistics are to be there."""
        if self.budget.seconds is None:
            return None
        return self.began + self.budget.seconds - 2 * self.judging

    def _for_steps(self, steps: int) -> float:
        """Return the seconds of the budget that are for steps."""
        whole = self.budget.seconds or 0.0
        return whole - min(self._finishing(steps), MOST_FINISHING * whole)

    def _finishing(self, steps: int) -> float:
        """Estimate the seconds that statistics and judging take."""
        passes = BATCHES * self.finished_bodies * FORWARD
        return passes * self.step_seconds(steps) + 2 * self.judging
