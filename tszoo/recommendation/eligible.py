"""Which models of a zoo can serve a target at all."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tszoo.data.dataset import Dataset
from tszoo.errors import ZooError

if TYPE_CHECKING:
    from tszoo.zoo.entry import CatalogueEntry
    from tszoo.zoo.zoo import Zoo


def eligible(target: Dataset, catalogue: Zoo, exclude: Sequence[str]) -> dict[str, CatalogueEntry]:
    """Find the models to rank, by name: those of the target's channels.

    If there are none, those of one channel.

    Raises
    ------
    ZooError
        If there are none.
    """
    if not catalogue.models:
        msg = "the zoo holds no models; there is nothing to recommend."
        raise ZooError(msg)
    left = [entry for entry in catalogue.models if not _matches(entry, exclude)]
    if not left:
        msg = (
            f"no model is left: the zoo's {len(catalogue.models)} are all excluded by "
            f"{', '.join(exclude)}."
        )
        raise ZooError(msg)
    for n_channels in (target.n_channels, 1):
        fitting = {entry.model: entry for entry in left if entry.n_channels == n_channels}
        if fitting:
            return fitting
    known = ", ".join(str(n) for n in sorted({entry.n_channels for entry in left}))
    msg = (
        f"no model fits: {target.name} has {target.n_channels} channel(s), the zoo's sources have "
        f"{known}. Choose another zoo with --zoo, or start without a source: --source none."
    )
    raise ZooError(msg)


def _matches(entry: CatalogueEntry, patterns: Sequence[str]) -> bool:
    names = [entry.model.casefold(), *(name.casefold() for name, _ in _learnt(entry))]
    return any(fnmatchcase(name, pattern.casefold()) for pattern in patterns for name in names)


def has_learnt(target: Dataset, entry: CatalogueEntry) -> bool:
    """Whether a model has learnt the target, alone or with other data sets.

    A start from it would be no transfer.
    """
    return any(
        target.sha256 == sha256 or target.name.casefold() == name.casefold()
        for name, sha256 in _learnt(entry)
    )


def _learnt(entry: CatalogueEntry) -> list[tuple[str, str]]:
    """Name and digest of everything that a model has learnt.

    Its data set, or several together and each of them.
    """
    return [(entry.dataset, entry.sha256), *((part.dataset, part.sha256) for part in entry.parts)]
