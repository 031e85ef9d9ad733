"""Which models of a zoo to start from, for a target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tszoo.data.dataset import Dataset
from tszoo.errors import OptionError, ZooError
from tszoo.recommendation.eligible import eligible, has_learnt
from tszoo.recommendation.nearest import Neighbour, rank_sources
from tszoo.recommendation.probe import Probe, probe_random, probe_sources
from tszoo.recommendation.recommendation import Recommendation
from tszoo.recommendation.weigh import Choice, choose_nearest, rank_probed, weigh_choices
from tszoo.similarity import Comparison, Prototypes, compute_prototypes
from tszoo.similarity.dtw import Progress
from tszoo.zoo.find import open_zoo

if TYPE_CHECKING:
    from tszoo.zoo.catalogue import Catalogue
    from tszoo.zoo.entry import CatalogueEntry

METHODS = ("auto", "probe", "dtw")
# Probing costs a second or two a source, and how near the farther ones are says nothing of how well
# they serve.
SHORTLIST = 15


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
        The target's, by which sources were found near.
    """

    sources: tuple[Recommendation, ...]
    choices: tuple[Choice, ...]
    prototypes: Prototypes

    def best(self, head: str | None = None, *, sources_only: bool = False) -> Choice:
        """Pick the best way to begin, with that head if one is named, and from a source if that is asked for.

        Raises
        ------
        ZooError
            If nothing was found to begin with.
        """
        for choice in self.choices:
            if head in (None, choice.head) and not (sources_only and choice.source is None):
                return choice
        learnt = " and ".join(one.model for one in self.sources if one.is_target)
        msg = "no source is left to start from" + (
            f": {learnt} learnt these very data." if learnt else "."
        )
        raise ZooError(f"{msg} Name one with --source, or start without: --source none.")


def recommend(
    target: Dataset,
    zoo: str | Path | Catalogue | None = None,
    *,
    top: int | None = None,
    method: str = "auto",
    window: int | None = None,
    normalized: bool = False,
    resample: int | None = None,
    per_class: int = 1,
    exclude: Sequence[str] = (),
    cache: Path | None = None,
    device: str = "cpu",
    progress: Progress | None = None,
    n_jobs: int | None = None,
) -> list[Recommendation]:
    """Rank a zoo's models as sources for a target.

    See `advise`, of whose answer these are the sources.
    """
    advice = advise(
        target,
        zoo,
        top=top,
        method=method,
        window=window,
        normalized=normalized,
        resample=resample,
        per_class=per_class,
        exclude=exclude,
        cache=cache,
        device=device,
        progress=progress,
        n_jobs=n_jobs,
    )
    return list(advice.sources)


def advise(
    target: Dataset,
    zoo: str | Path | Catalogue | None = None,
    *,
    top: int | None = None,
    method: str = "auto",
    window: int | None = None,
    normalized: bool = False,
    resample: int | None = None,
    per_class: int = 1,
    exclude: Sequence[str] = (),
    cache: Path | None = None,
    device: str = "cpu",
    progress: Progress | None = None,
    n_jobs: int | None = None,
) -> Advice:
    """Find what to start from: a source of a zoo, an untrained body, or training from scratch.

    Parameters
    ----------
    target : Dataset
        The training series, with labels.
    zoo : str, Path, Catalogue or None
        A folder of models, ``hf://ORG`` or an open zoo; None for the embedded one. Models with
        another number of channels than the target's are left out, unless it has none with as many:
        those of one channel then see each channel by itself.
    top : int or None
        How many sources to return. None is all for ``"dtw"``, and those that were probed for the
        others.
    method : {"auto", "probe", "dtw"}
        ``"dtw"`` ranks by the DTW distance of the nearest prototypes: Algorithm 1 of the 2018
        transfer paper. ``"probe"`` runs the nearest ``SHORTLIST`` (or ``top``, if that is more) on
        the target's series and ranks them by how well their frozen features tell the classes apart.
        ``"auto"`` does so too, and weighs them against doing without: an untrained body, and
        training from scratch.
    window : int or None
        Sakoe-Chiba radius, of the target's prototypes and of the comparison; None, as in the paper,
        for no window.
    normalized : bool
        Whether distances are divided by the length of the warping path
        (`tszoo.similarity.Comparison`).
    resample : int or None
        Bring all prototypes to this many points before they are compared; None compares them at
        their own lengths.
    per_class : int
        The most prototypes that a class of the target may have; more than 1 are found by k-means.
        The sources keep those of the catalogue, one a class.
    exclude : sequence of str
        Names of data sets or models to leave out; ``*`` and ``?`` match as in file names, case does
        not matter. A model of several data sets goes with any of them.
    cache : Path or None
        A folder where results of probing are kept; None keeps none.
    device : str
        Where sources are probed.
    progress : callable or None
        Called with (steps done, steps in all), first for the target's prototypes, then for the
        sources probed.
    n_jobs : int or None
        Threads for distances: None is one, -1 one a core. The answer does not depend on it.

    Returns
    -------
    Advice
        Sources of one distance or one score stand in the order of nearness, then of their names.

    Raises
    ------
    OptionError
        If ``top``, ``resample`` or ``per_class`` is below 1, the window negative, or the method or
        device unknown.
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
    comparison = Comparison(window, normalized, resample)
    labels = target.require_labels()
    catalogue = open_zoo(zoo) if zoo is None or isinstance(zoo, (str, Path)) else zoo
    entries = eligible(target, catalogue, exclude)
    own = compute_prototypes(target, window, progress=progress, n_jobs=n_jobs, per_class=per_class)
    pool = catalogue.pool(list(entries))
    wanted = top if method == "dtw" else max(SHORTLIST, top or 0)
    apart = own if own.n_channels == pool.channels[0] else _channels_apart(own)
    ranking = rank_sources(apart, pool, n_jobs=n_jobs, top=wanted, comparison=comparison)
    near = [
        _described(place, one, entries[one.name], target)
        for place, one in enumerate(ranking, start=1)
    ]
    if method == "dtw":
        return Advice(tuple(near), tuple(choose_nearest(near)), own)
    probes = _probe(target, near, catalogue, cache, device, progress)
    random = probe_random(target, cache=cache, device=device, ridge_only=True)
    ranked = rank_probed(near, probes, random)
    least = int(np.bincount(labels)[np.unique(labels)].min())
    choices = weigh_choices(ranked, probes, random, least, sources_only=method == "probe")
    return Advice(tuple(ranked[:top]), tuple(choices), own)


def _probe(
    target: Dataset,
    near: Sequence[Recommendation],
    catalogue: Catalogue,
    cache: Path | None,
    device: str,
    progress: Progress | None,
) -> dict[str, Probe]:
    names = [one.model for one in near]
    found = probe_sources(
        target, names, catalogue, cache=cache, device=device, progress=progress, ridge_only=True
    )
    return dict(zip(names, found, strict=True))


def _channels_apart(prototypes: Prototypes) -> Prototypes:
    """Make each channel of a prototype one of its own, for sources that see one channel."""
    series = [one[k : k + 1] for one in prototypes.series for k in range(prototypes.n_channels)]
    labels = [label for label in prototypes.classes for _ in range(prototypes.n_channels)]
    return Prototypes(tuple(labels), tuple(series))


def _described(
    rank: int, neighbour: Neighbour, entry: CatalogueEntry, target: Dataset
) -> Recommendation:
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
        why=f"its class {neighbour.source_class} is near to your class "
        f"{neighbour.target_class}: a DTW distance of "
        f"{neighbour.distance:.2f}.",
    )
