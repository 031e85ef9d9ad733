"""Fit a ridge classifier as the head of a network whose body stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from tszoo.data import Dataset, Preprocessing
from tszoo.data.weights import ClassWeight, weigh_series
from tszoo.nets.network import Network
from tszoo.readout.features import extract
from tszoo.readout.few import is_few, usual_penalty, usual_temperature
from tszoo.readout.levels import learn_levels, weigh_levels
from tszoo.readout.many import fit_many, is_many
from tszoo.readout.ridge import PENALTIES, RidgeFit, check_fit, fit_ridge
from tszoo.readout.spread import Prior, prior_of
from tszoo.readout.tangents import with_tangents
from tszoo.readout.temperature import choose_temperature, softmax

POOLINGS = (
    "share of positive values, mean of positive values, maximum, mean; of the series and its first "
    "difference"
)


class FittedHead(NamedTuple):
    """What a ridge head came to.

    Attributes
    ----------
    penalty, temperature : float
    penalties : tuple of float
        Those that the penalty was chosen from.
    probabilities : ndarray of float64, shape (n_series, n_classes)
        Of the series that it was fitted to.
    left_out : ndarray of float64, shape (n_series, n_classes)
        Of each series, by the fit to the others, or to those of other groups.
    rows : ndarray of int64, or None
        The series that both speak of, of many series of many classes; None for all.
    """

    penalty: float
    temperature: float
    penalties: tuple[float, ...]
    probabilities: NDArray[np.float64]
    left_out: NDArray[np.float64]
    rows: NDArray[np.int64] | None = None


def fit_head(
    network: Network,
    target: Dataset,
    preprocessing: Preprocessing,
    *,
    device: str = "cpu",
    class_weight: ClassWeight = None,
    progress: Callable[[int, int], None] | None = None,
) -> FittedHead:
    """Give a network, in place, a head that is a ridge classifier on the features of all stages.

    Filters are first rounded to the float16 that they are stored as: the head is fitted to what
    will be loaded. Logits are the decision values, divided by the temperature. See
    ``fit_stage_features`` for how it and the penalty are chosen. Where the head reads levels, those
    stand beside the features with the weight of the least left-out error. Directions that the
    network names as nuisance are damped in its features, and forgotten; such a network is also
    shown series whose time is bent, see ``tszoo.readout.tangents``.

    Parameters
    ----------
    network : Network
        Its body stays as it is.
    target : Dataset
        Labelled series.
    preprocessing : Preprocessing
    device : str
        Where features are computed.
    class_weight : {"balanced"}, mapping of label to weight, or None
        How much the classes count.
    progress : callable or None
        Called with (series read, series in all).

    Raises
    ------
    DataError
        If the series have no labels, or one class.
    OptionError
        If a label that weighs is no class of theirs.
    ModelError
        If the network cannot take the series.
    """
    labels = target.require_labels()
    prior = prior_of(network, target.n_channels)
    network.set_head(target.n_classes, "stages")
    _round_filters(network)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    extracted = extract(
        network, target, preprocessing, device=device, with_logits=False, progress=progress
    )
    stages = extracted.stages
    prior = with_tangents(prior, network, target, preprocessing, stages, device)
    if network.level:
        levels = learn_levels(network, target)
        weighed = weigh_levels(stages, levels, labels, target.n_classes, prior, target.group_codes)
        stages = np.concatenate((stages, levels), axis=1)
        prior = prior.beside(levels.shape[1], weighed.spread)
    weights = weigh_series(target, class_weight)
    fit, temperature, penalties = fit_stage_features(
        stages, labels, target.n_classes, prior, target.group_codes, weights
    )
    _put_on(network, fit, temperature)
    return FittedHead(
        fit.penalty,
        temperature,
        penalties,
        softmax(fit.fitted / temperature),
        softmax(fit.left_out / temperature),
        fit.rows,
    )


def _put_on(network: Network, fit: RidgeFit, temperature: float) -> None:
    """Make a ridge fit the head of a network, in place."""
    n_stages = len(network.centre)
    with torch.no_grad():
        network.centre.copy_(torch.from_numpy(fit.centre[:n_stages]))
        network.spread.copy_(torch.from_numpy(fit.spread[:n_stages]))
        weight, of_stages = fit.weight.copy(), fit.weight[:, :n_stages]
        # levels are read as they are
        weight[:, :n_stages] *= network.spread.cpu().double().numpy()
        bias = fit.bias + of_stages @ network.centre.cpu().double().numpy()
        network.head.weight.copy_(torch.from_numpy(weight / temperature))
        network.head.bias.copy_(torch.from_numpy(bias / temperature))


def fit_stage_features(
    stages: NDArray[np.float32],
    labels: NDArray[np.int64],
    n_classes: int,
    prior: Prior,
    groups: NDArray[np.int64] | None = None,
    weights: NDArray[np.float64] | None = None,
) -> tuple[RidgeFit, float, tuple[float, ...]]:
    """Fit a ridge classifier to stage features, and find the temperature of its decision values.

    Penalty and temperature are those that suit the left-out decision values. Where most classes
    have one or two series, leaving one out says little: both are then usual ones, see
    ``tszoo.readout.few``.

    Parameters
    ----------
    stages : ndarray of float32, shape (n_series, n_features)
        Not standardised.
    labels : ndarray of int64, shape (n_series,)
    n_classes : int
    prior : Prior
        What ``tszoo.readout.spread.prior_of`` says of the network.
    groups, weights
        As for ``fit_ridge``.

    Returns
    -------
    fit : RidgeFit
    temperature : float
    penalties : tuple of float
        Those that the penalty was chosen from.

    Raises
    ------
    OptionError
        If kinds do not add up to the features.
    TrainingError
        If there are fewer than two series, or a feature is not finite.
    """
    if is_few(labels, groups):
        penalties: tuple[float, ...] = (usual_penalty(stages.shape[1]),)
        few = _fit(stages, labels, n_classes, penalties, prior, groups, weights)
        return few, usual_temperature(n_classes), penalties
    fit = _fit(stages, labels, n_classes, PENALTIES, prior, groups, weights)
    some_weights = None if weights is None else fit.of_rows(weights)
    temperature = choose_temperature(fit.left_out, fit.of_rows(labels), some_weights)
    return fit, temperature, PENALTIES


def _fit(
    stages: NDArray[np.float32],
    labels: NDArray[np.int64],
    n_classes: int,
    penalties: Sequence[float],
    *rest: Any,
) -> RidgeFit:
    """Fit a ridge classifier, in memory that is bounded where series and classes are many."""
    check_fit(stages, penalties, rest[0])
    if is_many(len(labels), n_classes):
        return fit_many(stages, labels, n_classes, penalties, *rest)
    return fit_ridge(stages, labels, n_classes, penalties, *rest)


def _round_filters(network: Network) -> None:
    """Round filters to the float16 that they are stored as, unless they are too large for it."""
    with torch.no_grad():
        for parameter in network.body.parameters():
            if parameter.ndim >= 2:
                narrow = parameter.half()
                if bool(torch.isfinite(narrow).all()):
                    parameter.copy_(narrow)
