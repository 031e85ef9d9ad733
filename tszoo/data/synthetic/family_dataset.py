"""Make up a data set of one family, to look at or to train on."""

from __future__ import annotations

import numpy as np
from torch import Generator

from tszoo.data.dataset import Dataset
from tszoo.data.synthetic.families import FAMILIES
from tszoo.data.synthetic.shape import TaskShape
from tszoo.errors import OptionError


def synthetic_dataset(
    family: str, n_classes: int, n_series_per_class: int, length: int, seed: int
) -> Dataset:
    """Make up a data set: one task of one family.

    Parameters
    ----------
    family : str
        One of ``FAMILIES``.
    n_classes, n_series_per_class : int
    length : int
        Points of a series, from 2 up.
    seed : int
        Another seed makes another task, with other classes. To test what was trained on a part of
        the series, hold out another part: ``tszoo.data.holdout.hold_out``.

    Returns
    -------
    Dataset
        Of one channel, called ``FAMILY-SEED``; its classes are 0, 1, 2, …, its series are in the
        order of their classes.

    Raises
    ------
    OptionError
        If there is no such family, or a number is too small.

    Examples
    --------
    >>> synthetic_dataset("rhythms", n_classes=3, n_series_per_class=10, length=100, seed=0)
    <Dataset rhythms-0: 30 series, 1 channel, 100 points, 3 classes>
    """
    if family not in FAMILIES:
        msg = f'family="{family}": made-up tasks are of one of {", ".join(FAMILIES)}.'
        raise OptionError(msg)
    shape = TaskShape(1, n_classes, n_series_per_class, length)
    tasks = FAMILIES[family](shape, Generator().manual_seed(seed))
    series = tasks.reshape(n_classes * n_series_per_class, length).numpy()
    labels = np.repeat(np.arange(n_classes), n_series_per_class)
    return Dataset.from_arrays(series, labels.tolist(), name=f"{family}-{seed}", layout="NCT")
