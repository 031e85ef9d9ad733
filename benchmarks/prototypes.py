"""Prototypes of every data set of an archive: seconds of tszoo, and of tslearn for the same.

    python benchmarks/prototypes.py --archive UCRArchive_2018 [--out prototypes.csv] [--sets Coffee
    GunPoint]
        [--jobs 2] [--budget 2]

For each class of a training split: the medoid of its z-normalised series, moved by ten iterations
of DBA. Sets that are in the CSV already are left out, so that an interrupted run goes on where it
stopped; the last line adds them all up.

tslearn does the same in one thread, with cdist_dtw and dtw_barycenter_averaging_petitjean. Where it
would take longer than the budget for a set, in seconds, it does so for some series of the largest
class only, and its time for the set is reckoned from that by the cells of the warping matrices, for
the medoids and for DBA apart. The column "measured" is the share of the cells that really was
measured.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rows import append, read

from tszoo.data.archive import list_archive
from tszoo.data.dataset import Dataset
from tszoo.data.load import load_dataset
from tszoo.data.preprocess import znormalize
from tszoo.similarity import compute_prototypes

Series = list[NDArray[np.float64]]

COLUMNS = ("name", "series", "length", "classes", "cells", "jobs", "tszoo", "tslearn", "measured")
ITERATIONS = 10
TSLEARN = 1e8  # cells a second, about: to choose how much of it can be measured


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--archive", type=Path, required=True, help="folder of the UCR archive of 2018"
    )
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".csv"))
    parser.add_argument("--sets", nargs="+", help="only these; all of the folder otherwise")
    parser.add_argument("--jobs", type=int, default=1, help="threads of tszoo")
    parser.add_argument(
        "--budget", type=float, default=2.0, help="seconds that tslearn may take for a set, about"
    )
    args = parser.parse_args()
    warnings.filterwarnings("ignore")  # tslearn's word that the cost no longer falls
    if find_spec("tslearn") is None:
        raise SystemExit("There is nothing to compare with: pip install tslearn.")
    names = args.sets or [
        entry.name for entry in list_archive(args.archive) if "train" in entry.splits
    ]
    measured = {row["name"] for row in read(args.out)}
    if set(names) - measured:
        for work in (
            ours,
            theirs,
        ):  # what is compiled or read from disk at the first call is no set's
            work(toy(), args.jobs, args.budget)
    for name in [name for name in names if name not in measured]:
        dataset = load_dataset(name, archive=args.archive, split="train")
        cells = sum(map(medoid_cells, classes(dataset))) + sum(map(dba_cells, classes(dataset)))
        seconds, (expected, share) = (
            ours(dataset, args.jobs, args.budget),
            theirs(dataset, args.jobs, args.budget),
        )
        shape = (dataset.n_series, dataset.length, dataset.n_classes, f"{cells:.3g}", args.jobs)
        append(
            args.out, COLUMNS, [(name, *shape, f"{seconds:.4f}", f"{expected:.2f}", f"{share:.3f}")]
        )
        print(
            f"{name}: tszoo {seconds:.3f} s, tslearn {expected:.1f} s, {share:.1%} of it measured",
            flush=True,
        )
    report([row for row in read(args.out) if row["name"] in names])


def ours(dataset: Dataset, jobs: int, _budget: float) -> float:
    return timed(lambda: compute_prototypes(dataset, n_iterations=ITERATIONS, n_jobs=jobs))


def theirs(dataset: Dataset, _jobs: int, budget: float) -> tuple[float, float]:
    """Seconds of tslearn for a set, and the share of the cells that was measured."""
    from tslearn.barycenters import dtw_barycenter_averaging_petitjean as barycenter
    from tslearn.metrics import cdist_dtw

    members = classes(dataset)
    cells = sum(map(medoid_cells, members)), sum(map(dba_cells, members))
    some = members
    if sum(cells) > budget * TSLEARN:
        largest = max(members, key=len)
        count = len(largest)
        while (
            count > 2
            and medoid_cells(largest[:count]) + dba_cells(largest[:count]) > budget * TSLEARN
        ):
            count -= 1
        some = [largest[:count]]
    seconds = [0.0, 0.0]
    for series in some:
        padded = np.full((len(series), max(map(len, series)), 1), np.nan)
        for row, member in zip(padded, series, strict=True):
            row[: len(member), 0] = member
        distances: list[NDArray[np.float64]] = []
        seconds[0] += timed(
            lambda padded=padded, distances=distances: distances.append(cdist_dtw(padded))
        )
        start = series[int((distances[0] ** 2).sum(axis=1).argmin())][:, None]
        seconds[1] += timed(
            lambda padded=padded, start=start: barycenter(
                padded, init_barycenter=start, max_iter=ITERATIONS, tol=-1.0
            )
        )
    measured = sum(map(medoid_cells, some)), sum(map(dba_cells, some))
    expected = sum(
        s * all_ / part for s, all_, part in zip(seconds, cells, measured, strict=True) if part
    )
    return expected, sum(measured) / sum(cells)


def classes(dataset: Dataset) -> list[Series]:
    """The z-normalised series of each class, (length,) each.

    Missing values are made 0, which takes as long.
    """
    labels = dataset.require_labels()
    return [
        [
            np.nan_to_num(znormalize(dataset.series[i, :, : dataset.lengths[i]])[0]).astype(
                np.float64
            )
            for i in np.flatnonzero(labels == k)
        ]
        for k in range(dataset.n_classes)
        if (labels == k).any()
    ]


def medoid_cells(series: Series) -> float:
    lengths = np.array([len(member) for member in series], dtype=float)
    return float(lengths.sum() ** 2 - (lengths**2).sum()) / 2


def dba_cells(series: Series) -> float:
    """Those of barycentres of a middling length."""
    lengths = np.array([len(member) for member in series], dtype=float)
    return float(ITERATIONS * lengths.sum() * lengths.mean())


def toy() -> Dataset:
    return Dataset.from_arrays(
        np.random.default_rng(0).standard_normal((6, 8)), [0, 0, 0, 1, 1, 1], name="Toy"
    )


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def report(rows: list[dict[str, str]]) -> None:
    tszoo, tslearn, cells = (
        sum(float(row[key]) for row in rows) for key in ("tszoo", "tslearn", "cells")
    )
    measured = sum(float(row["cells"]) * float(row["measured"]) for row in rows) / cells
    threads = sorted({row["jobs"] for row in rows})
    print(
        f"{len(rows)} sets, {cells:.2e} cells: tszoo {tszoo:.1f} s with {' or '.join(threads)} "
        f"thread(s), tslearn {tslearn:.0f} s with one ({measured:.1%} of its cells measured, the "
        f"rest reckoned): {tslearn / tszoo:.0f} times as long"
    )


if __name__ == "__main__":
    main()
