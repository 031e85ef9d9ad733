"""The sources of a transfer matrix: models of a zoo, or networks that are trained for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tszoo.data.dataset import Dataset
from tszoo.models.load import is_model_folder
from tszoo.models.model import Model
from tszoo.recommendation.nearest import rank_sources
from tszoo.similarity.prototypes import Prototypes, compute_prototypes
from tszoo.transfer.matrix import Engine, Setting, Source, Target, one_by_one
from tszoo.transfer.pretrain import pretrain
from tszoo.zoo.find import ZooLike, load_model, open_zoo


class Lesson(NamedTuple):
    """A data set that a source is to learn, how, and the folder that keeps the model."""

    train: Dataset
    folder: Path
    setting: Setting


def trained_sources(
    datasets: Sequence[Dataset],
    folder: Path,
    setting: Setting,
    engine: Engine[Lesson, str] = one_by_one,
) -> list[Source]:
    """Train one network on each data set from scratch, and keep it in the folder as a model.

    Models that are there already are taken as they are. Networks are trained as the targets' are
    (Ismail Fawaz et al. 2018, section III).

    Raises
    ------
    DataError, ModelError, OptionError, TrainingError
        As `tszoo.pretrain` does.
    """
    lessons = [Lesson(dataset, folder / dataset.name, setting) for dataset in datasets]
    missing = [lesson for lesson in lessons if not is_model_folder(lesson.folder)]
    for _ in engine(learn, missing):
        pass
    return [
        Source.of(Model.load(lesson.folder), lesson.train.name, str(lesson.folder))
        for lesson in lessons
    ]


def learn(lesson: Lesson) -> str:
    """Train a network on a data set, keep it, and return the data set's name."""
    setting = lesson.setting
    model = pretrain(
        lesson.train,
        architecture=setting.architecture or "inception",
        network=setting.network,
        members=1,
        recipe=setting.from_scratch,
        class_weight=setting.class_weight,
        seed=setting.seed,
        run=setting.run,
    )
    lesson.folder.parent.mkdir(parents=True, exist_ok=True)
    model.save(lesson.folder)
    return lesson.train.name


def zoo_sources(names: Sequence[str], zoo: ZooLike = None, *, n_channels: int = 1) -> list[Source]:
    """Take models as sources: those that are named, or all of a zoo with so many channels.

    Raises
    ------
    ModelError, ZooError
        If a model cannot be found or read.
    """
    catalogue = open_zoo(zoo)
    entries = {entry.model: entry for entry in catalogue.models}
    if not names:
        names = [name for name, entry in entries.items() if entry.n_channels == n_channels]
    sources = []
    for name in names:
        entry = entries.get(name)
        if entry is None:
            model = load_model(name, zoo)
            sources.append(Source.of(model, model.config.name, name))
            continue
        learnt = {entry.dataset, entry.sha256}
        learnt |= {value for part in entry.parts for value in (part.dataset, part.sha256)}
        sources.append(Source(name, name, frozenset(learnt)))
    return sources


def nearest_sources(
    targets: Sequence[Target], sources: Sequence[Source], zoo: ZooLike = None
) -> dict[str, list[str]]:
    """Rank the sources of each target from nearest to farthest (Algorithm 1).

    Sources without prototypes, or of other channels, are left out, as are those that have learnt
    the target.
    """
    catalogue = open_zoo(zoo)
    prototypes = {source.name: _prototypes(source, catalogue) for source in sources}
    found = {}
    for target in targets:
        suiting = {
            source.name: prototypes[source.name]
            for source in sources
            if not source.has_learnt(target) and _suits(prototypes[source.name], target)
        }
        found[target.name] = _ranked(target, suiting)
    return found


def _prototypes(source: Source, catalogue: ZooLike) -> Prototypes:
    zoo = open_zoo(catalogue)
    if isinstance(source.start, Model):
        return source.start.prototypes
    if source.start in zoo:
        return zoo.prototypes(source.start)
    return load_model(source.start, zoo).prototypes


def _suits(prototypes: Prototypes, target: Target) -> bool:
    return bool(prototypes.series) and prototypes.series[0].shape[0] == target.train.n_channels


def _ranked(target: Target, suiting: Mapping[str, Prototypes]) -> list[str]:
    if not suiting:
        return []
    own = compute_prototypes(target.train, n_jobs=-1)
    return [neighbour.name for neighbour in rank_sources(own, suiting, n_jobs=-1)]
