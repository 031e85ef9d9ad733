"""Sources from nearest to farthest (Ismail Fawaz et al. 2018, Algorithm 1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tszoo.similarity.comparison import Comparison, comparing
from tszoo.similarity.pool import PrototypePool
from tszoo.similarity.prototypes import Prototypes
from tszoo.similarity.search import search


class Neighbour(NamedTuple):
    """A source, its distance from the target, and the labels of the two classes that are nearest."""

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
    """Rank sources by the smallest DTW distance between a prototype of theirs and one of the target.

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
        From nearest to farthest; equally near ones by name.

    Raises
    ------
    DataError
        If a source has another number of channels than the target.
    OptionError
        If the window is negative or given beside a comparison, or ``top`` is below 1.
    """
    pool = sources if isinstance(sources, PrototypePool) else PrototypePool.of(sources)
    found = search(target, pool, comparing(window, comparison), top, n_jobs)
    rows = zip(
        found.sources, found.distances, found.target_classes, found.source_classes, strict=True
    )
    return [
        Neighbour(
            pool.names[source], float(distance), target.classes[own], pool.classes[source][its]
        )
        for source, distance, own, its in rows
    ]
