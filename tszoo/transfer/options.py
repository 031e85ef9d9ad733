"""How a model is to be made, apart from what it is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tszoo.errors import OptionError
from tszoo.training.recipe import Recipe, named_recipe

if TYPE_CHECKING:
    from tszoo.data import Dataset
    from tszoo.training.epoch import Watcher


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
    watchers : sequence of Watcher
        Told after every epoch of every member.
    validation : Dataset or None
        Held-out series, looked at after every epoch for the watchers; nothing is chosen by them.
    side_by_side : int or None
        How many members are trained as one; None chooses by the size of a step.
    unequal : bool
        Whether the model takes series of any length, also where the training series are of one;
        where they are not, it does anyhow.
    """

    recipe: Recipe
    members: int = 5
    seed: int = 0
    device: str = "auto"
    precision: str = "auto"
    folder: Path | None = None
    resume: bool = False
    checkpoint_seconds: float = 60.0
    watchers: Sequence[Watcher] = ()
    validation: Dataset | None = None
    side_by_side: int | None = None
    unequal: bool = False

    def __post_init__(self) -> None:
        check_members(self.members, self.seed)


MOST_MEMBERS = 100


def check_members(members: int, seed: int) -> None:
    """Raise OptionError unless that many members, the first with that seed, can be made."""
    if type(members) is not int or not 1 <= members <= MOST_MEMBERS:
        msg = f"members must be a whole number from 1 to {MOST_MEMBERS}, not {members!r}."
        raise OptionError(msg)
    if type(seed) is not int or not 0 <= seed < 2**63 - MOST_MEMBERS:
        msg = f"seed must be a whole number from 0 up, not {seed!r}."
        raise OptionError(msg)


def halves(members: int) -> tuple[int, int]:
    """How many of so many members are frozen and how many are trained, where half of them are."""
    return members - members // 2, members // 2


def adjusted_recipe(
    recipe: str | Recipe, *, architecture: str = "inception", **changes: Any
) -> Recipe:
    """Take a recipe, or the one of that name for that architecture, and put whatever is not None in its place.

    A ``batch_size`` that is given is taken as it is, without the recipe's rule for small sets.

    Raises
    ------
    OptionError
        If the name or a field is unknown, or a value is out of range.
    """
    start = named_recipe(recipe, architecture) if isinstance(recipe, str) else recipe
    known = [field.name for field in fields(Recipe)]
    given = {key: value for key, value in changes.items() if value is not None}
    unknown = next((key for key in given if key not in known), None)
    if unknown is not None:
        msg = f"a recipe has no {unknown!r}; it has {', '.join(known)}."
        raise OptionError(msg)
    if "batch_size" in given:
        given = {"batch_divisor": 1, "least_steps": 1, **given}
    return replace(start, **given)
