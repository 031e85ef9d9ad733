"""Choose the learning rate of the next step."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tszoo.training.recipe import Recipe


@dataclass
class Schedule:
    """Follows a run's training loss and says which learning rate comes next.

    The plateau rule is Keras's ``ReduceLROnPlateau``, which the published recipes use.

    Attributes
    ----------
    recipe : Recipe
    learning_rate : float
        The current one.
    lowest : float
        Lowest training loss that counted as lower than the one before it.
    waited : int
        Epochs since then, or since the last reduction.
    converged : bool
        Whether a run that may stop at convergence is to stop.
    warming : bool
        Whether the last step was one of the warm-up, in which losses do not count.
    """

    recipe: Recipe
    learning_rate: float
    lowest: float = math.inf
    waited: int = 0
    converged: bool = False
    warming: bool = False

    @classmethod
    def of(cls, recipe: Recipe) -> Schedule:
        """Start at the recipe's learning rate."""
        return cls(recipe, recipe.learning_rate)

    def at(self, progress: float) -> float:
        """Choose the rate of a step that begins when ``progress``, 0 to 1, of the run is done."""
        recipe = self.recipe
        if self.warming:
            self.learning_rate = recipe.learning_rate
        self.warming = progress < recipe.warmup
        if self.warming:
            # never 0: the first step is to move something
            self.learning_rate = recipe.learning_rate * (0.01 + 0.99 * progress / recipe.warmup)
        elif recipe.schedule == "cosine":
            fallen = (progress - recipe.warmup) / (1 - recipe.warmup)
            self.learning_rate = recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * fallen))
        return self.learning_rate

    def after_epoch(self, loss: float) -> None:
        """Take note of an epoch's mean training loss."""
        if self.recipe.schedule != "plateau" or self.warming:
            return
        if loss < self.lowest - self.recipe.min_delta:
            self.lowest, self.waited = loss, 0
            return
        self.waited += 1
        if self.waited < self.recipe.patience:
            return
        at_minimum = self.learning_rate <= self.recipe.min_learning_rate
        self.converged = at_minimum and self.recipe.stop_at_convergence
        self.learning_rate = min(
            self.learning_rate,
            max(self.learning_rate * self.recipe.factor, self.recipe.min_learning_rate),
        )
        self.waited = 0
