"""Say how much each series counts: by its class, and by itself."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tszoo.data.dataset import Dataset, Label
from tszoo.errors import DataError, OptionError
from tszoo.text import show

BALANCED = "balanced"
ClassWeight = str | Mapping[Any, float] | None


def checked_class_weight(class_weight: ClassWeight) -> str | dict[str, float] | None:
    """Return class weights as JSON has them: ``"balanced"``, or weights by the labels' texts.

    Raises
    ------
    OptionError
        If they are neither, or a weight is not a finite number above 0.
    """
    if class_weight is None or class_weight == BALANCED:
        return class_weight
    if not isinstance(class_weight, Mapping):
        msg = f'class_weight=... must be "balanced" or a weight by label, not {show(class_weight)}.'
        raise OptionError(msg)
    for label, weight in class_weight.items():
        is_number = isinstance(weight, (int, float, np.number)) and not isinstance(weight, bool)
        if not is_number or not 0 < weight < float("inf"):
            msg = f"class_weight=...: class {show(label)} counts {show(weight)}; expected above 0."
            raise OptionError(msg)
    return {str(label): float(weight) for label, weight in class_weight.items()}


def weigh_classes(dataset: Dataset, class_weight: ClassWeight) -> NDArray[np.float64]:
    """Compute how much a series of each class counts, shape (n_classes,).

    ``"balanced"`` is the number of series over that of classes and of the class's own series
    (King & Zeng 2001, "Logistic regression in rare events data", section 4.2): all classes count
    the same. With weights of the series themselves, their sums stand for the numbers. A class that
    a mapping does not name counts 1.

    Raises
    ------
    DataError
        If the data set has no labels, or one class only.
    OptionError
        If a label is none of the classes.
    """
    labels = dataset.require_labels()
    if isinstance(class_weight, Mapping):
        return _by_label(dataset.classes, class_weight, dataset.name)
    n_classes = len(dataset.classes)
    if class_weight is None:
        return np.ones(n_classes)
    counts = np.bincount(labels, dataset.weights, minlength=n_classes)
    weights = np.ones(n_classes)
    np.divide(counts.sum() / n_classes, counts, out=weights, where=counts > 0)
    return weights


def _by_label(
    classes: Sequence[Label], class_weight: Mapping[Any, float], name: str
) -> NDArray[np.float64]:
    texts = [str(label) for label in classes]
    weights = np.ones(len(texts))
    for label, weight in class_weight.items():
        if str(label) not in texts:
            msg = (
                f"class_weight=...: {show(label)} is no class of {name}; it has "
                f"{', '.join(map(show, classes[:10]))}."
            )
            raise OptionError(msg)
        weights[texts.index(str(label))] = weight
    return weights


def weigh_series(dataset: Dataset, class_weight: ClassWeight = None) -> NDArray[np.float64] | None:
    """Compute how much each series counts, with a mean of 1; None where all count the same.

    Parameters
    ----------
    dataset : Dataset
        Its own ``weights`` are multiplied by those of the classes.
    class_weight : {"balanced"}, mapping of label to weight, or None

    Returns
    -------
    ndarray of float64, shape (n_series,), or None

    Raises
    ------
    DataError, OptionError
        As ``weigh_classes``.
    """
    if dataset.weights is None and class_weight is None:
        return None
    weights: NDArray[np.float64] = weigh_classes(dataset, class_weight)[dataset.require_labels()]
    if dataset.weights is not None:
        weights = weights * dataset.weights
    relative: NDArray[np.float64] = weights / weights.mean()
    return relative


def with_class_weight(dataset: Dataset, class_weight: ClassWeight) -> Dataset:
    """Let each series count by its class, in weights of its own.

    Whatever is drawn of the series then counts as it would among all of them.

    Raises
    ------
    DataError, OptionError
        As ``weigh_classes``.
    """
    if class_weight is None:
        return dataset
    return replace(dataset, weights=weigh_series(dataset, class_weight))


def with_sample_weight(dataset: Dataset, sample_weight: ArrayLike | None) -> Dataset:
    """Let each series count as often as its weight says, as scikit-learn means it.

    A weight of 0 leaves a series out, and 2 is the same as a series that stands twice: equal series
    of one class become one that counts for all of them. Otherwise its twins would stay when it is
    left out, and no error would be seen. Where any series counts otherwise than 1, they come in an
    order of their own, so that the fit does not depend on how the weights were written.

    Parameters
    ----------
    dataset : Dataset
        With labels.
    sample_weight : array-like of float, shape (n_series,), or None
        From 0 up; None is 1 for each.

    Raises
    ------
    DataError
        If there is another number of weights, one is negative or not finite, or those above 0 are
        of one class only.
    """
    weights = np.ones(len(dataset))
    if sample_weight is not None:
        weights = checked_sample_weight(sample_weight, len(dataset))
    labels = dataset.require_labels()
    digests = [
        hashlib.sha256(bytes(f"{label} {length} ", "ascii") + row.tobytes()).hexdigest()
        for label, length, row in zip(labels, dataset.lengths, dataset.series, strict=True)
    ]
    _, first, group = np.unique(digests, return_index=True, return_inverse=True)
    counts = np.bincount(group, weights).astype(np.float64)
    kept = counts > 0
    present = np.unique(labels[first[kept]])
    if len(present) < 2:
        msg = (
            f"{dataset.name}: weights of zero leave series of fewer than two classes; two are "
            "needed."
        )
        raise DataError(msg)
    if len(first) == len(dataset) and (counts == 1).all():
        return dataset
    taken = dataset.take(first[kept])
    return replace(
        taken,
        labels=np.searchsorted(present, taken.require_labels()),
        classes=tuple(dataset.classes[k] for k in present),
        weights=counts[kept],
    )


def checked_sample_weight(sample_weight: ArrayLike, n_series: int) -> NDArray[np.float64]:
    """Return weights as float64, shape (n_series,); DataError if they are not a number each."""
    weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.shape != (n_series,):
        msg = (
            f"sample_weight.shape == {weights.shape}, expected {(n_series,)}: a weight for each "
            "series."
        )
        raise DataError(msg)
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if len(wrong):
        msg = f"sample_weight: series {wrong[0]} counts {weights[wrong[0]]}; expected 0 or more."
        raise DataError(msg)
    return weights
