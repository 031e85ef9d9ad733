"""Find which models of a zoo can serve a target at all."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tszoo.data.dataset import Dataset
from tszoo.errors import ZooError

if TYPE_CHECKING:
    from tszoo.zoo.entry import CatalogueEntry
    from tszoo.zoo.zoo import Zoo


def universal_bodies(
    target: Dataset, catalogue: Zoo, exclude: Sequence[str]
) -> dict[str, CatalogueEntry]:
    """Find the universal bodies that can read a target, by name.

    They are those of one channel, which read each channel by itself, and those of as many channels
    as the target has. Left out are those that another one makes superfluous: one of the same
    architecture that has learnt all that they have, and more, but not the target.
    """
    fitting = [
        entry
        for entry in catalogue.models
        if entry.is_universal
        and entry.n_channels in (1, target.n_channels)
        and not _matches(entry, exclude)
    ]
    strangers = [entry for entry in fitting if not has_learnt(target, entry)]
    return {
        entry.model: entry
        for entry in fitting
        if not any(_has_learnt_more(other, entry) for other in strangers)
    }


def _has_learnt_more(entry: CatalogueEntry, than: CatalogueEntry) -> bool:
    """Whether a universal body has learnt all data sets of another one, and more."""
    if entry.architecture != than.architecture:
        return False
    learnt, less = ({part.sha256 for part in each.parts} for each in (entry, than))
    return less < learnt


def eligible(
    target: Dataset, catalogue: Zoo, exclude: Sequence[str], *, required: bool = True
) -> dict[str, CatalogueEntry]:
    """Find the models whose prototypes can be ranked, by name: all but universal bodies.

    They are those with the target's number of channels or, if there are none, those of one channel.

    Parameters
    ----------
    target, catalogue, exclude
        As for `tszoo.recommendation.advise`.
    required : bool
        Whether it is an error if there are none.

    Raises
    ------
    ZooError
        If there are none of these either.
    """
    fitting = _with_prototypes(target, catalogue, exclude)
    if required and not fitting:
        raise ZooError(_why_none(target, catalogue, exclude))
    return fitting


def _with_prototypes(
    target: Dataset, catalogue: Zoo, exclude: Sequence[str]
) -> dict[str, CatalogueEntry]:
    for n_channels in (target.n_channels, 1):
        fitting = {
            entry.model: entry
            for entry in catalogue.models
            if entry.n_channels == n_channels
            and not entry.is_universal
            and not _matches(entry, exclude)
        }
        if fitting:
            return fitting
    return {}


def _why_none(target: Dataset, catalogue: Zoo, exclude: Sequence[str]) -> str:
    """Say why no model can be ranked, and what to do."""
    if not catalogue.models and catalogue.broken:
        first = catalogue.broken[0]
        return (
            f"no model of the zoo can be used, so there is nothing to recommend: {first.model}: "
            f"{first.reason}"
        )
    if not catalogue.models:
        return "the zoo holds no models; there is nothing to recommend."
    left = [entry for entry in catalogue.models if not _matches(entry, exclude)]
    if not left:
        return (
            f"no model is left: the zoo's {len(catalogue.models)} are all excluded by "
            f"{', '.join(exclude)}."
        )
    if all(entry.is_universal for entry in left):
        return (
            'only universal bodies are left, which have no prototypes. Rank by method="probe", or '
            "choose another zoo (zoo=...)."
        )
    numbers = ", ".join(map(str, sorted({entry.n_channels for entry in left})))
    return (
        f"no model fits: {target.name} has {target.n_channels} channel(s), the zoo's sources have "
        f'{numbers}. Choose another zoo (zoo=...), or start without a source: source="none".'
    )


def _matches(entry: CatalogueEntry, patterns: Sequence[str]) -> bool:
    names = [entry.model, *(name for name, _ in _learnt(entry))]
    folded = [name.casefold() for name in names]
    return any(fnmatchcase(name, pattern.casefold()) for pattern in patterns for name in folded)


def unmatched(patterns: Sequence[str], catalogue: Zoo) -> list[str]:
    """List the patterns of ``exclude`` that match no model and no data set of a zoo."""
    return [
        pattern
        for pattern in patterns
        if not any(_matches(entry, [pattern]) for entry in catalogue.models)
    ]


def has_learnt(target: Dataset, entry: CatalogueEntry) -> bool:
    """Return whether a model has learnt the target, alone or with other data sets.

    To start from it would be no transfer.
    """
    digests = (target.sha256, target.unweighted_sha256)
    return any(
        sha256 in digests or target.name.casefold() == name.casefold()
        for name, sha256 in _learnt(entry)
    )


def _learnt(entry: CatalogueEntry) -> list[tuple[str, str]]:
    """List the name and the digest of all that a model has learnt.

    These are its data set or, of a joint model, the sets together and each of them.
    """
    return [(entry.dataset, entry.sha256), *((part.dataset, part.sha256) for part in entry.parts)]
