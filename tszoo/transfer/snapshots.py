"""Keep a model of every n-th epoch on disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tszoo.errors import ModelError
from tszoo.models.model import Model
from tszoo.models.record import ModelRecipe, Results, TrainingRecipe
from tszoo.nets.network import Network
from tszoo.similarity.prototypes import Prototypes
from tszoo.training.data import TrainingData
from tszoo.training.member import History
from tszoo.training.run import Run
from tszoo.training.validation import as_finished
from tszoo.training.watch.writer import Writer
from tszoo.transfer.describe import Subject, describe, several, training_record
from tszoo.transfer.ensemble import Ensemble
from tszoo.transfer.start import Start

if TYPE_CHECKING:
    from tszoo.training.epoch import EpochReport


@dataclass(frozen=True)
class Making:
    """What the members of a run become models with.

    Attributes
    ----------
    ensemble : Ensemble
        Its trained members are those that snapshots are taken of.
    start : Start or None
        Where those start.
    subject : Subject
    sets : sequence of TrainingData
        What is learnt, on the CPU.
    prototypes : Prototypes
    class_weight : tuple of float
        As the model's recipe will say it.
    """

    ensemble: Ensemble
    start: Start | None
    subject: Subject
    sets: Sequence[TrainingData]
    prototypes: Prototypes
    class_weight: tuple[float, ...] = ()


def with_snapshots(run: Run, making: Making) -> Run:
    """Return the run with a watcher that keeps models, if it asks for some."""
    if run.snapshots is None:
        return run
    return replace(run, watchers=[*run.watchers, Snapshots(run, making)])


class Snapshots(Writer):
    """A watcher that keeps a model of one member after every n-th epoch.

    Member K's after epoch N is the folder ``member-K.epoch-N``, K from 0 and N from 1: a model like
    any other, of one network with the weights as the epoch left them, in float32, and exact
    batch-norm statistics of the training series. Where one cannot be written, it is the last: see
    ``Writer``.
    """

    def __init__(self, run: Run, making: Making) -> None:
        self.run, self.making = run, making

    def __call__(self, member: int, report: EpochReport, network: Network) -> None:
        """Keep the epoch's model, if it is its turn."""
        asked = self.run.snapshots
        if asked is None or self.is_stopped or report.epoch % asked.every:
            return
        path = asked.folder / f"member-{member}.epoch-{report.epoch}"
        model = self._model(member, report, network)
        with self._writing(f"{path}: cannot write the snapshot"):
            try:
                model.save(path, dtype="float32", overwrite=True)
            except ModelError as error:
                if isinstance(error.__cause__, OSError):
                    raise error.__cause__ from error
                raise

    def _model(self, member: int, report: EpochReport, network: Network) -> Model:
        making = self.making
        recipe = making.ensemble.required_recipe()
        device = network.head.weight.device
        norms = making.sets if recipe.batch_norm == "learnt" else ()
        finished = as_finished(network, [data.to(device) for data in norms]).cpu()
        seed = making.ensemble.seed + member
        alone = replace(making.ensemble, n_frozen=0, n_trained=1, seed=seed)
        start = _start_of(making.start, member)
        how = TrainingRecipe(recipe, seed, alone.trainable, keep_head=alone.keep_head)
        history = History(
            loss=[report.loss] * report.epoch, best_epoch=report.epoch, best_loss=report.loss
        )
        config = describe(
            alone,
            making.subject,
            start,
            ModelRecipe(how, bases=several(start), class_weight=making.class_weight),
            Results(),
            replace(training_record(self.run, [history]), seconds=None),
        )
        return Model(config, (finished,), making.prototypes)


def _start_of(start: Start | None, member: int) -> Start | None:
    """Return where one member starts: from one of the sources."""
    if start is None:
        return None
    return replace(start, sources=(start.sources[member % len(start.sources)],))
