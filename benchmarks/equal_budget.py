"""Is a source worth its time? `tszoo finetune DATA` against training from scratch for as long.

    python benchmarks/equal_budget.py run --archive UCRArchive_2018 --zoo ZOO --budget 30m
    python benchmarks/equal_budget.py table --published ucr128-published-accuracy.csv

`run` takes the data sets of an archive that have a test split, the cheapest first, and appends a row a set:

- finetune: what `tszoo finetune DATA` does, from the search for sources to the last epoch, without those models of the
  zoo that know the set or its kin;
- scratch: ensembles of five networks of the `fast` recipe, one after another until they have taken as long, at most
  `MOST_ENSEMBLES`; the mean of all members' probabilities;
- five: the first of those ensembles.

Seconds are those of the wall, in one process, with as many threads as PyTorch takes: leave the machine alone meanwhile.
The test split is read once, for the three of them; nothing is chosen by it. `table` compares with published accuracies.
"""

from __future__ import annotations

import argparse
import csv
import time
from pathlib import Path

import numpy as np
from archive import compared, costs, deadline, sources_of, without_kin
from rows import append, read

from tszoo.data import Dataset, load_dataset
from tszoo.models.model import Model
from tszoo.transfer.finetune import finetune
from tszoo.zoo.catalogue import Catalogue
from tszoo.zoo.find import open_zoo

MEMBERS, MOST_ENSEMBLES = 5, 4
COLUMNS = (
    "dataset", "n_series", "classes", "length", "sources", "head", "finetune", "finetune_seconds", "scratch",
    "scratch_networks", "scratch_seconds", "five", "five_seconds",
)  # fmt: skip
OURS = ("finetune", "scratch", "five")
FIGURES = ("ROCKET", "MultiROCKET", "InceptionTime", "Inception")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("run")
    one.add_argument("--archive", type=Path, required=True)
    one.add_argument("--zoo", type=Path, help="default: the embedded zoo")
    one.add_argument("--budget", default="30m", help="minutes or hours, after which no set is begun: 90m, 2h")
    one.add_argument("--sets", type=int, default=30, help="at most so many")
    one.set_defaults(act=run)
    two = commands.add_parser("table")
    two.add_argument("--published", type=Path, required=True)
    two.set_defaults(act=table)
    for command in (one, two):
        command.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".csv"))
    options = parser.parse_args()
    options.act(options)


def run(options: argparse.Namespace) -> None:
    until = deadline(options.budget)
    planned = [name for _, name in sorted(costs(options.archive))[: options.sets]]
    # compiles and loads what both ways use, before the clock runs
    finetune(load_dataset(planned[0], split="train", archive=options.archive), zoo=options.zoo)
    for name in planned:
        if time.monotonic() > until:
            print("the budget is spent")
            return
        if name in {row["dataset"] for row in read(options.out)}:
            continue
        train, test = (load_dataset(name, split=split, archive=options.archive) for split in ("train", "test"))
        row = measure(train, test, without_kin(open_zoo(options.zoo), name))
        append(options.out, COLUMNS, [[row[column] for column in COLUMNS]])
        print(", ".join(f"{key} {value}" for key, value in row.items()), flush=True)


def measure(train: Dataset, test: Dataset, zoo: Catalogue) -> dict[str, object]:
    """Fit and judge both on one data set."""
    labels = np.array([str(test.classes[k]) for k in test.require_labels()])

    def judged(models: list[Model]) -> float:
        classes = np.array([str(label) for label in models[0].classes])
        mean = np.mean([model.predict_proba(test) for model in models], axis=0)
        return round(float((classes[mean.argmax(axis=1)] == labels).mean()), 6)

    began = time.perf_counter()
    ours = finetune(train, zoo=zoo)
    seconds = time.perf_counter() - began
    row: dict[str, object] = {
        "dataset": train.name, "n_series": train.n_series, "classes": train.n_classes, "length": train.length,
        "sources": sources_of(ours), "head": ours.config.recipe["head"], "finetune": judged([ours]),
        "finetune_seconds": round(seconds, 1),
    }  # fmt: skip
    ensembles: list[Model] = []
    spent = 0.0
    while spent < seconds and len(ensembles) < MOST_ENSEMBLES:
        began = time.perf_counter()
        seed = 1000 * len(ensembles)  # far from one another: member k of an ensemble has the seed plus k
        ensembles.append(finetune(train, source="none", recipe="fast", members=MEMBERS, seed=seed))
        spent += time.perf_counter() - began
        if len(ensembles) == 1:
            row |= {"five": judged(ensembles), "five_seconds": round(spent, 1)}
    networks = MEMBERS * len(ensembles)
    return row | {"scratch": judged(ensembles), "scratch_networks": networks, "scratch_seconds": round(spent, 1)}


def table(options: argparse.Namespace) -> None:
    with options.published.open(newline="") as file:
        published = {row["dataset"]: row for row in csv.DictReader(file)}
    rows = [row for row in read(options.out) if row["dataset"] in published]
    columns = {key: np.array([float(row[key]) for row in rows]) for key in OURS}
    columns |= {key: np.array([float(published[row["dataset"]][key]) for row in rows]) for key in FIGURES}
    print(
        f"{len(rows)} sets\n\n| | mean accuracy | seconds | finetune: wins, ties, losses | p |\n|---|---|---|---|---|"
    )
    for key, column in columns.items():
        spent = f"{sum(float(row[f'{key}_seconds']) for row in rows):.0f}" if key in OURS else ""
        cells = " | " if key == "finetune" else compared(columns["finetune"], column)
        print(f"| {key} | {column.mean():.4f} | {spent} | {cells} |")
    networks = [int(row["scratch_networks"]) for row in rows]
    print(f"\nnetworks from scratch: {min(networks)} to {max(networks)}, median {np.median(networks):.0f}")


if __name__ == "__main__":
    main()
