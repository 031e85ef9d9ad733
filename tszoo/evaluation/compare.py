"""Two ways beside each other, over many data sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tszoo.errors import DataError
from tszoo.evaluation.signed_rank import signed_rank_p

# Differences of published accuracies are rounded to so many decimals.
DIGITS = 5


@dataclass(frozen=True)
class Paired:
    """How the accuracies of one way differ from those of another on the same data sets.

    Attributes
    ----------
    n : int
        Data sets.
    mean, other_mean : float
    wins, ties, losses : int
        On how many the first is more accurate, as accurate, less accurate.
    p : float or None
        Two-sided Wilcoxon signed-rank test, ties left out (Demšar 2006, section 3.1.3); None if all
        are ties.
    """

    n: int
    mean: float
    other_mean: float
    wins: int
    ties: int
    losses: int
    p: float | None

    @property
    def difference(self) -> float:
        """By how much the first is more accurate in the mean."""
        return self.mean - self.other_mean


def compare(
    accuracies: Sequence[float] | NDArray[np.float64],
    others: Sequence[float] | NDArray[np.float64],
    *,
    digits: int = DIGITS,
) -> Paired:
    """Compare two ways, data set by data set.

    Parameters
    ----------
    accuracies, others : sequence of float, shape (n,)
        Of the same data sets in the same order.
    digits : int
        To how many decimals a difference is rounded before it is counted and ranked: published
        accuracies are rounded, and what is the same should be no win by the seventh decimal, nor
        rank before its equal.

    Raises
    ------
    DataError
        If there are none, or not as many of one as of the other.
    """
    first, second = np.asarray(accuracies, dtype=np.float64), np.asarray(others, dtype=np.float64)
    if first.ndim != 1 or first.shape != second.shape or not len(first):
        msg = (
            f"{len(first)} accuracies beside {len(second)}; as many of both are needed, and one or "
            "more."
        )
        raise DataError(msg)
    gaps = np.round(first - second, digits)
    wins, losses = int((gaps > 0).sum()), int((gaps < 0).sum())
    return Paired(
        len(first),
        float(first.mean()),
        float(second.mean()),
        wins,
        len(first) - wins - losses,
        losses,
        signed_rank_p(gaps),
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct the p of several tests, so that a false find among all of them is as rare as for one.

    Holm's step-down procedure (Holm 1979; Demšar 2006, section 3.2.2): the smallest p counts n
    times, the next n - 1 times, and none comes before a smaller one.

    Parameters
    ----------
    p_values : sequence of float, shape (n,)

    Returns
    -------
    list of float, shape (n,)
        In the same order, each at most 1.
    """
    corrected = [0.0] * len(p_values)
    floor = 0.0
    for place, k in enumerate(np.argsort(p_values, kind="stable")):
        floor = max(floor, min(1.0, p_values[k] * (len(p_values) - place)))
        corrected[k] = floor
    return corrected
