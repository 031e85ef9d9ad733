"""Count series that are copies of others, within a data set and between two."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tszoo.data.copies import digest
from tszoo.data.dataset import Dataset


class Copies(NamedTuple):
    """Count series that have the values of one before them.

    Attributes
    ----------
    n_series : int
        All of them.
    n_other : int
        Those whose class is not that of the first one.
    """

    n_series: int
    n_other: int

    def told(self) -> str:
        """Say how many there are, behind a number of series."""
        told = f"{self.n_series} are copies of others"
        if self.n_other:
            told += f", {self.n_other} of them with another label"
        return told


def count_copies(dataset: Dataset) -> Copies:
    """Count the series of a data set that are copies of others."""
    codes = dataset.copy_codes
    if codes is None:
        return Copies(0, 0)
    _, firsts = np.unique(codes, return_index=True)
    n_other = 0
    if dataset.labels is not None:
        n_other = int((dataset.labels != dataset.labels[firsts][codes]).sum())
    return Copies(dataset.n_series - len(firsts), n_other)


def count_known(dataset: Dataset, train: Dataset) -> int:
    """Count the series of a data set that have the values of a series in another one."""
    known = set(_digests(train))
    return sum(one in known for one in _digests(dataset))


def _digests(dataset: Dataset) -> list[bytes]:
    pairs = zip(dataset.series, dataset.lengths.tolist(), strict=True)
    return [digest(one, length) for one, length in pairs]
