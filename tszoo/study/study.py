"""A sweep, as far as it has come, and what is found out of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tszoo.errors import DataError, OptionError
from tszoo.evaluation.standings import Standings
from tszoo.models.model import Model
from tszoo.study.best import fit_best
from tszoo.study.by_value import Point, by_value
from tszoo.study.confusions import Counts, read_confusion
from tszoo.study.keep import confusion_path, log_path, nodes_path
from tszoo.study.results import Row
from tszoo.study.standings import standings
from tszoo.study.summary import Line, best_of, spelled, summarize
from tszoo.study.sweep_plan import SweepPlan
from tszoo.training.run import Run
from tszoo.training.watch.node_record import NodeHistory, read_nodes
from tszoo.training.watch.runlog import RunHistory, read_runlog


@dataclass(frozen=True, eq=False)
class Study:
    """A sweep, as far as it has come.

    Attributes
    ----------
    plan : SweepPlan
    folder : Path
        Where ``results.csv`` and the trials' logs are.
    rows : tuple of Row
        The trials that have ended, in order.
    """

    plan: SweepPlan
    folder: Path
    rows: tuple[Row, ...]

    @property
    def n_left(self) -> int:
        """How many trials have not ended yet."""
        return len(self.plan.trials()) - len(self.rows)

    def curves(self) -> dict[str, list[RunHistory]]:
        """Read the logs that there are, by what was varied; damaged ones are passed over."""
        found: dict[str, list[RunHistory]] = {}
        for name, row in self._named():
            path = log_path(self.folder, row.trial)
            if path.exists():
                with suppress(DataError):
                    found.setdefault(name, []).append(read_runlog(path))
        return found

    def confusions(self) -> dict[str, dict[str, Counts]]:
        """Count which classes were taken for which, among held-out series, over the repeats.

        By data set and by what was varied; arrays of shape (n_classes, n_classes), true classes in
        rows. Damaged tables are passed over.
        """
        classes = {some.train.name: list(map(str, some.train.classes)) for some in self.plan.sets}
        found: dict[str, dict[str, Counts]] = {}
        for name, row in self._named():
            path = confusion_path(self.folder, row.trial)
            if not path.exists():
                continue
            with suppress(DataError):
                counts = read_confusion(path, classes[row.dataset])
                matrices = found.setdefault(row.dataset, {})
                matrices[name] = counts + matrices.get(name, 0)
        return found

    def nodes(self) -> dict[str, dict[str, NodeHistory]]:
        """Read how nodes learnt, by data set and by what was varied, of the first repeat.

        Behind what was varied stands the member, from 0, where a trial has several.
        """
        found: dict[str, dict[str, NodeHistory]] = {}
        for name, row in self._named():
            if row.repeat == 1 and not row.outcome.error:
                for told, run in self._nodes_of(row, name).items():
                    found.setdefault(row.dataset, {})[told] = run
        return found

    def _nodes_of(self, row: Row, name: str) -> dict[str, NodeHistory]:
        """Read how the nodes of a trial's members learnt; damaged records are passed over."""
        runs = {}
        members = row.values.get("members", self.plan.conditions.settings.members)
        for member in range(members):
            path = nodes_path(self.folder, row.trial, member)
            if path.exists():
                told = name if members == 1 else f"{name}, member={member}"
                with suppress(DataError):
                    runs[told] = read_nodes(path)
        return runs

    def standings(self) -> dict[str, Standings]:
        """Compare the values of each key over the data sets, as classifiers are compared.

        By key; a key is left out unless two data sets or more have all of two values or more.
        """
        return standings(self.points())

    def points(self) -> list[Point]:
        """Say what each value of each key came to on each data set."""
        return by_value(self.rows, self._changes())

    def names(self) -> list[str]:
        """Name the combination of each row: all values of a grid, else what was changed."""
        changes = self._changes()
        if changes is None:
            return list(map(spelled, self.rows))
        return [spelled(row, changes[row.trial]) for row in self.rows]

    def _named(self) -> list[tuple[str, Row]]:
        return list(zip(self.names(), self.rows, strict=True))

    def _changes(self) -> dict[int, tuple[str, ...]] | None:
        """Say which keys each trial changes, where one was changed at a time; None of a grid."""
        if self.plan.grid:
            return None
        return {trial.number: tuple(trial.values) for trial in self.plan.trials()}

    def lines(self) -> list[Line]:
        """Summarize it, a line for each combination of values."""
        return summarize(self.rows)

    def best(self) -> Line:
        """Choose the best combination by validation alone: the mean over repeats and data sets.

        Raises
        ------
        OptionError
            If trials are left, or every combination failed.
        """
        if self.n_left:
            msg = f"{self.n_left} trial(s) left; the best is chosen when all have ended."
            raise OptionError(msg)
        return best_of(self.rows)

    def fit_best(self, run: Run | None = None) -> Model:
        """Fit the best combination to all training series, those that were held out as well.

        Raises
        ------
        OptionError
            As ``best``; and if there are several data sets, or the data themselves were varied.
        """
        return fit_best(self.plan, self.best().values, run)
