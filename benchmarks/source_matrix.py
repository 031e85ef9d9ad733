"""Measure what every source of the zoo is worth to every target, beside training without one.

    python benchmarks/source_matrix.py --archive UCRArchive_2018 [--head softmax|ridge] \
        [--seeds 3] [--epochs 37]

A case is a target and how much of its training split is used: all of it (``full``), a stratified
tenth (``tenth``), or five series a class (``five``), drawn once with a fixed seed. For every case,
one network a seed starts from each source of the zoo and from none. With a softmax head all of it
is trained, with the recipes `finetune` and `fast`, for the same number of epochs and steps; with a
ridge head the body stays frozen, and without a source it is an untrained one. The test split is
read to report, and the rows are what `source_choice.py` judges choices by; none of them informs a
choice.

No target is a source, or holds series of one under another name. Rows that the CSV has are kept, so
that the run can be stopped at any moment and started again; `--cases` splits it between processes.
Networks are trained by `tszoo.transfer.matrix`, as those of `tszoo transfer-matrix`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from rows import append, read

import tszoo
from tszoo.data import Dataset
from tszoo.data.load import load_test_split
from tszoo.transfer.matrix import Setting, Target, matrix_cases, measure
from tszoo.transfer.matrix_sources import zoo_sources

FULL = (
    "Fungi",
    "BME",
    "DiatomSizeReduction",
    "DodgerLoopWeekend",
    "ArrowHead",
    "ShapeletSim",
    "InsectEPGSmallTrain",
    "BirdChicken",
    "ToeSegmentation1",
    "Beef",
    "DodgerLoopDay",
)
FIVE = (
    "SwedishLeaf",
    "DistalPhalanxOutlineAgeGroup",
    "MedicalImages",
    "Fish",
    "OSULeaf",
    "Strawberry",
    "Trace",
    "ProximalPhalanxTW",
    "MelbournePedestrian",
    "CricketX",
)
TENTH = (
    "MiddlePhalanxTW",
    "DistalPhalanxOutlineCorrect",
    "MelbournePedestrian",
    "CricketY",
    "MedicalImages",
    "Strawberry",
    "SwedishLeaf",
)
COLUMNS = ("target", "subset", "head", "start", "seed", "accuracy", "seconds")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--zoo", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".csv"))
    parser.add_argument("--head", choices=("softmax", "ridge"), default="softmax")
    parser.add_argument(
        "--epochs", type=int, default=37, help="of a softmax head's training; one number a CSV"
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--cases", default="0/1", help="i/n: every n-th case, from the i-th on")
    options = parser.parse_args()
    i, n = (int(part) for part in options.cases.split("/"))
    for target, subset in cases()[i::n]:
        measure_starts(options, target, subset)


def cases() -> list[tuple[str, str]]:
    """Every case, in an order in which a run that is cut short still covers all kinds."""
    queues = [
        [(t, "full") for t in FULL],
        [(t, "five") for t in FIVE],
        [(t, "tenth") for t in TENTH],
    ]
    longest = max(map(len, queues))
    placed = [
        (place / len(queue) * longest, case) for queue in queues for place, case in enumerate(queue)
    ]
    return [case for _, case in sorted(placed, key=lambda pair: pair[0])]


def training_series(name: str, subset: str, archive: Path) -> Dataset:
    """A case's labelled series."""
    target = tszoo.load_dataset(name, archive=archive)
    if subset == "full":
        return target
    labels, generator = target.require_labels(), np.random.default_rng(0)
    chosen: list[np.ndarray] = []
    for k in range(target.n_classes):
        members = generator.permutation(np.flatnonzero(labels == k))
        chosen.append(members[: 5 if subset == "five" else max(1, round(len(members) / 10))])
    return target.take(np.sort(np.concatenate(chosen)))


def setting_of(options: argparse.Namespace) -> Setting:
    """How networks are trained: a softmax head's for the same number of epochs from any start."""
    recipes: dict[str, dict[str, object]] = {}
    if options.head == "softmax":
        recipes = {
            "recipe": {"name": "finetune", "epochs": options.epochs},
            "scratch_recipe": {"name": "fast", "epochs": options.epochs},
        }
    return Setting(repeats=options.seeds, head=options.head, zoo=options.zoo, **recipes)


def measure_starts(options: argparse.Namespace, name: str, subset: str) -> None:
    case = (name, subset, options.head)
    done = {
        (name, row["start"], int(row["seed"]))
        for row in read(options.out)
        if (row["target"], row["subset"], row["head"]) == case
    }
    train = training_series(name, subset, options.archive)
    target = Target(name, train, load_test_split(name, archive=options.archive))
    sources = zoo_sources((), options.zoo)
    for start in matrix_cases([target], sources, setting_of(options), done):
        rows = [
            (*case, row.source, row.repeat, f"{row.accuracy:.4f}", f"{row.seconds:.1f}")
            for row in measure(start)
        ]
        append(options.out, COLUMNS, rows)
        print(*rows[0][:4], *(row[5] for row in rows), rows[0][-1], flush=True)


if __name__ == "__main__":
    main()
