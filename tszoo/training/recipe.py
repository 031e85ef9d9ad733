"""How a network is trained: every number in one frozen place, saved with the weights."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from tszoo.errors import OptionError

SCHEDULES = ("plateau", "cosine", "constant")


@dataclass(frozen=True)
class Recipe:
    """Adam on cross-entropy; the weights with the lowest training loss are kept.

    Attributes
    ----------
    epochs : int
        Passes over the training set, at most.
    batch_size : int
        Series a step, at most.
    batch_divisor : int
        Steps are never fewer than this many an epoch: the batch is ``min(batch_size, n_series / batch_divisor)``,
        but at least 2.
    learning_rate : float
        Of the first step.
    schedule : str
        ``"plateau"`` multiplies the learning rate by ``factor`` after ``patience`` epochs without a lower training
        loss, down to ``min_learning_rate``; ``"cosine"`` lets it fall to zero along half a cosine, step by step;
        ``"constant"`` leaves it.
    factor, patience, min_learning_rate
        Of the plateau schedule.
    min_delta : float
        By how much a training loss must be lower to count as lower for the schedule.
    stop_at_convergence : bool
        End a plateau run before ``epochs`` when the learning rate is at its minimum and the training loss has not
        been lower for another ``patience`` epochs.
    """

    epochs: int
    batch_size: int = 64
    batch_divisor: int = 1
    learning_rate: float = 1e-3
    schedule: str = "plateau"
    factor: float = 0.5
    patience: int = 50
    min_learning_rate: float = 1e-4
    min_delta: float = 1e-4
    stop_at_convergence: bool = False

    def __post_init__(self) -> None:
        for key in ("epochs", "batch_size", "batch_divisor", "patience"):
            value = getattr(self, key)
            if type(value) is not int or value < 1:
                msg = f"{key} must be a whole number from 1 up, not {value!r}."
                raise OptionError(msg)
        for key in ("learning_rate", "factor", "min_learning_rate", "min_delta"):
            value = getattr(self, key)
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not number or not math.isfinite(value) or value < 0:
                msg = f"{key} must be a finite number, not negative; got {value!r}."
                raise OptionError(msg)
        if self.learning_rate == 0:
            msg = "learning_rate must be above 0."
            raise OptionError(msg)
        if self.schedule not in SCHEDULES:
            msg = f"schedule must be one of {', '.join(SCHEDULES)}, not {self.schedule!r}."
            raise OptionError(msg)

    def batch(self, n_series: int) -> int:
        """Series a step for a training set of ``n_series``."""
        return min(self.batch_size, max(2, n_series // self.batch_divisor))

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return asdict(self)


# The recipes by name. "inceptiontime" and "fcn" are the papers' own.
RECIPES: dict[str, Recipe] = {
    # Ismail Fawaz et al. 2020
    "inceptiontime": Recipe(epochs=1500, batch_size=64),
    # Wang et al. 2017, as released with Ismail Fawaz et al. 2018
    "fcn": Recipe(epochs=2000, batch_size=16, batch_divisor=10),
    # the same, ended when there is nothing left to learn: most of the 1500 epochs pass at zero loss
    "converged": Recipe(epochs=1500, batch_size=64, stop_at_convergence=True),
    # for a network with a good start, or a user who cannot wait; benchmarks/epochs.py chose how many
    "short": Recipe(epochs=100, batch_size=64, batch_divisor=2, schedule="cosine"),
}

PAPER_RECIPE = {"inception": "inceptiontime", "fcn": "fcn"}


def named_recipe(name: str) -> Recipe:
    """Look a recipe up; raise OptionError for an unknown name."""
    if name not in RECIPES:
        msg = f"unknown recipe {name!r}; there are {', '.join(sorted(RECIPES))}."
        raise OptionError(msg)
    return RECIPES[name]
