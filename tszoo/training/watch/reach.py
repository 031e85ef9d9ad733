"""Say how soon runs reach given accuracies, in epochs and in seconds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tszoo.training.watch.runlog import MemberHistory, RunHistory

EPOCHS, SECONDS = "epochs", "seconds"
TRAINING, VALIDATION = "training", "validation"


@dataclass(frozen=True)
class Reach:
    """When a run reaches an accuracy.

    Attributes
    ----------
    accuracy : float
    members : int
        How many members reach it.
    epochs, seconds : float or None
        The median over all members; None where half of them or more do not reach it.
    """

    accuracy: float
    members: int
    epochs: float | None
    seconds: float | None


class Band(NamedTuple):
    """Members' curves in one: float64 arrays of one length.

    Attributes
    ----------
    at : ndarray
        Epochs, or seconds of training.
    median, low, high : ndarray
        Of the members at each place; every member has got as far.
    """

    at: NDArray[np.float64]
    median: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def scored_on(runs: Iterable[RunHistory]) -> str:
    """Say by which series runs can be compared: held-out ones where all have some.

    They are those that each run learns where one has none.
    """
    for run in runs:
        if any(np.isnan(member.validation_accuracy).all() for member in run.members):
            return TRAINING
    return VALIDATION


def reach(run: RunHistory, accuracies: Sequence[float], of: str) -> list[Reach]:
    """Find when a run first reaches each accuracy.

    Parameters
    ----------
    run : RunHistory
    accuracies : sequence of float
    of : {"training", "validation"}
        On which series.
    """
    return [_reach(run, accuracy, of) for accuracy in accuracies]


def _reach(run: RunHistory, accuracy: float, of: str) -> Reach:
    epochs, seconds = [], []
    for member in run.members:
        first = np.flatnonzero(values_of(member, "accuracy", of) >= accuracy)
        if len(first):
            epochs.append(float(member.epoch[first[0]]))
            seconds.append(float(places_of(member, SECONDS)[first[0]]))
    n_lacking = len(run.members) - len(epochs)
    return Reach(accuracy, len(epochs), _median(epochs, n_lacking), _median(seconds, n_lacking))


def _median(values: list[float], n_lacking: int) -> float | None:
    """Compute the median of some values and of so many that are later than all of them."""
    if not values:
        return None
    # of an even number, half way between two, which is late where one of them is
    median = float(np.median([*values, *[np.inf] * n_lacking]))
    return None if np.isinf(median) else median


def values_of(member: MemberHistory, what: str, of: str) -> NDArray[np.float64]:
    """Give a member's ``"loss"`` or ``"accuracy"`` on its training or its held-out series."""
    values: NDArray[np.float64] = getattr(member, what if of == TRAINING else f"validation_{what}")
    return values


def places_of(member: MemberHistory, by: str) -> NDArray[np.float64]:
    """Give where a member's epochs end: by their number, or by the seconds of all so far."""
    if by == SECONDS:
        return np.nancumsum(member.seconds)
    return member.epoch.astype(np.float64)


def band(run: RunHistory, what: str, of: str, by: str) -> Band | None:
    """Put the curves of a run's members together, as far as all of them have come.

    Between epochs, curves are straight. None where there is nothing.

    Parameters
    ----------
    run : RunHistory
    what : {"loss", "accuracy"}
    of : {"training", "validation"}
    by : {"epochs", "seconds"}
    """
    curves = []
    for member in run.members:
        values, at = values_of(member, what, of), places_of(member, by)
        known = np.isfinite(values)
        if known.any():
            curves.append((at[known], values[known]))
    if not curves:
        return None
    first, last = max(at[0] for at, _ in curves), min(at[-1] for at, _ in curves)
    places = np.unique(np.concatenate([at for at, _ in curves]))
    places = places[(places >= first) & (places <= last)]
    if not len(places):
        return None
    rows = np.array([np.interp(places, at, values) for at, values in curves])
    return Band(places, np.median(rows, axis=0), rows.min(axis=0), rows.max(axis=0))
