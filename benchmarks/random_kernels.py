"""Random convolution kernels beside universal bodies, by the error of leaving series out.

    python benchmarks/random_kernels.py run --archive UCRArchive_2018 --zoo cards [--minutes 30]
    python benchmarks/random_kernels.py table

`run` appends a row a data set and way to random_kernels.csv, the smallest data sets first, and goes
on where it stopped. MultiROCKET, MiniROCKET and Hydra are aeon's (install aeon beside tszoo), with
their default sizes; Hydra's counts are square roots, as its authors scale them. U1 and U2 are the
heads of `tszoo finetune --head ridge` on the first two universal bodies of the zoo that have learnt
neither the set nor its kin. All of them get the same ridge classifier, its penalty and temperature
chosen in the same way; together their probabilities are averaged. Only training splits of at most
500 series of equal lengths, 10 points or more, are read.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from archive import knows
from bodies import error_of
from numpy.typing import NDArray
from rows import read
from small_sets import measure, run_or_table, small_sets

from tszoo.data import Dataset, choose_preprocessing, prepare
from tszoo.evaluation.compare import compare
from tszoo.models.load import load_folder
from tszoo.nets.network import Network
from tszoo.readout.head import fit_head
from tszoo.readout.ridge import fit_ridge
from tszoo.readout.temperature import choose_temperature, softmax
from tszoo.zoo.find import open_zoo

COLUMNS = ("dataset", "way", "accuracy", "error")
UNIVERSAL = "U1, U2"
WAYS = (
    UNIVERSAL,
    "U1",
    "MultiROCKET",
    "MiniROCKET",
    "Hydra",
    "MultiROCKET, Hydra",
    "U1, U2, MultiROCKET",
    "U1, U2, MiniROCKET",
    "U1, U2, Hydra",
    "U1, U2, MultiROCKET, Hydra",
)
MOST_SERIES, FEWEST_POINTS, SEED = 500, 10, 1
TABLE = Path(__file__).with_suffix(".csv")

Probabilities = NDArray[np.float64]


def main() -> None:
    run_or_table(__doc__, run, table, add_options)


def add_options(running: argparse.ArgumentParser) -> None:
    running.add_argument("--zoo", type=Path, required=True)


def run(options: argparse.Namespace) -> None:
    def rows_of(target: Dataset) -> Iterator[list[object]]:
        alone = universal(target, options.zoo) | random_kernels(target)
        yield from scores(alone, target)

    measure(TABLE, COLUMNS, small_sets(options.archive, is_small), rows_of, options.minutes)


def is_small(target: Dataset) -> bool:
    return target.n_series <= MOST_SERIES and target.length >= FEWEST_POINTS


def universal(target: Dataset, zoo: Path) -> dict[str, Probabilities]:
    """Leave out each series of the heads on two universal bodies."""
    entries = open_zoo(zoo).models
    names = sorted(one.name for one in entries if one.is_universal and not knows(one, target.name))
    networks = [load_folder(zoo / name).networks[0] for name in names[:2]]
    return {f"U{k}": of_today(network, target) for k, network in enumerate(networks, start=1)}


def of_today(network: Network, target: Dataset) -> Probabilities:
    """Leave out each series of the head that `tszoo finetune` puts on a network."""
    network.resampled = network.config.resampled
    return fit_head(network, target, choose_preprocessing(target)).left_out


def random_kernels(target: Dataset) -> dict[str, Probabilities]:
    """Leave out each series of the heads on features of random kernels."""
    from aeon.transformations.collection.convolution_based import (
        HydraTransformer,
        MiniRocket,
        MultiRocket,
    )

    series = prepare(target, choose_preprocessing(target)).astype(np.float32)
    counts = HydraTransformer(random_state=SEED).fit_transform(series)
    features = {
        "MultiROCKET": MultiRocket(random_state=SEED).fit_transform(series),
        "MiniROCKET": MiniRocket(random_state=SEED).fit_transform(series),
        "Hydra": np.sqrt(np.clip(np.asarray(counts), 0, None)),
    }
    return {name: left_out(np.asarray(some), target) for name, some in features.items()}


def left_out(features: NDArray[np.floating], target: Dataset) -> Probabilities:
    labels = target.require_labels()
    fit = fit_ridge(np.ascontiguousarray(features, np.float32), labels, target.n_classes)
    return softmax(fit.left_out / choose_temperature(fit.left_out, labels))


def scores(alone: dict[str, Probabilities], target: Dataset) -> Iterator[list[object]]:
    """Score every way: its name, accuracy and error."""
    for way in WAYS:
        together = np.mean([alone[part] for part in way.split(", ")], axis=0)
        right = (together.argmax(axis=1) == target.require_labels()).mean()
        yield [way, f"{right:.6f}", f"{error_of(together, target):.6f}"]


def table(_: argparse.Namespace) -> None:
    by_way: dict[str, dict[str, tuple[float, float]]] = {}
    for row in read(TABLE):
        score = float(row["accuracy"]), float(row["error"])
        by_way.setdefault(row["way"], {})[row["dataset"]] = score
    first = by_way[UNIVERSAL]
    print(f"{len(first)} data sets\n")
    print(
        "| heads on | accuracy | error | more accurate than U1, U2; less | less error; more | p |"
    )
    print("|---|---|---|---|---|---|")
    for way in WAYS:
        ours = np.array([by_way[way][name] for name in first])
        gaps = ours - np.array(list(first.values()))
        p = "–"
        if way != UNIVERSAL:
            p = f"{compare(list(-ours[:, 1]), [-error for _, error in first.values()]).p:.2g}"
        better = [int((sign * gaps[:, k] > 1e-9).sum()) for k, sign in ((0, 1), (1, -1))]
        worse = [int((sign * gaps[:, k] < -1e-9).sum()) for k, sign in ((0, 1), (1, -1))]
        counts = " | ".join(f"{up}; {down}" for up, down in zip(better, worse, strict=True))
        print(f"| {way} | {ours[:, 0].mean():.4f} | {ours[:, 1].mean():.4f} | {counts} | {p} |")


if __name__ == "__main__":
    main()
