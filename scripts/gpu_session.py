"""Makes the most of some minutes with a GPU: tests, a benchmark, universal bodies, sources.

    scripts/gpu_session UCRArchive_2018 --pack archive.npz       # beforehand: 25 MB at most
    python scripts/gpu_session.py archive.npz --budget 480s --out session
    scripts/gpu_session --unpack session full-zoo                # afterwards; then embed_zoo

In this order: the tests that need a GPU; a short run of benchmarks/training_gpu.py; universal
bodies of half A of the archive's data sets, of half B, and of all; and with the rest of the time
the sources that the embedded zoo lacks or has in one member, in the order of zoo_plan.csv. Each
part gets its share of the time that is left, and what it leaves goes to those behind it. Every
model is written as soon as it is whole.

The folder gets at most eight files of 16 MiB: log.txt, tests.txt, training_gpu.csv and .txt, and
the models in zoo-1.zip to zoo-4.zip. The exit status is 1 if a part failed; log.txt says which.

It needs this checkout, PyTorch, NumPy, safetensors, numba and huggingface_hub; nothing has to be
installed, and no test split is read.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

BEGAN = time.monotonic()  # what follows takes seconds, which belong to the budget
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # it runs from a plain folder, too

from gpu_log import Log  # noqa: E402
from gpu_models import Shop, train_sources, train_universal, wanted_sources  # noqa: E402
from model_packs import unpack  # noqa: E402
from packed_archive import archive_splits, training_sets, write_pack  # noqa: E402
from timed_parts import CUT, INTERRUPTED, Part, become  # noqa: E402
from zoo_plan import PLAN, read_plan  # noqa: E402

from tszoo.data import Dataset  # noqa: E402
from tszoo.errors import OptionError, TszooError  # noqa: E402
from tszoo.training.episodic.budget import Budget  # noqa: E402

# The parts in their order, and what share of the time that is left each gets, by the weights of
# those behind it.
WEIGHTS = {"tests": 3, "benchmark": 2, "A": 5, "B": 5, "ALL": 6, "sources": 4}
OVERTIME = 0.5  # what a part that trains may take beyond its share: better late than lost
PACK_BYTES = 25_000_000
# what the suite's own configuration asks for
TEST_PLUGINS = ("hypothesis", "pytest_timeout")
BENCHMARK_SHARE = 0.6  # of its time, after which it begins nothing more


def tests_command() -> list[str]:
    """Spell the command that runs the tests that need a GPU, and no other file."""
    marked = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        if "mark.gpu" in path.read_text(encoding="utf-8")
    ]
    command = [sys.executable, "-m", "pytest", "-m", "gpu", "-rA", "--tb=short", *marked]
    command += ["-p", "no:cacheprovider"]
    if not all(map(find_spec, TEST_PLUGINS)):
        # without them the suite's configuration cannot be read; these tests do without it
        command += ["-c", "/dev/null", "--rootdir", str(ROOT), "--noconftest"]
    return command


def benchmark_command(out: Path, device: str, seconds: float) -> list[str]:
    """Spell the command that runs a short benchmark, of about so many seconds."""
    script = str(ROOT / "benchmarks" / "training_gpu.py")
    command = [sys.executable, "-u", script, "--out", str(out / "training_gpu.csv")]
    command += ["--most-seconds", f"{BENCHMARK_SHARE * seconds:.0f}"]
    if device == "cpu":
        return [*command, "--device", "cpu", "--shapes", "8x24", "--seconds", "0.1"]
    shapes = ["--shapes", "100x200", "2000x1000", "--variants", "grouped", "plain"]
    return [*command, "--device", device, *shapes, "--seconds", "1"]


class Session:
    """Walks through the parts once."""

    def __init__(self, options: argparse.Namespace, sets: Sequence[Dataset], log: Log) -> None:
        self.options, self.sets, self.log = options, sets, log
        self.part = Part()
        self.failed = False

    def walk(self) -> int:
        """Run the parts; return the exit status."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.part.on_signal)
        parts = [name for name in WEIGHTS if name in self.options.parts]
        for k, name in enumerate(parts):
            behind = sum(WEIGHTS[other] for other in parts[k:])
            seconds = self.log.left() * WEIGHTS[name] / behind
            self._run(name, time.monotonic() + seconds)
            if self.part.stopped:
                self.log.note("stopped", name, "interrupted; what was done before is kept")
                return INTERRUPTED
        return int(self.failed)

    def _run(self, name: str, until: float) -> None:
        if name == "tests" and find_spec("pytest") is None:
            self.log.note("skipped", name, "pytest is not installed")
            return
        self.log.say(f"{name}: {until - time.monotonic():.0f} s")
        latest = until
        if name not in ("tests", "benchmark"):
            overtime = OVERTIME * (until - time.monotonic())
            latest = min(self.log.until, until + overtime)
        status = self.part.run(self._work(name, until), latest)
        for path in self.options.out.glob(".*.tmp"):
            path.unlink()  # what a process that was killed had begun to write
        if self.part.stopped:
            return
        if name == "sources" and status == CUT:
            self.log.note("no time", name, "the last one was not done in time")
        elif status == CUT:
            self._fail(name, "it was stopped when its time was over")
        elif status:
            self._fail(name, f"exit status {status}")
        elif name in ("tests", "benchmark", "sources"):
            self.log.note("done", name)

    def _fail(self, name: str, why: str) -> None:
        self.failed = True
        self.log.note("failed", name, why)

    def _work(self, name: str, until: float) -> Callable[[], int]:
        if name == "tests":
            tests = self.options.out / "tests.txt"
            return partial(become, tests_command(), tests, ROOT, [ROOT])
        if name == "benchmark":
            return partial(self._benchmark, until)
        shop = Shop.of(self.options, self.sets, self.log)
        if name == "sources":
            wanted = wanted_sources(self.sets, self.options.cards, self.options.plan)
            return self._noting(name, partial(train_sources, shop, wanted, until))
        return self._noting(f"universal{name}", partial(train_universal, shop, name, until))

    def _benchmark(self, until: float) -> int:
        from tszoo.nets.device import resolve_device  # it asks CUDA, in this process alone

        out, device = self.options.out, str(resolve_device(self.options.device))
        command = benchmark_command(out, device, until - time.monotonic())
        return become(command, out / "training_gpu.txt", ROOT, [ROOT])

    def _noting(self, what: str, work: Callable[[], int]) -> Callable[[], int]:
        """Note errors that work raises: some are the machine's, and none stops the session."""

        def noted() -> int:
            try:
                return work()
            except (TszooError, RuntimeError, MemoryError) as error:
                self.log.note("failed", what, str(error))
                return 1

        return noted


def pack(options: argparse.Namespace) -> int:
    """Pack an archive; data sets that come late in the plan are left out where it has no room."""
    place = {planned.datasets[0]: i for i, planned in reversed([*enumerate(read_plan(PLAN))])}
    sets = sorted(archive_splits(options.source), key=lambda s: place.get(s.name, len(place)))
    left_out = write_pack(sets, options.pack, PACK_BYTES)
    size = options.pack.stat().st_size / 1e6
    print(f"{options.pack}: {len(sets) - len(left_out)} data sets, {size:.1f} MB")
    if left_out:
        print(f"no room for {', '.join(left_out)}")
    return 0


def session(options: argparse.Namespace) -> int:
    """Run a session; return the exit status."""
    until = BEGAN + options.budget
    out = options.out = options.out.absolute()  # parts run in folders of their own
    if out.is_dir() and any(out.iterdir()):
        msg = f"{out}: not empty. Name a new folder for what this session makes."
        raise OptionError(msg)
    out.mkdir(parents=True, exist_ok=True)
    log = Log(out / "log.txt", until)
    sets = training_sets(options.source)
    log.say(f"{len(sets)} data sets")
    return Session(options, sets, log).walk()


def seconds_of(text: str) -> float:
    """Read a budget such as 480s or 8m; return its seconds."""
    try:
        seconds = Budget.of(text).seconds
    except TszooError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return seconds or 0.0


def mapping_of(text: str) -> Mapping[str, Any]:
    """Read what differs from the defaults: a JSON object."""
    values = json.loads(text)
    if not isinstance(values, dict):
        msg = f"{text}: expected a JSON object"
        raise argparse.ArgumentTypeError(msg)
    return values


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        prog="gpu_session",
        allow_abbrev=False,
    )
    parser.add_argument("source", type=Path, nargs="?", help="an archive's folder, or a pack of it")
    parser.add_argument("--pack", type=Path, metavar="FILE", help="write a pack, and do no more")
    parser.add_argument("--unpack", type=Path, nargs=2, metavar=("DIR", "ZOO"))
    parser.add_argument("--budget", type=seconds_of, default="480s", help="480s unless told")
    parser.add_argument("--out", type=Path, metavar="DIR", help="a new folder")
    parser.add_argument("--parts", nargs="+", choices=[*WEIGHTS], default=[*WEIGHTS])
    parser.add_argument("--cards", type=Path, default=ROOT / "cards", help="what there is already")
    parser.add_argument("--plan", type=Path, default=PLAN, metavar="CSV", help="which sources")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--network", type=mapping_of, default={}, metavar="JSON")
    parser.add_argument(
        "--episodes", type=mapping_of, default={}, metavar="JSON", help="of universal bodies"
    )
    parser.add_argument(
        "--no-judging",
        action="store_true",
        help="do not judge a body by the other half: a CPU takes long over it",
    )
    options = parser.parse_args()
    if options.unpack is None and options.source is None:
        parser.error("name an archive's folder, or a pack of it")
    if options.unpack is None and options.pack is None and options.out is None:
        parser.error("--out says where to put what is made")
    return options


def main() -> int:
    """Run the script; errors that a user can mend are one line."""
    options = parse()
    try:
        if options.unpack is not None:
            print("\n".join(unpack(*options.unpack)))
            return 0
        if options.pack is not None:
            return pack(options)
        return session(options)
    except TszooError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
