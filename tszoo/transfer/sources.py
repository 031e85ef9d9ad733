"""Which sources members start from, and why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tszoo.data import Dataset
from tszoo.data.weights import with_class_weight
from tszoo.errors import ZooError
from tszoo.models.model import Model
from tszoo.recommendation.advice import Advice, advise
from tszoo.recommendation.recommendation import Recommendation
from tszoo.recommendation.weigh import Choice
from tszoo.similarity.prototypes import Prototypes
from tszoo.training.run import Run
from tszoo.transfer.request import Request, Source
from tszoo.transfer.start import shape_of
from tszoo.zoo.find import ZooLike, load_model, open_zoo

MANY_SERIES = 2000
# benchmarks/README.md, "What a frozen readout stands on": more sources add little, and the best of
# them get lost
SEVERAL = 5
MOST_BESIDE_UNIVERSAL = 3


@dataclass(frozen=True, eq=False)
class Found:
    """Sources that were found for a target.

    Attributes
    ----------
    models : tuple of Model
        The best first; none for untrained bodies.
    references : tuple of str
        What each was loaded by; a model that was loaded already has none, ``""``.
    why : str
        One sentence.
    choice : Choice or None
        What was weighed best; None where the source was named.
    advice : Advice or None
        What was weighed.
    """

    models: tuple[Model, ...]
    references: tuple[str, ...]
    why: str
    choice: Choice | None = None
    advice: Advice | None = None

    @property
    def prototypes(self) -> Prototypes | None:
        """The target's prototypes, where finding sources needed them."""
        if self.advice is None or self.advice.reduced:
            return None
        return self.advice.prototypes


def find_sources(target: Dataset, request: Request, zoo: ZooLike, run: Run) -> Found:
    """Find the sources that a request asks for.

    Raises
    ------
    DataError, ModelError, ZooError
        If the target cannot be used or a source cannot be found.
    """
    source = request.source
    if isinstance(source, str) and source == "auto":
        return _advised(target, request, zoo, run)
    if request.nearest is not None:
        return _nearest(target, request.nearest, zoo, run)
    if isinstance(source, str) and source == "none":
        return Found((), (), "no source was asked for.")
    if isinstance(source, (str, Path, Model)):
        model, reference = _named(source, zoo)
        return Found((model,), (reference,), "it was named.")
    named = [_named(each, zoo) for each in source]
    models, references = zip(*named, strict=True)
    return Found(models, references, "they were named.")


def _named(source: Source, zoo: ZooLike) -> tuple[Model, str]:
    """Load a source that is named; one that is loaded already has no reference to load it by."""
    if isinstance(source, Model):
        return source, ""
    return load_model(source, zoo), str(source)


def _nearest(target: Dataset, rank: int, zoo: ZooLike, run: Run) -> Found:
    """Take the first model of the data set of that rank by Algorithm 1.

    Data sets whose models learnt the target do not count.
    """
    zoo = open_zoo(zoo)
    advice = advise(target, zoo, method="dtw", run=run)
    strangers = [source for source in advice.sources if not source.is_target]
    skipped = [source.model for source in advice.sources if source.is_target]
    if rank > len(strangers):
        msg = (
            f"nearest:{rank}: the zoo has {len(strangers)} sources that have not learnt "
            f"{target.name}."
        )
        raise ZooError(msg)
    source = strangers[rank - 1]
    n_nearer = sum(other.rank < source.rank for other in advice.sources if other.is_target)
    nearer = list(dict.fromkeys(skipped[:n_nearer]))
    why = f"{_ordinal(rank)} of {len(strangers)} by DTW between class prototypes: {source.why}"
    if nearer:
        why += f" Skipped: {', '.join(nearer)}, which learnt these very data."
    return Found((load_model(source.model, zoo),), (source.model,), why, advice=advice)


def _ordinal(rank: int) -> str:
    if rank == 1:
        return "the nearest"
    return f"number {rank}"


def _advised(target: Dataset, request: Request, zoo: ZooLike, run: Run) -> Found:
    """Follow the advice, as far as the request leaves it to that."""
    zoo = open_zoo(zoo)  # once: a zoo of the Hub is asked for its catalogue each time
    advice = advise(with_class_weight(target, request.class_weight), zoo, run=run)
    head = request.head
    if head is None and request.asks_for_training:
        head = "softmax"
    if head == "both":  # its frozen half
        head = "ridge"
    several = request.most_sources is not None and request.most_sources > 1
    choice = advice.best(head, sources_only=several)
    names, most = _wanted(advice, choice, request, target)
    if names and _is_universal(advice, names[0]):
        models = _of_the_first_shape(names, zoo)
    else:
        models = _of_one_shape(names, most, zoo)
    references = tuple(name for name, _ in models)
    return Found(
        tuple(model for _, model in models), references, choice.why, choice=choice, advice=advice
    )


def _wanted(
    advice: Advice, choice: Choice, request: Request, target: Dataset
) -> tuple[list[str], int]:
    """Name sources to start from, the best first, and how many of them at most.

    Ridge heads on several bodies are better together.
    """
    if choice.source is None:
        return [], 0
    if request.most_sources is not None:
        others = [source.model for source in advice.sources if not source.is_target]
        return list(dict.fromkeys([choice.source, *others])), request.most_sources
    if choice.head != "ridge" or target.n_series > MANY_SERIES:
        return [choice.source], 1
    universal = [source for source in advice.usable if source.is_universal]
    if universal:
        names = [source.model for source in universal]
        if choice.measured:
            names += _better_than(universal, advice)
        return names, len(names)
    # those that are better than random filters come first, and five bodies are better than one even
    # where few are
    frozen = [other.source for other in advice.choices if other.head == "ridge" and other.source]
    return list(dict.fromkeys([choice.source, *frozen])), SEVERAL


def _better_than(universal: Sequence[Recommendation], advice: Advice) -> list[str]:
    """Name the best of the other sources: those whose error no universal body undercuts."""
    least = min(_error(source) for source in universal)
    better = [
        source for source in advice.usable if not source.is_universal and _error(source) <= least
    ]
    return [source.model for source in better[:MOST_BESIDE_UNIVERSAL]]


def _error(source: Recommendation) -> float:
    """Return a source's left-out error; where it has none, it counts as the largest."""
    if source.error is None:
        return math.inf
    return source.error


def _is_universal(advice: Advice, name: str) -> bool:
    """Whether a source is a universal body."""
    return any(source.is_universal and source.model == name for source in advice.usable)


def _of_the_first_shape(names: Sequence[str], zoo: ZooLike) -> list[tuple[str, Model]]:
    """Load the sources whose network has the shape of the first one's."""
    models = [(name, load_model(name, zoo)) for name in names]
    shape = shape_of(models[0][1])
    return [(name, model) for name, model in models if shape_of(model) == shape]


def _of_one_shape(names: Sequence[str], most: int, zoo: ZooLike) -> list[tuple[str, Model]]:
    """Load up to ``most`` sources that share one network shape, best first.

    If no shape has that many, those of the shape that has the most.
    """
    by_shape: dict[str, list[tuple[str, Model]]] = {}
    for name in names:
        model = load_model(name, zoo)
        alike = by_shape.setdefault(repr(shape_of(model)), [])
        alike.append((name, model))
        if len(alike) == most:
            return alike
    return max(by_shape.values(), key=len, default=[])
