"""Measure whether training on from a universal body beats training from scratch, in half the time.

    python benchmarks/universal_tuning.py --archive UCRArchive_2018 \
        --universal cards/inception.universalA cards/inception.universalB --budget 120

One InceptionTime network a row. Targets are the sets of which `zoo.csv` has five networks from
scratch, the cheapest first; the body is the first of `--universal` that has learnt neither the
target nor its kin. Ways:

- trained on: `tszoo finetune --source BODY --head softmax --members 1`, the recipe `continue`;
- readout: what that begins with, the ridge head on the body as it is;
- from scratch: the recipe `fast`.

Of whole training splits the accuracy from scratch is that of the first three networks in `zoo.csv`,
of the same recipe and seeds, and the test split is all of it. A row from scratch is measured here
for the seconds alone, of the sets in `--timed`. With five series a class (all, where a class has
fewer) both are trained on the same series, drawn with the row's seed, and judged on at most 300 of
the test split. Seconds are the processor's. Rows that the CSV has are kept, and a run may end
anywhere. `--budget 0` only prints the tables.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from few.bodies import universal_folder
from few.draws import SETS, draw
from rows import append, read
from tuning_table import print_tables

from tszoo.data import Dataset, load_dataset
from tszoo.nets.network import Network
from tszoo.readout.head import fit_head
from tszoo.training.run import Run
from tszoo.transfer.planning import make_plan
from tszoo.transfer.prepare import Prepared, prepared
from tszoo.transfer.results import reached
from tszoo.transfer.start import Start, start_from
from tszoo.transfer.trained import train_ensemble

COLUMNS = ("dataset", "subset", "seed", "way", "accuracy", "seconds")
WAYS = ("readout", "trained on", "from scratch")
PER_CLASS, MOST_TEST, SEEDS = 5, 300, 3
TIMED = ("Coffee", "GunPoint", "ECG200", "SyntheticControl", "Trace")


class Task(NamedTuple):
    """A row that the CSV lacks, without what is measured."""

    dataset: str
    subset: str
    seed: int
    way: str


def main() -> None:
    options = parse()
    end = time.monotonic() + 60 * options.budget
    for task in tasks(options):
        if time.monotonic() >= end:
            break
        accuracy, seconds = measure(task, options)
        append(options.out, COLUMNS, [(*task, f"{accuracy:.6f}", f"{seconds:.2f}")])
    print_tables(read(options.out), read(options.zoo), SEEDS)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    here = Path(__file__)
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--universal", type=Path, nargs="+", required=True, metavar="FOLDER")
    parser.add_argument("--subsets", nargs="+", choices=("five", "full"), default=["five", "full"])
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(SEEDS)))
    parser.add_argument("--timed", nargs="+", default=list(TIMED), metavar="SET")
    parser.add_argument("--budget", type=float, default=60.0, help="minutes")
    parser.add_argument("--zoo", type=Path, default=here.with_name("zoo.csv"))
    parser.add_argument("--out", type=Path, default=here.with_suffix(".csv"))
    return parser.parse_args()


def tasks(options: argparse.Namespace) -> Iterator[Task]:
    """What the CSV lacks, in the order in which it is measured."""
    done = {(row["dataset"], row["subset"], row["seed"], row["way"]) for row in read(options.out)}
    for seed in options.seeds:
        for subset in options.subsets:
            for name in targets(subset, options):
                for way in options.ways:
                    costs = subset == "full" and way == "from scratch"
                    is_wanted = not costs or (name in options.timed and seed == 0)
                    if is_wanted and (name, subset, str(seed), way) not in done:
                        yield Task(name, subset, seed, way)


def targets(subset: str, options: argparse.Namespace) -> list[str]:
    """Name the sets of which the zoo has five networks and none of the bodies has learnt all."""
    names = [
        row["dataset"]
        for row in read(options.zoo)
        if len(row["member_accuracy"].split()) == 5
        and universal_folder(row["dataset"], options.universal) is not None
    ]
    return sorted(names, key=lambda name: points(name, subset))


def points(name: str, subset: str) -> int:
    """Count the points of the training series."""
    facts = SETS[name]
    n_series = facts.n_series
    if subset == "five":
        n_series = min(n_series, PER_CLASS * facts.n_classes)
    return facts.length * n_series


def measure(task: Task, options: argparse.Namespace) -> tuple[float, float]:
    """Fit one network; return its accuracy on test series, and the processor's seconds."""
    train, test = load(task, options.archive)
    data = prepared(train, "inception", test)
    source = "none"
    if task.way != "from scratch":
        source = str(universal_folder(task.dataset, options.universal))
    plan = make_plan(train, source, head="softmax", members=1, seed=task.seed)
    start = None
    if plan.models:
        start = start_from(plan.models, train)
    began = time.process_time()
    if task.way == "readout":
        network = read_out(start, train, data)
    else:
        network = train_ensemble(plan.ensemble, start, train, data, Run(device="cpu")).networks[0]
    seconds = time.process_time() - began
    return reached((network,), data.test).accuracy, seconds


def load(task: Task, archive: Path) -> tuple[Dataset, Dataset]:
    """Load the training series that are learnt and the test series that judge."""
    train, test = (
        load_dataset(task.dataset, archive=archive, split=split) for split in ("train", "test")
    )
    if task.subset == "five":
        train = train.take(draw(train, PER_CLASS, task.seed))
        kept = np.random.default_rng(0).permutation(test.n_series)[:MOST_TEST]
        test = test.take(np.sort(kept))
    return train, test


def read_out(start: Start, train: Dataset, data: Prepared) -> Network:
    """Fit the ridge head that training on begins with."""
    network = start.network(0)
    network.resampled = 0
    fit_head(network, train, data.preprocessing)
    return network


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
