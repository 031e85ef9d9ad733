"""How often the nearest data set is of the same recordings, or of the same kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tszoo.data.ucr.table import is_kin

Matrix = NDArray[np.float64]
Pairs = NDArray[np.bool_]  # of data sets, shape (n, n)
CHANCE = "a set at random"


class Share(NamedTuple):
    """How many data sets have a nearest one of some sort, of those that could have one."""

    hits: int
    n: int

    def __str__(self) -> str:
        return f"{self.hits} of {self.n} ({self.hits / max(self.n, 1):.0%})"


def kin_pairs(names: Sequence[str]) -> Pairs:
    """Mark the pairs of data sets that were made from the same recordings."""
    return np.array([[is_kin(name, other) for other in names] for name in names])


def kind_pairs(kinds: Sequence[str]) -> Pairs:
    """Mark the pairs of data sets that measure the same kind of thing."""
    return np.array([[kind == other for other in kinds] for kind in kinds])


def share_of_nearest(matrix: Matrix, wanted: Pairs, candidates: Pairs) -> Share:
    """Count the data sets whose nearest candidate is a wanted one, where any candidate is.

    Parameters
    ----------
    matrix : ndarray of float64, shape (n, n)
    wanted, candidates : ndarray of bool, shape (n, n)
        By row, of each data set; no set is a candidate of its own.
    """
    candidates = candidates & ~np.eye(len(matrix), dtype=bool)
    nearest = np.where(candidates, matrix, np.inf).argmin(axis=1)
    could = (wanted & candidates).any(axis=1)
    hits = wanted[np.arange(len(matrix)), nearest] & could
    return Share(int(hits.sum()), int(could.sum()))


def expected_share(wanted: Pairs, candidates: Pairs) -> Share:
    """Count what a candidate drawn at random comes to, rounded to whole data sets."""
    candidates = candidates & ~np.eye(len(wanted), dtype=bool)
    could = (wanted & candidates).any(axis=1)
    chances = (wanted & candidates).sum(axis=1) / np.maximum(candidates.sum(axis=1), 1)
    return Share(round(float(chances[could].sum())), int(could.sum()))


def nearest_table(
    matrices: Mapping[str, Matrix], names: Sequence[str], kinds: Sequence[str]
) -> str:
    """Write the shares by every way to measure distances, and by chance, as Markdown."""
    kin, kind = kin_pairs(names), kind_pairs(kinds)
    questions = ((kin, np.ones_like(kin)), (kind, np.ones_like(kin)), (kind, ~kin))
    lines = [
        "| nearest by | of the same recordings | of the same kind | the same without kin |",
        "|---|---|---|---|",
    ]
    for title, matrix in matrices.items():
        shares = [share_of_nearest(matrix, *question) for question in questions]
        lines.append(f"| {title} | {' | '.join(map(str, shares))} |")
    chances = [expected_share(*question) for question in questions]
    lines.append(f"| {CHANCE} | {' | '.join(map(str, chances))} |")
    return "\n".join(lines)
