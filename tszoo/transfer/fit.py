"""From a training set and a way to start its members to a whole model."""

from __future__ import annotations

import datetime
import json
import platform
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tszoo.data import Dataset, Preprocessing, prepare
from tszoo.errors import TrainingError
from tszoo.models.config import ModelConfig, Parent, SourceData
from tszoo.models.model import Model
from tszoo.nets.device import resolve_device, resolve_precision
from tszoo.nets.network import Network, as_lengths
from tszoo.nets.registry import architecture_args, network_config
from tszoo.similarity.prototypes import compute_prototypes
from tszoo.training.data import TrainingData
from tszoo.training.ensemble import Job, MakeMember, train_members
from tszoo.training.member import History
from tszoo.transfer.options import FitOptions

POINTS_A_BATCH = 200_000


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
    own = _as_tensors(train, train.require_labels(), preprocessing, train.length)
    held = None if options.validation is None else _scorable(options.validation, train, preprocessing)
    scored = None if test is None else _scorable(test, train, preprocessing)
    if train.n_series < 2:
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
        watchers=options.watchers,
        side_by_side=options.side_by_side,
    )
    trained = train_members(make_member, [own], job, held)
    split = "test" if test is None or test.split is None else test.split
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
        results=_results(networks, own, scored, split, histories, published),
        training=_circumstances(histories, job),
    )
    return Model(config, networks, compute_prototypes(train))


def _as_tensors(dataset: Dataset, labels: NDArray[np.int64], preprocessing: Preprocessing, length: int) -> TrainingData:
    x = torch.from_numpy(prepare(dataset, preprocessing, expected_length=length))
    return TrainingData(x, torch.from_numpy(labels.copy()), as_lengths(dataset.lengths))


def _scorable(test: Dataset, train: Dataset, preprocessing: Preprocessing) -> TrainingData:
    """A test split, or held-out series, as tensors, checked before hours of training rather than after."""
    aligned = test.with_classes(train.classes)
    if aligned.labels is None:
        msg = f"{test.name}: series without labels cannot be scored."
        raise TrainingError(msg)
    return _as_tensors(aligned, aligned.labels, preprocessing, train.length)


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
def _probabilities(networks: tuple[Network, ...], data: TrainingData) -> torch.Tensor:
    """Class probabilities of each member, shape (members, n_series, n_classes)."""
    batches = torch.split(torch.arange(len(data.x)), max(1, POINTS_A_BATCH // data.x.shape[2]))
    members = []
    for network in networks:
        logits = [network(data.x[b], None if data.lengths is None else data.lengths[b]) for b in batches]
        members.append(torch.cat(logits).softmax(dim=1))
    return torch.stack(members)


def _results(
    networks: tuple[Network, ...],
    train: TrainingData,
    test: TrainingData | None,
    split: str,
    histories: list[History],
    published: dict[str, Any] | None,
) -> dict[str, Any]:
    fitted = _probabilities(networks, train).mean(dim=0)
    right = fitted.gather(1, train.y[:, None]).clamp_min(torch.finfo(torch.float32).tiny)
    results: dict[str, Any] = {
        "train_accuracy": _accuracy(fitted, train.y),
        "train_loss": -right.log().mean().item(),
        "member_train_loss": [history.best_loss for history in histories],
    }
    if test is not None:
        probabilities = _probabilities(networks, test)
        results |= {
            "split": split,
            "n_series": len(test.y),
            "accuracy": _accuracy(probabilities.mean(dim=0), test.y),
            "member_accuracy": [_accuracy(member, test.y) for member in probabilities],
        }
    if published is not None:
        results["published"] = published
    return results


def _accuracy(probabilities: torch.Tensor, y: torch.Tensor) -> float:
    return int((probabilities.argmax(dim=1) == y).sum()) / len(y)


def _circumstances(histories: list[History], job: Job) -> dict[str, Any]:
    stopped = {f"member {k}": one.stopped for k, one in enumerate(histories) if one.stopped is not None}
    return {
        **({"stopped": stopped} if stopped else {}),
        "epochs": [len(history.loss) for history in histories],
        "best_epoch": [history.best_epoch for history in histories],
        "seconds": round(sum(history.seconds for history in histories), 1),
        "device": torch.cuda.get_device_name(job.device) if job.device.type == "cuda" else "cpu",
        "precision": str(job.precision).removeprefix("torch."),
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "tszoo": version("tszoo")},
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
    }
