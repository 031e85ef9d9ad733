"""A model for a target without training.

Frozen bodies, and a ridge classifier on the features of all their stages.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from tszoo.data import Dataset, Preprocessing
from tszoo.errors import OptionError, TrainingError
from tszoo.models.config import ModelConfig, TrainedOn
from tszoo.models.model import Model
from tszoo.nets.device import resolve_device
from tszoo.nets.network import Network, initialize
from tszoo.nets.registry import args_of, build, network_config
from tszoo.readout.features import extract
from tszoo.readout.ridge import PENALTIES, fit_ridge
from tszoo.readout.temperature import choose_temperature, softmax
from tszoo.similarity.dtw import Progress
from tszoo.similarity.prototypes import Prototypes, compute_prototypes
from tszoo.training.data import TrainingData
from tszoo.transfer.fit import named, scorable, surroundings
from tszoo.transfer.options import check_members
from tszoo.transfer.pretrain import preprocessing_for
from tszoo.transfer.results import reached
from tszoo.transfer.start import Start, start_from

POOLINGS = (
    "share of positive values, mean of positive values, maximum, mean; of the series and its "
    "first difference"
)


class Fitted(NamedTuple):
    """What a member's ridge classifier came to.

    Attributes
    ----------
    penalty, temperature : float
    probabilities : ndarray of float64, shape (n_series, n_classes)
        Of the series that it was fitted to.
    left_out : ndarray of float64, shape (n_series, n_classes)
        Of each series, by the fit to the others.
    """

    penalty: float
    temperature: float
    probabilities: NDArray[np.float64]
    left_out: NDArray[np.float64]


def fit_readout(
    target: Dataset,
    source: Model | Sequence[Model] | None,
    *,
    members: int = 1,
    seed: int = 0,
    device: str = "auto",
    precision: str = "auto",
    test: Dataset | None = None,
    architecture: str = "inception",
    arguments: dict[str, Any] | None = None,
    unequal: bool = False,
    prototypes: Prototypes | None = None,
    progress: Progress | None = None,
) -> Model:
    """Fit ridge classifiers to the features of frozen bodies.

    Parameters
    ----------
    target : Dataset
        Labelled training series.
    source : Model, sequence of Model, or None
        Whose bodies are taken, member k that of source k modulo their number, its members in turn;
        of more sources than members, the first. None, or no model, takes untrained bodies,
        Glorot-uniform from ``seed + k``: random filters.
    members : int
    seed : int
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"cuda:N"``.
    precision : str
        ``"auto"`` or ``"float32"``, which is the same here: features are compared series by series.
    test : Dataset or None
        Read once, when all members are fitted, to report their accuracy.
    architecture, arguments
        The untrained network, and what differs from its paper's.
    unequal : bool
        Whether the model takes series of any length, also where the training series are of one.
    prototypes : Prototypes or None
        What ``compute_prototypes(target)`` gives, where it is known; None computes it.
    progress : callable or None
        Called with (members done, members in all).

    Returns
    -------
    Model
        Its networks' heads read all stages. Probabilities are the softmax of the decision values
        divided by a temperature that suits the left-out ones.

    Raises
    ------
    DataError, ModelError, OptionError, TrainingError
        If the data, the source or the options cannot be used.
    """
    if precision not in ("auto", "float32"):
        msg = f"a ridge head is fitted in float32, not {precision}. Leave the precision out."
        raise OptionError(msg)
    check_members(members, seed)
    started = time.perf_counter()
    labels, where = target.require_labels(), resolve_device(device)
    sources = [source] if isinstance(source, Model) else list(source or ())[:members]
    start = start_from(sources, target) if sources else None
    preprocessing = preprocessing_for(
        target, architecture if start is None else start.architecture, unequal=unequal
    )
    scored = None if test is None else scorable(test, target, preprocessing)
    if target.n_series < 2:
        msg = f"{target.name}: one series is not enough to train on."
        raise TrainingError(msg)
    networks, fits = [], []
    for k in range(members):
        network = (
            _untrained(target, architecture, arguments, seed + k)
            if start is None
            else _started(start, target, k)
        )
        fits.append(_fit_head(network, target, labels, preprocessing, device))
        networks.append(network.cpu())
        if progress is not None:
            progress(k + 1, members)
    chosen, plain = (
        (architecture, arguments) if start is None else (start.architecture, start.arguments)
    )
    parents = () if start is None else start.parents
    config = ModelConfig(
        architecture=chosen,
        architecture_args=args_of(network_config(chosen, {**(plain or {}), "readout": "stages"})),
        members=members,
        classes=target.classes,
        n_channels=target.n_channels,
        length=target.length,
        preprocessing=preprocessing,
        recipe={
            "head": "ridge",
            "body": "untrained" if start is None else "the source's",
            "seed": seed,
            "poolings": POOLINGS,
            "penalties": list(PENALTIES),
            "penalty": [fit.penalty for fit in fits],
            "temperature": [fit.temperature for fit in fits],
            **named(parents),
        },
        trained_on=TrainedOn.of(target),
        parent=parents[0] if parents else None,
        results={
            **_fitted_results(fits, labels),
            **({} if scored is None else _test_results(networks, scored, test)),
        },
        training={
            "epochs": [0] * members,
            **surroundings(time.perf_counter() - started, where, torch.float32),
        },
    )
    return Model(config, tuple(networks), prototypes or compute_prototypes(target, n_jobs=-1))


def _untrained(
    target: Dataset, architecture: str, arguments: dict[str, Any] | None, seed: int
) -> Network:
    """Build random filters.

    Batch norms stay the identity, for with the target's statistics they tell less apart.
    """
    network = build(
        architecture, arguments, target.n_channels, target.n_classes, length=target.length
    )
    initialize(network, torch.Generator().manual_seed(seed))
    network.set_head(target.n_classes, "stages")
    return network


def _started(start: Start, target: Dataset, k: int) -> Network:
    """Take a source's filters, with the batch-norm statistics that they were trained with."""
    network = start.network(k)
    if start.channels_apart is not None:
        network.channels_apart = start.channels_apart
    network.set_head(target.n_classes, "stages")
    return network


def _fit_head(
    network: Network,
    target: Dataset,
    labels: NDArray[np.int64],
    preprocessing: Preprocessing,
    device: str,
) -> Fitted:
    """Give a network, whose head reads all stages, the weights of a ridge classifier."""
    _round_filters(network)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    stages = extract(network, target, preprocessing, device=device).stages
    fit = fit_ridge(stages, labels, target.n_classes)
    temperature = choose_temperature(fit.left_out, labels)
    with torch.no_grad():
        network.centre.copy_(torch.from_numpy(fit.centre))
        network.spread.copy_(torch.from_numpy(fit.spread))
        centre, spread = (one.cpu().double().numpy() for one in (network.centre, network.spread))
        network.head.weight.copy_(torch.from_numpy(fit.weight * spread / temperature))
        network.head.bias.copy_(torch.from_numpy((fit.bias + fit.weight @ centre) / temperature))
    return Fitted(
        fit.penalty,
        temperature,
        softmax(fit.fitted / temperature),
        softmax(fit.left_out / temperature),
    )


def _round_filters(network: Network) -> None:
    """Round filters to the float16 that they are stored as.

    The head is fitted to what will be loaded.
    """
    with torch.no_grad():
        for parameter in network.body.parameters():
            if parameter.ndim >= 2:
                narrow = parameter.half()
                if bool(torch.isfinite(narrow).all()):
                    parameter.copy_(narrow)


def _fitted_results(fits: Sequence[Fitted], labels: NDArray[np.int64]) -> dict[str, Any]:
    """Describe how the training series fare, as they were fitted and left out one by one."""
    mean = np.mean([fit.probabilities for fit in fits], axis=0)
    left_out = np.mean([fit.left_out for fit in fits], axis=0)
    return {
        "train_accuracy": _accuracy(mean, labels),
        "train_loss": _log_loss(mean, labels),
        "left_out_accuracy": _accuracy(left_out, labels),
        "left_out_loss": _log_loss(left_out, labels),
        "member_left_out_accuracy": [_accuracy(fit.left_out, labels) for fit in fits],
    }


def _test_results(
    networks: Sequence[Network], scored: TrainingData, test: Dataset | None
) -> dict[str, Any]:
    tested = reached(networks, scored)
    return {
        "split": "test" if test is None or test.split is None else test.split,
        "n_series": len(scored.y),
        "accuracy": tested.accuracy,
        "member_accuracy": tested.members,
    }


def _accuracy(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    return int((probabilities.argmax(axis=1) == labels).sum()) / len(labels)


def _log_loss(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    right = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(right.clip(min=np.finfo(np.float32).tiny)).mean())
