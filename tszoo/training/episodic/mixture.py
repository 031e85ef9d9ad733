"""Draw the episodes that a body learns from: real ones, made-up ones, or some of each."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tszoo.data.synthetic import alter_tasks, draw_tasks
from tszoo.training.episodic.pool import Pool
from tszoo.training.episodic.recipe import EpisodicRecipe
from tszoo.training.episodic.shape import Shape, draw_shape, offered_classes


@dataclass(frozen=True, eq=False)
class Mixture:
    """Where episodes come from.

    Attributes
    ----------
    recipe : EpisodicRecipe
    pool : Pool
        What real episodes show. It may be empty where all are made up.

    Raises
    ------
    OptionError
        If no episode can be drawn.
    """

    recipe: EpisodicRecipe
    pool: Pool

    def __post_init__(self) -> None:
        offered_classes(self.recipe, self.pool.most_classes)

    def draw_shape(self, generator: torch.Generator) -> Shape:
        """Draw the shape of the next step's episodes; the generator is on the CPU."""
        return draw_shape(self.recipe, self.pool.most_classes, generator)

    def draw(self, shape: Shape, generator: torch.Generator) -> Tensor:
        """Draw episodes of a shape, on the generator's device.

        All series of an episode are changed in the same ways, and z-normalised.

        Returns
        -------
        Tensor, shape (n_episodes, n_classes, per_class, length), float32
        """
        parts = []
        if shape.n_real:
            parts.append(self.pool.draw(shape, self.recipe, generator))
        n_made_up = shape.n_episodes - shape.n_real
        if n_made_up:
            parts.append(
                draw_tasks(n_made_up, shape.n_classes, shape.per_class, shape.length, generator)
            )
        return alter_tasks(torch.cat(parts), generator)
