"""How far an accuracy on few series may be from that on many."""

from __future__ import annotations

import math
from typing import NamedTuple

NORMAL_95 = 1.959963984540054  # the standard normal quantile of 0.975


class Interval(NamedTuple):
    """Two ends, both from 0 to 1."""

    low: float
    high: float


def wilson(successes: int, n: int) -> Interval:
    """Compute the 95% interval of a share (Wilson 1927).

    Parameters
    ----------
    successes : int
        From 0 to n.
    n : int
        1 or more.
    """
    share, z = successes / n, NORMAL_95
    scale = 1 / (1 + z**2 / n)
    middle = scale * (share + z**2 / (2 * n))
    half = scale * z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return Interval(max(0.0, middle - half), min(1.0, middle + half))
