"""Rank data sets, not models: each once, with all the models that have learnt it.

A joint model's prototypes are those of its parts, one part after the other. So a data set that a
model of its own and two joint models have learnt would stand three times in a ranking of models.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tszoo.data.dataset import Dataset
from tszoo.errors import ModelError, ZooError
from tszoo.recommendation.eligible import has_learnt
from tszoo.recommendation.nearest import Neighbour, rank_sources
from tszoo.recommendation.recommendation import Recommendation
from tszoo.similarity.comparison import Comparison
from tszoo.similarity.pool import PrototypePool
from tszoo.similarity.prototypes import Prototypes

if TYPE_CHECKING:
    from tszoo.models.record import TrainedPart
    from tszoo.zoo.entry import CatalogueEntry
    from tszoo.zoo.zoo import Zoo


@dataclass(frozen=True)
class LearntSet:
    """A data set, and the models that have learnt it.

    Attributes
    ----------
    about : CatalogueEntry or TrainedPart
        What the first model's entry says of the set: its name, and its numbers of series and
        classes.
    models : tuple of str
        In the order of the entries that it was read from.
    rows : tuple of int
        Positions of its prototypes, of every model, in the pool.
    """

    about: CatalogueEntry | TrainedPart
    models: tuple[str, ...]
    rows: tuple[int, ...]


def learnt_sets(entries: Sequence[CatalogueEntry], pool: PrototypePool) -> list[LearntSet]:
    """List the data sets that models have learnt; content tells them apart, not names.

    Parameters
    ----------
    entries : sequence of CatalogueEntry
        The models.
    pool : PrototypePool
        Their prototypes. A set of which no class has one is listed without rows.

    Raises
    ------
    ModelError
        If a joint model's data sets have another number of classes than the model.
    """
    sets: dict[str, LearntSet] = {}
    places = {name: place for place, name in enumerate(pool.names)}
    for entry in entries:
        rows_by_class = _rows(entry, pool, places.get(entry.model))
        start = 0
        for about in entry.parts or (entry,):
            end = start + about.n_classes
            rows = tuple(rows_by_class[k] for k in range(start, end) if k in rows_by_class)
            start = end
            before = sets.get(about.sha256, LearntSet(about, (), ()))
            models = tuple(dict.fromkeys((*before.models, entry.model)))
            sets[about.sha256] = replace(before, models=models, rows=before.rows + rows)
        n_classes = sum(part.n_classes for part in entry.parts or (entry,))
        if n_classes != entry.n_classes:
            msg = f"{entry.model}: {entry.n_classes} classes, but its data sets have {n_classes}."
            raise ModelError(msg)
    return list(sets.values())


def _rows(entry: CatalogueEntry, pool: PrototypePool, place: int | None) -> dict[int, int]:
    """Say where in a pool the prototypes of a model stand, by the positions of their classes.

    ``place`` is the model's among the pool's sources, None if it has no prototypes.
    """
    if place is None:
        return {}
    first, labels = int(pool.offsets[place]), pool.classes[place]
    if len(labels) == entry.n_classes:
        return {k: first + k for k in range(entry.n_classes)}
    return {entry.classes.index(label): first + i for i, label in enumerate(labels)}


def pool_sets(pool: PrototypePool, sets: Sequence[LearntSet]) -> PrototypePool:
    """Let data sets own the prototypes of a pool; the values are shared.

    Of equal prototypes, which several models have of one set, each set keeps the first.

    Parameters
    ----------
    pool : PrototypePool
        That the sets were listed with.
    sets : sequence of LearntSet
        No two with the same content, each with one prototype or more.

    Returns
    -------
    PrototypePool
        Its names are those of the sets with their digests, because sets may share a name.
    """
    labels = [label for classes in pool.classes for label in classes]
    kept = [_distinct(pool, learnt.rows) for learnt in sets]
    rows = np.array([row for rows_of_set in kept for row in rows_of_set], dtype=np.int64)
    counts = [len(rows_of_set) for rows_of_set in kept]
    return replace(
        pool,
        names=tuple(_key(learnt) for learnt in sets),
        classes=tuple(tuple(labels[row] for row in rows_of_set) for rows_of_set in kept),
        starts=pool.starts[rows],
        lengths=pool.lengths[rows],
        channels=pool.channels[rows],
        owners=np.repeat(np.arange(len(sets)), counts).astype(np.int64),
    )


def _distinct(pool: PrototypePool, rows: Sequence[int]) -> list[int]:
    """Leave out rows whose series another one before has, point by point."""
    by_content: dict[tuple[int, bytes], int] = {}
    for row in rows:
        by_content.setdefault((int(pool.lengths[row]), pool.series(row).tobytes()), row)
    return list(by_content.values())


def rank_sets(
    target: Dataset,
    prototypes: Prototypes,
    entries: Mapping[str, CatalogueEntry],
    catalogue: Zoo,
    *,
    top: int | None = None,
    comparison: Comparison | None = None,
) -> list[Recommendation]:
    """Rank the data sets that models have learnt by how near they are to a target, by DTW.

    Parameters
    ----------
    target : Dataset
    prototypes : Prototypes
        The target's, with as many channels as the models have.
    entries : mapping of str to CatalogueEntry
        The models, by name.
    catalogue : Zoo
    top : int or None
        How many data sets to find; None for all.
    comparison : Comparison or None
        As for ``rank_sources``.

    Returns
    -------
    list of Recommendation
        One a data set, from nearest to farthest, by its nearest prototypes. Of its models, those of
        this set alone come first, then joint ones, and those that have learnt the target come
        behind others. A data set without prototypes has no place.

    Raises
    ------
    ZooError
        If none of the data sets has a prototype.
    """

    def place(entry: CatalogueEntry) -> tuple[bool, bool, str]:
        return bool(entry.parts), has_learnt(target, entry), entry.model

    ordered = sorted(entries.values(), key=place)
    of_models = catalogue.pool([entry.model for entry in ordered])
    sets = [learnt for learnt in learnt_sets(ordered, of_models) if learnt.rows]
    if not sets:
        msg = (
            f"{catalogue.name}: none of its models has prototypes of {target.name}'s number of "
            'channels. Rank by method="probe", or choose another zoo (zoo=...).'
        )
        raise ZooError(msg)
    pool = pool_sets(of_models, sets)
    by_key = {_key(learnt): learnt for learnt in sets}
    ranking = rank_sources(prototypes, pool, n_jobs=-1, top=top, comparison=comparison)
    recommendations = []
    for rank, neighbour in enumerate(ranking, start=1):
        learnt = by_key[neighbour.name]
        recommendations.append(_described(rank, neighbour, learnt, entries, target))
    return recommendations


def prototypes_of(source: Recommendation, catalogue: Zoo) -> Prototypes:
    """Return the prototypes that a target's were compared with to recommend a source.

    Raises as ``Zoo.pool``.
    """
    entries = [catalogue.entry(model) for model in source.models or (source.model,)]
    pool = catalogue.pool([entry.model for entry in entries])
    for learnt in learnt_sets(entries, pool):
        if learnt.about.dataset == source.dataset and learnt.rows:
            return pool_sets(pool, [learnt]).source(0)
    return catalogue.prototypes(source.model)


def nearest_set(source: Recommendation, entry: CatalogueEntry) -> str:
    """Name the data set whose prototype is the nearest, of all that a source's model has learnt.

    ``entry`` is that of ``source.model``.
    """
    if source.dataset != entry.dataset or not entry.parts:
        return source.dataset
    ends = np.cumsum([part.n_classes for part in entry.parts])
    position = entry.classes.index(source.source_class or "")
    return entry.parts[int(np.searchsorted(ends, position, side="right"))].dataset


def _key(learnt: LearntSet) -> str:
    return f"{learnt.about.dataset} {learnt.about.sha256}"


def _described(
    rank: int,
    neighbour: Neighbour,
    learnt: LearntSet,
    entries: Mapping[str, CatalogueEntry],
    target: Dataset,
) -> Recommendation:
    """Say what is known of a data set near the target, and of the first of its models."""
    first = entries[learnt.models[0]]
    return Recommendation(
        rank=rank,
        model=first.model,
        dataset=learnt.about.dataset,
        distance=neighbour.distance,
        target_class=neighbour.target_class,
        source_class=neighbour.source_class,
        n_series=learnt.about.n_series,
        n_classes=learnt.about.n_classes,
        length=learnt.about.length,
        accuracy=first.accuracy,
        is_target=has_learnt(target, first),
        n_datasets=max(len(first.parts), 1),
        why=why_near(neighbour),
        models=learnt.models,
    )


def why_near(neighbour: Neighbour) -> str:
    """Say in a sentence how near a source is."""
    return (
        f"its class {neighbour.source_class} is near to your class {neighbour.target_class}: a DTW "
        f"distance of {neighbour.distance:.2f}."
    )
