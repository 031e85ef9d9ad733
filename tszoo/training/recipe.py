"""Say how a network is trained: every number in one frozen place, saved with the weights."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from tszoo.errors import OptionError
from tszoo.storage.checks import plain

CHOICES = {
    "schedule": ("plateau", "cosine", "constant"),
    "optimizer": ("adam", "sgd"),
    "loss": ("cross_entropy", "squared_error", "mean_squared_error"),
    "keep": ("lowest_loss", "last"),
    "head": ("fresh", "ridge"),
    "batch_norm": ("learnt", "kept"),
}

# Fields that are whole numbers, with the least that each may be, and those that are any number.
_WHOLE = {
    "epochs": 1,
    "batch_size": 1,
    "batch_divisor": 1,
    "least_steps": 1,
    "patience": 1,
    "head_epochs": 0,
}
_NUMBERS = (
    "learning_rate",
    "factor",
    "min_learning_rate",
    "min_delta",
    "warmup",
    "momentum",
    "dampening",
    "body_rate",
    "start_share",
    "head_rate",
)

# Recipes were written down before these were there: a recipe that leaves them alone still reads so.
_LATER = ("head", "batch_norm", "start_share", "head_rate", "dampening")


@dataclass(frozen=True)
class Recipe:
    """How a network is trained: how long, how fast, towards what.

    Attributes
    ----------
    epochs : int
        Passes over the training set, at most.
    batch_size : int
        Series a step, at most.
    batch_divisor : int
        The batch is ``min(batch_size, n_series / batch_divisor)``, but at least 2 (Wang et al.
        2017).
    least_steps : int
        Steps an epoch, at least. Above 1, an epoch is cut into batches of equal size, instead of
        leaving what does not fill one for the last.
    learning_rate : float
        Of the first step.
    schedule : str
        ``"plateau"`` multiplies the learning rate by ``factor`` after ``patience`` epochs without a
        lower training loss, down to ``min_learning_rate``; ``"cosine"`` lets it fall to zero along
        half a cosine, step by step; ``"constant"`` leaves it.
    factor, patience, min_learning_rate
        Of the plateau schedule.
    min_delta : float
        By how much a training loss must be lower to count as lower for the schedule.
    stop_at_convergence : bool
        End a plateau run before ``epochs`` when the learning rate is at its minimum and the
        training loss has not been lower for another ``patience`` epochs.
    warmup : float
        Share of the epochs in which the learning rate rises to its full height, from a hundredth of
        it.
    optimizer : str
        ``"adam"`` (Kingma & Ba 2015), or ``"sgd"``, plain gradient descent with ``momentum``.
    momentum, dampening : float
        Of ``"sgd"``: a step goes along ``v = momentum * v + (1 - dampening) * gradient``; the first
        one along the gradient. Dampening is 1 at most.
    loss : str
        ``"cross_entropy"``, a mean over a batch; ``"squared_error"`` against one-hot labels, a sum
        over a batch and over the outputs (PINNIPED's); or ``"mean_squared_error"``, a sum over a
        batch of means over the outputs.
    keep : str
        Which weights come out: those of the epoch with the ``"lowest_loss"`` on the training set,
        or the ``"last"``.
    head_epochs : int
        Epochs at the beginning in which the head alone is trained, but half of all at most: a fresh
        head would spoil a body that has learnt.
    body_rate : float
        The body's learning rate, as a share of ``learning_rate``.
    head : str
        What a network that has a source begins with: ``"fresh"``, a Glorot-uniform head on the
        means of the last maps, or ``"ridge"``, the ridge readout of the source's body.
    batch_norm : str
        ``"learnt"``, or ``"kept"``: batch norms use the source's statistics, in training as
        afterwards. A ridge head is of use only with those that it was fitted with.
    start_share : float
        How much of the weights that come out are those that training began with, from 0 to 1; the
        rest are those it ended with (Wortsman et al. 2022, "Robust fine-tuning of zero-shot
        models", section 3).
    head_rate : float
        The head's learning rate, as a share of ``learning_rate``.
    """

    epochs: int
    batch_size: int = 64
    batch_divisor: int = 1
    least_steps: int = 1
    learning_rate: float = 1e-3
    schedule: str = "plateau"
    factor: float = 0.5
    patience: int = 50
    min_learning_rate: float = 1e-4
    min_delta: float = 1e-4
    stop_at_convergence: bool = False
    warmup: float = 0.0
    optimizer: str = "adam"
    momentum: float = 0.0
    dampening: float = 0.0
    loss: str = "cross_entropy"
    keep: str = "lowest_loss"
    head_epochs: int = 0
    body_rate: float = 1.0
    head: str = "fresh"
    batch_norm: str = "learnt"
    start_share: float = 0.0
    head_rate: float = 1.0

    def __post_init__(self) -> None:
        for name in (*_WHOLE, *_NUMBERS):
            object.__setattr__(self, name, plain(getattr(self, name)))
        for name, least in _WHOLE.items():
            _check_whole(name, getattr(self, name), least)
        for name in _NUMBERS:
            _check_number(name, getattr(self, name))
        if self.learning_rate == 0:
            msg = "learning_rate must be above 0."
            raise OptionError(msg)
        if self.warmup >= 1:
            msg = f"warmup is a share of the epochs, below 1; got {self.warmup!r}."
            raise OptionError(msg)
        for name in ("start_share", "dampening"):
            if getattr(self, name) > 1:
                msg = f"{name} must be at most 1, not {getattr(self, name)!r}."
                raise OptionError(msg)
        self._check_choices()

    def _check_choices(self) -> None:
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                msg = f"{name} must be one of {', '.join(choices)}, not {getattr(self, name)!r}."
                raise OptionError(msg)
        if self.head == "ridge" and self.batch_norm != "kept":
            msg = 'head="ridge" goes with batch_norm="kept" only: other statistics would spoil it.'
            raise OptionError(msg)

    def batch(self, n_series: int) -> int:
        """Series a step, at most, for a training set of ``n_series``."""
        return min(
            self.batch_size,
            max(2, n_series // self.batch_divisor),
            max(2, -(-n_series // self.least_steps)),
        )

    def steps(self, n_series: int) -> int:
        """Steps an epoch for a training set of ``n_series``."""
        return -(-n_series // self.batch(n_series))

    def trains_body(self, epoch: int) -> bool:
        """Whether the body learns in epoch number ``epoch``, from 0."""
        return epoch >= min(self.head_epochs, self.epochs // 2)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        values = asdict(self)
        for name in _LATER:
            if values[name] == getattr(Recipe, name):
                del values[name]
        if self.loss == "squared_error":
            # tells it from the mean over the outputs that this name once stood for
            values["dampening"] = self.dampening
        return values


def as_meant(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a recipe's saved fields under the names that they have now.

    Before there was ``dampening``, ``"squared_error"`` stood for a mean over the outputs.
    """
    meant = dict(values)
    if meant.get("loss") == "squared_error" and "dampening" not in meant:
        meant["loss"] = "mean_squared_error"
    return meant


def _check_whole(name: str, value: Any, least: int) -> None:
    if type(value) is not int or value < least:
        msg = f"{name} must be a whole number from {least} up, not {value!r}."
        raise OptionError(msg)


def _check_number(name: str, value: Any) -> None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or value < 0:
        msg = f"{name} must be a finite number, not negative; got {value!r}."
        raise OptionError(msg)


# What the papers trained their networks with, by architecture.
PAPER: dict[str, Recipe] = {
    # Ismail Fawaz et al. 2020
    "inception": Recipe(epochs=1500, batch_size=64),
    # Wang et al. 2017, as released with Ismail Fawaz et al. 2018
    "fcn": Recipe(epochs=2000, batch_size=16, batch_divisor=10),
    # Wang et al. 2017
    "resnet": Recipe(epochs=1500, batch_size=64),
    # the published settings of PINNIPED's study (Yantosca), its momentum aside
    "mlp": Recipe(
        epochs=256,
        batch_size=160,
        learning_rate=1e-3,
        schedule="constant",
        optimizer="sgd",
        loss="squared_error",
        keep="last",
    ),
}

RECIPES: dict[str, Recipe] = {
    # a tenth of the paper's steps or fewer; benchmarks/recipes.py chose it
    "fast": Recipe(
        epochs=37, least_steps=4, learning_rate=3e-3, schedule="cosine", warmup=0.1, keep="last"
    ),
    # the same for networks that have a start, of which smaller steps forget less;
    # benchmarks/recipes.py chose it
    "finetune": Recipe(
        epochs=37,
        least_steps=4,
        learning_rate=1e-3,
        schedule="cosine",
        warmup=0.1,
        keep="last",
        head_epochs=8,
    ),
    # for universal bodies, whose ridge readout is good before training: small steps, and smaller
    # ones for its head, which has thousands of small weights; benchmarks/universal_tuning.py
    # measures it
    "continue": Recipe(
        epochs=5,
        least_steps=4,
        learning_rate=1e-4,
        schedule="cosine",
        warmup=0.1,
        keep="last",
        head="ridge",
        batch_norm="kept",
        start_share=0.5,
        head_rate=0.01,
    ),
    # the paper's, ended when there is nothing left to learn: most of the 1500 epochs pass at zero
    # loss
    "converged": Recipe(epochs=1500, batch_size=64, stop_at_convergence=True),
}

NAMES = (*RECIPES, "paper")
RecipeLike = str | Recipe | Mapping[str, Any] | None


def named_recipe(name: str, architecture: str = "inception") -> Recipe:
    """Look a recipe up; ``"paper"`` is InceptionTime's where a network has none.

    Raises
    ------
    OptionError
        If the name is unknown.
    """
    if name == "paper":
        return PAPER.get(architecture, PAPER["inception"])
    if name not in RECIPES:
        msg = f"unknown recipe {name!r}; there are {', '.join(NAMES)}."
        raise OptionError(msg)
    return RECIPES[name]


def adjusted_recipe(
    recipe: str | Recipe, architecture: str = "inception", **changes: Any
) -> Recipe:
    """Return a recipe, or the one of that name, with the ``changes`` that are not None.

    A ``batch_size`` that is given holds for every training set: the recipe's rule for small ones
    goes.

    Raises
    ------
    OptionError
        If the name or a field is unknown, or a value is out of range.
    """
    if isinstance(recipe, str):
        recipe = named_recipe(recipe, architecture)
    given = {key: value for key, value in changes.items() if value is not None}
    names = [field.name for field in fields(Recipe)]
    for key in given:
        if key not in names:
            msg = f"a recipe has no {key!r}; it has {', '.join(names)}."
            raise OptionError(msg)
    if "batch_size" in given:
        given = {"batch_divisor": 1, "least_steps": 1, **given}
    return replace(recipe, **given)


def recipe_for(
    asked: RecipeLike, architecture: str, *, has_start: bool = False, is_universal: bool = False
) -> Recipe:
    """Return the recipe that was asked for, or the one that suits a network and its start.

    Parameters
    ----------
    asked : str, Recipe, mapping or None
        One of ``NAMES``; a whole recipe; or changes, by field. Changes are made to the recipe that
        their key ``"name"`` names or, without that key, to the one that would be taken for None.
    architecture : str
    has_start : bool
        Whether the network starts from a source.
    is_universal : bool
        Whether that source is a universal body, and all of it is trained.

    Raises
    ------
    OptionError
        If the name or a field is unknown, or a value is out of range.
    """
    default = default_recipe(architecture, has_start=has_start, is_universal=is_universal)
    if isinstance(asked, Mapping):
        changes = dict(asked)
        name = changes.pop("name", None) or default
        if not isinstance(name, (str, Recipe)):
            msg = f"the recipe's name must be one of {', '.join(NAMES)}, not {name!r}."
            raise OptionError(msg)
        return adjusted_recipe(name, architecture, **changes)
    return adjusted_recipe(asked or default, architecture)


def default_recipe(
    architecture: str, *, has_start: bool = False, is_universal: bool = False
) -> str:
    """Name the recipe that a network is trained with if none is asked for.

    The multilayer perceptron needs its own.
    """
    if architecture == "mlp":
        return "paper"
    if is_universal:
        return "continue"
    if has_start:
        return "finetune"
    return "fast"
