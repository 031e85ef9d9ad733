"""Train the zoo that a plan asks for.

Each model that the zoo lacks is trained by a `tszoo pretrain ... --resume` of its own, in the order
of the plan. When the budget ends, the one in training gets an interrupt, which keeps what is
finished, and no other is begun. Stopped in whatever way, the same command goes on where it was: at
the same member, from its last checkpoint. ZOO/log.csv has a line for every model of every run: what
was asked for, where it ran, how it ended.

Options that this script does not know go to tszoo pretrain, for every model: --epochs 10,
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
# An interrupted child ends its epoch; a second interrupt does not wait for that, and a third would
# come to nothing.
GRACE_SECONDS = 120.0
LOCK_SECONDS = 2.0  # a child that has lost its parent holds the log for a moment longer
USAGE, STOPPED = 2, 130  # exit statuses
_PLANNED = (
    "--out",
    "--archive",
    "--arch",
    "--joint",
    "--resume",
)  # what the plan and this script decide
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_FINISHED = re.compile(r"member-\d+\.safetensors")
_LIBC = ctypes.CDLL(None)  # loaded here: between fork and exec nothing should be
_PR_SET_PDEATHSIG = 1  # of Linux


class Row(NamedTuple):
    """A line of the log.

    ``found`` members were finished by earlier runs, ``done`` are finished now, of ``members``.
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
    """A zoo's log, to which lines are added whole.

    Locked while this script, or what it began, may write to the zoo.
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
    """Runs one command at a time, until it ends, the budget does, or somebody asks to stop.

    It inherits ``files``.
    """

    def __init__(self, deadline: float | None, files: tuple[int, ...]) -> None:
        self.deadline, self._files = deadline, files
        self.stopped: str | None = None
        self._interrupts = 0
        self._process: subprocess.Popen[bytes] | None = None

    def left(self) -> float | None:
        """Seconds until the budget ends; None without one."""
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())

    def may_start(self) -> bool:
        """Whether another command may be started."""
        if self.stopped is None and self.left() == 0:
            self.stopped = f"{INTERRUPTED}: budget"
        return self.stopped is None

    def on_signal(self, _number: int, _frame: object) -> None:
        """Hand an interrupt, or a request to terminate, on to the command that runs."""
        self.stopped = self.stopped or INTERRUPTED
        self._interrupt()

    def run(self, command: list[str], output: IO[bytes]) -> int:
        """Run a command to its end.

        Its exit status, or the negative number of the signal that ended it.
        """
        self._interrupts = 0
        parent = os.getpid()
        # a session of its own: Ctrl-C at a terminal reaches it once, through us
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=self._files,
            preexec_fn=lambda: _die_with(parent),
        )
        if self.stopped is not None:  # since the last look
            self._interrupt()
        while True:
            with suppress(subprocess.TimeoutExpired):
                return self._process.wait(self.left() if self._interrupts == 0 else GRACE_SECONDS)
            self.stopped = self.stopped or f"{INTERRUPTED}: budget"
            self._interrupt()

    def _interrupt(self) -> None:
        if self._process is not None:
            self._interrupts += 1
            self._process.send_signal(signal.SIGINT if self._interrupts < 3 else signal.SIGKILL)


def _die_with(parent: int) -> None:
    """Let the process that is about to run be killed when its parent is, where the system can do that."""
    if hasattr(_LIBC, "prctl"):
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # too late to be told
            os._exit(1)


@dataclass
class Pace:
    """How long models take, by what has been measured.

    A line through seconds over series x points x members.
    """

    measured: dict[tuple[str, str], list[tuple[float, float]]] = field(default_factory=dict)

    def note(self, planned: Planned, work: float, seconds: float) -> None:
        """Remember a model that was trained."""
        self.measured.setdefault((planned.architecture, planned.recipe), []).append((work, seconds))

    def estimate(self, planned: Planned, work: float) -> float | None:
        """Seconds that a model of that architecture and recipe will take.

        None before the first one.
        """
        known = self.measured.get((planned.architecture, planned.recipe))
        if known is None:
            return None
        amounts, seconds = zip(*known, strict=True)
        if len(set(amounts)) == 1:
            return statistics.fmean(seconds)
        slope, intercept = statistics.linear_regression(amounts, seconds)
        return (
            max(intercept + slope * work, min(seconds)) if slope > 0 else statistics.fmean(seconds)
        )


class Size(NamedTuple):
    """How much a model learns from.

    Series, points of the longest, series times points, in words.
    """

    work: int
    text: str


def size_of(planned: Planned, archive: Path) -> Size | None:
    """Measure a model's training series.

    None if they cannot be read, which its training will say better.
    """
    try:
        sets = [load_dataset(name, split="train", archive=archive) for name in planned.datasets]
    except DataError:
        return None
    work = sum(one.n_series * one.length for one in sets)
    n_series, longest = sum(one.n_series for one in sets), max(one.length for one in sets)
    of = f"{len(sets)} data sets, " if len(sets) > 1 else ""
    return Size(
        work, f"{of}{n_series} series of {'up to ' if len(sets) > 1 else ''}{longest} points"
    )


def finished(zoo: Path, model: str) -> int:
    """Count the members of a model that are done.

    All of one in the zoo, or those that are kept until it is whole.
    """
    if is_model_folder(zoo / model):
        return load_config(zoo / model).members
    kept = zoo / ".training" / model
    return (
        sum(_FINISHED.fullmatch(path.name) is not None for path in kept.iterdir())
        if kept.is_dir()
        else 0
    )


def duration(text: str) -> float:
    """Read a budget such as 150m, 2h, 1h30m or 90s, in seconds."""
    match = _DURATION.fullmatch(text)
    if match is None or not text:
        msg = f"{text!r}: expected hours, minutes and seconds, such as 150m or 1h30m"
        raise argparse.ArgumentTypeError(msg)
    hours, minutes, seconds = (int(number or 0) for number in match.groups())
    return 3600.0 * hours + 60.0 * minutes + seconds


def said(seconds: float) -> str:
    """Seconds as a person says them."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02d} min"


def parse(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Read the command line: this script's options, and those of tszoo pretrain."""
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
    stray = (
        "--" if "--" in others else others[0] if others and not others[0].startswith("-") else None
    )
    if stray is not None:
        parser.error(f"unexpected argument: {stray}")
    for option in _PLANNED:
        if any(other == option or other.startswith(f"{option}=") for other in others):
            parser.error(f"{option} is not to be given: the plan and this script decide it")
    return options, others


def chosen(options: argparse.Namespace) -> list[Planned]:
    """Read the plan, with what the command line has instead, and keep what it asks for."""
    changes = {
        key: getattr(options, key)
        for key in ("members", "recipe")
        if getattr(options, key) is not None
    }
    plan = [replace(planned, **changes) for planned in read_plan(options.plan)]
    if options.only is None:
        return plan
    pattern = options.only.casefold()
    plan = [
        one
        for one in plan
        if any(fnmatchcase(text.casefold(), pattern) for text in (one.model, *one.datasets))
    ]
    if not plan:
        msg = f"--only {options.only}: no model of {options.plan} matches."
        raise OptionError(msg)
    return plan


def command_of(planned: Planned, options: argparse.Namespace, others: list[str]) -> list[str]:
    """Spell the command that trains a model."""
    own = ["--joint", planned.joint] if planned.joint else ["--published", str(PUBLISHED)]
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
        *own,
        "--resume",
        *others,
    ]


def threads() -> int:
    """How many threads training is given."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return int(asked) if asked.isdigit() else len(os.sched_getaffinity(0))


def last_line(output: IO[bytes]) -> str:
    """Give the last line that a command wrote, without a frame around it.

    Its result, or its error.
    """
    output.seek(0)
    lines = [
        line.strip(" │╭╮╰╯─") for line in output.read().decode("utf-8", "replace").splitlines()
    ]
    return next(filter(None, reversed(lines)), "no output")


class Run:
    """One walk through a plan."""

    def __init__(self, options: argparse.Namespace, others: list[str]) -> None:
        self.options, self.others, self.plan = options, others, chosen(options)
        self.sets = {
            entry.name for entry in list_archive(options.archive) if "train" in entry.splits
        }
        self.log = None if options.dry_run else Log(options.zoo)
        deadline = None if options.budget is None else time.monotonic() + options.budget
        self.child = Child(deadline, () if self.log is None else (self.log.descriptor,))
        self.pace = Pace()
        self.rows: list[Row] = []

    def walk(self) -> int:
        """Train what the zoo lacks; the exit status."""
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
        """Train a model, or say why it is not trained; whether to go on to the next."""
        absent = [name for name in planned.datasets if name not in self.sets]
        if is_model_folder(self.options.zoo / planned.model):
            print(THERE)
            return self._note(planned, THERE)
        if absent:
            print(f"{ABSENT}: {', '.join(absent)}")
            return self._note(planned, ABSENT)
        size, found = (
            size_of(planned, self.options.archive),
            finished(self.options.zoo, planned.model),
        )
        work = None if size is None else size.work * (planned.members - found)
        expected = None if work is None else self.pace.estimate(planned, work)
        facts = [
            "not readable" if size is None else size.text,
            f"{planned.members} member{'s' * (planned.members > 1)}"
            + (f", {found} found" if found else ""),
            planned.recipe,
            "" if expected is None else f"about {said(expected)}",
        ]
        if self.options.dry_run:
            print("; ".join(filter(None, facts)))
            return True
        if not self.child.may_start():
            print("not begun")
            return False
        left = self.child.left()
        facts.append("" if left is None else f"{said(left)} left")
        print("; ".join(filter(None, facts)), end=" ... ", flush=True)
        return self._train(planned, found, work)

    def _train(self, planned: Planned, found: int, work: int | None) -> bool:
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
            ended = f"{FAILED}: {line if status > 0 else f'killed by signal {-status}'}"
            outcome = f"{ended} ({said(seconds)})"
        print(outcome)
        self._note(planned, ended, started, seconds, device, found)
        return status != USAGE  # no other model would fare better

    def _note(
        self,
        planned: Planned,
        ended: str,
        started: str = "",
        seconds: float = 0.0,
        device: str = "",
        found: int = 0,
    ) -> bool:
        """Write a line of the log.

        True, for there is nothing in it that keeps others from being trained.
        """
        done = finished(self.options.zoo, planned.model)
        row = Row(
            planned.model,
            started or now(),
            round(seconds, 1),
            device,
            threads(),
            planned.recipe,
            shlex.join(self.others),
            planned.members,
            found if device else done,
            done,
            ended,
        )
        self.rows.append(row)
        if self.log is not None:
            self.log.add(row)
        return True


def now() -> str:
    """Give the time, for the log."""
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


def close(plan: list[Planned], rows: list[Row], stopped: str | None, zoo: Path) -> int:
    """Say what was done and what is left; the exit status."""
    counts = Counter(row.ended.partition(":")[0] for row in rows)
    ends = [
        f"{counts[what]} {what}"
        for what in (DONE, THERE, INTERRUPTED, FAILED, ABSENT)
        if counts[what]
    ]
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
    return 1 if counts[FAILED] else 0


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
