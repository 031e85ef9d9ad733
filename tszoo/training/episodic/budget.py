"""Say for how long a body is trained: for a number of steps, or for a time."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from tszoo.errors import OptionError

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class Budget:
    """For how long a body is trained. One of the two is None.

    Attributes
    ----------
    steps : int or None
        The same number of steps gives the same weights, on one machine.
    seconds : float or None
        All that training takes is within it: steps, judging and finishing.
    """

    steps: int | None = None
    seconds: float | None = None

    @classmethod
    def of(cls, budget: int | str) -> Budget:
        """Read a whole number of steps, or a time: ``"480s"``, ``"8m"``, ``"2h"``.

        Raises
        ------
        OptionError
            If it is neither.
        """
        if type(budget) is int and budget >= 1:
            return cls(steps=budget)
        match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)([smh])", str(budget))
        if isinstance(budget, str) and match and float(match[1]) > 0:
            return cls(seconds=float(match[1]) * _UNITS[match[2]])
        msg = (
            f"budget must be a whole number of steps from 1 up, or a time such as 480s, 8m or 2h, "
            f"not {budget!r}."
        )
        raise OptionError(msg)

    def done(self, steps: int, seconds: float) -> float:
        """Return how much of the budget is spent, 0 to 1, after that many steps and seconds."""
        if self.steps is not None:
            return min(1.0, steps / self.steps)
        if not self.seconds:
            return 1.0
        return min(1.0, seconds / self.seconds)


def learning_rate(highest: float, warmup: int, step: int, done: float) -> float:
    """Choose the rate of the step number ``step``, from 0.

    It rises for ``warmup`` steps, and falls to 0 along half a cosine of what is ``done``, 0 to 1.
    """
    rising = min(1.0, (step + 1) / max(1, warmup))
    return highest * rising * 0.5 * (1 + math.cos(math.pi * done))
