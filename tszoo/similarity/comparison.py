"""How two prototypes are compared: what Ismail Fawaz et al.

2018 leave open in Algorithm 1, line 12.
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
    """How prototypes are compared. The default is the paper's: plain DTW of the series as they are.

    Attributes
    ----------
    window : int or None
        Sakoe-Chiba radius of the warping, as for `cdist_dtw`; None for no window.
    normalized : bool
        Whether a distance is the square root of the cheapest path's mean cost a step instead of its
        total. Of equally cheap paths the shortest counts, so that the answer does not depend on
        which series comes first.
    length : int or None
        Both series are brought to this many points first, by linear interpolation between the
        points, first and last staying where they are; None compares them at their own lengths.

    Raises
    ------
    OptionError
        Naming the option, if it is none of these.
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
        whole = isinstance(self.length, (int, np.integer)) and not isinstance(self.length, bool)
        if not whole or not 1 <= self.length <= MOST_LENGTH:
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
    points = series.shape[-1]
    at = np.linspace(0.0, points - 1.0, length) if length > 1 else np.array([(points - 1) / 2])
    left = np.minimum(at.astype(np.int64), max(points - 2, 0))
    right = np.minimum(left + 1, points - 1)
    share = at - left
    return np.asarray(
        series[..., left] * (1.0 - share) + series[..., right] * share, dtype=np.float32
    )


def comparing(window: int | None, comparison: Comparison | None) -> Comparison:
    """Say how to compare where a window may stand for a whole comparison.

    OptionError if both are given.
    """
    if comparison is None:
        return Comparison(window)
    if window is not None:
        msg = f"a window ({window}) beside a comparison: give the window as the comparison's."
        raise OptionError(msg)
    return comparison
