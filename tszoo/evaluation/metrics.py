"""How well a model predicts labelled series."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from os import PathLike

import numpy as np
from numpy.typing import NDArray

from tszoo.data import Dataset, Label
from tszoo.data.given import as_dataset
from tszoo.errors import DataError
from tszoo.evaluation.reliability import calibration_error
from tszoo.models.model import Model
from tszoo.text import show


@dataclass(frozen=True)
class ClassScore:
    """One class's precision, recall and F1, and how many series it has."""

    label: Label
    precision: float
    recall: float
    f1: float
    n_series: int


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A model's scores on a data set.

    Attributes
    ----------
    model, dataset : str
    split : str or None
    n_series : int
    accuracy, balanced_accuracy, macro_f1 : float
        Shares from 0 to 1. Balanced accuracy and macro F1 count the classes that the data set or
        the predictions have.
    log_loss : float
        Mean negative log probability of the true class, in nats.
    calibration_error : float
        How far the model is from being as sure as it is right, from 0 to 1; see
        ``reliability.calibration_error``.
    classes : tuple
        Labels, in the order of ``confusion``.
    confusion : ndarray of int64, shape (n_classes, n_classes)
        Rows are true classes, columns predicted ones.
    per_class : tuple of ClassScore
    labels : ndarray of int64, shape (n_series,)
        The true classes, as positions in ``classes``.
    probabilities : ndarray of float64, shape (n_series, n_classes)
    """

    model: str
    dataset: str
    split: str | None
    n_series: int
    accuracy: float
    balanced_accuracy: float
    macro_f1: float
    log_loss: float
    calibration_error: float
    classes: tuple[Label, ...]
    confusion: NDArray[np.int64]
    per_class: tuple[ClassScore, ...]
    labels: NDArray[np.int64] = field(repr=False)
    probabilities: NDArray[np.floating] = field(repr=False)


def evaluate(
    model: Model,
    dataset: Dataset | str | PathLike[str],
    *,
    device: str = "cpu",
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Score a model on labelled series.

    Parameters
    ----------
    model : Model
    dataset : Dataset, str or path
        Labels may be any of the model's; a single class is enough. A file is read as the model's
        training data were.
    device : str
    progress : callable or None
        Called with (series done, series in all).

    Raises
    ------
    DataError
        If the data set has no labels, a class the model lacks, or series the model cannot take.
    """
    dataset = as_dataset(dataset, "dataset", model.config.like)
    labels = labels_for(model, dataset)
    probabilities = model.predict_proba(dataset, device=device, progress=progress)
    return score(labels, probabilities, model.config.classes, model.config.name, dataset)


def labels_for(model: Model, dataset: Dataset) -> NDArray[np.int64]:
    """Return the true classes as positions in the model's, shape (n_series,).

    Raises
    ------
    DataError
        If the data set has no labels, or a class that the model lacks.
    """
    aligned = dataset.with_classes(model.config.classes)
    if aligned.labels is None:
        reading = model.config.reading
        before = ""
        if reading is not None and isinstance(reading.label, str) and reading.label != "last":
            before = f"The training data had them in a column {show(reading.label)}. "
        msg = (
            f"{dataset.name}: no labels to judge the predictions by. {before}Say where they are: "
            'label_column="first" or label_column="last", or a column\'s name.'
        )
        raise DataError(msg)
    return aligned.labels


def score(
    labels: NDArray[np.int64],
    probabilities: NDArray[np.floating],
    classes: tuple[Label, ...],
    model: str,
    dataset: Dataset,
) -> Evaluation:
    """Compare probabilities, shape (n_series, n_classes), with labels, shape (n_series,)."""
    from sklearn import metrics

    every = np.arange(len(classes))
    predicted = probabilities.argmax(axis=1)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        labels, predicted, labels=every, zero_division=0.0
    )
    seen = np.union1d(labels, predicted)
    return Evaluation(
        model=model,
        dataset=dataset.name,
        split=dataset.split,
        n_series=len(labels),
        accuracy=accuracy(probabilities, labels),
        balanced_accuracy=float(recall[support > 0].mean()),
        macro_f1=float(
            metrics.f1_score(labels, predicted, labels=seen, average="macro", zero_division=0.0)
        ),
        log_loss=log_loss(probabilities, labels),
        calibration_error=calibration_error(probabilities, labels),
        classes=classes,
        confusion=metrics.confusion_matrix(labels, predicted, labels=every),
        per_class=tuple(
            ClassScore(label, float(p), float(r), float(f), int(n))
            for label, p, r, f, n in zip(classes, precision, recall, f1, support, strict=True)
        ),
        labels=labels,
        probabilities=probabilities,
    )


def accuracy(probabilities: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """Return the share of series whose most probable class is their own.

    Parameters
    ----------
    probabilities : ndarray of float, shape (n_series, n_classes)
    labels : ndarray of int64, shape (n_series,)
    """
    return int((probabilities.argmax(axis=1) == labels).sum()) / len(labels)


def log_loss(probabilities: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """Return the mean negative log probability of the true class, in nats.

    A probability below the smallest step of a double counts as that step. scikit-learn's function
    refuses a data set in which a class is absent from both sides; this one does not.

    Parameters
    ----------
    probabilities : ndarray of float, shape (n_series, n_classes)
    labels : ndarray of int64, shape (n_series,)
    """
    true = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.log(np.clip(true, np.finfo(np.float64).eps, 1.0)).mean())
