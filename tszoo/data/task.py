"""Tell whether data can be a classification problem at all, before any work is done."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tszoo.data.copies import digest
from tszoo.data.dataset import Dataset
from tszoo.data.ucr.table import facts_of
from tszoo.errors import DataError
from tszoo.text import listed, printable

_FEWEST_SERIES = 10
_ROUNDING = 1e-9


def require_task(dataset: Dataset) -> None:
    """Check that there is something to learn: classes, points, and series that are not constant.

    Raises
    ------
    DataError
        If there are no labels, one class, or nearly as many classes as series; if the series have
        one point; if every channel of every series is constant, and their levels do not tell the
        classes apart; or if copies of one series have so different labels that nobody can do better
        than to guess.
    """
    dataset.require_labels()
    require_classes(dataset)
    _require_points(dataset)
    _require_shapes(dataset)
    _require_agreement(dataset)


def require_classes(dataset: Dataset) -> None:
    """Check that the labels are classes, not an index, times or measurements.

    At least ten series whose classes have fewer than 1.5 series on average are refused. The
    archive's Fungi, which has one series a class, is not.

    Raises
    ------
    DataError
        If there are nearly as many classes as series.
    """
    if dataset.labels is None or dataset.n_series < _FEWEST_SERIES:
        return
    n_classes = len(np.unique(dataset.labels))
    if 3 * n_classes <= 2 * dataset.n_series:
        return
    if facts_of(dataset.name, dataset.length, dataset.n_classes) is not None:
        return
    names = listed([printable(str(label), 30) for label in dataset.classes], 3)
    msg = (
        f"{dataset.name}: {dataset.n_series} series, {n_classes} classes ({names}): the labels "
        "look like an index, a time or a measurement, not like classes. Say where the labels are "
        'with label_column="last", a column number, a column name or "none".'
    )
    raise DataError(msg)


def _require_points(dataset: Dataset) -> None:
    """Raise DataError if no series has more than one point."""
    if dataset.length > 1:
        return
    msg = f"{dataset.name}: series of one point (n_features = 1), which have no shape to learn."
    if dataset.n_channels > 1:
        msg = (
            f"{dataset.name}: series of {dataset.n_channels} channels and one point, which have no "
            "shape to learn. X is (n_series, n_channels, length): did you mean "
            "X.transpose(0, 2, 1)?"
        )
    raise DataError(msg)


def _require_shapes(dataset: Dataset) -> None:
    """Raise DataError if every series is constant, at a level that says nothing of its class."""
    with np.errstate(invalid="ignore"):
        low = np.fmin.reduce(dataset.series, axis=2)
        high = np.fmax.reduce(dataset.series, axis=2)
    if (high > low).any() or _levels_tell(high, dataset.require_labels()):
        return
    msg = (
        f"{dataset.name}: every series is constant. Series are brought to mean 0 and deviation 1, "
        "and their levels do not tell the classes apart: nothing is left to learn from."
    )
    raise DataError(msg)


def _require_agreement(dataset: Dataset) -> None:
    """Raise DataError if series that are the same do not agree on more than the largest class."""
    labels = dataset.require_labels()
    pairs = zip(dataset.series, dataset.lengths.tolist(), strict=True)
    digests = [digest(one, length) for one, length in pairs]
    if len(set(digests)) == len(digests):
        return
    weights = np.ones(len(labels)) if dataset.weights is None else dataset.weights
    counts: dict[bytes, dict[int, float]] = {one: {} for one in digests}
    for one, label, weight in zip(digests, labels.tolist(), weights.tolist(), strict=True):
        counts[one][label] = counts[one].get(label, 0.0) + weight
    most = sum(max(count.values()) for count in counts.values())
    if most > (1 + _ROUNDING) * np.bincount(labels, weights).max():
        return
    msg = (
        f"{dataset.name}: of {dataset.n_series} series {len(counts)} differ, and copies of one "
        "have different labels: no answer is right more often than the largest class. Check the "
        "values and the labels."
    )
    raise DataError(msg)


def _levels_tell(levels: NDArray[np.float32], labels: NDArray[np.int64]) -> bool:
    """Tell whether the series of the nearest level has the same class more often than chance.

    ``levels`` is (n_series, n_channels), NaN where a channel is missing altogether.
    """
    at = np.nan_to_num(levels.astype(np.float64))
    right = 0
    for k, level in enumerate(at):
        gaps = np.abs(at - level).sum(axis=1)
        gaps[k] = np.inf
        right += int(labels[gaps.argmin()] == labels[k])
    return right > int(np.bincount(labels).max())
