"""Score how well a ridge readout of the features predicts each series from the others."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tszoo.errors import DataError
from tszoo.readout.arrays import check_labels, check_matrix, one_hot
from tszoo.readout.ridge import fit_ridge
from tszoo.readout.spread import Prior

# Two decision values closer than this are equal: they are of the order of 1, and sums round
# differently.
EQUAL = 1e-9


class RidgeScore(NamedTuple):
    """What ``ridge_leave_one_out`` says.

    Attributes
    ----------
    accuracy : float
        Share of the series whose class has the largest left-out decision value, from 0 to 1, higher
        is better. Where m classes share the largest value, the series counts 1/m.
    error : float
        Brier score of the left-out decision values, from 0 to the number of classes, lower is
        better. It tells features apart whose accuracies are equal.
    """

    accuracy: float
    error: float


def ridge_leave_one_out(
    features: ArrayLike,
    labels: ArrayLike,
    n_classes: int,
    groups: NDArray[np.int64] | None = None,
    prior: Prior | None = None,
    weights: NDArray[np.float64] | None = None,
) -> RidgeScore:
    """Score a ridge classifier by predicting each series from the fit to all others.

    The classifier is that of ``tszoo.readout.ridge``. Regression on -1 and +1 estimates twice a
    class's probability less 1. So left-out decision values d become ``(d + 1) / 2``, clipped to 0
    and 1: a value beyond these counts as certain. The error is their Brier score (1950): the mean
    over series of the sum over classes of the squared distance from 1 for the series' own class,
    and from 0 for the others. A class that does not occur adds nothing.

    Parameters
    ----------
    features : array-like, shape (n_series, n_features)
        The fit standardises them.
    labels : array-like of int, shape (n_series,)
        Class indices below ``n_classes``.
    n_classes : int
        Classes that do not occur are never predicted.
    groups : ndarray of int64, shape (n_series,), or None
        Where given, each series is predicted from the fit to all of other groups.
    prior : Prior or None
        What is known of the features beforehand, as for ``fit_ridge``.
    weights : ndarray of float64, shape (n_series,), or None
        How much each series counts in the fit and in the error, above 0 with a mean of 1; None
        counts all the same. The accuracy is a share of the series, whatever they count.

    Returns
    -------
    RidgeScore
        Where no feature varies, each series is predicted as the others' most frequent class. That
        gives an accuracy of 0 if all classes are equally frequent.

    Raises
    ------
    DataError
        If the features are not finite, or the labels are of one class or do not go with them.
    """
    matrix = check_matrix(features, "features")
    y = check_labels(labels, len(matrix))
    if y.max() >= n_classes:
        msg = (
            f"series {int(y.argmax())}: class index {int(y.max())}, but there are {n_classes} "
            "classes."
        )
        raise DataError(msg)
    present = np.unique(y)
    fit = fit_ridge(matrix, y, n_classes, prior=prior, groups=groups, weights=weights)
    values = fit.left_out[:, present]
    labelled = one_hot(y)
    winners = values >= values.max(axis=1, keepdims=True) - EQUAL
    accuracy = ((winners * labelled).sum(axis=1) / winners.sum(axis=1)).mean()
    probabilities = np.clip((values + 1) / 2, 0.0, 1.0)
    errors = np.square(probabilities - labelled).sum(axis=1)
    return RidgeScore(float(accuracy), float(np.average(errors, weights=weights)))
