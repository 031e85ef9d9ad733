"""On which data sets two classifiers differ most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tszoo.evaluation.results import ResultTable

# How many ranges between the quartiles beyond them is far out (Tukey 1977, section 2D).
_FENCE = 1.5
MOST_OUTLIERS = 10


class Outlier(NamedTuple):
    """A data set, and how accurate either classifier is there."""

    dataset: str
    accuracy: float
    other: float

    @property
    def difference(self) -> float:
        """By how much the first is more accurate."""
        return self.accuracy - self.other


def outliers(
    results: ResultTable, first: str, second: str, most: int = MOST_OUTLIERS
) -> list[Outlier]:
    """Find the data sets on which two classifiers differ unlike on the others.

    Their difference lies beyond Tukey's fences, 1.5 times the range between the quartiles away from
    these.

    Parameters
    ----------
    results : ResultTable
    first, second : str
        Two of its classifiers.
    most : int

    Returns
    -------
    list of Outlier
        From the largest difference to the smallest.
    """
    accuracy, other = results.column(first), results.column(second)
    gaps = accuracy - other
    ranked = np.argsort(-np.abs(gaps), kind="stable")
    far = _beyond_fences(gaps)
    return [
        Outlier(results.datasets[k], float(accuracy[k]), float(other[k]))
        for k in ranked.tolist()
        if far[k]
    ][:most]


def _beyond_fences(gaps: NDArray[np.float64]) -> Sequence[bool]:
    low, high = np.quantile(gaps, [0.25, 0.75])
    fence = _FENCE * (high - low)
    beyond = (gaps < low - fence) | (gaps > high + fence)
    return list(map(bool, beyond))
