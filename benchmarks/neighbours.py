"""Compare tszoo's ranking of sources with the lists that the 2018 transfer paper released.

    python benchmarks/neighbours.py --archive UCRArchive_2018 --reference fcn-dtw-neighbours.csv
    --cache prototypes/

For every data set that stands in both the archive and the lists, prototypes are computed from the
training split (kept in the cache folder, so that an interrupted run goes on where it stopped). For
every target of the lists the other common sets are then ranked, and the ranking is compared with
the released one.
"""

from __future__ import annotations

import argparse
import csv
import time
from pathlib import Path

import numpy as np

from tszoo.data import Dataset
from tszoo.similarity import Prototypes, compute_prototypes, dataset_distance

# Their training and test splits of 2015, on which the released lists were made, are exchanged in
# the archive of 2018.
EXCHANGED = {
    "DistalPhalanxOutlineAgeGroup",
    "DistalPhalanxOutlineCorrect",
    "DistalPhalanxTW",
    "Earthquakes",
    "MiddlePhalanxOutlineAgeGroup",
    "MiddlePhalanxOutlineCorrect",
    "MiddlePhalanxTW",
    "ProximalPhalanxTW",
    "Strawberry",
    "Worms",
    "WormsTwoClass",
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--archive", type=Path, required=True, help="folder of the UCR archive of 2018"
    )
    parser.add_argument(
        "--reference",
        type=Path,
        required=True,
        help="CSV: target, then its neighbours, nearest first",
    )
    parser.add_argument("--cache", type=Path, required=True, help="folder for the prototypes")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".csv"))
    parser.add_argument("--jobs", type=int, default=1, help="threads")
    args = parser.parse_args()

    released = read_released(args.reference)
    names = sorted({name for row in released.items() for name in (row[0], *row[1])})
    names = [name for name in names if (args.archive / name / f"{name}_TRAIN.tsv").is_file()]
    args.cache.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    prototypes = {
        name: cached_prototypes(name, args.archive, args.cache, args.jobs) for name in names
    }
    print(
        f"prototypes of {len(names)} data sets: {time.perf_counter() - start:.0f} s (less what the "
        "cache held)"
    )

    start = time.perf_counter()
    distances = {
        (a, b): dataset_distance(prototypes[a], prototypes[b], n_jobs=args.jobs).distance
        for i, a in enumerate(names)
        for b in names[i + 1 :]
    }
    distances |= {(b, a): distance for (a, b), distance in distances.items()}
    print(f"{len(distances) // 2} distances of data sets: {time.perf_counter() - start:.0f} s")

    rows = compare_all(released, names, distances)
    write(rows, args.out)
    summarise("all common sets", rows)
    unchanged = [name for name in names if name not in EXCHANGED]
    summarise(
        f"without {len(names) - len(unchanged)} exchanged ones",
        compare_all(released, unchanged, distances),
    )


def compare_all(
    released: dict[str, list[str]], names: list[str], distances: dict[tuple[str, str], float]
) -> list[dict]:
    return [
        compare(target, released[target], names, distances)
        for target in names
        if target in released
    ]


def summarise(title: str, rows: list[dict]) -> None:
    spearman = np.array([row["spearman"] for row in rows])
    same = sum(row["nearest"] == row["nearest_released"] for row in rows)
    print(f"{title}: {len(rows)} targets")
    print(
        f"  Spearman: median {np.median(spearman):.4f}, mean {spearman.mean():.4f}, least "
        f"{spearman.min():.4f}"
    )
    print(f"  same nearest source: {same} of {len(rows)} ({same / len(rows):.1%})")


def read_released(path: Path) -> dict[str, list[str]]:
    """Each target's neighbours from nearest to farthest."""
    with path.open(newline="") as file:
        return {row[0]: row[1:] for row in list(csv.reader(file))[1:]}


def cached_prototypes(
    name: str, archive: Path, cache: Path, jobs: int, per_class: int = 1
) -> Prototypes:
    path = cache / (f"{name}.npz" if per_class == 1 else f"{name}.{per_class}.npz")
    if path.exists():
        with np.load(path) as stored:
            classes = tuple(str(label) for label in stored["classes"])
            return Prototypes(classes, tuple(stored[f"class_{k}"] for k in range(len(classes))))
    start = time.perf_counter()
    table = np.loadtxt(archive / name / f"{name}_TRAIN.tsv", delimiter="\t", ndmin=2)
    dataset = Dataset.from_arrays(table[:, 1:], table[:, 0].astype(int), name=name, split="train")
    prototypes = compute_prototypes(dataset, n_jobs=jobs, per_class=per_class)
    partial = path.with_suffix(".tmp.npz")
    series = {f"class_{k}": prototype for k, prototype in enumerate(prototypes.series)}
    np.savez(partial, classes=np.array(prototypes.classes), **series)
    partial.replace(path)
    seconds = time.perf_counter() - start
    print(f"{name}: {dataset.n_series} series of {dataset.length}, {seconds:.1f} s", flush=True)
    return prototypes


def compare(
    target: str, released: list[str], names: list[str], distances: dict[tuple[str, str], float]
) -> dict:
    """Correlate the rankings of the sets that both know (Spearman), and name the nearest ones."""
    ranked = [name for name in released if name in names]
    ours = sorted(ranked, key=lambda name: (distances[target, name], name))
    n = len(ranked)
    gaps = np.array([ours.index(name) - rank for rank, name in enumerate(ranked)], dtype=float)
    return {
        "target": target,
        "spearman": 1 - 6 * float((gaps**2).sum()) / (n * (n**2 - 1)),
        "nearest": ours[0],
        "nearest_released": ranked[0],
        "distance": distances[target, ours[0]],
        "distance_released": distances[target, ranked[0]],
        "rank_of_released": ours.index(ranked[0]) + 1,
    }


def write(rows: list[dict], path: Path) -> None:
    partial = path.with_suffix(".tmp")
    with partial.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        for row in rows:
            rounded = {k: f"{value:.4f}" for k, value in row.items() if isinstance(value, float)}
            writer.writerow(row | rounded)
    partial.replace(path)


if __name__ == "__main__":
    main()
