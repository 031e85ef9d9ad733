"""Draw how large a step's episodes are: one number of classes and one length for all of them."""

from __future__ import annotations

from typing import NamedTuple

import torch

from tszoo.errors import OptionError
from tszoo.training.episodic.recipe import EpisodicRecipe


class Shape(NamedTuple):
    """How large the episodes of one step are.

    Attributes
    ----------
    n_episodes : int
    n_real : int
        How many of them, the first ones, show series of data sets; the others are made up.
    n_classes : int
    per_class : int
        Series a class: the first half is support, the other half is query.
    length : int
        Points of a series.
    """

    n_episodes: int
    n_real: int
    n_classes: int
    per_class: int
    length: int


def draw_shape(recipe: EpisodicRecipe, most_classes: int, generator: torch.Generator) -> Shape:
    """Draw the shape of a step's episodes.

    Parameters
    ----------
    recipe : EpisodicRecipe
    most_classes : int
        Classes of the data set that has the most. Episodes with more of them are all made up, and
        are not drawn where the recipe makes none up.
    generator : torch.Generator
        On the CPU, so that every device sees the same shapes.
    """
    n_classes, shares = offered_classes(recipe, most_classes)
    drawn = n_classes[int(torch.multinomial(shares, 1, generator=generator))]
    lengths = recipe.lengths
    length = lengths[int(torch.randint(len(lengths), (1,), generator=generator))]
    n_episodes = recipe.episodes(length)
    # rounded up as often as it takes for the share to be right on average
    chance = float(torch.rand(1, generator=generator, dtype=torch.float64))
    n_real = min(n_episodes, int(n_episodes * (1 - recipe.synthetic) + chance))
    if drawn > most_classes:
        n_real = 0
    return Shape(n_episodes, n_real, drawn, recipe.series // drawn, length)


def offered_classes(
    recipe: EpisodicRecipe, most_classes: int
) -> tuple[tuple[int, ...], torch.Tensor]:
    """List the numbers of classes that may be drawn, and how often, shape (numbers,).

    Raises
    ------
    OptionError
        If the recipe makes nothing up and no data set has as many classes as it asks for.
    """
    n_classes = recipe.classes
    shares = torch.tensor(recipe.class_shares, dtype=torch.float64)
    if recipe.synthetic == 0:
        shares = shares * (torch.tensor(n_classes) <= most_classes)
    if not shares.sum() > 0:
        msg = (
            f"classes={n_classes}: no data set has as many classes with two series each; the most "
            f"is {most_classes}. Ask for fewer, or for made-up episodes with synthetic=0.3."
        )
        raise OptionError(msg)
    return n_classes, shares
