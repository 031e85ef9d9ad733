"""How a model is to be made, apart from what it is made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tszoo.errors import OptionError
from tszoo.training.recipe import Recipe, named_recipe

if TYPE_CHECKING:
    from tszoo.training.loop import EpochReport

OnMemberEpoch = Callable[[int, "EpochReport"], None]


@dataclass(frozen=True)
class FitOptions:
    """Options that pretraining and fine-tuning share.

    Attributes
    ----------
    recipe : Recipe
    members : int
        Networks in the ensemble.
    seed : int
        Member k uses ``seed + k``.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"cuda:N"``.
    precision : str
        ``"auto"``, ``"float32"`` or ``"bfloat16"``.
    folder : Path or None
        Where members and checkpoints are kept until the model is whole; None keeps nothing.
    resume : bool
        Whether to go on from what ``folder`` holds.
    checkpoint_seconds : float
        How often the member in training is saved there.
    on_epoch : callable or None
        Called with the member's number and an EpochReport after every epoch.
    """

    recipe: Recipe
    members: int = 5
    seed: int = 0
    device: str = "auto"
    precision: str = "auto"
    folder: Path | None = None
    resume: bool = False
    checkpoint_seconds: float = 60.0
    on_epoch: OnMemberEpoch | None = None

    def __post_init__(self) -> None:
        if type(self.members) is not int or not 1 <= self.members <= MOST_MEMBERS:
            msg = f"members must be a whole number from 1 to {MOST_MEMBERS}, not {self.members!r}."
            raise OptionError(msg)
        if type(self.seed) is not int or not 0 <= self.seed < 2**63 - MOST_MEMBERS:
            msg = f"seed must be a whole number from 0 up, not {self.seed!r}."
            raise OptionError(msg)


MOST_MEMBERS = 100


def adjusted_recipe(
    name: str,
    *,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    schedule: str | None = None,
    patience: int | None = None,
) -> Recipe:
    """A named recipe with whatever is not None in its place.

    A ``batch_size`` that is given is taken as it is, without the recipe's rule for small sets.

    Raises
    ------
    OptionError
        If the name is unknown or a value is out of range.
    """
    given = {
        "epochs": epochs,
        "batch_size": batch_size,
        "batch_divisor": None if batch_size is None else 1,
        "learning_rate": learning_rate,
        "schedule": schedule,
        "patience": patience,
    }
    return replace(named_recipe(name), **{key: value for key, value in given.items() if value is not None})  # type: ignore[arg-type]
