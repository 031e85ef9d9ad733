"""Train the zoo that a plan asks for.

Each model that the zoo lacks is trained by its own `tszoo pretrain ... --resume`, in the order of
the plan. When the budget ends, the command that is training gets an interrupt, which keeps what is
finished, and no other is begun. However it was stopped, the same command goes on where it was: at
the same member, from its last checkpoint. ZOO/log.csv has a line for every model of every run: what
was asked for, where it ran, how it ended.

Options that this script does not have go to tszoo pretrain, for every model: --epochs 10,
--precision float32, ...
"""

from __future__ import annotations

import argparse
import csv
import ctypes
import datetime
import fcntl
import io
import os
import re
import shlex
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO, NamedTuple

from zoo_plan import HERE, PLAN, Planned, read_plan

from tszoo.data.archive import list_archive
from tszoo.data.load import load_dataset
from tszoo.errors import DataError, OptionError, TszooError, ZooError
from tszoo.models.load import is_model_folder, load_config

PUBLISHED = HERE / "published.csv"
LOG = "log.csv"
DONE, THERE, FAILED, ABSENT, INTERRUPTED = (
    "done",
    "was there",
    "failed",
    "no such data set",
    "interrupted",
)
# An interrupted child ends its epoch. A second interrupt does not wait for that. After it, the
# child is killed.
GRACE_SECONDS = 120.0
LOCK_SECONDS = 2.0  # a child that has lost its parent keeps the log locked for a moment
USAGE, STOPPED = 2, 130  # exit statuses
# the plan and this script decide these options
_PLANNED = ("--out", "--archive", "--arch", "--joint", "--resume")
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_FINISHED = re.compile(r"member-\d+\.safetensors")
_LIBC = ctypes.CDLL(None)  # loaded here, because nothing should be between fork and exec
_PR_SET_PDEATHSIG = 1  # of Linux


class Row(NamedTuple):
    """Holds a line of the log.

    Of ``members``, ``found`` were finished by earlier runs, and ``done`` are finished now.
    """

    model: str
    started: str
    seconds: float
    device: str
    threads: int
    recipe: str
    options: str
    members: int
    found: int
    done: int
    ended: str


class Log:
    """Adds whole lines to a zoo's log.

    The log is locked while this script, or a command that it began, may write to the zoo.
    """

    def __init__(self, zoo: Path) -> None:
        path = zoo / LOG
        try:
            zoo.mkdir(parents=True, exist_ok=True)
            self.descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
        except OSError as error:
            msg = f"{path}: cannot be written ({error.strerror})."
            raise ZooError(msg) from error
        if not self._lock():
            msg = f"{path}: another pretrain_zoo is at work on this zoo. Wait for it, or stop it."
            raise ZooError(msg)
        size = os.fstat(self.descriptor).st_size
        if size == 0:
            self._write(Row._fields)
        elif os.pread(self.descriptor, 1, size - 1) != b"\n":
            os.write(self.descriptor, b"\n")  # the machine went down in the middle of a line

    def add(self, row: Row) -> None:
        """Add a line."""
        self._write(row)

    def _lock(self) -> bool:
        until = time.monotonic() + LOCK_SECONDS
        while True:
            with suppress(BlockingIOError):
                fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            if time.monotonic() > until:
                return False
            time.sleep(0.1)

    def _write(self, values: tuple[object, ...]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerow(values)
        os.write(self.descriptor, text.getvalue().encode("utf-8"))
        os.fsync(self.descriptor)


class Child:
    """Runs one command at a time, until it ends, the budget ends, or somebody asks to stop.

    The command inherits the file descriptors ``files``.
    """

    def __init__(self, deadline: float | None, files: tuple[int, ...]) -> None:
        self.deadline, self._files = deadline, files
        self.stopped: str | None = None
        self._interrupts = 0
        self._process: subprocess.Popen[bytes] | None = None

    def left(self) -> float | None:
        """Return the seconds until the budget ends; None without a budget."""
        if self.deadline is None:
            return None
        return max(0.0, self.deadline - time.monotonic())

    def may_start(self) -> bool:
        """Tell whether another command may be started."""
        if self.stopped is None and self.left() == 0:
            self.stopped = f"{INTERRUPTED}: budget"
        return self.stopped is None

    def on_signal(self, _number: int, _frame: object) -> None:
        """Pass an interrupt, or a request to terminate, on to the command that runs."""
        self.stopped = self.stopped or INTERRUPTED
        self._interrupt()

    def run(self, command: list[str], output: IO[bytes]) -> int:
        """Run a command to its end; return its exit status, or minus the signal that ended it."""
        self._interrupts = 0
        parent = os.getpid()
        # in a session of its own, so that Ctrl-C at a terminal reaches it once, through us
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=self._files,
            preexec_fn=lambda: _die_with(parent),
        )
        if self.stopped is not None:  # a signal came while the command was started
            self._interrupt()
        while True:
            patience = GRACE_SECONDS if self._interrupts else self.left()
            with suppress(subprocess.TimeoutExpired):
                return self._process.wait(patience)
            self.stopped = self.stopped or f"{INTERRUPTED}: budget"
            self._interrupt()

    def _interrupt(self) -> None:
        if self._process is not None:
            self._interrupts += 1
            self._process.send_signal(signal.SIGINT if self._interrupts < 3 else signal.SIGKILL)


def _die_with(parent: int) -> None:
    """Let this process, which is about to run a command, be killed when its parent is.

    Systems other than Linux cannot do that.
    """
    if hasattr(_LIBC, "prctl"):
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # too late to be told
            os._exit(1)


@dataclass
class Pace:
    """Estimates how long models take, from those that were trained.

    For each architecture and recipe it fits a line: seconds over series x points x members.
    """

    measured: dict[tuple[str, str], list[tuple[float, float]]] = field(default_factory=dict)

    def note(self, planned: Planned, work: float, seconds: float) -> None:
        """Remember a model that was trained."""
        self.measured.setdefault((planned.architecture, planned.recipe), []).append((work, seconds))

    def estimate(self, planned: Planned, work: float) -> float | None:
        """Estimate the seconds that a model will take.

        None before the first model of its architecture and recipe.
        """
        measured = self.measured.get((planned.architecture, planned.recipe))
        if measured is None:
            return None
        amounts, seconds = zip(*measured, strict=True)
        if len(set(amounts)) > 1:
            slope, intercept = statistics.linear_regression(amounts, seconds)
            if slope > 0:
                return max(intercept + slope * work, min(seconds))
        return statistics.fmean(seconds)


class Size(NamedTuple):
    """Tells how much a model learns from: series times points, and a description."""

    work: int
    text: str


def size_of(planned: Planned, archive: Path) -> Size | None:
    """Measure a model's training series.

    None if they cannot be read. Its training will then say why.
    """
    try:
        sets = [load_dataset(name, split="train", archive=archive) for name in planned.datasets]
    except DataError:
        return None
    work = sum(dataset.n_series * dataset.length for dataset in sets)
    n_series = sum(dataset.n_series for dataset in sets)
    longest = max(dataset.length for dataset in sets)
    if len(sets) == 1:
        return Size(work, f"{n_series} series of {longest} points")
    return Size(work, f"{len(sets)} data sets, {n_series} series of up to {longest} points")


def finished(zoo: Path, model: str) -> int:
    """Count the members of a model that are trained.

    These are all of a model in the zoo, or those that are kept until it is whole.
    """
    if is_model_folder(zoo / model):
        return load_config(zoo / model).members
    run = zoo / ".training" / model
    if not run.is_dir():
        return 0
    return sum(_FINISHED.fullmatch(path.name) is not None for path in run.iterdir())


def duration(text: str) -> float:
    """Read a budget such as 150m, 2h, 1h30m or 90s; return its seconds."""
    match = _DURATION.fullmatch(text)
    if match is None or not text:
        msg = f"{text!r}: expected hours, minutes and seconds, such as 150m or 1h30m"
        raise argparse.ArgumentTypeError(msg)
    hours, minutes, seconds = (int(number or 0) for number in match.groups())
    return 3600.0 * hours + 60.0 * minutes + seconds


def said(seconds: float) -> str:
    """Say a number of seconds as a person does."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def parse(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Read the command line; return this script's options, and those of tszoo pretrain."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        prog="pretrain_zoo",
        allow_abbrev=False,
    )
    parser.add_argument(
        "archive", type=Path, help="folder of data set folders, as the UCR archive's"
    )
    parser.add_argument(
        "zoo",
        type=Path,
        nargs="?",
        default=HERE.parent / "runs" / "zoo",
        help="made when needed; runs/zoo of this checkout unless told",
    )
    parser.add_argument(
        "--plan", type=Path, default=PLAN, metavar="CSV", help="which models, in which order"
    )
    parser.add_argument("--budget", type=duration, metavar="150m", help="when to stop")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--only", metavar="GLOB", help="models or data sets whose name matches")
    parser.add_argument("--members", type=int, help="instead of the plan's")
    parser.add_argument("--recipe", help="instead of the plan's")
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be trained, and train nothing"
    )
    options, others = parser.parse_known_args(arguments)
    if "--" in others:
        parser.error("unexpected argument: --")
    if others and not others[0].startswith("-"):
        parser.error(f"unexpected argument: {others[0]}")
    for option in _PLANNED:
        if any(other == option or other.startswith(f"{option}=") for other in others):
            parser.error(f"{option} is not to be given: the plan and this script decide it")
    return options, others


def chosen(options: argparse.Namespace) -> list[Planned]:
    """Read the plan, change it as the command line asks, and keep the models that it names."""
    changes = {"members": options.members, "recipe": options.recipe}
    changes = {key: value for key, value in changes.items() if value is not None}
    plan = [replace(planned, **changes) for planned in read_plan(options.plan)]
    if options.only is None:
        return plan
    pattern = options.only.casefold()

    def matches(planned: Planned) -> bool:
        names = (planned.model, *planned.datasets)
        return any(fnmatchcase(name.casefold(), pattern) for name in names)

    plan = [planned for planned in plan if matches(planned)]
    if not plan:
        msg = f"--only {options.only}: no model of {options.plan} matches."
        raise OptionError(msg)
    return plan


def command_of(planned: Planned, options: argparse.Namespace, others: list[str]) -> list[str]:
    """Spell the command that trains a model."""
    of_data = ["--published", str(PUBLISHED)]
    if planned.joint:
        of_data = ["--joint", planned.joint]
    return [
        sys.executable,
        "-m",
        "tszoo",
        "pretrain",
        *planned.datasets,
        "--archive",
        str(options.archive),
        "--out",
        str(options.zoo),
        "--arch",
        planned.architecture,
        "--members",
        str(planned.members),
        "--recipe",
        planned.recipe,
        "--device",
        options.device,
        *of_data,
        "--resume",
        *others,
    ]


def threads() -> int:
    """Say how many threads training has."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdigit():
        return int(asked)
    return len(os.sched_getaffinity(0))


def last_line(output: IO[bytes]) -> str:
    """Return the last line that a command wrote, its result or its error, without a frame."""
    output.seek(0)
    lines = [
        line.strip(" │╭╮╰╯─") for line in output.read().decode("utf-8", "replace").splitlines()
    ]
    return next(filter(None, reversed(lines)), "no output")


class Run:
    """Walks through a plan once."""

    def __init__(self, options: argparse.Namespace, others: list[str]) -> None:
        self.options, self.others, self.plan = options, others, chosen(options)
        self.sets = {
            entry.name for entry in list_archive(options.archive) if "train" in entry.splits
        }
        self.log: Log | None = None
        files: tuple[int, ...] = ()
        if not options.dry_run:
            self.log = Log(options.zoo)
            files = (self.log.descriptor,)
        deadline = None
        if options.budget is not None:
            deadline = time.monotonic() + options.budget
        self.child = Child(deadline, files)
        self.pace = Pace()
        self.rows: list[Row] = []

    def walk(self) -> int:
        """Train what the zoo lacks; return the exit status."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.child.on_signal)
        for i, planned in enumerate(self.plan, start=1):
            print(f"{i:>{len(str(len(self.plan)))}} of {len(self.plan)}  {planned.model}: ", end="")
            if not self._settle(planned):
                break
        if self.log is None:
            return 0
        return close(self.plan, self.rows, self.child.stopped, self.options.zoo)

    def _settle(self, planned: Planned) -> bool:
        """Train a model, or say why it is not trained; return whether to go on to the next."""
        absent = [name for name in planned.datasets if name not in self.sets]
        if is_model_folder(self.options.zoo / planned.model):
            print(THERE)
            return self._note(planned, THERE)
        if absent:
            print(f"{ABSENT}: {', '.join(absent)}")
            return self._note(planned, ABSENT)
        n_finished = finished(self.options.zoo, planned.model)
        work, facts = self._facts(planned, n_finished)
        if self.options.dry_run:
            print("; ".join(facts))
            return True
        if not self.child.may_start():
            print("not begun")
            return False
        left = self.child.left()
        if left is not None:
            facts.append(f"{said(left)} left")
        print("; ".join(facts), end=" ... ", flush=True)
        return self._train(planned, n_finished, work)

    def _facts(self, planned: Planned, n_finished: int) -> tuple[int | None, list[str]]:
        """Measure how much is left to do for a model, and describe it in a few facts."""
        work, expected, series = None, None, "not readable"
        size = size_of(planned, self.options.archive)
        if size is not None:
            series = size.text
            work = size.work * (planned.members - n_finished)
            expected = self.pace.estimate(planned, work)
        members = f"{planned.members} member{'s' * (planned.members > 1)}"
        if n_finished:
            members += f", {n_finished} found"
        facts = [series, members, planned.recipe]
        if expected is not None:
            facts.append(f"about {said(expected)}")
        return work, facts

    def _train(self, planned: Planned, n_finished: int, work: int | None) -> bool:
        """Train a model, say how it ended, and return whether to go on to the next."""
        started, begun = now(), time.monotonic()
        with tempfile.TemporaryFile() as output:
            status = self.child.run(command_of(planned, self.options, self.others), output)
            line = last_line(output)
        seconds, device = time.monotonic() - begun, self.options.device
        if status == 0:
            ended, outcome = DONE, f"{DONE} in {said(seconds)}, {line.partition(': ')[2]}"
            device = load_config(self.options.zoo / planned.model).training.device or device
            if work:
                self.pace.note(planned, work, seconds)
        elif self.child.stopped is not None:
            ended, done = self.child.stopped, finished(self.options.zoo, planned.model)
            outcome = f"{ended} after {said(seconds)}, {done} of {planned.members} members done"
        else:
            reason = line if status > 0 else f"killed by signal {-status}"
            ended = f"{FAILED}: {reason}"
            outcome = f"{ended} ({said(seconds)})"
        print(outcome)
        self._note(planned, ended, started, seconds, device, n_finished)
        return status != USAGE  # no other model would fare better

    def _note(
        self,
        planned: Planned,
        ended: str,
        started: str = "",
        seconds: float = 0.0,
        device: str = "",
        n_finished: int = 0,
    ) -> bool:
        """Write a line of the log; return True, because the other models can still be trained.

        Without a device nothing was trained.
        """
        done = finished(self.options.zoo, planned.model)
        row = Row(
            model=planned.model,
            started=started or now(),
            seconds=round(seconds, 1),
            device=device,
            threads=threads(),
            recipe=planned.recipe,
            options=shlex.join(self.others),
            members=planned.members,
            found=n_finished if device else done,
            done=done,
            ended=ended,
        )
        self.rows.append(row)
        if self.log is not None:
            self.log.add(row)
        return True


def now() -> str:
    """Return the time, for the log."""
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


def close(plan: list[Planned], rows: list[Row], stopped: str | None, zoo: Path) -> int:
    """Say what was done and what is left; return the exit status."""
    counts = Counter(row.ended.partition(":")[0] for row in rows)
    order = (DONE, THERE, INTERRUPTED, FAILED, ABSENT)
    ends = [f"{counts[end]} {end}" for end in order if counts[end]]
    print(", ".join(ends) or "nothing was begun")
    for row in rows:
        if row.ended.startswith(FAILED):
            print(f"{row.model}: {row.ended}")
    settled = {row.model for row in rows if not row.ended.startswith(INTERRUPTED)}
    left = [planned for planned in plan if planned.model not in settled]
    if left:
        member = finished(zoo, left[0].model) + 1
        print(
            f"{len(left)} left; the same command goes on with {left[0].model}, member {member} of "
            f"{left[0].members}"
        )
    print(f"log: {zoo / LOG}")
    if stopped == INTERRUPTED:
        return STOPPED
    return int(counts[FAILED] > 0)


def main() -> int:
    """Run the script; errors that a user can mend are one line."""
    options, others = parse(sys.argv[1:])
    try:
        return Run(options, others).walk()
    except TszooError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
