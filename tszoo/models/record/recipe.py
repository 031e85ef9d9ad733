"""How a model's members were made."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from tszoo.errors import ModelError, OptionError
from tszoo.models.record.episodic import EpisodicRecord
from tszoo.storage import checks
from tszoo.storage.strict_json import plain
from tszoo.text import show
from tszoo.training.recipe import Recipe, as_meant


@dataclass(frozen=True)
class TrainingRecipe:
    """How members were trained.

    Attributes
    ----------
    recipe : Recipe
        Every hyper-parameter.
    seed : int
        Member k of the trained ones used ``seed + k``.
    trainable : {"all", "head"}
        What the optimizer changed.
    heads : Recipe or None
        Of a joint model: how its softmaxes were trained once more on the finished body.
    keep_head : bool
        Whether they went on with the heads of the models that they started from.
    """

    recipe: Recipe
    seed: int = 0
    trainable: str = "all"
    heads: Recipe | None = None
    keep_head: bool = False

    def __post_init__(self) -> None:
        checks.whole(self.seed, "recipe.training.seed", 0, 2**63)
        checks.truth(self.keep_head, "recipe.training.keep_head")
        if self.trainable not in ("all", "head"):
            msg = f"recipe.training.trainable must be all or head, not {show(self.trainable)}."
            raise ModelError(msg)

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as JSON values."""
        values = {"seed": self.seed, "trainable": self.trainable, "recipe": self.recipe.to_dict()}
        if self.heads is not None:
            values["heads"] = self.heads.to_dict()
        if self.keep_head:
            values["keep_head"] = True
        return values

    @classmethod
    def from_dict(cls, values: Any) -> TrainingRecipe:
        """Read what ``to_dict`` wrote."""
        names = {f.name for f in fields(cls)}
        optional = frozenset({"heads", "keep_head"})
        checks.keys(values, names, "recipe.training", optional=optional)
        recipe = _recipe(values["recipe"], "recipe.training.recipe")
        heads = None
        if "heads" in values:
            heads = _recipe(values["heads"], "recipe.training.heads")
        keep_head = values.get("keep_head", False)
        return cls(recipe, values["seed"], values["trainable"], heads, keep_head)


def _recipe(values: Any, what: str) -> Recipe:
    """Read a recipe from a file; a field that is not there has its default."""
    names = {f.name for f in fields(Recipe)}
    checks.keys(values, names, what, optional=frozenset(names - {"epochs"}))
    if "stop_at_convergence" in values:
        checks.truth(values["stop_at_convergence"], f"{what}.stop_at_convergence")
    try:
        return Recipe(**as_meant(values))
    except OptionError as error:
        msg = f"{what}: {error}"
        raise ModelError(msg) from error


@dataclass(frozen=True)
class ReadoutRecipe:
    """How ridge heads were fitted to frozen bodies.

    Attributes
    ----------
    body : {"untrained", "source"}
        Whose filters they read.
    seed : int
        Of untrained bodies: member k used ``seed + k``.
    poolings : str
        What is read of each map.
    penalties : tuple of float
        The grid that penalties were chosen from.
    penalty, temperature : tuple of float
        What was chosen for each member with a ridge head.
    sharper : float
        What decision values were multiplied by, beside trained members; 1 where they are alone.
    """

    body: str
    seed: int
    poolings: str
    penalties: tuple[float, ...]
    penalty: tuple[float, ...]
    temperature: tuple[float, ...]
    sharper: float = 1.0

    def __post_init__(self) -> None:
        if self.body not in ("untrained", "source"):
            msg = f"recipe.readout.body must be untrained or source, not {show(self.body)}."
            raise ModelError(msg)
        checks.whole(self.seed, "recipe.readout.seed", 0, 2**63)
        checks.name(self.poolings, "recipe.readout.poolings", most=1000)
        for name in ("penalties", "penalty", "temperature"):
            numbers = checks.numbers(getattr(self, name), f"recipe.readout.{name}")
            object.__setattr__(self, name, numbers)
        checks.number(self.sharper, "recipe.readout.sharper")
        if len(self.penalty) != len(self.temperature):
            msg = (
                f"recipe.readout: {len(self.penalty)} penalties and {len(self.temperature)} "
                "temperatures; expected one of each for every ridge head."
            )
            raise ModelError(msg)

    def first(self, k: int) -> ReadoutRecipe:
        """Keep what made the first ``k`` ridge heads."""
        return replace(self, penalty=self.penalty[:k], temperature=self.temperature[:k])

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as JSON values."""
        values: dict[str, Any] = plain(asdict(self), "recipe.readout")
        return values

    @classmethod
    def from_dict(cls, values: Any) -> ReadoutRecipe:
        """Read what ``to_dict`` wrote."""
        checks.keys(values, {f.name for f in fields(cls)}, "recipe.readout")
        return cls(**values)


@dataclass(frozen=True)
class ModelRecipe:
    """How a model's members were made.

    By training, by a ridge head on a frozen body, or some by each; or, without any head, in
    episodes.

    Attributes
    ----------
    training : TrainingRecipe or None
        None where nothing was trained.
    readout : ReadoutRecipe or None
        None where no member has a ridge head. Those that have one are the first members.
    bases : tuple of str
        The models that members started from, where they are several; the first is the config's
        ``base``.
    episodic : EpisodicRecord or None
        How a universal body was trained, which has no head; None for any other model.
    class_weight : tuple of float
        How much a series of each class counted, in the order of the model's classes; empty where
        all counted the same.
    """

    training: TrainingRecipe | None = None
    readout: ReadoutRecipe | None = None
    bases: tuple[str, ...] = ()
    episodic: EpisodicRecord | None = None
    class_weight: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "bases", tuple(self.bases))
        weights = checks.numbers(self.class_weight, "recipe.class_weight")
        object.__setattr__(self, "class_weight", weights)
        for base in self.bases:
            checks.name(base, "recipe.bases", most=1000)
        has_head = self.training is not None or self.readout is not None
        if has_head == (self.episodic is not None):
            msg = "recipe must hold training, readout, or both; or episodic alone."
            raise ModelError(msg)

    @property
    def head(self) -> str:
        """What stands on the bodies: ``"softmax"``, ``"ridge"``, ``"both"``, or ``"none"``."""
        if self.episodic is not None:
            return "none"
        if self.readout is None:
            return "softmax"
        if self.training is None:
            return "ridge"
        return "both"

    @property
    def n_frozen(self) -> int:
        """How many members have a ridge head on a frozen body; they are the first ones."""
        if self.readout is None:
            return 0
        return len(self.readout.penalty)

    def check_members(self, members: int) -> None:
        """Raise ModelError if the recipe cannot have made that many members."""
        is_sound = self.n_frozen == members
        if self.readout is None or self.training is not None:  # one is trained at least
            is_sound = self.n_frozen < members
        if not is_sound:
            msg = f"recipe.readout is of {self.n_frozen} members, the model has {members}."
            raise ModelError(msg)

    def check_classes(self, n_classes: int) -> None:
        """Raise ModelError if weights are of another number of classes."""
        if self.class_weight and len(self.class_weight) != n_classes:
            msg = (
                f"recipe.class_weight must be {n_classes} numbers, one a class, not "
                f"{len(self.class_weight)}."
            )
            raise ModelError(msg)

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as JSON values, with the kind of head first."""
        values: dict[str, Any] = {"head": self.head}
        if self.readout is not None:
            values["readout"] = self.readout.to_dict()
        if self.training is not None:
            values["training"] = self.training.to_dict()
        if self.episodic is not None:
            values["episodic"] = self.episodic.to_dict()
        if self.bases:
            values["bases"] = list(self.bases)
        if self.class_weight:
            values["class_weight"] = list(self.class_weight)
        return values

    @classmethod
    def from_dict(cls, values: Any) -> ModelRecipe:
        """Read what ``to_dict`` wrote."""
        optional = frozenset({"readout", "training", "bases", "episodic", "class_weight"})
        checks.keys(values, {"head"}, "recipe", optional=optional)
        bases = values.get("bases", [])
        if not isinstance(bases, list):
            msg = f"recipe.bases must be a list of text, not {show(bases)}."
            raise ModelError(msg)
        training = readout = episodic = None
        if "training" in values:
            training = TrainingRecipe.from_dict(values["training"])
        if "readout" in values:
            readout = ReadoutRecipe.from_dict(values["readout"])
        if "episodic" in values:
            episodic = EpisodicRecord.from_dict(values["episodic"])
        weights = values.get("class_weight", ())
        recipe = cls(training, readout, tuple(bases), episodic, weights)
        if values["head"] != recipe.head:
            msg = f"recipe.head is {show(values['head'])}, but the recipe is of {recipe.head}."
            raise ModelError(msg)
        return recipe
