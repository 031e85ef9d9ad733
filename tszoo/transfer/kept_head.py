"""Heads that go on from a source's own: incremental training on the same classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch

from tszoo.data import Dataset
from tszoo.data.classes import Label, recode
from tszoo.errors import DataError, OptionError
from tszoo.models.model import Model
from tszoo.nets.network import Network
from tszoo.text import listed
from tszoo.training.recipe import Recipe, RecipeLike

CLASSES = 6  # of each side that an error names
LEAVE_OUT = "Leave it out, and heads are fresh."


def check_kept_heads(sources: Sequence[Model], target: Dataset) -> None:
    """Check that members can go on with the heads of their sources.

    Raises
    ------
    OptionError
        If there is no source, a source has ridge heads or none at all, its classes are not those of
        the target, it has another number of channels, or sources read different things.
    """
    if not sources:
        msg = "keep_head=True needs a source whose heads can go on: name one with source=..."
        raise OptionError(msg)
    for source in sources:
        _check_kind(source)
        if not has_same_classes(source, target):
            msg = (
                f"keep_head=True: {source.config.name} has {_named(source.config.classes)}, and "
                f"{target.name} {_named(target.classes)}. A head goes on with the same classes "
                f"only. {LEAVE_OUT}"
            )
            raise OptionError(msg)
        if source.config.n_channels != target.n_channels:
            msg = (
                f"keep_head=True: the heads of {source.config.name} read "
                f"{source.config.n_channels} channel(s), and {target.name} has "
                f"{target.n_channels}. {LEAVE_OUT}"
            )
            raise OptionError(msg)
        if source.networks[0].level != sources[0].networks[0].level:
            msg = (
                f"keep_head=True: the heads of {sources[0].config.name} and {source.config.name} "
                "do not read the same. Name one of them, or leave it out."
            )
            raise OptionError(msg)


def has_same_classes(source: Model, target: Dataset) -> bool:
    """Whether a model tells apart the classes of a data set, no more and no less.

    Labels match when they are equal, or when they spell the same number (``1`` and ``"1.0"``).
    """
    if len(source.config.classes) != target.n_classes:
        return False
    try:
        order = class_order(target.classes, source.config.classes)
    except DataError:
        return False
    return len(set(order)) == target.n_classes


def class_order(classes: Sequence[Label], of_source: Sequence[Label]) -> list[int]:
    """List where each of ``classes`` stands among those of a source.

    Raises
    ------
    DataError
        If one of them is none of the source's.
    """
    places = recode(np.arange(len(classes)), classes, of_source, "classes")
    return [int(place) for place in places]


def keep_head(network: Network, source: Model, target: Dataset) -> None:
    """Put the outputs of a copied head into the order of the target's classes, in place."""
    order = class_order(target.classes, source.config.classes)
    with torch.no_grad():
        network.head.weight.copy_(network.head.weight[order].clone())
        network.head.bias.copy_(network.head.bias[order].clone())


def going_on(recipe: Recipe, asked: RecipeLike) -> Recipe:
    """Return a recipe for heads that have learnt: no epochs of the head alone, unless told so.

    Those protect a body from a fresh head.

    Raises
    ------
    OptionError
        If the recipe begins with a ridge head.
    """
    if recipe.head == "ridge":
        msg = (
            'keep_head=True does not go with a recipe with head="ridge", such as "continue": it '
            "begins with a ridge readout. Choose another recipe, such as finetune."
        )
        raise OptionError(msg)
    if isinstance(asked, Recipe) or (isinstance(asked, Mapping) and "head_epochs" in asked):
        return recipe
    return replace(recipe, head_epochs=0)


def _check_kind(source: Model) -> None:
    """Raise OptionError unless the source has softmax heads."""
    if not source.config.classes:
        msg = f"keep_head=True: {source.config.name} has no head of its own. {LEAVE_OUT}"
        raise OptionError(msg)
    if source.networks[0].readout == "stages":
        msg = (
            f"keep_head=True: {source.config.name} has ridge heads, which are solved and not "
            f"trained, so there is nothing to go on from. {LEAVE_OUT}"
        )
        raise OptionError(msg)


def _named(classes: Sequence[Label]) -> str:
    return f"{len(classes)} classes ({listed(classes, CLASSES)})"
