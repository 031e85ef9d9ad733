"""What each member of an ensemble is worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from tszoo.data import Dataset
from tszoo.evaluation.metrics import accuracy, labels_for
from tszoo.models.member_subset import first_members
from tszoo.models.model import Model


class MemberScore(NamedTuple):
    """How accurate a member is, and how accurate the first ones are together.

    Attributes
    ----------
    member : int
        From 1.
    accuracy : float
        Of this member alone.
    together : float
        Of all members up to this one: the mean of their probabilities.
    """

    member: int
    accuracy: float
    together: float


def by_member(
    model: Model,
    dataset: Dataset,
    *,
    device: str = "cpu",
    progress: Callable[[int, int], None] | None = None,
) -> tuple[MemberScore, ...]:
    """Score each member of a model by itself, and the first 1, 2, … of them together.

    Parameters
    ----------
    model : Model
    dataset : Dataset
        Labelled series.
    device : str
    progress : callable or None
        Called with (series done, series in all), each series once a member.

    Returns
    -------
    tuple of MemberScore
        The last one's ``together`` is the model's own accuracy.

    Raises
    ------
    DataError
        As ``evaluate``.
    """
    labels = labels_for(model, dataset)
    config = first_members(model, 1).config  # what says how series are prepared is of all
    n_members, n_series = len(model.networks), dataset.n_series
    total = np.zeros((n_series, model.config.n_classes))
    scores = []
    for k, network in enumerate(model.networks):
        alone = replace(model, config=config, networks=(network,))
        told = None
        if progress is not None:
            told = _told(progress, k * n_series, n_members * n_series)
        probabilities = alone.predict_proba(dataset, device=device, progress=told)
        total += probabilities
        scores.append(MemberScore(k + 1, accuracy(probabilities, labels), accuracy(total, labels)))
    return tuple(scores)


def _told(
    progress: Callable[[int, int], None], before: int, in_all: int
) -> Callable[[int, int], None]:
    """Count series on from those of earlier members."""
    return lambda done, _: progress(before + done, in_all)
