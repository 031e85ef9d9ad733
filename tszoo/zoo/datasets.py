"""The data sets that the models of a zoo have learnt, to be compared with others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tszoo.data import Dataset
from tszoo.errors import DataError
from tszoo.similarity.prototypes import Prototypes
from tszoo.zoo.entry import CatalogueEntry
from tszoo.zoo.zoo import Zoo


@dataclass(frozen=True, eq=False)
class LearntDataset:
    """A data set that a model of a zoo has learnt.

    Attributes
    ----------
    name : str
        The data set's name, or its model's where another data set has that name.
    prototypes : Prototypes
    kind : str or None
        What it measures, where that is known.
    """

    name: str
    prototypes: Prototypes
    kind: str | None


def check_comparable(sets: Sequence[Dataset]) -> None:
    """Raise an error, before anything is computed, for data sets that make no matrix.

    Raises
    ------
    DataError
        If two of them have the same name, or not all have as many channels.
    """
    names: set[str] = set()
    for dataset in sets:
        if dataset.name in names:
            msg = (
                f"two data sets are called {dataset.name}; rename the file or folder of one, or "
                "leave one out."
            )
            raise DataError(msg)
        names.add(dataset.name)
    first = sets[0]
    for dataset in sets:
        if dataset.n_channels != first.n_channels:
            msg = (
                f"{first.name} has {first.n_channels} channel(s) and {dataset.name} "
                f"{dataset.n_channels}; only data sets of as many channels can be compared."
            )
            raise DataError(msg)


def learnt_datasets(catalogue: Zoo, beside: Sequence[Dataset]) -> list[LearntDataset]:
    """List each data set of a zoo once, of those that have prototypes, except those given.

    Models of one data set have the same prototypes. A data set that has the name of another one
    goes by its model's name.

    Parameters
    ----------
    catalogue : Zoo
    beside : sequence of Dataset
        At least one. Only data sets of as many channels are listed.

    Raises
    ------
    DataError
        If there is no such data set, or two cannot be told apart by their names.
    """
    n_channels = beside[0].n_channels
    digests = {dataset.sha256 for dataset in beside}
    names = {dataset.name for dataset in beside}
    learnt = []
    for entry in catalogue.models:
        if entry.n_channels != n_channels or entry.sha256 in digests:
            continue
        prototypes = catalogue.prototypes(entry.model)
        if not prototypes.series:
            continue
        name = _name(entry, names, catalogue)
        digests.add(entry.sha256)
        names.add(name)
        learnt.append(LearntDataset(name, prototypes, entry.kind))
    if not learnt:
        msg = (
            f"{catalogue.name}: no source of {n_channels} channel(s) to compare "
            f"{beside[0].name} with, apart from the data given."
        )
        raise DataError(msg)
    return learnt


def _name(entry: CatalogueEntry, taken: set[str], catalogue: Zoo) -> str:
    if entry.dataset not in taken:
        return entry.dataset
    if entry.model in taken:
        msg = (
            f"two data sets are called {entry.model}, one of them in {catalogue.name}; rename the "
            "file or folder of yours."
        )
        raise DataError(msg)
    return entry.model
