"""Which models of a zoo to start from, for a target."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from tszoo.data.dataset import Dataset
from tszoo.errors import OptionError, ZooError
from tszoo.recommendation.nearest import rank_sources
from tszoo.recommendation.recommendation import Recommendation
from tszoo.similarity import compute_prototypes
from tszoo.similarity.dtw import Progress
from tszoo.similarity.series import window_code
from tszoo.zoo.local import open_zoo

if TYPE_CHECKING:
    from tszoo.zoo.catalogue import Catalogue
    from tszoo.zoo.entry import CatalogueEntry

METHODS = ("dtw",)


def recommend(
    target: Dataset,
    zoo: str | Path | Catalogue | None = None,
    *,
    top: int | None = None,
    method: str = "dtw",
    window: int | None = None,
    exclude: Sequence[str] = (),
    progress: Progress | None = None,
    n_jobs: int | None = None,
) -> list[Recommendation]:
    """Rank a zoo's models as sources for a target, by Algorithm 1 of the 2018 transfer paper.

    Parameters
    ----------
    target : Dataset
        The training series, with labels.
    zoo : str, Path, Catalogue or None
        A folder of models or an open zoo; None for the embedded one. Models with another number of channels than the
        target's are left out.
    top : int or None
        How many to return; None for all.
    method : {"dtw"}
        How to rank: by the DTW distance of the nearest prototypes.
    window : int or None
        Sakoe-Chiba radius; None, as in the paper, for no window.
    exclude : sequence of str
        Names of data sets or models to leave out; ``*`` and ``?`` match as in file names, case does not matter. A
        model of several data sets goes with any of them.
    progress : callable or None
        Called with (comparisons done, comparisons in all) while the target's prototypes are computed.
    n_jobs : int or None
        Threads: None is one, -1 one a core. The answer does not depend on it.

    Returns
    -------
    list of Recommendation
        From nearest to farthest; models of one source are equally far, and stand in the order of their names.

    Raises
    ------
    OptionError
        If ``top`` is below 1, the window negative or the method unknown.
    DataError
        If the target has no labels or one class only.
    ZooError
        If no model is left to choose from.
    """
    if method not in METHODS:
        msg = f"unknown method {method!r}; there is: {', '.join(METHODS)}."
        raise OptionError(msg)
    if top is not None and top < 1:
        msg = f"top must be 1 or more, not {top}."
        raise OptionError(msg)
    window_code(window)
    target.require_labels()
    catalogue = open_zoo(zoo) if zoo is None or isinstance(zoo, (str, Path)) else zoo
    entries = _eligible(target, catalogue, exclude)
    own = compute_prototypes(target, window, progress=progress, n_jobs=n_jobs)
    ranking = rank_sources(own, {name: catalogue.prototypes(name) for name in entries}, window, n_jobs)
    return [
        Recommendation(
            rank=rank,
            model=neighbour.name,
            dataset=entries[neighbour.name].dataset,
            distance=neighbour.distance,
            target_class=neighbour.target_class,
            source_class=neighbour.source_class,
            n_series=entries[neighbour.name].n_series,
            n_classes=entries[neighbour.name].n_classes,
            length=entries[neighbour.name].length,
            accuracy=entries[neighbour.name].accuracy,
            is_target=_is_same(target, entries[neighbour.name]),
            n_datasets=max(len(entries[neighbour.name].parts), 1),
        )
        for rank, neighbour in enumerate(ranking[:top], start=1)
    ]


def _eligible(target: Dataset, catalogue: Catalogue, exclude: Sequence[str]) -> dict[str, CatalogueEntry]:
    """Find the models to rank, by name; ZooError if there are none."""
    if not catalogue.entries:
        msg = "the zoo holds no models; there is nothing to recommend."
        raise ZooError(msg)
    left = [entry for entry in catalogue.entries if not _matches(entry, exclude)]
    if not left:
        msg = f"no model is left: the zoo's {len(catalogue.entries)} are all excluded by {', '.join(exclude)}."
        raise ZooError(msg)
    fitting = {entry.model: entry for entry in left if entry.n_channels == target.n_channels}
    if not fitting:
        known = ", ".join(str(n) for n in sorted({entry.n_channels for entry in left}))
        msg = (
            f"no model fits: {target.name} has {target.n_channels} channel(s), the zoo's sources have {known}. "
            "Name a source of one channel with --source, or train from scratch with --source none."
        )
        raise ZooError(msg)
    return fitting


def _matches(entry: CatalogueEntry, patterns: Sequence[str]) -> bool:
    names = [entry.model.casefold(), *(name.casefold() for name, _ in _learnt(entry))]
    return any(fnmatchcase(name, pattern.casefold()) for pattern in patterns for name in names)


def _is_same(target: Dataset, entry: CatalogueEntry) -> bool:
    """Whether a model has learnt the target, alone or with other data sets: a start from it would be no transfer."""
    return any(target.sha256 == sha256 or target.name.casefold() == name.casefold() for name, sha256 in _learnt(entry))


def _learnt(entry: CatalogueEntry) -> list[tuple[str, str]]:
    """Name and digest of everything that a model has learnt: its data set, or several together and each of them."""
    return [(entry.dataset, entry.sha256), *((part.dataset, part.sha256) for part in entry.parts)]
