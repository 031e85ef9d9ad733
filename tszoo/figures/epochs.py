"""Draws how a run goes while it goes: curves, confusion matrices and nodes, every n epochs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tszoo.errors import OptionError
from tszoo.figures.confusions import draw_confusions
from tszoo.figures.nodes import draw_nodes
from tszoo.figures.run import draw_run
from tszoo.storage.files import write_file
from tszoo.training.data import TrainingData
from tszoo.training.validation import as_finished
from tszoo.training.watch.confusion import Counts, confusion_csv, count_confusion
from tszoo.training.watch.nodes import NodeRecorder
from tszoo.training.watch.runlog import RunLog
from tszoo.training.watch.writer import Writer

if TYPE_CHECKING:
    from tszoo.nets.network import Network
    from tszoo.training.epoch import EpochReport

TRAINING, VALIDATION = "training", "validation"


class EpochFigures(Writer):
    """A watcher that draws, every ``every`` epochs of each member (Yantosca, PINNIPED).

    The folder gets ``curves.png``, anew each time, with all members so far and all series that are
    watched; ``member-K.epoch-N.confusion.png`` and ``.csv``; and ``member-K.epoch-N.nodes.png``,
    from the second epoch on. Where one cannot be written, it is the last: see ``Writer``.

    Parameters
    ----------
    log : RunLog
        Of this run, in the folder that figures go to.
    nodes : NodeRecorder
        Of this run, with the same folder.
    every : int
        From 1.
    series : mapping of str to TrainingData
        Whose confusions are drawn, by name; TRAINING are those that are learnt.
    classes : sequence of str
    has_norms : bool
        Whether batch norms learn their statistics, which are made exact before counting.
    """

    def __init__(
        self,
        log: RunLog,
        nodes: NodeRecorder,
        every: int,
        series: Mapping[str, TrainingData],
        classes: Sequence[str],
        *,
        has_norms: bool = True,
    ) -> None:
        self.log, self.nodes, self.every = log, nodes, every
        self.series, self.classes, self.has_norms = series, classes, has_norms
        self.folder = nodes.folder

    def __call__(self, member: int, report: EpochReport, network: Network) -> None:
        """Take note of an epoch, and draw if it is its turn."""
        if self.is_stopped:
            return
        self.log(member, report, network)
        self.nodes(member, report, network)
        if report.epoch % self.every == 0 or report.epoch == report.epochs:
            with self._writing(f"{self.folder}: cannot write figures"), _as_os_error():
                self._draw(member, report.epoch, network)

    def _draw(self, member: int, epoch: int, network: Network) -> None:
        name = f"member-{member}.epoch-{epoch}"
        draw_run(self.log.path, self.folder / "curves.png", title="")
        matrices = self._confusions(network)
        write_file(self.folder / f"{name}.confusion.csv", confusion_csv(matrices, self.classes))
        picture = self.folder / f"{name}.confusion.png"
        draw_confusions(matrices, self.classes, picture, title=f"member {member}, epoch {epoch}")
        if self.nodes.has_changes(member):
            self.nodes.close()
            draw_nodes(self.nodes.path(member), self.folder / f"{name}.nodes.png", title="")

    def _confusions(self, network: Network) -> dict[str, Counts]:
        norms = []
        if self.has_norms:
            norms = [self.series[TRAINING].to(network.head.weight.device)]
        finished = as_finished(network, norms)
        return {name: count_confusion(finished, data) for name, data in self.series.items()}


@contextmanager
def _as_os_error() -> Iterator[None]:
    """Raise, instead of an error that says what the disk did, what the disk did."""
    try:
        yield
    except OptionError as error:
        if isinstance(error.__cause__, OSError):
            raise error.__cause__ from error
        raise
