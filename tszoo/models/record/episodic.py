"""How a universal body was trained, and how well its features serve data that it has not seen."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from tszoo.errors import ModelError, OptionError
from tszoo.storage import checks
from tszoo.storage.strict_json import plain
from tszoo.training.episodic.recipe import EpisodicRecipe

MOST_STEPS = 10**9
_FIGURES = ("accuracy", "held_out_accuracy", "held_out_untrained")
_LISTS = ("classes", "class_shares", "lengths")


@dataclass(frozen=True)
class EpisodicRecord:
    """How a universal body was trained.

    Attributes
    ----------
    recipe : EpisodicRecipe
    steps : int
        Steps that were taken.
    seed : int
        Of the first weights and of the episodes.
    loss, accuracy : float or None
        Of the query series in the last steps.
    held_out : tuple of str
        Data sets that were kept to judge the body by, and not learnt.
    held_out_accuracy : float or None
        Of query series in episodes of these data sets.
    held_out_untrained : float or None
        What the body reached there before it was trained.
    """

    recipe: EpisodicRecipe
    steps: int
    seed: int = 0
    loss: float | None = None
    accuracy: float | None = None
    held_out: tuple[str, ...] = ()
    held_out_accuracy: float | None = None
    held_out_untrained: float | None = None

    def __post_init__(self) -> None:
        checks.whole(self.steps, "recipe.episodic.steps", 0, MOST_STEPS)
        checks.whole(self.seed, "recipe.episodic.seed", 0, 2**63)
        if self.loss is not None:
            checks.number(self.loss, "recipe.episodic.loss")
        for name in _FIGURES:
            if getattr(self, name) is not None:
                checks.fraction(getattr(self, name), f"recipe.episodic.{name}")
        object.__setattr__(self, "held_out", tuple(self.held_out))
        for dataset in self.held_out:
            checks.name(dataset, "recipe.episodic.held_out")

    def to_dict(self) -> dict[str, Any]:
        """Give what is known as JSON values."""
        values: dict[str, Any] = {"recipe": plain(self.recipe.to_dict(), "recipe.episodic.recipe")}
        for name in ("steps", "seed", "loss", *_FIGURES):
            if getattr(self, name) is not None:
                values[name] = getattr(self, name)
        if self.held_out:
            values["held_out"] = list(self.held_out)
        return values

    @classmethod
    def from_dict(cls, values: Any) -> EpisodicRecord:
        """Read what ``to_dict`` wrote; ModelError, naming the field, for anything else."""
        names = {f.name for f in fields(cls)}
        optional = frozenset(names - {"recipe", "steps", "seed"})
        checks.keys(values, names, "recipe.episodic", optional=optional)
        checks.listed(values.get("held_out", []), "recipe.episodic.held_out")
        return cls(**{**values, "recipe": _recipe(values["recipe"])})


def _recipe(values: Any) -> EpisodicRecipe:
    """Read a recipe from a file."""
    what = "recipe.episodic.recipe"
    checks.keys(values, {f.name for f in fields(EpisodicRecipe)}, what)
    for name in _LISTS:
        checks.listed(values[name], f"{what}.{name}")
    try:
        return EpisodicRecipe(**values)
    except OptionError as error:
        msg = f"{what}: {error}"
        raise ModelError(msg) from error
