"""Scores that ask the source's head: how well its classes foretell the target's."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tszoo.errors import DataError
from tszoo.readout.arrays import check_labels, check_matrix, one_hot


def leep(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Compute the log expected empirical prediction (Nguyen et al., ICML 2020, section 3).

    The mean over the series of ``log sum_z P(y | z) theta_z``, with ``theta`` the source's
    probabilities of its own classes z, and ``P(y | z)`` their empirical conditional.

    Parameters
    ----------
    probabilities : array-like, shape (n_series, n_source_classes)
        Softmax outputs of the source's head; rows sum to 1.
    labels : array-like of int, shape (n_series,)
        Class indices of the target from 0.

    Returns
    -------
    float
        Finite and 0 at most, higher is better; minus the entropy of the labels where the head says
        the same of all.

    Raises
    ------
    DataError
        If rows are no probabilities, or the labels are of one class or do not go with them.
    """
    theta = check_matrix(probabilities, "probabilities")
    y = check_labels(labels, len(theta))
    wrong = np.flatnonzero((theta < 0).any(axis=1) | (np.abs(theta.sum(axis=1) - 1) > 1e-3))
    if len(wrong):
        msg = (
            f"probabilities of series {wrong[0]} sum to {theta[wrong[0]].sum():g} or are negative; "
            "expected a softmax."
        )
        raise DataError(msg)
    own = one_hot(y)
    joint = own.T @ theta
    marginal = joint.sum(axis=0)
    conditional = joint / np.where(marginal > 0, marginal, 1.0)
    expected = (own * (theta @ conditional.T)).sum(axis=1)
    # a series is part of the conditional that foretells it, so no expectation is 0
    return float(min(np.log(expected).mean(), 0.0))


def nce(source_classes: ArrayLike, labels: ArrayLike) -> float:
    """Negative conditional entropy (Tran, Nguyen & Hassner, ICCV 2019).

    Minus the empirical entropy, in nats, of the target's labels, given the source's class of each
    series.

    Parameters
    ----------
    source_classes : array-like of int, shape (n_series,)
        What the source's head takes each series for.
    labels : array-like of int, shape (n_series,)
        Class indices of the target from 0.

    Returns
    -------
    float
        From minus the logarithm of the number of target classes to 0, higher is better.

    Raises
    ------
    DataError
        If the classes do not go with the labels, or those are of one class.
    """
    z = np.asarray(source_classes)
    if z.ndim != 1 or z.dtype.kind not in "iu":
        msg = (
            f"source classes of shape {z.shape} and type {z.dtype}; expected one class index a "
            "series."
        )
        raise DataError(msg)
    y = check_labels(labels, len(z))
    joint = (np.asarray(z[:, None] == np.unique(z), dtype=np.float64)).T @ one_hot(y)
    conditional = joint / joint.sum(axis=1, keepdims=True)
    seen = joint > 0
    return float(min((joint[seen] * np.log(conditional[seen])).sum() / len(y), 0.0))
