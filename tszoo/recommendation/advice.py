"""Advise which models of a zoo to start from, for a target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING

import numpy as np

from tszoo.data.dataset import Dataset
from tszoo.data.given import as_dataset
from tszoo.data.task import require_task
from tszoo.errors import OptionError, ZooError
from tszoo.recommendation.eligible import eligible, has_learnt, universal_bodies
from tszoo.recommendation.levels import ByLevel, by_level
from tszoo.recommendation.nearest import Neighbour, rank_sources
from tszoo.recommendation.probe import probe_random, probe_sources
from tszoo.recommendation.recommendation import Recommendation
from tszoo.recommendation.reduce import reduce, what_was_reduced
from tszoo.recommendation.sets import rank_sets, why_near
from tszoo.recommendation.weigh import Choice, choose_nearest, rank_probed, weigh_choices
from tszoo.similarity import Comparison, Prototypes, compute_prototypes
from tszoo.training.run import Run
from tszoo.zoo.find import ZooLike, open_zoo

if TYPE_CHECKING:
    from tszoo.zoo.entry import CatalogueEntry
    from tszoo.zoo.zoo import Zoo

METHODS = ("auto", "probe", "dtw")
# Probing costs a second or two a source, and how near the farther ones are says nothing of how well
# they serve. Beside universal bodies, few of the nearest sources are worth a look.
SHORTLIST = 15
BESIDE_UNIVERSAL = 8


@dataclass(frozen=True)
class Advice:
    """What to start from.

    Attributes
    ----------
    sources : tuple of Recommendation
        The best first.
    choices : tuple of Choice
        Every way to begin that was weighed, the best first.
    prototypes : Prototypes
        The target's, which the sources' were compared with.
    level : ByLevel or None
        Where levels alone tell the classes apart much better than what was probed.
    reduced : str
        What of large data was looked at, in a few words; empty if it was all of them, or a sample
        of the series.
    """

    sources: tuple[Recommendation, ...]
    choices: tuple[Choice, ...]
    prototypes: Prototypes
    level: ByLevel | None = None
    reduced: str = ""

    @property
    def usable(self) -> tuple[Recommendation, ...]:
        """The sources that have not learnt the target, the best first."""
        return tuple(source for source in self.sources if not source.is_target)

    def best(self, head: str | None = None, *, sources_only: bool = False) -> Choice:
        """Pick the best way to begin.

        Parameters
        ----------
        head : {"ridge", "softmax"} or None
            Only ways with this head; None for any.
        sources_only : bool
            Only ways that start from a source.

        Raises
        ------
        ZooError
            If there is no such way.
        """
        for choice in self.choices:
            has_head = head in (None, choice.head)
            if has_head and (choice.source is not None or not sources_only):
                return choice
        msg = "no source is left to start from"
        learnt = " and ".join(source.model for source in self.sources if source.is_target)
        if learnt:
            msg += f": {learnt} learnt these very data"
        msg += '. Name one, or start without: source="none".'
        raise ZooError(msg)


def recommend(
    target: Dataset | str | PathLike[str],
    zoo: ZooLike = None,
    *,
    top: int | None = None,
    method: str = "auto",
    comparison: Comparison | None = None,
    per_class: int = 1,
    exclude: Sequence[str] = (),
    run: Run | None = None,
) -> list[Recommendation]:
    """Rank a zoo's models as sources for a target, the best first.

    These are the sources of what `tszoo.recommendation.advise` answers. The parameters, and what is
    raised, are the same.
    """
    advice = advise(
        target,
        zoo,
        top=top,
        method=method,
        comparison=comparison,
        per_class=per_class,
        exclude=exclude,
        run=run,
    )
    return list(advice.sources)


def advise(
    target: Dataset | str | PathLike[str],
    zoo: ZooLike = None,
    *,
    top: int | None = None,
    method: str = "auto",
    comparison: Comparison | None = None,
    per_class: int = 1,
    exclude: Sequence[str] = (),
    run: Run | None = None,
) -> Advice:
    """Find what to start from: a source of a zoo, an untrained body, or training from scratch.

    Parameters
    ----------
    target : Dataset, str or path
        The training series, with labels, or the file that holds them. Series that have weights
        count by them in the ridge heads that sources are judged by, and in their left-out errors:
        those of classes, too, see ``tszoo.data.weights.with_class_weight``.
    zoo : Zoo, str, Path or None
        A folder of models, ``hf://ORG`` or an open zoo; None for the embedded one. Only models with
        as many channels as the target are compared. Where there are none, those of one channel are,
        and see each channel by itself.
    top : int or None
        How many sources to return. None is all of them for ``"dtw"``, and all that were probed for
        the other methods.
    method : {"auto", "probe", "dtw"}
        ``"dtw"`` ranks data sets by the DTW distance of the nearest prototypes: Algorithm 1 of the
        2018 transfer paper. Each stands once, with the models that have learnt it; universal bodies
        and other models without prototypes have no place there. ``"probe"`` runs all universal
        bodies and the nearest sources (those within ``SHORTLIST``, ``BESIDE_UNIVERSAL`` or ``top``)
        on the target's series and ranks them by how well their frozen features tell the classes
        apart. ``"auto"`` does so too, and weighs them against doing without: an untrained body, and
        training from scratch.
    comparison : Comparison or None
        How prototypes are compared: warping window, normalisation, resampling. None uses none of
        these, as the paper does. The target's prototypes are computed with the same window.
    per_class : int
        The most prototypes that a class of the target may have; more than 1 are found by k-means.
        The sources keep those of the catalogue, one a class.
    exclude : sequence of str
        Names of data sets or models to leave out; ``*`` and ``?`` match as in file names, case does
        not matter. A model of several data sets goes with any of them.
    run : Run or None
        Its ``device`` is where sources are probed, ``cache`` where results of probing are kept, and
        ``progress`` is called with (steps done, steps in all), first for the target's prototypes,
        then for the sources probed.

    Returns
    -------
    Advice
        Sources with the same score are ordered by nearness, and equally near ones by name.

    Raises
    ------
    OptionError
        If ``top`` or ``per_class`` is below 1, or the method or device unknown.
    DataError
        If the target has no labels or one class only.
    ZooError
        If no model is left to choose from.
    ModelError
        If a model that is probed is damaged.
    """
    if method not in METHODS:
        msg = f"unknown method {method!r}; there are: {', '.join(METHODS)}."
        raise OptionError(msg)
    if top is not None and top < 1:
        msg = f"top must be 1 or more, not {top}."
        raise OptionError(msg)
    run, comparison = run or Run(), comparison or Comparison()
    target = as_dataset(target)
    require_task(target)
    catalogue = open_zoo(zoo)
    universal = universal_bodies(target, catalogue, exclude)
    if method == "dtw":
        universal = {}
    entries = eligible(target, catalogue, exclude, required=not universal)
    together = any(1 < entry.n_channels == target.n_channels for entry in entries.values())
    seen = reduce(target, all_channels=together)
    reduced = what_was_reduced(target, seen)
    prototypes = compute_prototypes(
        seen, comparison.window, progress=run.progress, n_jobs=-1, per_class=per_class
    )
    compared = _compared(prototypes, entries)
    if method == "dtw":
        sets = rank_sets(target, compared, entries, catalogue, top=top, comparison=comparison)
        return Advice(tuple(sets), tuple(choose_nearest(sets)), prototypes, reduced=reduced)
    wanted = max(BESIDE_UNIVERSAL if universal else SHORTLIST, top or 0)
    near = _nearest(target, compared, entries, catalogue, wanted, comparison)
    candidates = [*(_placeless(entry, target) for entry in universal.values()), *near]
    sources_only = method == "probe"
    ranked, choices = _weighed(seen, candidates, catalogue, run, sources_only=sources_only)
    level = by_level(target, *_best_of(ranked, choices))
    return Advice(tuple(ranked[:top]), tuple(choices), prototypes, level, reduced)


def rank_nearest(
    target: Dataset,
    prototypes: Prototypes,
    catalogue: Zoo,
    *,
    top: int,
    comparison: Comparison,
    exclude: Sequence[str] = (),
) -> list[Recommendation]:
    """Rank data sets as ``advise`` does by ``"dtw"``, with a target's prototypes as they are.

    Parameters
    ----------
    target, exclude
        As for ``advise``.
    prototypes : Prototypes
        The target's, as an ``Advice`` has them.
    catalogue : Zoo
    top : int
        How many to return, at most; none where no model has prototypes.
    comparison : Comparison
    """
    entries = eligible(target, catalogue, exclude, required=False)
    if not entries or not len(catalogue.pool(list(entries))):
        return []
    compared = _compared(prototypes, entries)
    return rank_sets(target, compared, entries, catalogue, top=top, comparison=comparison)


def _compared(prototypes: Prototypes, entries: Mapping[str, CatalogueEntry]) -> Prototypes:
    """Take each channel by itself where sources see one channel."""
    if any(entry.n_channels != prototypes.n_channels for entry in entries.values()):
        return _channels_apart(prototypes)
    return prototypes


def _best_of(
    ranked: Sequence[Recommendation], choices: Sequence[Choice]
) -> tuple[float | None, float | None]:
    """Return the least error and the greatest accuracy of what was probed."""
    errors = [source.error for source in ranked if source.error is not None]
    expected = (choice.expected for choice in choices if choice.measured)
    accuracies = [accuracy for accuracy in expected if accuracy is not None]
    return min(errors, default=None), max(accuracies, default=None)


def _nearest(
    target: Dataset,
    prototypes: Prototypes,
    entries: Mapping[str, CatalogueEntry],
    catalogue: Zoo,
    most: int,
    comparison: Comparison,
) -> list[Recommendation]:
    """Find the nearest sources; models without prototypes, which may be anywhere, come behind."""
    if not entries:
        return []
    pool = catalogue.pool(list(entries))
    ranking = []
    if len(pool):
        ranking = rank_sources(prototypes, pool, n_jobs=-1, top=most, comparison=comparison)
    near = [
        _described(rank, neighbour, entries[neighbour.name], target)
        for rank, neighbour in enumerate(ranking, start=1)
    ]
    placed = set(pool.names)
    anywhere = [entry for name, entry in entries.items() if name not in placed]
    return near + [_placeless(entry, target) for entry in anywhere[: most - len(near)]]


def _placeless(entry: CatalogueEntry, target: Dataset) -> Recommendation:
    """Say what is known of a source without prototypes, as universal bodies are."""
    return Recommendation(
        rank=1,
        model=entry.model,
        dataset=entry.dataset,
        distance=None,
        target_class=None,
        source_class=None,
        n_series=entry.n_series,
        n_classes=entry.n_classes,
        length=entry.length,
        accuracy=entry.accuracy,
        is_target=has_learnt(target, entry),
        n_datasets=len(entry.parts),
    )


def _weighed(
    target: Dataset,
    candidates: Sequence[Recommendation],
    catalogue: Zoo,
    run: Run,
    *,
    sources_only: bool,
) -> tuple[list[Recommendation], list[Choice]]:
    """Probe sources and an untrained body, rank the sources, and weigh every choice."""
    names = [source.model for source in candidates]
    probes = dict(zip(names, probe_sources(target, names, catalogue, run=run), strict=True))
    random = probe_random(target, run=run)
    least = _least_in_class(target)
    ranked = rank_probed(candidates, probes, random, least)
    return ranked, weigh_choices(ranked, probes, random, least, sources_only=sources_only)


def _least_in_class(target: Dataset) -> int:
    """Count the series, or groups, of the class that has the fewest."""
    labels = target.require_labels()
    if target.group_codes is not None:
        labels = np.unique(np.stack((labels, target.group_codes)), axis=1)[0]
    return int(np.bincount(labels)[np.unique(labels)].min())


def _channels_apart(prototypes: Prototypes) -> Prototypes:
    """Make every channel a prototype of its own, for sources that see one channel."""
    labels, channels = [], []
    for label, prototype in zip(prototypes.classes, prototypes.series, strict=True):
        for k in range(prototypes.n_channels):
            labels.append(label)
            channels.append(prototype[k : k + 1])
    return Prototypes(tuple(labels), tuple(channels))


def _described(
    rank: int, neighbour: Neighbour, entry: CatalogueEntry, target: Dataset
) -> Recommendation:
    """Say of a source near the target what its catalogue entry knows of it."""
    return Recommendation(
        rank=rank,
        model=neighbour.name,
        dataset=entry.dataset,
        distance=neighbour.distance,
        target_class=neighbour.target_class,
        source_class=neighbour.source_class,
        n_series=entry.n_series,
        n_classes=entry.n_classes,
        length=entry.length,
        accuracy=entry.accuracy,
        is_target=has_learnt(target, entry),
        n_datasets=max(len(entry.parts), 1),
        why=why_near(neighbour),
    )
