"""Weigh what sources did on other data sets against what a target's own series say of them.

``worth.csv`` holds what the embedded zoo's models were worth elsewhere, by name. A line there is
made from left-out errors on training splits of archive data sets that the model has not learnt, nor
any kin of them (benchmarks/worth.py).
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).with_name("worth.csv")
# A mean over as many data sets counts half.
SHRINK = 2.0
# Variances of a source's log error: about its prior, and of a probe of one series. Both as
# `benchmarks/worth_choice.py` prints them.
SPREAD = 0.030
NOISE = 0.38
# Errors below are equally good: their logarithms would differ by more than they matter.
LEAST_ERROR = 1e-4


@dataclass(frozen=True)
class Worth:
    """What a model was worth elsewhere.

    Attributes
    ----------
    log_error : float
        Mean over data sets of the logarithm of the model's left-out error less that of the mean
        source there: negative is better.
    targets : int
        How many data sets.
    """

    log_error: float
    targets: int

    @property
    def gain(self) -> float:
        """Share of the error by which it was below the mean source's; negative if above."""
        return 1.0 - math.exp(self.log_error)

    @property
    def shrunk(self) -> float:
        """The mean, nearer to 0 the fewer data sets it is of."""
        return self.log_error * self.targets / (self.targets + SHRINK)


@cache
def worths() -> Mapping[str, Worth]:
    """Return what is known of models, by name. The table is read once."""
    return read_worths(_TABLE)


def read_worths(path: Path) -> dict[str, Worth]:
    """Read a file like ``worth.csv``: columns ``model``, ``worth`` and ``targets``."""
    with path.open(encoding="utf-8", newline="") as file:
        return {
            row["model"]: Worth(float(row["worth"]), int(row["targets"]))
            for row in csv.DictReader(file, strict=True)
        }


def weight_of_probe(n_series: int, least_in_class: int) -> float:
    """Say how much of a source's score is what a probe says, from 0 to 1.

    Parameters
    ----------
    n_series : int
        That the probe looked at.
    least_in_class : int
        Series of the smallest class. If that is one, leaving it out leaves nothing to learn the
        class from, and the probe does not count.
    """
    if least_in_class < 2:
        return 0.0
    return SPREAD / (SPREAD + NOISE / n_series)


def posterior_log_errors(
    errors: Mapping[str, float], weight: float, elsewhere: Mapping[str, Worth]
) -> dict[str, float]:
    """Estimate each source's log error on a target, less that of the mean source.

    This is empirical Bayes. Before it is probed, a source's centred log error is normal with mean p
    (what it did elsewhere, shrunk) and variance ``SPREAD``. A probe of n series measures it as
    y = ln(error) - mean of ln(error) over the sources, with variance ``NOISE`` / n. Its posterior
    mean is::

        w y + (1 - w) p,   w = SPREAD / (SPREAD + NOISE / n)

    Parameters
    ----------
    errors : mapping of str to float
        Left-out errors of the probes, by model.
    weight : float
        w, as ``weight_of_probe`` gives it.
    elsewhere : mapping of str to Worth
        A model that is not among them counts as a mean source: p is 0.

    Returns
    -------
    dict of str to float
        Lower is better; in the order of ``errors``.
    """
    if not errors:
        return {}
    logs = {model: math.log(max(error, LEAST_ERROR)) for model, error in errors.items()}
    mean = sum(logs.values()) / len(logs)
    posterior = {}
    for model, log_error in logs.items():
        prior = 0.0
        if model in elsewhere:
            prior = elsewhere[model].shrunk
        posterior[model] = weight * (log_error - mean) + (1 - weight) * prior
    return posterior
