"""From what was asked for to what is done.

The sources that members start from, and the head that they get.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tszoo.data import Dataset
from tszoo.errors import OptionError
from tszoo.models.model import Model
from tszoo.recommendation.advice import Advice, advise
from tszoo.similarity.dtw import Progress
from tszoo.similarity.prototypes import Prototypes
from tszoo.transfer.options import halves
from tszoo.transfer.start import shape_of
from tszoo.zoo.find import Zoo, load_model, open_zoo

if TYPE_CHECKING:
    from tszoo.recommendation.weigh import Choice

HEADS = ("softmax", "ridge", "both")
DEFAULT_MEMBERS = 5
MANY_SERIES = 2000
# Up to this many points of training series, networks are trained in minutes on two cores.
MOST_POINTS_TRAINED = 200_000
# benchmarks/README.md, "What a frozen readout stands on": more sources add little, and the best of
# them get lost
SEVERAL = 5
Source = str | Path | Model


@dataclass(frozen=True, eq=False)
class Plan:
    """How a model is to be made.

    Attributes
    ----------
    sources : tuple of Model
        Where members start, in turn; none for untrained bodies.
    head : {"softmax", "ridge", "both"}
    default_members : int
        5, or one a source if those are more; of ridge heads no more than the sources have bodies;
        of both heads twice that. A ridge head for more than ``MANY_SERIES`` takes minutes: then one
        a source.
    advice : Advice or None
        What it follows; None where everything was asked for.
    choice : Choice or None
        The part of the advice that it follows.
    """

    sources: tuple[Model, ...]
    head: str
    default_members: int
    advice: Advice | None = None
    choice: Choice | None = None

    @property
    def prototypes(self) -> Prototypes | None:
        """The target's, where the advice needed them: those that a model of the target keeps."""
        return None if self.advice is None else self.advice.prototypes

    def sources_of(self, members: int) -> tuple[Model, ...]:
        """Take the sources that so many members start from.

        Of both heads, the trained half starts from none.
        """
        starting = halves(members)[0] if self.head == "both" else members
        return self.sources[: max(starting, 1)]


def make_plan(
    target: Dataset,
    source: Source | Sequence[Source] = "auto",
    head: str | None = None,
    *,
    zoo: Zoo = None,
    diverse: int | None = None,
    members: int | None = None,
    cache: Path | None = None,
    device: str = "cpu",
    progress: Progress | None = None,
) -> Plan:
    """Decide what members start from and which head they get.

    Parameters
    ----------
    target : Dataset
        Labelled training series; with ``"auto"`` they alone decide.
    source : str, Path or Model, or a sequence of them
        As for ``tszoo.finetune``.
    head : {"softmax", "ridge", "both"} or None
        None is whatever the advice finds best for ``"auto"``, both where that is a ridge head and
        networks train in minutes, and softmax for a source that is named.
    zoo : str, Path or None
        Where names are looked up; None is the embedded zoo.
    members : int or None
        As many as are asked for.
    diverse : int or None
        With ``"auto"``, how many sources to start from at most: the best of one shape. More than 1
        asks for sources even where it would be best to do without.
    cache, device, progress
        As for ``tszoo.recommendation.advise``.

    Raises
    ------
    OptionError
        If the head is unknown, ``diverse`` is below 1, or ``"none"`` stands among several sources.
    DataError, ModelError, ZooError
        If the target cannot be used or a source cannot be found.
    """
    if head not in (None, *HEADS):
        msg = f"head must be one of {', '.join(HEADS)}, not {head!r}."
        raise OptionError(msg)
    if diverse is not None and diverse < 1:
        msg = f"diverse must be 1 or more, not {diverse}."
        raise OptionError(msg)
    if isinstance(source, str) and source == "auto":
        zoo = open_zoo(zoo)  # once: a zoo of the Hub is asked for its catalogue each time
        advice = advise(target, zoo, cache=cache, device=device, progress=progress, n_jobs=-1)
        asked = "ridge" if head == "both" else head
        choice = advice.best(asked, sources_only=diverse is not None and diverse > 1)
        sources = _of_one_shape(*_wanted(advice, choice, diverse, target), zoo)
        chosen = choice.head if head is None else head
        if head is None and chosen == "ridge" and members != 1 and _may_train(target, sources):
            chosen = "both"
        return Plan(sources, chosen, _members(target, sources, chosen), advice, choice)
    sources, chosen = _named(source, zoo), head or "softmax"
    return Plan(sources, chosen, _members(target, sources, chosen))


def asks_for_training(
    *,
    epochs: int | None,
    batch_size: int | None,
    learning_rate: float | None,
    recipe: object,
    freeze: bool,
    validation: object,
    watchers: Collection[object],
    resume: bool,
    side_by_side: int | None,
    precision: str,
    **others: object,
) -> str | None:
    """Name the first option that says anything of the training.

    With it, a softmax layer is wanted, unless told.

    All but ``others``, which a caller may have beside them, are those of ``tszoo.finetune``; None
    among others, as an option's default here, says nothing.
    """
    said = {
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "recipe": recipe,
        "freeze": freeze or None,
        "validation": validation,
        "watchers": watchers or None,
        "resume": resume or None,
        "side_by_side": side_by_side,
        "precision": None
        if precision in ("auto", "float32")
        else precision,  # a ridge head is fitted in float32
        **others,
    }
    return next((name for name, value in said.items() if value is not None), None)


def _may_train(target: Dataset, sources: Sequence[Model]) -> bool:
    """Whether networks of the sources' shape can be trained on the target from scratch, in minutes."""
    points = target.n_series * target.length * target.n_channels
    return points <= MOST_POINTS_TRAINED and all(
        one.config.n_channels == target.n_channels for one in sources
    )


def _members(target: Dataset, sources: Sequence[Model], head: str) -> int:
    if head == "both":
        return 2 * _members(target, sources, "ridge")
    if head == "ridge" and target.n_series > MANY_SERIES:
        return max(1, len(sources))
    wanted = max(DEFAULT_MEMBERS, len(sources))
    # one body gives one ridge head, however often it is fitted
    return (
        wanted
        if head == "softmax" or not sources
        else min(wanted, sum(one.config.members for one in sources))
    )


def _wanted(
    advice: Advice, choice: Choice, diverse: int | None, target: Dataset
) -> tuple[list[str], int]:
    """Name sources to start from, the best first, and how many of them at most.

    Ridge heads on several bodies are better together.
    """
    if choice.source is None:
        return [], 0
    if diverse is not None:
        others = [one.model for one in advice.sources if not one.is_target]
        return list(dict.fromkeys([choice.source, *others])), diverse
    if choice.head != "ridge" or target.n_series > MANY_SERIES:
        return [choice.source], 1
    # those that are better than random filters come first, and five bodies are better than one even
    # where few are
    frozen = [
        one.source for one in advice.choices if one.head == "ridge" and one.source is not None
    ]
    return list(dict.fromkeys([choice.source, *frozen])), SEVERAL


def _of_one_shape(names: Sequence[str], most: int, zoo: Zoo) -> tuple[Model, ...]:
    """Load so many sources of one shape, in the order that they are named.

    Of the shape that has them first.

    If no shape has so many, those of the one that has the most.
    """
    found: dict[str, list[Model]] = {}
    for name in names:
        model = load_model(name, zoo)
        alike = found.setdefault(repr(shape_of(model)), [])
        alike.append(model)
        if len(alike) == most:
            return tuple(alike)
    largest: list[Model] = max(found.values(), key=len, default=[])
    return tuple(largest)


def _named(source: Source | Sequence[Source], zoo: Zoo) -> tuple[Model, ...]:
    """Load the sources that are named, in order; none for ``"none"``."""
    if isinstance(source, (str, Path, Model)):
        return () if isinstance(source, str) and source == "none" else (_loaded(source, zoo),)
    several = list(source)
    odd = next((one for one in several if isinstance(one, str) and one in ("auto", "none")), None)
    if odd is not None or not several:
        msg = (
            f"{odd!r} cannot be one of several sources; name models."
            if several
            else "no source is named."
        )
        raise OptionError(msg)
    return tuple(_loaded(one, zoo) for one in several)


def _loaded(source: Source, zoo: Zoo) -> Model:
    return source if isinstance(source, Model) else load_model(source, zoo)
