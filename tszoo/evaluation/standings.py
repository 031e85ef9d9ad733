"""Several classifiers beside each other, over many data sets."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from tszoo.evaluation.cliques import cliques
from tszoo.evaluation.compare import Paired, compare, holm
from tszoo.evaluation.ranks import Friedman, friedman, ranks
from tszoo.evaluation.results import ResultTable

ALPHA = 0.05


@dataclass(frozen=True)
class Standing:
    """How a classifier does among all others.

    Attributes
    ----------
    classifier : str
    mean : float
        Mean accuracy.
    mean_rank : float
        From 1, the best.
    wins, ties, losses : int
        On how many data sets it is the most accurate alone, with others, and not at all.
    """

    classifier: str
    mean: float
    mean_rank: float
    wins: int
    ties: int
    losses: int


@dataclass(frozen=True)
class Pair:
    """Two classifiers beside each other.

    Attributes
    ----------
    first, second : str
        The first has the better mean rank.
    paired : Paired
        How the first differs from the second.
    p : float
        Of the signed-rank test; 1 where all data sets are ties.
    corrected : float
        The same, corrected over all pairs by Holm's procedure.
    """

    first: str
    second: str
    paired: Paired
    p: float
    corrected: float

    @property
    def differs(self) -> bool:
        """Whether the two are told apart."""
        return self.corrected < ALPHA


@dataclass(frozen=True)
class Standings:
    """What `stand` finds.

    Attributes
    ----------
    n_datasets : int
    classifiers : tuple of Standing
        From the best mean rank to the worst.
    friedman : Friedman or None
        None where there is nothing to test; see ``ranks.friedman``.
    pairs : tuple of Pair
        Of all classifiers, in the order of their mean ranks.
    cliques : tuple of tuple of str
        The longest runs of classifiers of which no two differ.
    """

    n_datasets: int
    classifiers: tuple[Standing, ...]
    friedman: Friedman | None
    pairs: tuple[Pair, ...]
    cliques: tuple[tuple[str, ...], ...]


def stand(results: ResultTable) -> Standings:
    """Compare several classifiers, as Demšar (2006) and Benavoli et al. (2016) advise.

    Friedman's test says whether they differ at all. Two of them differ where Wilcoxon's signed-rank
    test says so at 0.05, corrected over all pairs by Holm's procedure.

    Parameters
    ----------
    results : ResultTable

    Returns
    -------
    Standings
    """
    ranked = ranks(results.accuracy)
    means, mean_ranks = results.accuracy.mean(axis=0), ranked.mean(axis=0)
    order = np.lexsort((-means, mean_ranks))
    names = [results.classifiers[k] for k in order]
    pairs = _pairs(names, results)
    runs = cliques(_differ(names, pairs))
    return Standings(
        len(results.datasets),
        tuple(_standing(results, ranked, k) for k in order.tolist()),
        friedman(ranked),
        tuple(pairs),
        tuple(tuple(names[k] for k in run) for run in runs),
    )


def _standing(results: ResultTable, ranked: NDArray[np.float64], k: int) -> Standing:
    is_best = ranked[:, k] == ranked.min(axis=1)
    is_alone = ranked[:, k] == 1.0  # the best of several share a rank above 1
    wins, best = int(is_alone.sum()), int(is_best.sum())
    return Standing(
        results.classifiers[k],
        float(results.accuracy[:, k].mean()),
        float(ranked[:, k].mean()),
        wins,
        best - wins,
        len(ranked) - best,
    )


def _pairs(names: list[str], results: ResultTable) -> list[Pair]:
    """Compare every two, with p corrected over all of them."""
    two = list(combinations(names, 2))
    paired = [compare(results.column(a), results.column(b)) for a, b in two]
    p_values = [1.0 if pair.p is None else pair.p for pair in paired]
    return [
        Pair(first, second, pair, p, corrected)
        for (first, second), pair, p, corrected in zip(
            two, paired, p_values, holm(p_values), strict=True
        )
    ]


def _differ(names: list[str], pairs: list[Pair]) -> NDArray[np.bool_]:
    """Say of every two whether they differ, shape (n, n)."""
    position = {name: k for k, name in enumerate(names)}
    differ = np.zeros((len(names), len(names)), dtype=np.bool_)
    for pair in pairs:
        first, second = position[pair.first], position[pair.second]
        differ[first, second] = differ[second, first] = pair.differs
    return differ
