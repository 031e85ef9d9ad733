"""From a training set and a way to start its members to a whole model."""

from __future__ import annotations

import datetime
import json
import platform
from importlib.metadata import version
from typing import Any

import numpy as np
import torch

from tszoo.data import Dataset, Preprocessing, prepare
from tszoo.errors import TrainingError
from tszoo.models.config import ModelConfig, Parent, SourceData
from tszoo.models.model import Model
from tszoo.nets.network import Network
from tszoo.nets.registry import architecture_args, network_config
from tszoo.similarity.prototypes import compute_prototypes
from tszoo.training.device import resolve_device, resolve_precision
from tszoo.training.ensemble import Job, MakeMember, train_members
from tszoo.training.loop import History
from tszoo.transfer.options import FitOptions


def fit(
    train: Dataset,
    test: Dataset | None,
    architecture: str,
    arguments: dict[str, Any] | None,
    preprocessing: Preprocessing,
    make_member: MakeMember,
    options: FitOptions,
    *,
    parent: Parent | None = None,
    trainable: str = "all",
    published: dict[str, Any] | None = None,
) -> Model:
    """Train an ensemble and describe it.

    Parameters
    ----------
    train : Dataset
        Labelled series; the only data that training sees.
    test : Dataset or None
        Read once, when all members are done, to report their accuracy.
    architecture, arguments
        What ``tszoo.nets.registry.network_config`` takes.
    preprocessing : Preprocessing
    make_member : callable
        ``make_member(k, generator)`` gives member k before training.
    options : FitOptions
    parent : Parent or None
        The model that the members start from.
    trainable : str
        ``"all"`` or ``"head"``.
    published : dict or None
        A published result on the same split to stand beside this one: ``name``, ``accuracy``, ``url``.

    Raises
    ------
    DataError
        If ``train`` has fewer than two classes or series, or ``test`` has other classes, channels or lengths.
    TrainingError
        If training fails or a checkpoint cannot be used.
    """
    labels = train.require_labels()
    x = torch.from_numpy(prepare(train, preprocessing))
    scored = None if test is None else _scorable(test, train, preprocessing)
    if len(x) < 2:
        msg = f"{train.name}: one series is not enough to train on."
        raise TrainingError(msg)
    device = resolve_device(options.device)
    args = architecture_args(network_config(architecture, arguments))
    job = Job(
        recipe=options.recipe,
        seed=options.seed,
        members=options.members,
        device=device,
        precision=resolve_precision(options.precision, device),
        trainable=trainable,
        folder=options.folder,
        description=_describe(train, architecture, args, preprocessing, parent),
        resume=options.resume,
        checkpoint_seconds=options.checkpoint_seconds,
    )
    trained = train_members(make_member, x, torch.from_numpy(labels.copy()), job, options.on_epoch)
    networks = tuple(network for network, _ in trained)
    histories = [history for _, history in trained]
    config = ModelConfig(
        architecture=architecture,
        architecture_args=args,
        members=options.members,
        classes=train.classes,
        n_channels=train.n_channels,
        length=train.length,
        preprocessing=preprocessing,
        recipe={**options.recipe.to_dict(), "seed": options.seed, "trainable": trainable},
        source=SourceData.of(train),
        parent=parent,
        results=_results(networks, x, labels, scored, histories, published),
        training=_circumstances(histories, job),
    )
    return Model(config, networks, compute_prototypes(train))


def _scorable(test: Dataset, train: Dataset, preprocessing: Preprocessing) -> tuple[torch.Tensor, np.ndarray, str]:
    """The test split as tensors, checked before hours of training rather than after."""
    aligned = test.with_classes(train.classes)
    labels = aligned.labels
    if labels is None:
        msg = f"{test.name}: a test split without labels cannot be scored."
        raise TrainingError(msg)
    x = prepare(aligned, preprocessing, expected_length=train.length)
    return torch.from_numpy(x), labels, test.split or "test"


def _describe(
    train: Dataset, architecture: str, args: dict[str, Any], preprocessing: Preprocessing, parent: Parent | None
) -> str:
    return json.dumps(
        {
            "data": train.sha256,
            "architecture": architecture,
            "architecture_args": args,
            "preprocessing": preprocessing.to_dict(),
            "parent": None if parent is None else [parent.model, parent.revision],
        },
        sort_keys=True,
    )


@torch.inference_mode()
def _probabilities(networks: tuple[Network, ...], x: torch.Tensor) -> np.ndarray:
    """Class probabilities of each member, shape (members, n_series, n_classes)."""
    chunks = torch.split(x, max(1, 200_000 // x.shape[2]))
    return np.stack([torch.cat([network(chunk) for chunk in chunks]).softmax(1).numpy() for network in networks])


def _results(
    networks: tuple[Network, ...],
    x: torch.Tensor,
    labels: np.ndarray,
    scored: tuple[torch.Tensor, np.ndarray, str] | None,
    histories: list[History],
    published: dict[str, Any] | None,
) -> dict[str, Any]:
    fitted = _probabilities(networks, x).mean(axis=0)
    right = fitted[np.arange(len(labels)), labels]
    results: dict[str, Any] = {
        "train_accuracy": float((fitted.argmax(axis=1) == labels).mean()),
        "train_loss": float(-np.log(np.maximum(right, np.finfo(np.float32).tiny)).mean()),
        "member_train_loss": [history.best_loss for history in histories],
    }
    if scored is not None:
        test_x, test_labels, split = scored
        probabilities = _probabilities(networks, test_x)
        results |= {
            "split": split,
            "n_series": len(test_labels),
            "accuracy": float((probabilities.mean(axis=0).argmax(axis=1) == test_labels).mean()),
            "member_accuracy": [float((p.argmax(axis=1) == test_labels).mean()) for p in probabilities],
        }
    if published is not None:
        results["published"] = published
    return results


def _circumstances(histories: list[History], job: Job) -> dict[str, Any]:
    return {
        "epochs": [len(history.loss) for history in histories],
        "best_epoch": [history.best_epoch for history in histories],
        "seconds": round(sum(history.seconds for history in histories), 1),
        "device": torch.cuda.get_device_name(job.device) if job.device.type == "cuda" else "cpu",
        "precision": str(job.precision).removeprefix("torch."),
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "tszoo": version("tszoo")},
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
    }
