"""Measure what a frozen readout stands on best: which bodies, how many, which stages and poolings.

    python benchmarks/readouts.py run --archive UCRArchive_2018 --zoo my-zoo DATASET...
    python benchmarks/readouts.py table

Training splits alone: a ridge classifier is fitted to the features of each body, and each series is
predicted by the fit to the others. `run` appends a row a data set and way to readouts.csv: left-out
accuracy, and the mean squared error of the left-out decision values against -1 and +1. Sources of
the data set or its kin (see archive.py) are left out. Choosing sources by the same left-out errors
flatters what is chosen; benchmarks/archive.py judges it on test splits.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from archive import knows
from numpy.typing import NDArray
from rows import append, read

from tszoo.data import Dataset, choose_preprocessing, load_dataset
from tszoo.models.load import load_networks
from tszoo.nets.network import Network, initialize
from tszoo.nets.registry import build
from tszoo.nets.stages import POOLINGS
from tszoo.readout.features import extract
from tszoo.readout.ridge import fit_ridge
from tszoo.zoo.find import open_zoo

COLUMNS = ("dataset", "way", "accuracy", "error")
RANDOM = 5
POOLED = ("share of positive values", "mean of positive values", "maximum", "mean")
FEWEST = 5
Array = NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".csv"))
    commands = parser.add_subparsers(required=True)
    running = commands.add_parser("run")
    running.add_argument("datasets", nargs="+")
    running.add_argument("--archive", type=Path, required=True)
    running.add_argument("--zoo", type=Path, required=True)
    running.set_defaults(act=run)
    two = commands.add_parser("table")
    two.set_defaults(act=table)
    options = parser.parse_args()
    options.act(options)


def run(options: argparse.Namespace) -> None:
    done = {row["dataset"] for row in read(options.out)}
    zoo = open_zoo(options.zoo)
    for name in options.datasets:
        if name in done:
            continue
        train = load_dataset(name, split="train", archive=options.archive)
        # a joint source counts as all its data sets
        near = {entry.model for entry in zoo.models if knows(entry, name) or entry.n_channels != 1}
        sources = {
            entry.model: load_networks(zoo.place(entry.model).folder, 1)[0]
            for entry in zoo.models
            if entry.model not in near
        }
        ways = measure(train, sources, {entry.model for entry in zoo.models if entry.parts})
        append(
            options.out,
            COLUMNS,
            [[name, way, f"{a:.6f}", f"{e:.6f}"] for way, (a, e) in ways.items()],
        )
        print(
            name,
            f"{len(sources)} sources,",
            ways["one random body"],
            ways["best five sources"],
            flush=True,
        )


def measure(
    train: Dataset, sources: dict[str, Network], joint: set[str]
) -> dict[str, tuple[float, float]]:
    """Left-out accuracy and error of every way, by its name."""
    labels, n_classes = train.require_labels(), train.n_classes
    targets = np.where(labels[:, None] == np.arange(n_classes), 1.0, -1.0)

    def judge(decisions: Array) -> tuple[float, float]:
        return float((decisions.argmax(axis=1) == labels).mean()), float(
            ((decisions - targets) ** 2).mean()
        )

    def fitted(features: NDArray[np.float32]) -> Array:
        return fit_ridge(features, labels, n_classes).left_out

    random = [features_of(random_body(seed, n_classes), train) for seed in range(RANDOM)]
    alone = [fitted(features) for features in random]
    ways = {
        "one random body": tuple(np.mean([judge(body) for body in alone], axis=0)),
        "five random bodies, mean of five heads": judge(np.mean(alone, axis=0)),
        "five random bodies, one head on all": judge(fitted(np.hstack(random))),
    }
    blocks = [body.reshape(len(labels), 2, -1, POOLINGS, 128) for body in random[:2]]
    n_stages = blocks[0].shape[2]
    every = slice(None)
    for k, pooling in enumerate(POOLED):
        ways[f"two random bodies, {pooling} only"] = judge(
            fitted(picked(blocks, (every, every, every, [k])))
        )
    ways["two random bodies, one head on all"] = judge(fitted(picked(blocks, (every,))))
    ways["two random bodies, last stage only"] = judge(
        fitted(picked(blocks, (every, every, [n_stages - 1])))
    )
    ways["two random bodies, first three stages"] = judge(
        fitted(picked(blocks, (every, every, [0, 1, 2])))
    )
    ways["two random bodies, last three stages"] = judge(
        fitted(picked(blocks, (every, every, [3, 4, 5])))
    )
    ways["two random bodies, series without difference"] = judge(
        fitted(picked(blocks, (every, [0])))
    )
    ways["two random bodies, difference alone"] = judge(fitted(picked(blocks, (every, [1]))))
    decided = {}
    for name, network in sources.items():
        network.set_head(n_classes, "stages")
        decided[name] = fitted(features_of(network, train))
    order = sorted(decided, key=lambda name: judge(decided[name])[1])
    ways["one source, mean over sources"] = tuple(
        np.mean([judge(decisions) for decisions in decided.values()], axis=0)
    )
    for count, word in (
        (1, "best source"),
        (3, "best three sources"),
        (5, "best five sources"),
        (10, "best ten sources"),
    ):
        ways[word] = judge(np.mean([decided[name] for name in order[:count]], axis=0))
    ways["all sources"] = judge(np.mean(list(decided.values()), axis=0))
    drawn = np.random.default_rng(0)
    some = [drawn.choice(len(order), FEWEST, replace=False) for _ in range(10)]
    ways["five sources at random"] = tuple(
        np.mean(
            [judge(np.mean([decided[order[k]] for k in five], axis=0)) for five in some], axis=0
        )
    )
    universal = [decided[name] for name in decided if name in joint]
    if universal:
        ways["one joint source"] = tuple(np.mean([judge(body) for body in universal], axis=0))
    return ways


def random_body(seed: int, n_classes: int) -> Network:
    network = build("inception", None, 1, n_classes, length=100)
    initialize(network, torch.Generator().manual_seed(seed))
    network.set_head(n_classes, "stages")
    return network


def features_of(network: Network, train: Dataset) -> NDArray[np.float32]:
    return extract(
        network.to(memory_format=torch.channels_last), train, choose_preprocessing(train)
    ).stages


def picked(blocks: list[NDArray[np.float32]], which: tuple[object, ...]) -> NDArray[np.float32]:
    """Pick features of every body, which have shape (series, difference, stage, pooling, map)."""
    return np.hstack([body[which].reshape(len(body), -1) for body in blocks])  # type: ignore[index]


def table(options: argparse.Namespace) -> None:
    ways: dict[str, dict[str, tuple[float, float]]] = {}
    for row in read(options.out):
        ways.setdefault(row["way"], {})[row["dataset"]] = (
            float(row["accuracy"]),
            float(row["error"]),
        )
    base = ways["one random body"]
    print(
        f"{len(base)} data sets\n\n| way | sets | accuracy | against one random body | error | "
        "better, worse |"
    )
    print("|---|---|---|---|---|---|")
    for way, sets in ways.items():
        gained = np.array([np.subtract(sets[name], base[name]) for name in sets])
        accuracy, error = np.mean(list(sets.values()), axis=0)
        print(
            f"| {way} | {len(sets)} | {accuracy:.4f} | {gained[:, 0].mean():+.4f} | {error:.4f} | "
            f"{int((gained[:, 1] < -1e-9).sum())}, {int((gained[:, 1] > 1e-9).sum())} |"
        )


if __name__ == "__main__":
    main()
