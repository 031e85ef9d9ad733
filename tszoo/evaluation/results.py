"""Accuracies of several classifiers on several data sets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tszoo.errors import DataError
from tszoo.text import listed

# The results of a data set and a classifier.
Cells = dict[tuple[str, str], list[float]]


class Result(NamedTuple):
    """How accurate a classifier was on a data set in one run; NaN where that is not known."""

    classifier: str
    dataset: str
    accuracy: float


@dataclass(frozen=True, eq=False)
class ResultTable:
    """How accurate every classifier is on every data set.

    Attributes
    ----------
    classifiers : tuple of str
    datasets : tuple of str
        Those on which all classifiers have been run.
    accuracy : ndarray of float64, shape (n_datasets, n_classifiers)
        Shares from 0 to 1; the median where there are several results of one cell.
    left_out : mapping of str to tuple of str
        The other data sets, and which classifiers lack each.
    most_repeats : int
        The most results of one cell.
    """

    classifiers: tuple[str, ...]
    datasets: tuple[str, ...]
    accuracy: NDArray[np.float64]
    left_out: Mapping[str, tuple[str, ...]]
    most_repeats: int

    def column(self, classifier: str) -> NDArray[np.float64]:
        """Return the accuracies of a classifier, shape (n_datasets,)."""
        return np.asarray(self.accuracy[:, self.classifiers.index(classifier)])


def tabulate(results: Iterable[Result]) -> ResultTable:
    """Bring results into one table, with the median of those of one classifier and data set.

    Classifiers and data sets keep the order in which they come first.

    Raises
    ------
    DataError
        If there are fewer than two classifiers, or no data set has them all.
    """
    cells: Cells = defaultdict(list)
    classifiers: dict[str, None] = {}
    datasets: dict[str, None] = {}
    for result in results:
        classifiers[result.classifier] = datasets[result.dataset] = None
        if not np.isnan(result.accuracy):
            cells[result.dataset, result.classifier].append(result.accuracy)
    if len(classifiers) < 2:
        msg = (
            f"{len(classifiers)} classifier(s) in the results; two or more can be compared. "
            'Another table, or published="ucr", has more.'
        )
        raise DataError(msg)
    left_out = _lacking(cells, datasets, classifiers)
    whole = tuple(dataset for dataset in datasets if dataset not in left_out)
    if not whole:
        raise DataError(_none_whole(left_out, len(classifiers)))
    accuracy = [[np.median(cells[dataset, name]) for name in classifiers] for dataset in whole]
    return ResultTable(
        tuple(classifiers),
        whole,
        np.array(accuracy, dtype=np.float64),
        left_out,
        max(map(len, cells.values())),
    )


def _lacking(
    cells: Cells, datasets: Iterable[str], classifiers: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """List the data sets that some classifier lacks, each with those that lack it."""
    left_out = {}
    for dataset in datasets:
        lacking = tuple(name for name in classifiers if (dataset, name) not in cells)
        if lacking:
            left_out[dataset] = lacking
    return left_out


def _none_whole(left_out: Mapping[str, tuple[str, ...]], n_classifiers: int) -> str:
    """Say that no data set has all classifiers, and which of them lack the most."""
    counts: dict[str, int] = defaultdict(int)
    for lacking in left_out.values():
        for name in lacking:
            counts[name] += 1
    ranked = sorted(counts, key=lambda name: -counts[name])
    most = [f"{name} lacks {counts[name]}" for name in ranked]
    return (
        f"none of {len(left_out)} data sets has results of all {n_classifiers} classifiers "
        f"({listed(most, 3)}). Leave out what has few by exclude=..., or name what to compare by "
        "only=...."
    )
