"""How long training takes beside other work, by how waiting threads wait.

    python benchmarks/busy.py --archive UCRArchive_2018 [--dataset ArrowHead --epochs 30] \
        [--loops 0 1 4]

Each row trains one network with the command line, in a process of its own, beside so many busy
loops: as the command line is, with threads that spin as GCC's OpenMP has it by default, and with
one thread. Rows are appended to busy.csv. Whatever else runs on the machine counts, too: the load
that was read before each run is in the row.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rows import append

COLUMNS = ("dataset", "epochs", "loops", "waiting", "load", "seconds")
WAITING = {
    "as it is": {},
    "spinning": {"GOMP_SPINCOUNT": "30000000000"},
    "one thread": {"OMP_NUM_THREADS": "1"},
}
SETTINGS = ("GOMP_SPINCOUNT", "OMP_NUM_THREADS", "OMP_WAIT_POLICY")
TABLE = Path(__file__).with_suffix(".csv")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--dataset", default="ArrowHead")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--loops", type=int, nargs="+", default=[0, 1, 4])
    parser.add_argument("--waiting", nargs="+", choices=[*WAITING], default=[*WAITING])
    options = parser.parse_args()
    for loops in options.loops:
        for waiting in options.waiting:
            load = f"{os.getloadavg()[0]:.1f}"
            with busy(loops):
                seconds = f"{train(options, WAITING[waiting]):.1f}"
            row = [options.dataset, options.epochs, loops, waiting, load, seconds]
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


def train(options: argparse.Namespace, settings: dict[str, str]) -> float:
    """Train one network, and return the seconds of the wall."""
    environment = {key: value for key, value in os.environ.items() if key not in SETTINGS}
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tszoo", "finetune", options.dataset, "--quiet"]
        command += ["--archive", str(options.archive), "--source", "none", "--members", "1"]
        command += ["--epochs", str(options.epochs), "--precision", "float32"]
        command += ["--out", str(Path(folder) / "model")]
        began = time.perf_counter()
        subprocess.run(command, env={**environment, **settings}, check=True)
        return time.perf_counter() - began


if __name__ == "__main__":
    main()
