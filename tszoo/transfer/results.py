"""How well an ensemble does on the series that it learnt from, and on those of a test split."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from tszoo.evaluation.metrics import accuracy, log_loss
from tszoo.models.record import PartResults, Results, Simplest, Validated
from tszoo.nets.network import Network
from tszoo.training.data import TrainingData
from tszoo.training.member import History


class Reached(NamedTuple):
    """What an ensemble reaches on some series.

    Attributes
    ----------
    accuracy, loss : float
        Of the members' mean probabilities; the loss is the mean cross-entropy in nats.
    members : tuple of float
        Accuracy of each member alone.
    n_series : int
    """

    accuracy: float
    loss: float
    members: tuple[float, ...]
    n_series: int


class Part(NamedTuple):
    """One of several data sets that a model learns: its training series, and its test series.

    ``simplest`` is what the simplest classifiers reach on its training series, if that is known.
    """

    train: TrainingData
    test: TrainingData | None
    simplest: Simplest | None = None


def reached(networks: Sequence[Network], data: TrainingData) -> Reached:
    """Compare predictions, among the outputs that are ``data``'s own, with its labels."""
    members = probabilities_of(networks, data)
    return reached_by(members, data.y.numpy())


def reached_by(members: NDArray[np.floating], labels: NDArray[np.int64]) -> Reached:
    """Score the members' probabilities, of shape (members, n_series, n_classes)."""
    mean = members.mean(axis=0)
    return Reached(
        accuracy(mean, labels),
        log_loss(mean, labels),
        tuple(accuracy(member, labels) for member in members),
        len(labels),
    )


def trained_results(fitted: Reached, histories: Sequence[History] = ()) -> Results:
    """Describe what a model with trained members reaches on what it has learnt."""
    return Results(
        train_accuracy=fitted.accuracy,
        train_loss=fitted.loss,
        member_train_loss=tuple(history.best_loss for history in histories),
    )


def validated(score: Reached, histories: Sequence[History]) -> Validated:
    """Describe what a model reaches on held-out series, and when its members did best.

    Those that are trained, which have a history, come last.
    """
    best = [history.best_validation_epoch for history in histories]
    none = [0] * (len(score.members) - len(best))
    return Validated(score.accuracy, score.loss, score.members, (*none, *best))


def joint_results(
    networks: Sequence[Network],
    parts: Mapping[str, Part],
    split: str,
    histories: Sequence[History],
) -> Results:
    """Describe what a model of several data sets reaches.

    The mean over them, and each by its name.
    """
    fitted = {name: reached(networks, part.train) for name, part in parts.items()}
    tested = _tested(networks, parts)
    results = Results(
        train_accuracy=_mean(score.accuracy for score in fitted.values()),
        train_loss=_mean(score.loss for score in fitted.values()),
        member_train_loss=tuple(history.best_loss for history in histories),
        per_dataset={
            name: _part(score, tested.get(name), parts[name].simplest)
            for name, score in fitted.items()
        },
    )
    if not tested:
        return results
    scores = list(tested.values())
    members = zip(*(score.members for score in scores), strict=True)
    return results.with_test(
        _mean(score.accuracy for score in scores),
        tuple(map(_mean, members)),
        split,
        sum(score.n_series for score in scores),
    )


def _tested(networks: Sequence[Network], parts: Mapping[str, Part]) -> dict[str, Reached]:
    return {
        name: reached(networks, part.test) for name, part in parts.items() if part.test is not None
    }


def _part(fitted: Reached, tested: Reached | None, simplest: Simplest | None) -> PartResults:
    """Describe what is reached on one of several data sets."""
    accuracy = None if tested is None else tested.accuracy
    return PartResults(accuracy, fitted.accuracy, simplest)


def _mean(shares: Iterable[float]) -> float:
    return statistics.fmean(shares)


@torch.inference_mode()
def probabilities_of(networks: Sequence[Network], data: TrainingData) -> NDArray[np.float32]:
    """Compute each member's probabilities of the data set's own classes.

    Shape (members, n_series, n_classes).
    """
    members = []
    for network in networks:
        logits = torch.cat(
            [network(batch.x, batch.lengths, batch.levels) for batch in data.batches(network)]
        )
        if data.n_outputs:
            logits = logits[:, data.first_output : data.first_output + data.n_outputs]
        members.append(logits.softmax(dim=1))
    probabilities: NDArray[np.float32] = torch.stack(members).numpy()
    return probabilities
