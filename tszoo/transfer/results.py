"""How well an ensemble does on the series that it learnt from, and on those of a test split."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from tszoo.nets.network import Network
from tszoo.training.data import TrainingData
from tszoo.training.member import History


class Reached(NamedTuple):
    """What an ensemble reaches on some series.

    Attributes
    ----------
    accuracy, loss : float
        Of the members' mean probabilities; the loss is the mean cross-entropy in nats.
    members : list of float
        Accuracy of each member alone.
    """

    accuracy: float
    loss: float
    members: list[float]


class Part(NamedTuple):
    """One of the data sets that a model learns.

    Its training series, and its test series where there are any.
    """

    train: TrainingData
    test: TrainingData | None


def reached(networks: Sequence[Network], data: TrainingData) -> Reached:
    """Compare predictions, among the outputs that are ``data``'s own, with its labels."""
    members = _probabilities(networks, data)
    mean = members.mean(dim=0)
    right = mean.gather(1, data.y[:, None]).clamp_min(torch.finfo(torch.float32).tiny)
    return Reached(
        _accuracy(mean, data.y),
        -right.log().mean().item(),
        [_accuracy(member, data.y) for member in members],
    )


def results_of(
    networks: Sequence[Network],
    part: Part,
    split: str,
    histories: Sequence[History],
    published: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Describe what a model reaches on its data set, as ``ModelConfig.results`` holds it."""
    fitted = reached(networks, part.train)
    results: dict[str, Any] = {
        "train_accuracy": fitted.accuracy,
        "train_loss": fitted.loss,
        "member_train_loss": [history.best_loss for history in histories],
    }
    if part.test is not None:
        tested = reached(networks, part.test)
        results |= {
            "split": split,
            "n_series": len(part.test.y),
            "accuracy": tested.accuracy,
            "member_accuracy": tested.members,
        }
    if published is not None:
        results["published"] = dict(published)
    return results


def joint_results_of(
    networks: Sequence[Network], parts: Mapping[str, Part], split: str, histories: Sequence[History]
) -> dict[str, Any]:
    """Describe what a model of several data sets reaches.

    The mean over the data sets, and each one's by its name.
    """
    fitted = {name: reached(networks, part.train) for name, part in parts.items()}
    tested = {
        name: reached(networks, part.test) for name, part in parts.items() if part.test is not None
    }
    results: dict[str, Any] = {
        "train_accuracy": statistics.fmean(one.accuracy for one in fitted.values()),
        "train_loss": statistics.fmean(one.loss for one in fitted.values()),
        "member_train_loss": [history.best_loss for history in histories],
        "per_dataset": {
            name: {
                "train_accuracy": one.accuracy,
                **({"accuracy": tested[name].accuracy} if name in tested else {}),
            }
            for name, one in fitted.items()
        },
    }
    if tested:
        results |= {
            "split": split,
            "n_series": sum(len(part.test.y) for part in parts.values() if part.test is not None),
            "accuracy": statistics.fmean(one.accuracy for one in tested.values()),
            "member_accuracy": [
                statistics.fmean(own)
                for own in zip(*(one.members for one in tested.values()), strict=True)
            ],
        }
    return results


@torch.inference_mode()
def _probabilities(networks: Sequence[Network], data: TrainingData) -> Tensor:
    """Probabilities of the data set's own classes by each member, shape (members, n_series, n_classes)."""
    members = []
    for network in networks:
        logits = torch.cat([network(batch.x, batch.lengths) for batch in data.batches(network)])
        if data.n_outputs:
            logits = logits[:, data.first_output : data.first_output + data.n_outputs]
        members.append(logits.softmax(dim=1))
    return torch.stack(members)


def _accuracy(probabilities: Tensor, y: Tensor) -> float:
    return int((probabilities.argmax(dim=1) == y).sum()) / len(y)
