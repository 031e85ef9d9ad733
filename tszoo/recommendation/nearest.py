"""Rank sources from nearest to farthest (Ismail Fawaz et al. 2018, Algorithm 1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tszoo.similarity.comparison import Comparison, comparing
from tszoo.similarity.pool import PrototypePool
from tszoo.similarity.prototypes import Prototypes
from tszoo.similarity.search import search


class Neighbour(NamedTuple):
    """A source near a target.

    Attributes
    ----------
    name : str
    distance : float
        DTW distance of the two nearest prototypes, one of the target and one of the source.
    target_class, source_class : str
        The classes whose prototypes these are.
    """

    name: str
    distance: float
    target_class: str
    source_class: str


def rank_sources(
    target: Prototypes,
    sources: Mapping[str, Prototypes] | PrototypePool,
    window: int | None = None,
    n_jobs: int | None = None,
    *,
    top: int | None = None,
    comparison: Comparison | None = None,
) -> list[Neighbour]:
    """Rank sources by how near their nearest prototype is to one of the target, by DTW.

    Parameters
    ----------
    target : Prototypes
    sources : mapping of str to Prototypes, or PrototypePool
        With the target's number of channels.
    window, n_jobs
        As for `tszoo.similarity.cdist_dtw`.
    top : int or None
        How many to find; None for all. Few are found faster.
    comparison : Comparison or None
        How prototypes are compared, if by more than a window.

    Returns
    -------
    list of Neighbour
        From nearest to farthest. Equally near ones are ordered by name.

    Raises
    ------
    DataError
        If a source has another number of channels than the target.
    OptionError
        If the window is negative or given beside a comparison, or ``top`` is below 1.
    """
    if not isinstance(sources, PrototypePool):
        sources = PrototypePool.of(sources)
    ranking = search(target, sources, comparing(window, comparison), top, n_jobs)
    neighbours = []
    for source, distance, target_class, source_class in zip(
        ranking.sources,
        ranking.distances,
        ranking.target_classes,
        ranking.source_classes,
        strict=True,
    ):
        neighbour = Neighbour(
            sources.names[source],
            float(distance),
            target.classes[target_class],
            sources.classes[source][source_class],
        )
        neighbours.append(neighbour)
    return neighbours
