"""Sources from nearest to farthest (Ismail Fawaz et al. 2018, Algorithm 1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tszoo.similarity import Prototypes, dataset_distance


class Neighbour(NamedTuple):
    """A source, its distance from the target, and the labels of the two classes that are nearest."""

    name: str
    distance: float
    target_class: str
    source_class: str


def rank_sources(
    target: Prototypes, sources: Mapping[str, Prototypes], window: int | None = None, n_jobs: int | None = None
) -> list[Neighbour]:
    """Rank sources by the smallest DTW distance between a prototype of theirs and one of the target.

    Parameters
    ----------
    target : Prototypes
    sources : mapping of str to Prototypes
        With the target's number of channels.
    window, n_jobs
        As for `tszoo.similarity.cdist_dtw`.

    Returns
    -------
    list of Neighbour
        From nearest to farthest; equally near ones by name.

    Raises
    ------
    DataError
        If a source has another number of channels than the target.
    OptionError
        If the window is negative.
    """
    neighbours = []
    for name, source in sources.items():
        nearest = dataset_distance(target, source, window, n_jobs)
        classes = target.classes[nearest.target_class], source.classes[nearest.source_class]
        neighbours.append(Neighbour(name, nearest.distance, *classes))
    return sorted(neighbours, key=lambda neighbour: (neighbour.distance, neighbour.name))
