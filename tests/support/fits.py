"""Models that are fitted in a moment, and comparisons of their weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import torch

from tests.support.sources import TINY
from tszoo.data import Dataset
from tszoo.models.model import Model
from tszoo.training.recipe import Recipe
from tszoo.training.run import Run
from tszoo.transfer.finetune import finetune
from tszoo.transfer.joint import HEADS
from tszoo.transfer.request import Sources

RUN = Run(device="cpu", precision="float32")
RECIPE = Recipe(epochs=2, schedule="cosine", batch_size=8)


def kept(**changes: Any) -> Run:
    """The run of these tests, with changes."""
    return replace(RUN, **changes)


def trained(target: Dataset, source: Sources, **changes: Any) -> Model:
    """Two members that are trained from a source for two epochs, unless told otherwise."""
    asked = {"head": "softmax", "members": 2, "recipe": RECIPE, "run": RUN}
    return finetune(target, source, **(asked | changes))


def ridge(target: Dataset, source: Sources = "none", **changes: Any) -> Model:
    """Two ridge heads on the bodies of a source, or on tiny random filters."""
    asked = {"head": "ridge", "members": 2, "run": RUN}
    if isinstance(source, str) and source == "none":
        asked["network"] = TINY
    return finetune(target, source, **(asked | changes))


@contextmanager
def quick_heads() -> Iterator[Recipe]:
    """Fit the heads of joint models for five epochs, where it does not matter how good they are."""
    heads = replace(HEADS, epochs=5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tszoo.transfer.joint.HEADS", heads)
        yield heads


def weights(model: Model) -> list[torch.Tensor]:
    """All tensors of all members."""
    return [tensor for network in model.networks for tensor in network.state_dict().values()]


def same(a: Model, b: Model) -> bool:
    """Whether two models have the very same weights."""
    pairs = zip(weights(a), weights(b), strict=True)
    return all(torch.equal(tensor, other) for tensor, other in pairs)
