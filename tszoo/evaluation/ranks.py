"""Ranks of classifiers on data sets, and whether they differ at all."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tszoo.evaluation.compare import DIGITS


class Friedman(NamedTuple):
    """Friedman's test, corrected for ties: its chi-square, and how likely that is by chance."""

    statistic: float
    p: float


def ranks(accuracy: NDArray[np.float64], digits: int = DIGITS) -> NDArray[np.float64]:
    """Rank the classifiers of every data set, the most accurate first; ties share their mean rank.

    Parameters
    ----------
    accuracy : ndarray of float64, shape (n_datasets, n_classifiers)
    digits : int
        Neighbours that differ by less than half of the last decimal are ties; see ``compare``.

    Returns
    -------
    ndarray of float64, shape (n_datasets, n_classifiers)
        From 1, the best.
    """
    from scipy.stats import rankdata

    order = np.argsort(-accuracy, axis=1, kind="stable")
    falling = np.take_along_axis(accuracy, order, axis=1)
    is_lower = np.round(falling[:, :-1] - falling[:, 1:], digits) > 0
    groups = np.zeros(accuracy.shape, dtype=np.int64)
    groups[:, 1:] = np.cumsum(is_lower, axis=1)
    placed = np.empty_like(groups)
    np.put_along_axis(placed, order, groups, axis=1)
    return np.asarray(rankdata(placed, axis=1))


def friedman(ranked: NDArray[np.float64]) -> Friedman | None:
    """Test whether all classifiers are alike (Friedman 1937; Demšar 2006, section 3.2.2).

    Parameters
    ----------
    ranked : ndarray of float64, shape (n_datasets, n_classifiers)
        What ``ranks`` returns.

    Returns
    -------
    Friedman or None
        None for fewer than three classifiers or two data sets, or if all are tied everywhere.
    """
    n_datasets, n_classifiers = ranked.shape
    is_tied = bool((ranked == ranked[:, :1]).all())
    if n_classifiers < 3 or n_datasets < 2 or is_tied:
        return None
    from scipy.stats import friedmanchisquare

    statistic, p = friedmanchisquare(*ranked.T)
    return Friedman(float(statistic), float(p))
