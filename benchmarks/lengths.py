"""At which lengths a universal body should read series, by the error of leaving series out.

    python benchmarks/lengths.py run --archive UCRArchive_2018 [--minutes 10]
    python benchmarks/lengths.py table

`run` appends a row a data set and way to lengths.csv, the smallest data sets first, and goes on
where it stopped. The body is the embedded universal one that has learnt neither the set nor its
kin. Ways are a ridge head on its features of the series at their own length, at 64, 128, 256 or 512
points, on several of these side by side, and beside an untrained body. Only training splits of at
most 210 series of equal lengths are read.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from rows import read
from small_sets import measure, run_or_table, small_sets

import tszoo
from tszoo.data import Dataset, choose_preprocessing, prepare
from tszoo.data.ucr.table import is_kin
from tszoo.nets.network import Network
from tszoo.nets.stages import resample
from tszoo.readout.score import ridge_leave_one_out
from tszoo.recommendation.probe import random_network

COLUMNS = ("dataset", "way", "accuracy", "error")
LENGTHS = (64, 128, 256, 512)
WAYS: dict[str, tuple[int | str, ...]] = {
    "own length": (0,),
    "64": (64,),
    "128": (128,),
    "256": (256,),
    "512": (512,),
    "own and 128": (0, 128),
    "own and 512": (0, 512),
    "own, 128 and 512": (0, 128, 512),
    "128, 256 and 512": (128, 256, 512),
    "own and untrained": (0, "untrained"),
    "own, 128, 512 and untrained": (0, 128, 512, "untrained"),
    "untrained": ("untrained",),
}
MOST_SERIES, MOST_POINTS, BATCH = 210, 1e6, 64
TABLE = Path(__file__).with_suffix(".csv")


def main() -> None:
    run_or_table(__doc__, run, table)


def run(options: argparse.Namespace) -> None:
    sets = small_sets(options.archive, is_small)
    measure(TABLE, COLUMNS, sets, scores, options.minutes)


def is_small(target: Dataset) -> bool:
    points = target.n_series * max(target.length, max(LENGTHS))
    return target.n_series <= MOST_SERIES and points <= MOST_POINTS


def scores(target: Dataset) -> Iterator[list[object]]:
    """Score every way on one data set: its name, accuracy and error."""
    body = stranger(target.name)
    x = torch.tensor(prepare(target, choose_preprocessing(target)))
    features: dict[int | str, np.ndarray] = {0: stages(body, x)}
    features["untrained"] = stages(random_network(target, seed=0), x)
    for length in LENGTHS:
        features[length] = stages(body, resample(x, None, length))
    for way, parts in WAYS.items():
        beside = np.concatenate([features[part] for part in parts], axis=1)
        score = ridge_leave_one_out(beside, target.require_labels(), target.n_classes)
        yield [way, f"{score.accuracy:.6f}", f"{score.error:.6f}"]


def stranger(name: str) -> Network:
    """Load the embedded universal body that has learnt neither a data set nor its kin."""
    for entry in tszoo.Zoo().models:
        learnt = [part.dataset for part in entry.parts]
        if entry.is_universal and not any(is_kin(name, other) for other in learnt):
            network = tszoo.Model.load(entry.name).networks[0]
            network.resampled = 0
            return network
    msg = f"no universal body is a stranger to {name}."
    raise SystemExit(msg)


@torch.inference_mode()
def stages(network: Network, x: torch.Tensor) -> np.ndarray:
    parts = [network.stage_features(some) for some in torch.split(x, BATCH)]
    return torch.cat(parts).numpy()


def table(_: argparse.Namespace) -> None:
    rows = read(TABLE)
    by_way = {way: [row for row in rows if row["way"] == way] for way in WAYS}
    errors = {way: np.array([float(row["error"]) for row in some]) for way, some in by_way.items()}
    print(f"{len(errors['own length'])} data sets\n")
    print("| read at | accuracy | error | sets with less error, more |\n|---|---|---|---|")
    for way, some in by_way.items():
        accuracy = np.mean([float(row["accuracy"]) for row in some])
        less = int((errors[way] < errors["own length"]).sum())
        more = int((errors[way] > errors["own length"]).sum())
        print(f"| {way} | {accuracy:.4f} | {errors[way].mean():.4f} | {less}, {more} |")


if __name__ == "__main__":
    main()
