"""Read the table of the UCR archive's data sets: what they are, and which belong together.

The table is ``sets.csv``. Its source is the archive's own list (Dau et al. 2019), in this project's
words.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).with_name("sets.csv")


@dataclass(frozen=True)
class ArchiveSet:
    """One data set of the archive.

    Attributes
    ----------
    dataset : str
        The data set's name.
    kind : str
        What was measured, for instance ``"image outline"``.
    kin : str
        The group of data sets that were cut from the same recordings, or that label the same series
        otherwise; empty for a set that stands alone.
    n_series : int
        Number of training series.
    length : int
        Points of the longest training series.
    n_classes : int
    has_test : bool
        Whether there is a test split to measure a model by.
    about : str
        What a series is and what its class says, in one sentence; empty where nothing is written.
    """

    dataset: str
    kind: str
    kin: str
    n_series: int
    length: int
    n_classes: int
    has_test: bool
    about: str


@cache
def archive_sets() -> Mapping[str, ArchiveSet]:
    """Return the data sets that the table holds, by name. The table is read once."""
    return read_sets(_TABLE)


def read_sets(path: Path) -> dict[str, ArchiveSet]:
    """Read a file like ``sets.csv``; return its data sets by name, in the file's order."""
    sets = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, strict=True):
            sets[row["dataset"]] = ArchiveSet(
                dataset=row["dataset"],
                kind=row["kind"],
                kin=row["kin"],
                n_series=int(row["series"]),
                length=int(row["length"]),
                n_classes=int(row["classes"]),
                has_test=row["test"] == "yes",
                about=row["about"],
            )
    return sets


def facts_of(dataset: str, length: int, n_classes: int) -> ArchiveSet | None:
    """Tell what is known of a data set of that name, length and number of classes.

    None for any other: facts are told only of the archive's very data sets.

    >>> facts_of("GunPoint", 150, 2).kind
    'motion'
    >>> facts_of("GunPoint", 151, 2) is None
    True
    """
    facts = archive_sets().get(dataset)
    if facts is None or (facts.length, facts.n_classes) != (length, n_classes):
        return None
    return facts


def kin_of(name: str, sets: Mapping[str, ArchiveSet] | None = None) -> frozenset[str]:
    """Name the data sets of the same recordings as ``name``, itself among them.

    ``sets`` is the table to look in, by default the archive's. A data set that it does not hold, or
    that stands alone, has no kin but itself.

    >>> sorted(kin_of("FiftyWords"))
    ['FiftyWords', 'WordSynonyms']
    """
    table = archive_sets() if sets is None else sets
    if name not in table or not table[name].kin:
        return frozenset({name})
    return frozenset(other for other, facts in table.items() if facts.kin == table[name].kin)


def is_kin(name: str, other: str, sets: Mapping[str, ArchiveSet] | None = None) -> bool:
    """Tell whether two data sets are one, or kin, as ``kin_of`` says."""
    return other in kin_of(name, sets)
