"""Draw few series a class from training splits."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tszoo.data import Dataset, load_dataset
from tszoo.data.references import split_file
from tszoo.data.ucr.table import ArchiveSet, archive_sets, read_sets

HELD_OUT = Path(__file__).parent.parent.parent / "scripts" / "held_out.csv"
SETS = {**archive_sets(), **read_sets(HELD_OUT)}
SIZES = (1, 2, 5, 10)
DRAWS, MOST_TEST = 10, 200
Indices = NDArray[np.int64]


class Split(NamedTuple):
    """A data set: what is drawn from, and what is judged by.

    ``answers`` are the test series' class indices among the training classes.
    """

    train: Dataset
    test: Dataset
    answers: Indices

    @property
    def name(self) -> str:
        return self.train.name

    def sizes(self) -> list[int]:
        """Sizes that every class has the series for."""
        fewest = np.bincount(self.train.require_labels()).min()
        return [size for size in SIZES if size <= fewest]

    def drawn(self) -> Indices:
        """Return the series that are in any draw."""
        largest = self.sizes()[-1]
        return np.unique(np.concatenate([draw(self.train, largest, k) for k in range(DRAWS)]))


def cheapest(n_sets: int, archive: Path) -> list[str]:
    """Name the sets with the fewest points, of those whose test split the archive has."""
    names = [
        name
        for name in SETS
        if (archive / name).is_dir() and split_file(archive / name, "test", name) is not None
    ]
    return sorted(names, key=lambda name: points(SETS[name]))[:n_sets]


def points(facts: ArchiveSet) -> int:
    """Count the points of the training split and the test series."""
    return facts.length * (facts.n_series + MOST_TEST)


def load_split(name: str, archive: Path) -> Split:
    """Load a training split, and at most ``MOST_TEST`` series of the test split."""
    train, test = (load_dataset(name, archive=archive, split=split) for split in ("train", "test"))
    kept = np.random.default_rng(0).permutation(test.n_series)[:MOST_TEST]
    judges = test.take(np.sort(kept))
    return Split(train, judges, judges.with_classes(train.classes).require_labels())


def draw(train: Dataset, per_class: int, seed: int) -> Indices:
    """Draw series of each class. The sizes of one seed hold one another."""
    labels, generator = train.require_labels(), np.random.default_rng(seed)
    shuffled = [generator.permutation(np.flatnonzero(labels == k)) for k in range(train.n_classes)]
    return np.sort(np.concatenate([members[:per_class] for members in shuffled]))
