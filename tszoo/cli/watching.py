"""What a user watches a training run by: a bar, and the files that were asked for."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import typer

from tszoo.cli.epoch_lines import told_by_epochs
from tszoo.cli.fitting import WatchedBy
from tszoo.cli.options import Watching
from tszoo.cli.places import check_file, check_folder
from tszoo.errors import OptionError, TrainingError
from tszoo.training.watch.epoch_line import finite

if TYPE_CHECKING:
    from torch import Tensor

    from tszoo.data import Dataset
    from tszoo.nets.network import Network
    from tszoo.training.epoch import EpochReport, Watcher

PROBED = 32
STOPPING = "stopping after this epoch; Ctrl-C again to stop at once"
# The first line of a run log has some thousands of bytes. A file with a longer one is no log.
LONGEST_LINE = 1 << 20


@dataclass(frozen=True)
class Watched:
    """A training run that is about to begin.

    Attributes
    ----------
    train : Dataset
        What it learns. Of several data sets, the first.
    members : int
        How many members are trained.
    model : Path
        The folder that the model will be in.
    folder : Path
        The folder that the run is kept in until then.
    description : dict
        What the run log says of it.
    series : WatchedBy
        What it is watched by.
    """

    train: Dataset
    members: int
    model: Path
    folder: Path
    description: dict[str, Any]
    series: WatchedBy = field(default_factory=WatchedBy)


def check_files(files: Watching, model: Path, folder: Path) -> None:
    """Raise OptionError, before the work, for files that cannot be written.

    They may not go where the model or its checkpoints go, and a log replaces nothing but a log.
    """
    places = (
        ("--log", files.log),
        ("--tensorboard", files.tensorboard),
        ("--record", files.record),
    )
    for option, place in places:
        for taken in (model, folder):
            if place is not None and place.absolute().is_relative_to(taken.absolute()):
                msg = f"{option} {place}: {taken} is for the model alone; choose another place."
                raise OptionError(msg)
    check_file(files.log, "--log")
    check_folder(files.tensorboard, "--tensorboard")
    check_folder(files.record, "--record")
    log = files.log
    if log is not None and not files.resume and _is_written(log) and not _is_log(log):
        msg = f"--log {log}: exists and is no run log, so it is not replaced; choose another."
        raise OptionError(msg)


def files_of(files: Watching, model: str) -> Watching:
    """Give one of several models files of its own, named after it."""
    log = files.log
    return replace(
        files,
        log=log and log.with_name(f"{log.stem}.{model}{log.suffix}"),
        tensorboard=files.tensorboard and files.tensorboard / model,
        record=files.record and files.record / model,
    )


@contextmanager
def watching_run(run: Watched, files: Watching, *, quiet: bool) -> Iterator[list[Watcher]]:
    """Watch a training run: write the files, show a bar, and answer Ctrl-C.

    The first Ctrl-C lets the epoch end, so that the run can be saved as it stands. The second one
    does not wait.
    """
    with ExitStack() as stack:
        watchers = _writers(run, files, stack)
        finished = _finished(run) if files.resume else 0
        show = stack.enter_context(_bar(run.members, finished, quiet=quiet))
        interrupted = stack.enter_context(first_interrupt_waits(STOPPING))

        def watch(member: int, report: EpochReport, network: Network) -> None:  # noqa: ARG001 - a Watcher
            show(member, report)
            if interrupted():
                raise KeyboardInterrupt(_kept_in(run.folder))

        setattr(watch, "reads_network", False)  # noqa: B010 - a function, to a type checker
        yield [*watchers, watch]  # the last one may end the run: the others have the epoch then


@contextmanager
def naming_resume(folder: Path) -> Iterator[None]:
    """Let a Ctrl-C anywhere in the block say how to go on, if the run is kept."""
    from tszoo.training.run_folder import holds_run

    try:
        yield
    except KeyboardInterrupt as interrupt:
        if str(interrupt) or not holds_run(folder):
            raise
        raise KeyboardInterrupt(_kept_in(folder)) from interrupt


def _kept_in(folder: Path) -> str:
    return f"what is done is kept in {folder}; the same command with --resume goes on from there."


def _is_written(log: Path) -> bool:
    return log.exists() and log.stat().st_size > 0


def _is_log(path: Path) -> bool:
    """Whether a file begins as a run log does."""
    try:
        with path.open("rb") as file:
            first = json.loads(file.readline(LONGEST_LINE))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(first, dict) and first.get("kind") == "run"


def _writers(run: Watched, files: Watching, stack: ExitStack) -> list[Watcher]:
    """Open the files that were asked for. ``stack`` closes them."""
    writers: list[Watcher] = []
    if files.log is not None:
        writers += _log(run, files.log, resume=files.resume)
    if files.tensorboard is not None:
        from tszoo.training.watch.tensorboard import TensorBoard

        writers.append(TensorBoard(files.tensorboard))
    if files.record is not None:
        from tszoo.training.watch.nodes import NodeRecorder

        recorder = NodeRecorder(
            files.record, _probe(run.train), bins=files.activation_bins, resume=files.resume
        )
        stack.callback(recorder.close)
        writers.append(recorder)
    if files.draw_every is not None:
        writers.append(_figures(run, files, files.draw_every))
    return writers


def _figures(run: Watched, files: Watching, every: int) -> Watcher:
    """Make what draws the run while it goes, in a folder beside the model's."""
    from tszoo.figures.epochs import TRAINING, VALIDATION, EpochFigures
    from tszoo.figures.figure import new_figure
    from tszoo.training.run import Run
    from tszoo.training.watch.nodes import NodeRecorder
    from tszoo.training.watch.runlog import RunLog
    from tszoo.transfer.prepare import prepared

    new_figure(1.0, 1.0)  # where there is no matplotlib, that is said before the work
    folder = run.model.with_name(run.model.name + ".figures")
    ready = prepared(run.train, run.description["architecture"], run=Run(**run.series._asdict()))
    series = {TRAINING: ready.train}
    if ready.validation is not None:
        series[VALIDATION] = ready.validation
    log = RunLog(folder / "run.jsonl", run.description, resume=files.resume)
    nodes = NodeRecorder(folder, _probe(run.train), bins=files.activation_bins, resume=files.resume)
    classes = [str(label) for label in run.train.classes]
    has_norms = run.description["recipe"].get("batch_norm") != "kept"
    return EpochFigures(
        log, nodes, every, {**series, **ready.watched}, classes, has_norms=has_norms
    )


def _log(run: Watched, path: Path, *, resume: bool) -> list[Watcher]:
    """Open a run's log; where the disk does not take it, say so and do without."""
    from tszoo.training.watch.runlog import RunLog

    if _is_written(path) and not resume:
        typer.echo(
            f"{path}: the log of an earlier run is replaced (--resume goes on with it)", err=True
        )
    try:
        return [RunLog(path, {"model": str(run.model), **run.description}, resume=resume)]
    except TrainingError as error:
        if not isinstance(error.__cause__, OSError):
            raise
        typer.echo(f"{error} Training goes on without it.", err=True)
        return []


def _probe(train: Dataset) -> Tensor | None:
    """Prepare some of the longest series, evenly spaced, by which nodes are looked at.

    None if they have one point only.
    """
    import numpy as np
    import torch

    from tszoo.data import choose_preprocessing, prepare

    if train.length < 2:
        return None
    longest = np.flatnonzero(train.lengths == train.length)
    n_chosen = min(PROBED, len(longest))
    chosen = longest[np.arange(n_chosen) * len(longest) // n_chosen]
    return torch.from_numpy(prepare(train.take(chosen), choose_preprocessing(train)))


def _finished(run: Watched) -> int:
    """Count the members that an earlier run has finished, of which nothing will be told."""
    from tszoo.training.run_folder import member_path

    return sum(member_path(run.folder, k).exists() for k in range(run.members))


@contextmanager
def _bar(
    members: int, finished: int, *, quiet: bool
) -> Iterator[Callable[[int, EpochReport], None]]:
    """Show how far all members have come, ``finished`` of them in an earlier run."""
    if quiet:
        yield lambda _member, _report: None
        return
    if not sys.stderr.isatty():
        yield told_by_epochs(members, finished)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("member {task.fields[member]}/{task.fields[members]}"),
        BarColumn(),
        TextColumn(
            "epoch {task.fields[epoch]}  loss {task.fields[loss]}"
            "{task.fields[validation]}  lr {task.fields[rate]}"
        ),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        done: dict[int, int] = {}
        task = progress.add_task(
            "",
            total=None,
            member=1,
            members=members,
            epoch="–",
            loss="–",
            validation="",
            rate="–",
        )

        def show(member: int, report: EpochReport) -> None:
            done[member] = report.epoch  # members may take turns
            completed = sum(done.values()) + finished * report.epochs
            validation = ""
            if report.validation_accuracy is not None:
                validation = f"  validation {report.validation_accuracy:.3f}"
            progress.update(
                task,
                total=members * report.epochs,
                completed=completed,
                member=member + 1,
                epoch=f"{report.epoch}/{report.epochs}",
                loss=finite(report.loss, ".4f"),
                validation=validation,
                rate=finite(report.learning_rate, ".1e"),
            )
            if completed == members * report.epochs:
                # prototypes of long series take their time, and so does a large test split
                progress.update(task, total=None, epoch="done, finishing")

        yield show


@contextmanager
def first_interrupt_waits(message: str) -> Iterator[Callable[[], bool]]:
    """Answer the first Ctrl-C with a message; the second one raises KeyboardInterrupt.

    Give a function that says whether there was one.
    """
    asked = False

    def ask(_signal: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        typer.echo(message, err=True)

    try:
        before = signal.signal(signal.SIGINT, ask)
    except ValueError:  # not the main thread: whoever runs us there has the signals
        yield lambda: False
        return
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)
