"""The one place that writes a model's config."""

from __future__ import annotations

import datetime
import platform
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from tszoo.data import Dataset, Preprocessing
from tszoo.data.dataset import Label
from tszoo.data.table_reading import TableReading
from tszoo.data.weights import weigh_classes
from tszoo.late import late
from tszoo.models.config import ModelConfig
from tszoo.models.record import ModelRecipe, Results, TrainedOn, TrainingRecord, Validation
from tszoo.nets.device import resolve_device, resolve_precision
from tszoo.training.member import History
from tszoo.training.run import Run
from tszoo.transfer.ensemble import Ensemble
from tszoo.transfer.start import Start, bases_of


@dataclass(frozen=True)
class Subject:
    """What a model has learnt, as its config says it.

    Attributes
    ----------
    trained_on : TrainedOn
    classes : tuple of hashables
        In the order of the network's outputs.
    n_channels, length : int
    preprocessing : Preprocessing
    reading : TableReading or None
    """

    trained_on: TrainedOn
    classes: tuple[Label, ...]
    n_channels: int
    length: int
    preprocessing: Preprocessing
    reading: TableReading | None = None

    @classmethod
    def of(cls, target: Dataset, preprocessing: Preprocessing) -> Subject:
        """Describe one data set."""
        trained_on = TrainedOn.of(target)
        return cls(
            trained_on,
            target.classes,
            target.n_channels,
            target.length,
            preprocessing,
            target.reading,
        )


def describe(
    ensemble: Ensemble,
    subject: Subject,
    start: Start | None,
    recipe: ModelRecipe,
    results: Results,
    training: TrainingRecord,
) -> ModelConfig:
    """Write the config of a model."""
    args = dict(ensemble.architecture_args)
    if ensemble.n_frozen or (ensemble.recipe is not None and ensemble.recipe.head == "ridge"):
        # a ridge head reads every stage, trained on or not, and so do all members beside it
        args["readout"] = "stages"
    bases = bases_of(start)
    return ModelConfig(
        architecture=ensemble.architecture,
        architecture_args=args,
        members=ensemble.members,
        classes=subject.classes,
        n_channels=subject.n_channels,
        length=subject.length,
        preprocessing=subject.preprocessing,
        recipe=recipe,
        trained_on=subject.trained_on,
        base=next(iter(bases), None),
        results=results,
        training=training,
        reading=subject.reading,
    )


def several(start: Start | None) -> tuple[str, ...]:
    """Name the models that members started from, where they are several."""
    bases = bases_of(start)
    if len(bases) < 2:
        return ()
    return tuple(base.model for base in bases)


def used_weights(ensemble: Ensemble, sets: Sequence[Dataset]) -> tuple[float, ...]:
    """List how much each class of each data set counted; nothing where all series did the same."""
    if ensemble.class_weight is None:
        return ()
    return tuple(
        weight
        for dataset in sets
        for weight in weigh_classes(dataset, ensemble.class_weight).tolist()
    )


def training_record(
    run: Run,
    histories: Sequence[History] = (),
    *,
    n_frozen: int = 0,
    seconds: float = 0.0,
) -> TrainingRecord:
    """Describe how fitting went, where, and today's date.

    Parameters
    ----------
    run : Run
    histories : sequence of History
        One a trained member.
    n_frozen : int
        Members with ridge heads, which come first and had no epochs.
    seconds : float
        What those took.
    """
    device = resolve_device(run.device)
    precision, name = torch.float32, "cpu"
    if histories:  # ridge heads are fitted in float32 whatever training is asked to use
        precision = resolve_precision(run.precision, device)
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
    none = [0] * n_frozen
    return TrainingRecord(
        epochs=(*none, *(len(history.loss) for history in histories)),
        best_epoch=(*none, *(history.best_epoch for history in histories)),
        seconds=round(seconds + sum(history.seconds for history in histories), 3),
        device=name,
        precision=str(precision).removeprefix("torch."),
        versions={
            "python": platform.python_version(),
            "torch": str(torch.__version__),
            "tszoo": late("tszoo", "__version__"),
        },
        date=datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        stopped={
            n_frozen + k: history.stopped
            for k, history in enumerate(histories)
            if history.stopped is not None
        },
        validation=_validation(run),
    )


def _validation(run: Run) -> Validation | None:
    if run.validation is None:
        return None
    return Validation.of(run.validation)
