"""Notice values that stand for missing ones, such as -999, which are read as what they say."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tszoo.data.dataset import Dataset

_MARK = re.compile(r"-?9{2,}(?:\.9+)?|-?1e\+(?:20|30|31|38)|-32768|-2\.14748e\+09")
_FEWEST = 2
_APART = 2.0


class Marked(NamedTuple):
    """A value that may mark missing ones, and how often it stands."""

    value: float
    n_values: int

    def told(self) -> str:
        """Say what it may mean."""
        return (
            f"{self.value:g} stands {self.n_values} times, far from all other values. If it marks "
            "missing values, leave those cells empty"
        )


def find_mark(dataset: Dataset) -> Marked | None:
    """Find a value that may mark missing ones: it is written so, and lies far from the others."""
    values = dataset.series
    for extreme in (np.fmin, np.fmax):
        value = float(extreme.reduce(values, axis=None))
        if _MARK.fullmatch(f"{value:g}"):
            at = values == np.float32(value)
            count = int(at.sum())
            if count >= _FEWEST and _is_far(value, values[~at]):
                return Marked(value, count)
    return None


def _is_far(value: float, others: NDArray[np.float32]) -> bool:
    """Tell whether a value is farther from the others than those are from each other."""
    others = others[~np.isnan(others)].astype(np.float64)
    if not others.size:
        return False
    low, high = float(others.min()), float(others.max())
    return max(low - value, value - high) > _APART * max(high - low, 1.0)
