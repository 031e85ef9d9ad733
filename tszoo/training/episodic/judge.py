"""Judge a body by data sets that it has not learnt, in episodes that are always the same."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from tszoo.nets.network import Body
from tszoo.training.episodic.norms import norms_of, set_momentum
from tszoo.training.episodic.pool import Pool
from tszoo.training.episodic.recipe import EpisodicRecipe
from tszoo.training.episodic.ridge import RidgeHead
from tszoo.training.episodic.shape import Shape
from tszoo.training.episodic.step import judge_episodes

# Episodes of every number of classes that the data sets have, and how many a glance takes.
EPISODES = 8
GLANCE = 2


@dataclass(frozen=True, eq=False)
class Judge:
    """Episodes of data sets that are kept for judging.

    Attributes
    ----------
    names : tuple of str
        The data sets.
    episodes : tuple of Tensor
        For each number of classes, of shape (n_episodes, n_classes, per_class, length): whole
        series, of the recipe's middle length.
    """

    names: tuple[str, ...]
    episodes: tuple[Tensor, ...]

    @classmethod
    def of(cls, pool: Pool, recipe: EpisodicRecipe) -> Judge | None:
        """Draw the episodes, the same for every run; None if the pool has no data set."""
        if not pool.names:
            return None
        generator = torch.Generator(pool.values.device).manual_seed(0)
        whole = replace(recipe, windowed=0.0)
        length = sorted(recipe.lengths)[(len(recipe.lengths) - 1) // 2]
        fitting = [n for n in recipe.classes if n <= pool.most_classes] or [2]
        episodes = []
        for n_classes in fitting:
            per_class = 2 * max(1, recipe.series // (2 * n_classes))
            shape = Shape(EPISODES, EPISODES, n_classes, per_class, length)
            episodes.append(pool.draw(shape, whole, generator))
        return cls(pool.names, tuple(episodes))

    def glance(self, body: Body, head: RidgeHead, precision: torch.dtype) -> float:
        """Compute the same as ``accuracy`` of a part of the episodes, which takes less time."""
        part = tuple(episodes[:GLANCE] for episodes in self.episodes)
        return replace(self, episodes=part).accuracy(body, head, precision)

    def accuracy(self, body: Body, head: RidgeHead, precision: torch.dtype) -> float:
        """Compute the mean accuracy of all episodes' queries.

        A body in training mode normalises by the statistics of the episodes; its own stay as they
        are. One in evaluation mode goes by its own, as a frozen body does. The body is left in its
        mode.
        """
        with torch.no_grad(), norms_of([body]) as norms:
            set_momentum(norms, 0.0)
            accuracies = [
                judge_episodes(body, head, episodes, precision)[1] for episodes in self.episodes
            ]
        return float(torch.cat(accuracies).mean())
