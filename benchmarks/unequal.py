"""Series of unequal lengths: resampled to one length, padded to one length, or masked?

The designs train the same network from scratch with the same recipe and seeds, on sets of the UCR
archive whose series differ in length:

``resample``
    every z-normalised series is stretched linearly to the length of the longest training series;
``pad``
    zeros behind every z-normalised series bring it to the length of the longest training series;
    one that is longer still is left as it is;
``mask``
    every z-normalised series keeps its length; what a batch pads behind it is kept out of every
    convolution, batch norm and pooling, so that nothing a series is batched with can change its
    prediction.

The choice between them is made by stratified two-fold cross-validation on the training splits. The
test splits are scored once, after all cross-validations, to report. Finished rows of ``--out`` are
skipped: run it again to go on.

    python benchmarks/unequal.py --archive DIR [--seeds 3] [--epochs 40] [--minutes 45] [--out
    benchmarks/unequal.csv]
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from rows import append
from rows import read as read_rows
from sklearn.model_selection import StratifiedKFold
from torch import Tensor

from tszoo.data import Dataset, Preprocessing, load_dataset, prepare
from tszoo.nets.device import resolve_precision
from tszoo.nets.inception import Inception, InceptionConfig
from tszoo.nets.network import initialize
from tszoo.training.data import TrainingData
from tszoo.training.loop import train
from tszoo.training.recipe import Recipe

SETS = (
    "PickupGestureWiimoteZ",
    "GesturePebbleZ1",
    "GesturePebbleZ2",
    "GestureMidAirD1",
    "GestureMidAirD2",
    "GestureMidAirD3",
    "AllGestureWiimoteX",
)
DESIGNS = ("resample", "pad", "mask")
FIELDS = ("set", "split", "design", "seed", "accuracy", "epochs", "precision")


class Split(NamedTuple):
    """Series to train on and series to judge by."""

    train: Dataset
    judge: Dataset


def read(archive: Path, name: str, split: str) -> Dataset:
    return load_dataset(name, split=split, archive=archive, unequal=True)


class Input(NamedTuple):
    """What a network is given.

    Series, shape (n_series, 1, length), and where they end if that is masked.
    """

    x: Tensor
    lengths: Tensor | None


def to_input(design: str, dataset: Dataset, train_set: Dataset) -> Input:
    longest = int(train_set.lengths.max())
    x = torch.from_numpy(prepare(dataset, Preprocessing(unequal=True)))  # zeros behind every series
    if design == "mask":
        return Input(x, torch.from_numpy(dataset.lengths.copy()))
    if design == "pad":
        return Input(F.pad(x, (0, max(0, longest - dataset.length))), None)
    stretched = [
        np.interp(np.linspace(0, n - 1, longest), np.arange(n), row[0, :n])
        for row, n in zip(x.numpy(), dataset.lengths, strict=True)
    ]
    return Input(torch.from_numpy(np.array(stretched, dtype=np.float32)[:, None]), None)


@torch.no_grad()
def predict(network: Inception, design: str, split: Split) -> Tensor:
    """Predicted classes.

    Series go one by one, lest a longer one beside them lengthen their padding.
    """
    alone = (
        to_input(design, split.judge.take([i]), split.train) for i in range(split.judge.n_series)
    )
    return torch.cat([network(*series).argmax(1) for series in alone])


def fit_and_score(design: str, split: Split, seed: int, epochs: int, precision: torch.dtype) -> int:
    """Train on ``split.train``; how many series of ``split.judge`` are predicted right."""
    network = Inception(InceptionConfig(), split.train.n_channels, split.train.n_classes)
    initialize(network, torch.Generator().manual_seed(seed))
    network.to(memory_format=torch.channels_last)
    (x, lengths), y = (
        to_input(design, split.train, split.train),
        torch.from_numpy(split.train.labels.copy()),
    )
    recipe = Recipe(epochs=epochs, batch_divisor=2, schedule="cosine")
    train([network], [TrainingData(x, y, lengths)], recipe, seeds=[seed], precision=precision)
    return int((predict(network, design, split).numpy() == split.judge.labels).sum())


def cross_validation(train_set: Dataset, seed: int) -> list[Split]:
    folds = StratifiedKFold(2, shuffle=True, random_state=seed).split(
        np.zeros(train_set.n_series), train_set.labels
    )
    return [Split(train_set.take(a), train_set.take(b)) for a, b in folds]


def run(options: argparse.Namespace) -> None:
    precision = resolve_precision("auto", torch.device("cpu"))
    done = {
        (row["set"], row["split"], row["design"], int(row["seed"]))
        for row in read_rows(options.out)
    }
    started = time.monotonic()
    jobs = [(split, name) for split in options.splits for name in options.sets]
    for split, name in jobs:
        train_set, test_set = (
            read(options.archive, name, "train"),
            read(options.archive, name, "test"),
        )
        test_set = test_set.with_classes(train_set.classes)
        for seed in range(options.seeds):
            splits = (
                cross_validation(train_set, seed) if split == "cv" else [Split(train_set, test_set)]
            )
            for design in options.designs:
                if (name, split, design, seed) in done:
                    continue
                if time.monotonic() - started > 60 * options.minutes:
                    print(f"{options.minutes} minutes are over; run again to go on")
                    return
                clock = time.perf_counter()
                right = sum(
                    fit_and_score(design, part, seed, options.epochs, precision) for part in splits
                )
                accuracy = right / sum(part.judge.n_series for part in splits)
                seconds = time.perf_counter() - clock
                settings = (options.epochs, str(precision).split(".")[1])
                append(
                    options.out, FIELDS, [(name, split, design, seed, f"{accuracy:.4f}", *settings)]
                )
                print(
                    f"{name} {split} {design} seed {seed}: {accuracy:.4f} in {seconds:.0f} s",
                    flush=True,
                )


def table(path: Path, seeds: int) -> str:
    """Markdown: mean and standard deviation over the seeds, a line a set.

    Only sets that are complete.
    """
    scores: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in read_rows(path):
        scores[row["split"], row["set"]][row["design"]].append(float(row["accuracy"]))
    lines = [f"| split | set | {' | '.join(DESIGNS)} |", "|---|---" + "|---" * len(DESIGNS) + "|"]
    for split in ("cv", "test"):
        means = []
        for (of, name), by_design in scores.items():
            if of != split or any(len(by_design[design]) < seeds for design in DESIGNS):
                continue
            each = np.array([by_design[design] for design in DESIGNS])
            means.append(each.mean(axis=1))
            cells = [
                f"{mean:.3f} ± {sd:.3f}"
                for mean, sd in zip(means[-1], each.std(axis=1, ddof=1), strict=True)
            ]
            lines.append(f"| {split} | {name} | {' | '.join(cells)} |")
        if means:
            table = np.array(means)
            lines.append(
                f"| {split} | **mean** | "
                f"{' | '.join(f'{mean:.3f}' for mean in table.mean(axis=0))} |"
            )
            best = (table == table.max(axis=1, keepdims=True)).sum(axis=0)
            lines.append(f"| {split} | best of the three | {' | '.join(map(str, best))} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--designs", nargs="+", default=list(DESIGNS), choices=DESIGNS)
    parser.add_argument("--splits", nargs="+", default=["cv", "test"], choices=("cv", "test"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument(
        "--minutes", type=float, default=45.0, help="start no new run after this long"
    )
    parser.add_argument("--out", type=Path, default=Path("benchmarks/unequal.csv"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    run(options)
    print(table(options.out, options.seeds))


if __name__ == "__main__":
    main()
