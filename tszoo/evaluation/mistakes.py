"""Where a model is wrong."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tszoo.data import Label
from tszoo.evaluation.metrics import Evaluation


class Mistake(NamedTuple):
    """How often series of one class are taken for another one.

    Attributes
    ----------
    label, predicted : label
    n_series : int
    share : float
        Of the series of the class.
    """

    label: Label
    predicted: Label
    n_series: int
    share: float


class Error(NamedTuple):
    """A series that is taken for another class.

    Attributes
    ----------
    series : int
        Which one, counted from 0.
    label, predicted : label
    probability : float
        Of the predicted class.
    own : float
        Probability of the class that is right.
    """

    series: int
    label: Label
    predicted: Label
    probability: float
    own: float


def frequent_mistakes(evaluation: Evaluation, most: int = 20) -> list[Mistake]:
    """List which classes are taken for which, the most frequent mistake first."""
    counts = evaluation.confusion.copy()
    n_series = counts.sum(axis=1)
    np.fill_diagonal(counts, 0)
    order = np.argsort(-counts, axis=None, kind="stable")[:most]
    mistakes = []
    for true, predicted in zip(*np.unravel_index(order, counts.shape), strict=True):
        count = int(counts[true, predicted])
        if count:
            labels = evaluation.classes[true], evaluation.classes[predicted]
            mistakes.append(Mistake(*labels, count, count / int(n_series[true])))
    return mistakes


def surest_errors(evaluation: Evaluation, most: int = 10) -> list[Error]:
    """List the series that are taken for another class, those that the model is surest of first."""
    probabilities, labels = evaluation.probabilities, evaluation.labels
    predicted = probabilities.argmax(axis=1)
    sure = probabilities.max(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    order = wrong[np.argsort(-sure[wrong], kind="stable")][:most]
    return [
        Error(
            k,
            evaluation.classes[labels[k]],
            evaluation.classes[predicted[k]],
            float(sure[k]),
            float(probabilities[k, labels[k]]),
        )
        for k in order.tolist()
    ]
