"""From a training set and a way to start its members to a whole model."""

from __future__ import annotations

import datetime
import json
import platform
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tszoo.data import Dataset, Preprocessing, prepare
from tszoo.errors import DataError, TrainingError
from tszoo.models.config import Base, ModelConfig, TrainedOn
from tszoo.models.model import Model
from tszoo.nets.device import resolve_device, resolve_precision
from tszoo.nets.network import as_lengths
from tszoo.nets.registry import args_of, network_config
from tszoo.similarity.prototypes import Prototypes, compute_prototypes
from tszoo.training.data import TrainingData
from tszoo.training.ensemble import Job, MakeMember, train_members
from tszoo.training.member import History
from tszoo.transfer.options import FitOptions
from tszoo.transfer.results import Part, results_of


def fit(
    train: Dataset,
    test: Dataset | None,
    architecture: str,
    arguments: dict[str, Any] | None,
    preprocessing: Preprocessing,
    make_member: MakeMember,
    options: FitOptions,
    *,
    parents: Sequence[Base] = (),
    trainable: str = "all",
    published: dict[str, Any] | None = None,
    prototypes: Prototypes | None = None,
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
    parents : sequence of Base
        The models that the members start from, member k from number k modulo theirs. The first is
        the config's ``parent``; its recipe names all, if they are several.
    trainable : str
        ``"all"`` or ``"head"``.
    published : dict or None
        A published result on the same split to stand beside this one: ``name``, ``accuracy``,
        ``url``.
    prototypes : Prototypes or None
        What ``compute_prototypes(train)`` gives, where it is known; None computes it.

    Raises
    ------
    DataError
        If ``train`` has fewer than two classes or series, or ``test`` has other classes, channels
        or lengths.
    TrainingError
        If training fails or a checkpoint cannot be used.
    """
    own = as_tensors(train, train.require_labels(), preprocessing, train.length)
    held = (
        None if options.validation is None else scorable(options.validation, train, preprocessing)
    )
    scored = None if test is None else scorable(test, train, preprocessing)
    if train.n_series < 2:
        msg = f"{train.name}: one series is not enough to train on."
        raise TrainingError(msg)
    args = args_of(network_config(architecture, arguments))
    job = make_job(
        options, describe_run(train.sha256, architecture, args, preprocessing, parents), trainable
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
        recipe={
            **options.recipe.to_dict(),
            "seed": options.seed,
            "trainable": trainable,
            **named(parents),
        },
        trained_on=TrainedOn.of(train),
        parent=parents[0] if parents else None,
        results=results_of(networks, Part(own, scored), split, histories, published),
        training=circumstances(histories, job, options.validation),
    )
    return Model(config, networks, prototypes or compute_prototypes(train, n_jobs=-1))


def make_job(options: FitOptions, description: str, trainable: str = "all") -> Job:
    """Say what is trained, and where: the options as training takes them."""
    device = resolve_device(options.device)
    return Job(
        recipe=options.recipe,
        seed=options.seed,
        members=options.members,
        device=device,
        precision=resolve_precision(options.precision, device),
        trainable=trainable,
        folder=options.folder,
        description=description,
        resume=options.resume,
        checkpoint_seconds=options.checkpoint_seconds,
        watchers=options.watchers,
        side_by_side=options.side_by_side,
    )


def as_tensors(
    dataset: Dataset, labels: NDArray[np.int64], preprocessing: Preprocessing, length: int
) -> TrainingData:
    """Prepare series, and put them beside their labels.

    DataError unless they have ``length`` points or may differ.
    """
    x = torch.from_numpy(prepare(dataset, preprocessing, expected_length=length))
    return TrainingData(x, torch.from_numpy(labels.copy()), as_lengths(dataset.lengths))


def scorable(test: Dataset, train: Dataset, preprocessing: Preprocessing) -> TrainingData:
    """A test split, or held-out series, as tensors, checked before hours of training rather than after."""
    aligned = test.with_classes(train.classes)
    if aligned.labels is None:
        msg = f"{test.name}: series without labels cannot be scored."
        raise TrainingError(msg)
    if test.n_channels != train.n_channels:
        msg = (
            f"{test.name}: {test.n_channels} channel(s), the training series have "
            f"{train.n_channels}."
        )
        raise DataError(msg)
    return as_tensors(aligned, aligned.labels, preprocessing, train.length)


def named(parents: Sequence[Base]) -> dict[str, Any]:
    """Name the models that members start from, as a recipe holds them.

    Only where they are several.
    """
    return {"sources": [parent.model for parent in parents]} if len(parents) > 1 else {}


def describe_run(
    data: str,
    architecture: str,
    args: dict[str, Any],
    preprocessing: Preprocessing,
    parents: Sequence[Base] = (),
) -> str:
    """Spell what a run is made from, so that no other run goes on with its checkpoints.

    ``data`` is a digest.
    """
    starts = [[parent.model, parent.revision] for parent in parents]
    return json.dumps(
        {
            "data": data,
            "architecture": architecture,
            "architecture_args": args,
            "preprocessing": preprocessing.to_dict(),
            "parent": starts[0] if starts else None,
            **({"others": starts[1:]} if len(starts) > 1 else {}),
        },
        sort_keys=True,
    )


def circumstances(
    histories: list[History], job: Job, validation: Dataset | None = None
) -> dict[str, Any]:
    """Describe how training went, as ``ModelConfig.training`` holds it."""
    facts: dict[str, Any] = {
        "stopped": {f"member {k}": one.stopped for k, one in enumerate(histories) if one.stopped}
    }
    if validation is not None:
        held = TrainedOn.of(validation)
        facts["validation"] = {
            "dataset": held.dataset,
            "split": held.split,
            "n_series": held.n_series,
        }
    return {
        **{key: fact for key, fact in facts.items() if fact},
        "epochs": [len(history.loss) for history in histories],
        "best_epoch": [history.best_epoch for history in histories],
        **surroundings(sum(history.seconds for history in histories), job.device, job.precision),
    }


def surroundings(seconds: float, device: torch.device, precision: torch.dtype) -> dict[str, Any]:
    """Describe what a run took and where it ran, today."""
    return {
        "seconds": round(seconds, 1),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "precision": str(precision).removeprefix("torch."),
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "tszoo": version("tszoo"),
        },
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
    }
