"""Is a source worth its time? `tszoo finetune DATA` against training from scratch for as long.

    python benchmarks/equal_budget.py run --archive UCRArchive_2018 --zoo ZOO --budget 30m
    python benchmarks/equal_budget.py run --archive UCRArchive_2018 --per-class 5 --budget 80m
    python benchmarks/equal_budget.py table --published ucr128-published-accuracy.csv
    python benchmarks/equal_budget.py table --per-class 5

`run` takes the data sets of an archive that have a test split, the cheapest first, and appends a
row a set:

- finetune: what `tszoo finetune DATA` does, from the search for sources to the last epoch, without
  those models of the
  zoo that know the set or its kin;
- scratch: ensembles of five networks of the `fast` recipe, one after another until they have taken
  as long, at most
  `MOST_ENSEMBLES`; the mean of all members' probabilities;
- five: the first of those ensembles.

With `--per-class`, so many training series of each class are drawn, sets come in the order of
classes times length, and at most `MOST_TEST` series of the test split are judged; figures published
for whole training splits are no match then.

Seconds are those of the wall, in one process, with as many threads as PyTorch takes: leave the
machine alone meanwhile. The test split is read once, for the three of them; nothing is chosen by
it. `table` compares with published accuracies.
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
from tszoo.recommendation.sample import sample_series
from tszoo.transfer.finetune import finetune
from tszoo.zoo.find import open_zoo
from tszoo.zoo.zoo import Zoo

MEMBERS, MOST_ENSEMBLES, MOST_TEST = 5, 4, 300
COLUMNS = (
    "dataset",
    "per_class",
    "n_series",
    "classes",
    "length",
    "sources",
    "head",
    "finetune",
    "finetune_seconds",
    "scratch",
    "scratch_networks",
    "scratch_seconds",
    "five",
    "five_seconds",
)
OURS = ("finetune", "scratch", "five")
FIGURES = ("ROCKET", "MultiROCKET", "InceptionTime", "Inception")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    running = commands.add_parser("run")
    running.add_argument("--archive", type=Path, required=True)
    running.add_argument("--zoo", type=Path, help="default: the embedded zoo")
    running.add_argument(
        "--budget", default="30m", help="minutes or hours, after which no set is begun: 90m, 2h"
    )
    running.add_argument(
        "--sets", type=int, help="at most so many; default: 30, with --per-class all"
    )
    running.set_defaults(act=run)
    two = commands.add_parser("table")
    two.add_argument("--published", type=Path)
    two.set_defaults(act=table)
    for command in (running, two):
        command.add_argument(
            "--per-class", type=int, help="draw so many training series a class; default: take all"
        )
        command.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".csv"))
    options = parser.parse_args()
    options.act(options)


def run(options: argparse.Namespace) -> None:
    until = deadline(options.budget)
    names = [name for _, name in sorted(costs(options.archive))]
    if options.per_class is None:
        planned = names[: options.sets or 30]
    else:
        planned = sorted(names, key=lambda name: few_costs(name, options.archive))[: options.sets]
    # compiles and loads what both ways use, before the clock runs
    finetune(load_dataset(planned[0], split="train", archive=options.archive), zoo=options.zoo)
    for name in planned:
        if time.monotonic() > until:
            print("the budget is spent")
            return
        if name in {row["dataset"] for row in rows_of(options)}:
            continue
        train, test = (
            load_dataset(name, split=split, archive=options.archive) for split in ("train", "test")
        )
        if options.per_class is not None:
            train, test = (
                drawn(train, options.per_class),
                sample_series(test, MOST_TEST, test.n_series * test.length),
            )
        row = measure(train, test, without_kin(open_zoo(options.zoo), name))
        row["per_class"] = options.per_class or ""
        append(options.out, COLUMNS, [[row[column] for column in COLUMNS]])
        print(", ".join(f"{key} {value}" for key, value in row.items()), flush=True)


def rows_of(options: argparse.Namespace) -> list[dict[str, str]]:
    """Read the rows of as many series a class as are asked for."""
    return [row for row in read(options.out) if row["per_class"] == str(options.per_class or "")]


def few_costs(name: str, archive: Path) -> int:
    """Count the points of one series a class."""
    train = load_dataset(name, split="train", archive=archive)
    return train.n_classes * train.length


def drawn(train: Dataset, per_class: int) -> Dataset:
    """Draw so many series of each class, or all of a class that has no more."""
    labels, rng = train.require_labels(), np.random.default_rng(0)
    chosen = [
        rng.permutation(np.flatnonzero(labels == label))[:per_class] for label in np.unique(labels)
    ]
    return train.take(np.sort(np.concatenate(chosen)))


def measure(train: Dataset, test: Dataset, zoo: Zoo) -> dict[str, object]:
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
        "dataset": train.name,
        "n_series": train.n_series,
        "classes": train.n_classes,
        "length": train.length,
        "sources": sources_of(ours),
        "head": ours.config.recipe.head,
        "finetune": judged([ours]),
        "finetune_seconds": round(seconds, 1),
    }
    ensembles: list[Model] = []
    spent = 0.0
    while spent < seconds and len(ensembles) < MOST_ENSEMBLES:
        began = time.perf_counter()
        seed = 1000 * len(
            ensembles
        )  # far from one another: member k of an ensemble has the seed plus k
        ensembles.append(finetune(train, source="none", recipe="fast", members=MEMBERS, seed=seed))
        spent += time.perf_counter() - began
        if len(ensembles) == 1:
            row |= {"five": judged(ensembles), "five_seconds": round(spent, 1)}
    networks = MEMBERS * len(ensembles)
    return row | {
        "scratch": judged(ensembles),
        "scratch_networks": networks,
        "scratch_seconds": round(spent, 1),
    }


def table(options: argparse.Namespace) -> None:
    rows, published = rows_of(options), {}
    if options.published is not None:
        with options.published.open(newline="") as file:
            published = {row["dataset"]: row for row in csv.DictReader(file)}
        rows = [row for row in rows if row["dataset"] in published]
    columns = {key: np.array([float(row[key]) for row in rows]) for key in OURS}
    for key in FIGURES if published else ():
        columns[key] = np.array([float(published[row["dataset"]][key]) for row in rows])
    print(
        f"{len(rows)} sets\n\n| | mean accuracy | seconds | finetune: wins, ties, losses | p "
        "|\n|---|---|---|---|---|"
    )
    for key, column in columns.items():
        spent = f"{sum(float(row[f'{key}_seconds']) for row in rows):.0f}" if key in OURS else ""
        cells = " | " if key == "finetune" else compared(columns["finetune"], column)
        print(f"| {key} | {column.mean():.4f} | {spent} | {cells} |")
    networks = [int(row["scratch_networks"]) for row in rows]
    print(
        f"\nnetworks from scratch: {min(networks)} to {max(networks)}, median "
        f"{np.median(networks):.0f}"
    )


if __name__ == "__main__":
    main()
