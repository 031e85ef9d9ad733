"""How two prototypes are compared.

Ismail Fawaz et al. (2018) leave this open in Algorithm 1, line 12.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tszoo.errors import OptionError
from tszoo.similarity.series import window_code
from tszoo.storage.bounds import MOST_LENGTH


@dataclass(frozen=True)
class Comparison:
    """How prototypes are compared; by default as in the paper, by plain DTW.

    Attributes
    ----------
    window : int or None
        Sakoe-Chiba radius of the warping, as for `cdist_dtw`; None for no window.
    normalized : bool
        Whether a distance is the square root of the cheapest path's mean cost a step, rather than
        of its total. Of equally cheap paths the shortest counts, so that the answer does not depend
        on which series comes first.
    length : int or None
        Number of points that both series are brought to first. New points are interpolated
        linearly; the first and the last stay where they are. None compares series at their own
        lengths.

    Raises
    ------
    OptionError
        If an attribute is none of these; the message names it.
    """

    window: int | None = None
    normalized: bool = False
    length: int | None = None

    def __post_init__(self) -> None:
        window_code(self.window)
        if type(self.normalized) is not bool:
            msg = f"normalized must be True or False, not {self.normalized!r}."
            raise OptionError(msg)
        if self.length is None:
            return
        is_whole = isinstance(self.length, (int, np.integer)) and type(self.length) is not bool
        if not is_whole or not 1 <= self.length <= MOST_LENGTH:
            msg = (
                f"length must be a whole number of points from 1 to {MOST_LENGTH}, or None, not "
                f"{self.length!r}."
            )
            raise OptionError(msg)


def resample(series: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """Bring series of one length, shape (..., points), to another: shape (..., length), float32.

    Values between two points are interpolated linearly, in float64. A single new point is the
    middle of the series.
    """
    n_points = series.shape[-1]
    points = np.linspace(0.0, n_points - 1.0, length)
    if length == 1:
        points = np.array([(n_points - 1) / 2])
    left = np.minimum(points.astype(np.int64), max(n_points - 2, 0))
    right = np.minimum(left + 1, n_points - 1)
    share = points - left
    values = series[..., left] * (1.0 - share) + series[..., right] * share
    return np.asarray(values, dtype=np.float32)


def comparing(window: int | None, comparison: Comparison | None) -> Comparison:
    """Return the comparison that is meant, if a window may stand for a whole comparison.

    Raises
    ------
    OptionError
        If both are given.
    """
    if comparison is None:
        return Comparison(window)
    if window is not None:
        msg = f"a window ({window}) beside a comparison: give the window as the comparison's."
        raise OptionError(msg)
    return comparison
