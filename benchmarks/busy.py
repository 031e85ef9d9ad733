"""How long commands take beside other work: in several processes, in one, and before.

    python benchmarks/busy.py --archive UCRArchive_2018 [--what finetune recommend demo] \
        [--dataset ArrowHead --epochs 37 --members 4] [--loops 0 1 4] [--before CHECKOUT]

Each row runs one command beside so many busy loops. ``finetune`` trains members from scratch,
``recommend`` tries the zoo's sources with an empty cache, and ``demo`` does what ``scripts/demo``
does, on the archive's Trace. The ways take turns: as the command line is; with ``--jobs 1``; with
threads that spin as GCC's OpenMP has it by default; with one thread; and as a checkout of an
earlier version is, which ``--before`` names. Rows are appended to busy.csv. Whatever else runs on
the machine counts, too: the load that was read before each run is in the row.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rows import append

COLUMNS = ("what", "dataset", "epochs", "members", "loops", "way", "load", "seconds")
SETTINGS = ("GOMP_SPINCOUNT", "OMP_NUM_THREADS", "OMP_WAIT_POLICY")
TABLE = Path(__file__).with_suffix(".csv")
HERE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Way:
    """How commands are run: settings of the environment, options, and whose code."""

    settings: dict[str, str] = field(default_factory=dict)
    options: Sequence[str] = ()
    checkout: Path = HERE


WAYS = {
    "as it is": Way(),
    "one process": Way(options=("--jobs", "1")),
    "spinning": Way({"GOMP_SPINCOUNT": "30000000000"}),
    "one thread": Way({"OMP_NUM_THREADS": "1"}),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--archive", type=resolved, required=True)
    parser.add_argument("--what", nargs="+", choices=[*COMMANDS], default=[*COMMANDS])
    parser.add_argument("--dataset", default="ArrowHead")
    parser.add_argument("--epochs", type=int, default=37)
    parser.add_argument("--members", type=int, default=4)
    parser.add_argument("--loops", type=int, nargs="+", default=[0, 1, 4])
    parser.add_argument("--ways", nargs="+", choices=[*WAYS], default=[*WAYS])
    parser.add_argument("--before", type=resolved, help="a checkout of an earlier version")
    options = parser.parse_args()
    ways = {name: WAYS[name] for name in options.ways}
    if options.before is not None:
        ways["before"] = Way(checkout=options.before)
    for what in options.what:
        for loops in options.loops:
            for name, way in ways.items():
                measure(what, loops, name, way, options)


def resolved(path: str) -> Path:
    """Commands run in a folder of their own."""
    return Path(path).resolve()


def measure(what: str, loops: int, name: str, way: Way, options: argparse.Namespace) -> None:
    """Run a command beside busy loops, and write down how long it took."""
    load = f"{os.getloadavg()[0]:.1f}"
    with busy(loops), tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        for command in COMMANDS[what](options, Path(folder)):
            run(command, way, Path(folder))
        seconds = f"{time.perf_counter() - began:.1f}"
    given = [options.dataset, options.epochs, options.members]
    if what == "demo":
        given = ["Trace", "", ""]
    row = [what, *given, loops, name, load, seconds]
    append(TABLE, COLUMNS, [row])
    print(*row, flush=True)


@contextmanager
def busy(loops: int) -> Iterator[None]:
    """Keep so many processes busy."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(loops)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def run(words: Sequence[str], way: Way, folder: Path) -> None:
    """Run a command of tszoo in a way."""
    environment = {key: value for key, value in os.environ.items() if key not in SETTINGS}
    environment |= {"PYTHONPATH": str(way.checkout), "XDG_CACHE_HOME": str(folder / "cache")}
    environment |= way.settings
    options = () if words[0] == "evaluate" else way.options
    subprocess.run(
        [sys.executable, "-m", "tszoo", *words, *options],
        env=environment,
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def finetune(options: argparse.Namespace, folder: Path) -> list[list[str]]:
    """Train members from scratch."""
    words = ["finetune", options.dataset, "--archive", str(options.archive), "--source", "none"]
    words += ["--members", str(options.members), "--epochs", str(options.epochs)]
    words += ["--precision", "float32", "--out", str(folder / "model")]
    return [words]


def recommend(options: argparse.Namespace, folder: Path) -> list[list[str]]:  # noqa: ARG001
    """Try the embedded zoo's sources."""
    return [["recommend", options.dataset, "--archive", str(options.archive)]]


def demo(options: argparse.Namespace, folder: Path) -> list[list[str]]:
    """Recommend, fine-tune and evaluate, as the demo does."""
    data, model = ["Trace", "--archive", str(options.archive)], str(folder / "model")
    return [
        ["recommend", *data, "--top", "5"],
        ["finetune", *data, "--source", "auto", "--out", model],
        ["evaluate", model, *data],
    ]


COMMANDS = {"finetune": finetune, "recommend": recommend, "demo": demo}


if __name__ == "__main__":
    main()
