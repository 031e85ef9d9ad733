"""Wilcoxon's signed-rank test."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Of so few with ties, SciPy tries every sign: a second a test. Counting is exact, and quick.
_FEW = 13


def signed_rank_p(gaps: NDArray[np.float64]) -> float | None:
    """Return the two-sided p of Wilcoxon's signed-rank test, ties left out.

    Demšar (2006), section 3.1.3.

    Parameters
    ----------
    gaps : ndarray of float64, shape (n,)
        Differences; those of one size are to be equal to the last bit.

    Returns
    -------
    float or None
        None if all are 0.
    """
    gaps = gaps[gaps != 0]
    if not len(gaps):
        return None
    has_equals = len(np.unique(np.abs(gaps))) < len(gaps)
    if has_equals and len(gaps) <= _FEW:
        return _counted_p(gaps)
    from scipy.stats import wilcoxon

    return float(wilcoxon(gaps).pvalue)


def _counted_p(gaps: NDArray[np.float64]) -> float:
    """Count how many of all ways to set the signs are as far from even as the one that was seen."""
    from scipy.stats import rankdata

    doubled = np.round(2 * rankdata(np.abs(gaps))).astype(np.int64)  # ranks may be halves
    total = int(doubled.sum())
    ways = np.zeros(total + 1)
    ways[0] = 1.0
    for rank in doubled.tolist():
        ways[rank:] += ways[:-rank].copy()
    seen = int(doubled[gaps > 0].sum())
    sums = np.arange(total + 1)
    as_far = np.abs(2 * sums - total) >= abs(2 * seen - total)
    return float(ways[as_far].sum() / ways.sum())
