"""Time recommendations from zoos of many sources, cold and warm, as the zoo grows.

    python benchmarks/recommend.py --sources 10 100 1000 10000 --jobs 1

Zoos are made up in a temporary folder: every source has five classes, and prototypes of one length
between 100 and 1,000 that mix waves, bumps, steps and drifts. Configs, prototypes and catalogues
are real; weights are one byte, for nothing here reads them. The target has five classes of ten
series of length 500. A time is the least of several runs.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tszoo.data import Dataset, Preprocessing
from tszoo.models.config import ModelConfig
from tszoo.models.prototypes import write_prototypes
from tszoo.models.record import ModelRecipe, TrainedOn, TrainingRecipe
from tszoo.recommendation import recommend
from tszoo.similarity import Prototypes, cdist_dtw, compute_prototypes, search
from tszoo.storage.layout import CARD, CONFIG, PROTOTYPES, WEIGHTS
from tszoo.training.recipe import Recipe
from tszoo.zoo.folder import rebuild_catalogue
from tszoo.zoo.zoo import Zoo

N_CLASSES = 5
TARGET_LENGTH = 500
CELLS_OF_BRUTE_FORCE = 2e10


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sources", type=int, nargs="+", default=[10, 100, 1000, 10_000])
    parser.add_argument("--jobs", type=int, default=-1, help="threads of the searches")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument(
        "--cold",
        type=int,
        default=100,
        help="sources of the zoo that the command line is timed with",
    )
    args = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "target.csv"
        target = make_target()
        write_csv(target, data)
        print(
            "sources   open s  prototypes ms  top 5 ms  pairs  cells      all ms  pairs  cells   "
            "brute force ms"
        )
        for n in args.sources:
            root = Path(folder) / f"zoo{n}"
            make_zoo(root, n)
            measure(root, n, target, args.jobs, args.repeats)
            if n == args.cold:
                command_line(root, data, args.repeats)


def measure(root: Path, n: int, target: Dataset, jobs: int, repeats: int) -> None:
    if n > 1000:
        repeats = 1
    opening, catalogue = least(lambda: opened(root), repeats)
    prototypes, of_target = least(lambda: compute_prototypes(target, n_jobs=jobs), repeats)
    pool = catalogue.pool([entry.model for entry in catalogue.models])
    first, few = least(lambda: search(of_target, pool, top=5, n_jobs=jobs), repeats)
    second, every = least(lambda: search(of_target, pool, n_jobs=jobs), repeats)
    brute = "-"
    if few.work.cells <= CELLS_OF_BRUTE_FORCE:
        seconds, (distances, order) = least(
            lambda: by_brute_force(of_target, pool.names, catalogue, jobs), 1
        )
        brute = f"{1e3 * seconds:.0f}"
        if order != every.sources.tolist() or order[:5] != few.sources.tolist():
            message = "the search and brute force disagree"
            raise SystemExit(message)
        np.testing.assert_allclose(every.distances, distances, rtol=1e-6)
    columns = [f"{n:7d}", f"{opening:8.3f}", f"{1e3 * prototypes:14.1f}"]
    for seconds, result in ((first, few), (second, every)):
        work = result.work
        columns.append(
            f"{1e3 * seconds:9.1f} {work.compared / work.pairs:6.1%} "
            f"{work.computed / work.cells:6.2%}  "
        )
    print(*columns, f"{brute:>12}", flush=True)
    if n <= 1000:
        warm, _ = least(lambda: recommend(target, catalogue, top=5, method="dtw"), repeats)
        print(f'        recommend(method="dtw", top=5) in a warm process: {1e3 * warm:.0f} ms')


def opened(root: Path) -> Zoo:
    zoo = Zoo(root)
    zoo.pool([entry.model for entry in zoo.models])
    return zoo


def by_brute_force(
    target: Prototypes, names: tuple[str, ...], catalogue: Zoo, jobs: int
) -> tuple[list[float], list[int]]:
    """Every distance of every pair."""
    rows = []
    for i, name in enumerate(names):
        distances = cdist_dtw(target.series, catalogue.prototypes(name).series, n_jobs=jobs)
        rows.append((float(distances.min()), name, i))
    rows.sort()
    return [row[0] for row in rows], [row[2] for row in rows]


def command_line(root: Path, data: Path, repeats: int) -> None:
    command = [
        sys.executable,
        "-m",
        "tszoo",
        "recommend",
        str(data),
        "--zoo",
        str(root),
        "--method",
        "dtw",
        "--quiet",
    ]
    start, seconds = {}, {}
    for name, line in (
        ("python -c pass", [sys.executable, "-c", "pass"]),
        ("tszoo recommend", command),
    ):
        start[name], _ = least(
            lambda line=line: subprocess.run(line, check=True, capture_output=True), 1
        )
        seconds[name], _ = least(
            lambda line=line: subprocess.run(line, check=True, capture_output=True), repeats
        )
    for name, least_seconds in seconds.items():
        print(
            f"        {name}, a process of its own: {least_seconds:.2f} s (the first time "
            f"{start[name]:.2f} s)"
        )


def least(run: Callable[[], object], repeats: int) -> tuple[float, object]:
    """The shortest of several runs, in seconds, and what it gave."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = run()
        seconds.append(time.perf_counter() - start)
    return min(seconds), result


def make_target() -> Dataset:
    rng = np.random.default_rng(0)
    typical = [shape(rng, TARGET_LENGTH) for _ in range(N_CLASSES)]
    series = [varied(rng, typical[k]) for k in range(N_CLASSES) for _ in range(10)]
    return Dataset.from_arrays(
        np.stack(series), [f"c{k}" for k in range(N_CLASSES) for _ in range(10)], name="target"
    )


def make_zoo(root: Path, n: int) -> None:
    rng = np.random.default_rng(n)
    for i in range(n):
        name, length = f"Source{i:05d}", int(rng.integers(100, 1001))
        typical = shape(rng, length)
        series = tuple(
            standard(varied(rng, typical) + rng.uniform(0.3, 1.0) * shape(rng, length))[None]
            for _ in range(N_CLASSES)
        )
        classes = tuple(f"c{k}" for k in range(N_CLASSES))
        config = ModelConfig(
            architecture="inception",
            architecture_args={},
            members=1,
            classes=classes,
            n_channels=1,
            length=length,
            preprocessing=Preprocessing(),
            recipe=ModelRecipe(TrainingRecipe(Recipe(epochs=1))),
            trained_on=TrainedOn(name, "train", 100, f"{i:064x}"),
        )
        folder = root / config.name
        folder.mkdir(parents=True)
        (folder / CONFIG).write_bytes(config.to_json())
        (folder / PROTOTYPES).write_bytes(write_prototypes(Prototypes(classes, series)))
        (folder / WEIGHTS).write_bytes(b"\0")
        (folder / CARD).write_bytes(b"A source that was made up.")
    rebuild_catalogue(root)


def shape(rng: np.random.Generator, length: int) -> NDArray[np.float32]:
    """Some waves, a bump, a step and a drift, each more or less."""
    at = np.arange(length) / length
    values = sum(
        rng.exponential() * np.sin(2 * np.pi * (rng.integers(1, 12) * at + rng.uniform()))
        for _ in range(rng.integers(1, 4))
    )
    values = values + rng.normal(0, 2) * np.exp(
        -(((at - rng.uniform()) / rng.uniform(0.02, 0.3)) ** 2)
    )
    values = values + rng.normal(0, 1) * (at > rng.uniform()) + rng.normal(0, 1) * at
    return standard(values + rng.uniform(0, 0.3) * rng.standard_normal(length))


def varied(rng: np.random.Generator, series: NDArray[np.float32]) -> NDArray[np.float32]:
    """Stretch time here and there, and add noise."""
    pace = np.cumsum(np.repeat(rng.uniform(0.6, 1.6, 10), -(-len(series) // 10))[: len(series)])
    warped = np.interp(
        (pace - pace[0]) / (pace[-1] - pace[0]) * (len(series) - 1), np.arange(len(series)), series
    )
    return standard(warped + 0.1 * rng.standard_normal(len(series)))


def standard(series: NDArray[np.float64]) -> NDArray[np.float32]:
    return ((series - series.mean()) / series.std()).astype(np.float32)


def write_csv(dataset: Dataset, path: Path) -> None:
    labels = [dataset.classes[k] for k in dataset.require_labels()]
    rows = zip(labels, dataset.series[:, 0], strict=True)
    path.write_text(
        "\n".join(",".join([str(label), *(f"{x:.6f}" for x in row)]) for label, row in rows) + "\n"
    )


if __name__ == "__main__":
    main()
