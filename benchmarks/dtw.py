"""Time DTW between all series of a set: tszoo's cdist_dtw beside its peers, in turns.

    python benchmarks/dtw.py [--lengths 64 128 256 512 1024 2700] [--rounds 3] [--threads 1 2]

    python -m venv peers
    peers/bin/pip install -c constraints.txt -e . aeon dtaidistance

The peers are tslearn, aeon and dtaidistance. Every contender compares the same noise, each pair
once, in one thread and in the fastest way that it has; dtaidistance has its turn with and without
pruning, and the faster counts. Printed are cells
of warping matrices per second (inside the band, where there is one), the best of all rounds, and
how many times as fast tszoo is. The radius of the window is 10 % of the length. Answers must agree
to 1e-5, or the run ends. A peer that is not installed is left out.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tszoo.similarity import cdist_dtw

Array = NDArray[np.float64]

LENGTHS = (64, 128, 256, 512, 1024, 2700)
CELLS = 8e7  # that a turn has, about: a peer takes a third of a second
LEAST_SERIES, MOST_SERIES = 16, 256


class Task(NamedTuple):
    """Says how many points and channels series have, and the window that they are compared in."""

    length: int
    n_channels: int
    window: int | None

    def __str__(self) -> str:
        kind = "univariate" if self.n_channels == 1 else f"{self.n_channels} channels"
        text = f"{self.length}, {kind}"
        if self.window is not None:
            text += f", window {self.window}"
        return text

    def cells(self) -> int:
        """Count the cells of a pair's matrix."""
        radius = self.length if self.window is None else self.window
        rows = np.arange(self.length)
        last = np.minimum(self.length - 1, rows + radius)
        first = np.maximum(0, rows - radius)
        return int((last - first + 1).sum())

    def series(self) -> Array:
        n = int(np.clip((2 * CELLS / self.cells()) ** 0.5, LEAST_SERIES, MOST_SERIES))
        return np.random.default_rng(0).standard_normal((n, self.n_channels, self.length))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lengths", type=int, nargs="+", default=LENGTHS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--threads", type=int, nargs="+", default=(1, 2), help="of tszoo, for the second table"
    )
    args = parser.parse_args()
    warnings.filterwarnings("ignore")  # peers name other packages that they would like
    peers = {name: maker() for name, maker in PEERS.items() if find_spec(name) is not None}
    print("tszoo beside " + ", ".join(f"{name} {version(name)}" for name in peers))
    for name in PEERS.keys() - peers.keys():
        print(f"{name} is left out: it is not installed.")
    tasks = [Task(length, 1, None) for length in args.lengths]
    tasks += [Task(length, 1, length // 10) for length in args.lengths]
    tasks += [Task(length, 3, None) for length in args.lengths]
    print("\n| series | tszoo, cells/s | " + " | ".join(f"{name} | ratio" for name in peers) + " |")
    print("|---" * (2 + 2 * len(peers)) + "|")
    for task in tasks:
        print(row(task, peers, args.rounds), flush=True)
    print(
        "\n| series | "
        + " | ".join(f"{n} thread(s), cells/s" for n in args.threads)
        + " | last by first |"
    )
    print("|---" * (2 + len(args.threads)) + "|")
    for task in tasks:
        print(scaling(task, args.threads, args.rounds), flush=True)


def row(task: Task, peers: Mapping[str, Peer], rounds: int) -> str:
    X = task.series()
    ours = cdist_dtw(X, window=task.window)
    ways: dict[str, list[Callable[[], Array]]] = {
        "tszoo": [lambda: cdist_dtw(X, window=task.window)]
    }
    for name, peer in peers.items():
        ways[name] = peer(X, task.window)
        for way in ways[name]:  # which also compiles it
            check(name, task, way(), ours)
    seconds = best_of(
        {(name, k): way for name, some in ways.items() for k, way in enumerate(some)}, rounds
    )
    best = {name: min(seconds[name, k] for k in range(len(some))) for name, some in ways.items()}
    cells = task.cells() * len(X) * (len(X) - 1) / 2
    shown = [f"{cells / best[name]:.2e} | {best[name] / best['tszoo']:.1f}" for name in peers]
    return f"| {task} | {cells / best['tszoo']:.2e} | " + " | ".join(shown) + " |"


def scaling(task: Task, threads: list[int], rounds: int) -> str:
    X = task.series()
    seconds = best_of(
        {n: lambda n=n: cdist_dtw(X, window=task.window, n_jobs=n) for n in threads}, rounds
    )
    cells = task.cells() * len(X) * (len(X) - 1) / 2
    shown = " | ".join(f"{cells / seconds[n]:.2e}" for n in threads)
    return f"| {task} | {shown} | {seconds[threads[0]] / seconds[threads[-1]]:.2f} |"


def best_of(ways: Mapping, rounds: int) -> dict:
    """Time each way's best turn, in seconds; a turn lasts for a tenth of a second at least."""
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(rounds):
        for name, way in ways.items():
            start, times = time.perf_counter(), 0
            while time.perf_counter() - start < 0.1:
                way()
                times += 1
            best[name] = min(best[name], (time.perf_counter() - start) / times)
    return best


def check(name: str, task: Task, distances: Array, ours: Array) -> None:
    upper = np.triu_indices(len(ours), 1)
    apart = float(np.abs(distances[upper] / ours[upper] - 1).max())
    if apart > 1e-5:
        msg = f"{task}: {name} differs by {apart:.1e}."
        raise SystemExit(msg)


# --- the peers, each with the ways to call it

Peer = Callable[[Array, "int | None"], "list[Callable[[], Array]]"]


def of_tslearn() -> Peer:
    compare = import_module("tslearn.metrics").cdist_dtw

    def ways(X: Array, window: int | None) -> list[Callable[[], Array]]:
        swapped = np.ascontiguousarray(X.transpose(0, 2, 1))
        options: dict[str, object] = {}
        if window is not None:
            options = {"global_constraint": "sakoe_chiba", "sakoe_chiba_radius": window}
        return [lambda: compare(swapped, **options)]

    return ways


def of_aeon() -> Peer:
    compare = import_module("aeon.distances").dtw_pairwise_distance

    def ways(X: Array, window: int | None) -> list[Callable[[], Array]]:
        share = None if window is None else (window + 1e-6) / X.shape[2]
        return [lambda: np.sqrt(compare(X, window=share, n_jobs=1))]

    return ways


def of_dtaidistance() -> Peer:
    univariate, multivariate = (
        import_module("dtaidistance.dtw"),
        import_module("dtaidistance.dtw_ndim"),
    )

    def ways(X: Array, window: int | None) -> list[Callable[[], Array]]:
        options: dict[str, object] = {"parallel": False, "only_triu": True}
        if window is not None:
            options["window"] = window + 1
        if X.shape[1] > 1:
            swapped = np.ascontiguousarray(X.transpose(0, 2, 1))
            return [lambda: multivariate.distance_matrix_fast(swapped, ndim=X.shape[1], **options)]
        flat = X[:, 0].copy()
        return [
            lambda p=p: univariate.distance_matrix_fast(flat, use_pruning=p, **options)
            for p in (False, True)
        ]

    return ways


PEERS = {"tslearn": of_tslearn, "aeon": of_aeon, "dtaidistance": of_dtaidistance}

if __name__ == "__main__":
    main()
