"""Make up InceptionTime's synthetic problem: where a pattern lies tells the class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tszoo.data.dataset import Dataset
from tszoo.errors import OptionError

MOST_NOISE = 0.1
"""The noise is uniform from 0 to this."""

AMPLITUDE = 1.0
"""What the pattern adds to the noise."""

PATTERN = 0.1
"""How long the pattern is, as a share of the length."""


def positions(n_series: int = 128, n_classes: int = 2, length: int = 256, seed: int = 0) -> Dataset:
    """Make up InceptionTime's synthetic problem: a class is the place of a pattern.

    A series is uniform noise from 0 to 0.1. Over a tenth of its length, in the region of its class,
    1.0 is added. Regions are equal parts of the places that the pattern fits, and the pattern lies
    in the middle of its region: all series of a class have it at one place.

    Parameters
    ----------
    n_series : int
        Of all classes together. Classes take turns: the label of series i is i modulo
        ``n_classes``.
    n_classes : int
    length : int
        The pattern's is rounded to whole points, 1 at least.
    seed : int
        Of the noise. Another seed makes other series of the same classes, to test on.

    Returns
    -------
    Dataset
        Of one channel; its classes are 0, 1, 2, ….

    Raises
    ------
    OptionError
        If there are fewer series than classes, or more classes than places.

    References
    ----------
    Ismail Fawaz et al. 2020, "InceptionTime", its experiments on synthetic data.

    Examples
    --------
    >>> positions()
    <Dataset positions: 128 series, 1 channel, 256 points, 2 classes>
    """
    width = max(round(PATTERN * length), 1)
    _check(n_series, n_classes, length, length - width)
    labels = np.arange(n_series) % n_classes
    series = np.random.default_rng(seed).uniform(0.0, MOST_NOISE, (n_series, length))
    for label, start in enumerate(pattern_starts(n_classes, length, width)):
        series[labels == label, start : start + width] += AMPLITUDE
    return Dataset.from_arrays(series, labels.tolist(), name="positions", layout="NCT")


def pattern_starts(n_classes: int, length: int, width: int) -> NDArray[np.int64]:
    """Return at which point each class's pattern begins, shape (n_classes,)."""
    regions = (np.arange(n_classes) + 0.5) / n_classes
    return np.floor(regions * (length - width)).astype(np.int64)


def _check(n_series: int, n_classes: int, length: int, places: int) -> None:
    """Raise OptionError if a number is too small or the classes are too many."""
    if n_classes < 2:
        msg = f"n_classes={n_classes}: classification needs 2 classes at least."
        raise OptionError(msg)
    if n_series < n_classes:
        msg = f"n_series={n_series}: each of the {n_classes} classes needs a series."
        raise OptionError(msg)
    if n_classes > places:
        msg = (
            f"n_classes={n_classes}: in {length} points a pattern has {max(places, 0)} places of "
            "its own; ask for fewer classes or longer series."
        )
        raise OptionError(msg)
