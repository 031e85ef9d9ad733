"""The folder of a sweep: its plan, its table, a log of each trial. One process writes at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tszoo.errors import ModelError, OptionError
from tszoo.storage.files import reason, write_file
from tszoo.storage.strict_json import dump_json, parse_json
from tszoo.study.confusions import confusion_table
from tszoo.study.outcome import Done
from tszoo.study.results import Row, read_results, spelled_value, write_results
from tszoo.study.sweep_plan import FORMAT, SweepPlan
from tszoo.study.trial import Trial
from tszoo.text import show

PLAN, RESULTS, LOCK = "sweep.json", "results.csv", ".lock"
LOGS, CONFUSIONS, NODES = "logs", "confusions", "nodes"
MOST_PLAN = 64 << 20


class Kept:
    """A sweep's folder that is open for writing.

    Attributes
    ----------
    rows : dict of int to Row
        The trials that have ended, by number.
    """

    def __init__(self, folder: Path, plan: SweepPlan) -> None:
        self.folder, self.plan = folder, plan
        self.rows: dict[int, Row] = {}
        _check_plan(folder, plan)
        if (folder / RESULTS).exists():
            self._read()

    def _read(self) -> None:
        """Take the rows that are there; OptionError for one that is none of this sweep's."""
        trials = {trial.number: self.row(trial, Done.failed("")) for trial in self.plan.trials()}
        for row in read_results(self.folder / RESULTS):
            expected = trials.get(row.trial)
            if expected is None or _told_by(row) != _told_by(expected):
                msg = (
                    f"{self.folder / RESULTS}: trial {row.trial} is none of this sweep's. Remove "
                    "its line, or name another folder."
                )
                raise OptionError(msg)
            self.rows[row.trial] = row

    def row(self, trial: Trial, done: Done) -> Row:
        """Make the row of a trial."""
        name = self.plan.names[trial.dataset]
        values = self.plan.all_values(dict(trial.values))
        return Row(trial.number, name, values, trial.repeat, trial.seed, done.outcome)

    def add(self, trial: Trial, done: Done) -> None:
        """Keep what came out of a trial; OptionError where it cannot be written."""
        from tszoo.training.watch.runlog import RunLog

        row = self.row(trial, done)
        if done.curves:
            log = RunLog(log_path(self.folder, trial.number), _description(row))
            for member, report in done.curves:
                log.note(member, report)
        self._add_files(trial, done)
        self.rows[trial.number] = row
        write_results(self.folder / RESULTS, self.plan.keys, list(self.rows.values()))

    def _add_files(self, trial: Trial, done: Done) -> None:
        """Keep which classes were taken for which, and how nodes learnt."""
        train = self.plan.sets[trial.dataset].train
        if done.confusion:
            table = confusion_table(train.name, done.confusion, list(map(str, train.classes)))
            _write(confusion_path(self.folder, trial.number), table)
        for member, record in enumerate(done.nodes):
            if record:
                _write(nodes_path(self.folder, trial.number, member), record)


def log_path(folder: Path, number: int) -> Path:
    """Say where the log of a trial is."""
    return folder / LOGS / f"{number:04}.jsonl"


def confusion_path(folder: Path, number: int) -> Path:
    """Say where it is which classes a trial took for which."""
    return folder / CONFUSIONS / f"{number:04}.csv"


def nodes_path(folder: Path, number: int, member: int) -> Path:
    """Say where it is how the nodes of a trial's member learnt; members count from 0."""
    name = f"{number:04}" if member == 0 else f"{number:04}.member-{member}"
    return folder / NODES / f"{name}.nodes.safetensors"


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(exist_ok=True)
        write_file(path, data)
    except OSError as error:
        msg = f"{path}: cannot be written ({reason(error)})."
        raise OptionError(msg) from error


@contextmanager
def kept(folder: Path, plan: SweepPlan) -> Iterator[Kept]:
    """Open the folder of a sweep for writing; made if it is not there.

    Raises
    ------
    OptionError
        If it holds another sweep or anything else, another process is at it, or it cannot be
        written.
    """
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK, timeout=0)
        lock.acquire()
    except Timeout as error:
        msg = f"{folder}: another process is at this sweep."
        raise OptionError(msg) from error
    except OSError as error:
        msg = f"{folder}: cannot be written ({reason(error)})."
        raise OptionError(msg) from error
    try:
        yield Kept(folder, plan)
    finally:
        lock.release()


def _check_plan(folder: Path, plan: SweepPlan) -> None:
    """Write the plan down, or compare it with the one that is there."""
    path, wanted = folder / PLAN, plan.to_dict()
    try:
        if not path.exists():
            strangers = sorted(entry.name for entry in folder.iterdir() if entry.name != LOCK)
            if strangers:
                msg = f"{folder}: holds {strangers[0]} and no sweep. Name another folder."
                raise OptionError(msg)
            write_file(path, dump_json(wanted))
            return
        if path.stat().st_size > MOST_PLAN:
            msg = f"{path}: no plan of a sweep. Name another folder."
            raise OptionError(msg)
        there = parse_json(path.read_bytes())
    except OSError as error:
        msg = f"{path}: cannot be used ({reason(error)})."
        raise OptionError(msg) from error
    except ModelError as error:
        msg = f"{path}: no plan of a sweep ({error}) Name another folder."
        raise OptionError(msg) from error
    if not isinstance(there, dict) or there.get("format") != FORMAT:
        msg = f"{path}: no plan of a sweep. Name another folder."
        raise OptionError(msg)
    _compare(there, parse_json(dump_json(wanted)), folder)


def _compare(there: Mapping[str, Any], wanted: Mapping[str, Any], folder: Path) -> None:
    """Raise OptionError, which names what differs, unless two plans are one."""
    for name in dict.fromkeys((*wanted, *there)):
        before, now = there.get(name), wanted.get(name)
        if before == now:
            continue
        if isinstance(before, dict) and isinstance(now, dict):
            inner = next(key for key in (*now, *before) if now.get(key) != before.get(key))
            name, before, now = f"{name}.{inner}", before.get(inner), now.get(inner)
        msg = (
            f"{folder}: holds another sweep: {name} was {show(before)} and is {show(now)}. Say "
            "the same again to go on with it, or name another folder."
        )
        raise OptionError(msg)


def _told_by(row: Row) -> tuple[object, ...]:
    """Say what tells a trial from others, as the table spells it."""
    return row.dataset, [*map(spelled_value, row.values.values())], row.repeat, row.seed


def _description(row: Row) -> dict[str, Any]:
    """Say what a trial is, for its log."""
    return {"dataset": row.dataset, "seed": row.seed, "values": dict(row.values)}
