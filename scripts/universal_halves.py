"""Splits the archive's data sets into two halves that share no recordings.

A universal body of half A is judged by the data sets of half B, and the other way round.
universal_halves.csv has those that the embedded bodies learnt. Any other follows its kin, or else
the digest of its group's name: the half of a data set never depends on which others there are.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from zoo_plan import HELD_OUT, HERE

from tszoo.data.ucr.table import ArchiveSet, archive_sets, kin_of, read_sets

HALVES = ("A", "B")
TABLE = HERE / "universal_halves.csv"


def half_of(name: str) -> str:
    """Return the half of a data set, ``"A"`` or ``"B"``."""
    sets, table = _sets(), read_halves(TABLE)
    for relative in sorted(kin_of(name, sets)):
        if relative in table:
            return table[relative]
    group = name
    if name in sets and sets[name].kin:
        group = sets[name].kin
    return HALVES[hashlib.sha256(group.encode()).digest()[0] % 2]


@cache
def read_halves(path: Path) -> Mapping[str, str]:
    """Read the table: data set -> half."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["dataset"]: row["half"] for row in csv.DictReader(file, strict=True)}


@cache
def _sets() -> Mapping[str, ArchiveSet]:
    return {**archive_sets(), **read_sets(HELD_OUT)}
