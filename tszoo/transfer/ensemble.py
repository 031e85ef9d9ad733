"""What is to be fitted: the members of a model, their network, their heads and their recipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from tszoo.data.weights import checked_class_weight
from tszoo.errors import ModelError, OptionError
from tszoo.nets.registry import args_of, network_config
from tszoo.storage import checks
from tszoo.storage.bounds import MOST_MEMBERS
from tszoo.training.recipe import Recipe, as_meant


@dataclass(frozen=True)
class Ensemble:
    """The members of a model that is to be fitted.

    Members with a ridge head on a frozen body come first, those that are trained behind them.

    Attributes
    ----------
    architecture : str
        A name of ``tszoo.nets.registry.ARCHITECTURES``.
    architecture_args : dict
        All arguments of the network, but what its head reads.
    n_frozen : int
        Members whose body stays as it is, under a ridge head.
    n_trained : int
        Members that are trained, under a softmax head.
    recipe : Recipe or None
        How they are trained; None where none is.
    trainable : {"all", "head"}
        What training changes.
    seed : int
        Member k of each kind uses ``seed + k``.
    class_weight : {"balanced"}, dict of str to float, or None
        How much the classes count in a fit, by the labels' texts; None counts all series the same.
    keep_head : bool
        Whether trained members go on with the heads of their sources; fresh ones else.

    Raises
    ------
    OptionError
        If numbers are out of range, or a recipe and members who are trained do not go together.
    """

    architecture: str
    architecture_args: Mapping[str, Any]
    n_frozen: int
    n_trained: int
    recipe: Recipe | None = None
    trainable: str = "all"
    seed: int = 0
    class_weight: str | Mapping[str, float] | None = None
    keep_head: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "class_weight", checked_class_weight(self.class_weight))
        check_members(self.n_frozen + self.n_trained, self.seed)
        if min(self.n_frozen, self.n_trained) < 0 or (self.recipe is None) != (self.n_trained == 0):
            msg = (
                f"{self.n_frozen} frozen and {self.n_trained} trained members do not go with "
                f"recipe={self.recipe!r}."
            )
            raise OptionError(msg)
        if self.trainable not in ("all", "head"):
            msg = f"trainable must be all or head, not {self.trainable!r}."
            raise OptionError(msg)

    @classmethod
    def of(
        cls, architecture: str, network: Mapping[str, Any] | None = None, **numbers: Any
    ) -> Ensemble:
        """Describe members of an architecture; ``network`` says what differs from its defaults."""
        return cls(architecture, complete_args(architecture, network), **numbers)

    @property
    def members(self) -> int:
        """Number of members."""
        return self.n_frozen + self.n_trained

    @property
    def head(self) -> str:
        """What stands on the bodies: ``"softmax"``, ``"ridge"``, or ``"both"``."""
        if self.n_frozen == 0:
            return "softmax"
        return "both" if self.n_trained else "ridge"

    def required_recipe(self) -> Recipe:
        """Return the recipe; raise OptionError if nobody is trained."""
        if self.recipe is None:
            msg = "no member is trained, so there is no recipe."
            raise OptionError(msg)
        return self.recipe

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as JSON values."""
        values = asdict(self)
        if self.recipe is not None:
            values["recipe"] = self.recipe.to_dict()
        if self.class_weight is None:  # as before there were weights
            del values["class_weight"]
        if not self.keep_head:  # as before heads could be kept
            del values["keep_head"]
        return values

    @classmethod
    def from_dict(cls, values: Any) -> Ensemble:
        """Read what ``to_dict`` wrote; raise ModelError, naming the field, for anything else."""
        names = {f.name for f in fields(cls)}
        optional = frozenset({"class_weight", "keep_head"})
        checks.keys(values, names, "ensemble", optional=optional)
        checks.truth(values.get("keep_head", False), "ensemble.keep_head")
        checks.identifier(values["architecture"], "ensemble.architecture")
        for name in ("n_frozen", "n_trained"):
            checks.whole(values[name], f"ensemble.{name}", 0, MOST_MEMBERS)
        network = values["architecture_args"]
        checks.mapped(network, "ensemble.architecture_args")
        complete = complete_args(values["architecture"], network)
        if complete != network:
            msg = "ensemble.architecture_args must hold all arguments of the network."
            raise ModelError(msg)
        try:
            return cls(**{**values, "recipe": _recipe_from_dict(values["recipe"])})
        except OptionError as error:
            msg = f"ensemble: {error}"
            raise ModelError(msg) from error


def _recipe_from_dict(values: Any) -> Recipe | None:
    if values is None:
        return None
    written = set(Recipe(epochs=1).to_dict())
    later = frozenset({f.name for f in fields(Recipe)} - written)
    checks.keys(values, written | later, "ensemble.recipe", optional=later)
    checks.truth(values["stop_at_convergence"], "ensemble.recipe.stop_at_convergence")
    return Recipe(**as_meant(values))


def complete_args(architecture: str, network: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return all arguments of a network, but what its head reads; ModelError for a wrong one."""
    args = args_of(network_config(architecture, dict(network or {})))
    return {name: value for name, value in args.items() if name != "readout"}


def check_members(members: int, seed: int) -> None:
    """Raise OptionError unless that many members, the first with that seed, can be made."""
    if type(members) is not int or not 1 <= members <= MOST_MEMBERS:
        msg = f"members must be a whole number from 1 to {MOST_MEMBERS}, not {members!r}."
        raise OptionError(msg)
    if type(seed) is not int or not 0 <= seed < 2**63 - MOST_MEMBERS:
        msg = f"seed must be a whole number from 0 up, not {seed!r}."
        raise OptionError(msg)
