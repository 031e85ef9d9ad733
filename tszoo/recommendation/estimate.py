"""About how long it takes to try sources on a target."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tszoo.data.dataset import Dataset
from tszoo.data.preprocess import choose_preprocessing
from tszoo.data.task import require_task
from tszoo.recommendation.advice import BESIDE_UNIVERSAL, SHORTLIST
from tszoo.recommendation.eligible import universal_bodies
from tszoo.recommendation.probe import MOST_POINTS, MOST_SERIES, random_network
from tszoo.recommendation.reduce import reduce
from tszoo.recommendation.sample import sample_series

if TYPE_CHECKING:
    from tszoo.zoo.zoo import Zoo

# Points that are timed: one pass of them takes some hundredths of a second.
TIMED_POINTS = 5_000
# A series and its members of a class are warped onto one another so many times for a prototype, and
# a core fills so many cells of a warping matrix a second.
ITERATIONS = 10
CELLS_A_SECOND = 1e9


def estimate_seconds(
    target: Dataset, catalogue: Zoo, *, method: str = "auto", exclude: Sequence[str] = ()
) -> float:
    """Estimate the seconds of ``advise``, to within a factor of three.

    Nothing of it is known before but the size of the data: one untrained network is timed on a few
    of the series.

    Raises
    ------
    DataError
        If the target has no labels or one class only.
    """
    require_task(target)
    seen = reduce(target)
    cells = float(ITERATIONS) * seen.n_series * seen.length**2 * seen.n_channels
    seconds = cells / CELLS_A_SECOND
    if method == "dtw":
        return seconds
    n_universal = len(universal_bodies(target, catalogue, exclude))
    n_sources = SHORTLIST
    if n_universal:
        n_sources = n_universal + BESIDE_UNIVERSAL
    n_sources = min(n_sources, len(catalogue.models))
    sample = sample_series(seen, MOST_SERIES, MOST_POINTS)
    return seconds + (n_sources + 1) * sample.n_series * _seconds_a_series(sample)


def _seconds_a_series(sample: Dataset) -> float:
    """Time an untrained network on a few of the series."""
    from tszoo.readout.features import extract

    n_series = max(1, TIMED_POINTS // (sample.n_channels * sample.length))
    few = sample.take(np.arange(min(n_series, sample.n_series)))
    network = random_network(few, 0)
    times = []
    for _ in range(2):  # the first one warms up
        began = time.perf_counter()
        extract(network, few, choose_preprocessing(sample))
        times.append(time.perf_counter() - began)
    return min(times) / few.n_series
