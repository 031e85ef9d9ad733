"""Where a series speaks most for a class, in two numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_STRETCHES_A_SERIES = 10


def telling_stretch(relevance: NDArray[np.float32]) -> tuple[int, int]:
    """Find the tenth of a series that speaks most for the class.

    Parameters
    ----------
    relevance : ndarray of float32, shape (n_channels, length)
        Of one series; NaN behind its end.

    Returns
    -------
    first, last : int
        The first and the last point, counted from 0, of the stretch whose relevance, summed over
        its points and all channels, is greatest.
    """
    n_points = int(np.isfinite(relevance[0]).sum())
    by_point = relevance[:, :n_points].sum(axis=0, dtype=np.float64)
    width = max(1, n_points // _STRETCHES_A_SERIES)
    before = np.concatenate([[0.0], by_point.cumsum()])
    first = int((before[width:] - before[:-width]).argmax())
    return first, first + width - 1
