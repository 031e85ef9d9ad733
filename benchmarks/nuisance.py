"""What damping the directions in which series of one class differ is worth, on training splits.

    python benchmarks/nuisance.py run --archive UCRArchive_2018 [--minutes 10]
    python benchmarks/nuisance.py table

`run` appends rows of a data set to nuisance.csv, the smallest data sets first, and goes on where it
stopped. The body is the embedded universal one that has learnt neither the set nor its kin, and the
head that of `tszoo finetune --head ridge`, with the body's directions and without. With 1, 3 or 5
series a class, drawn four times, the other training series judge it, at most 150; with all, each
series is left out in turn. Only training splits of at most 500 series of equal lengths are read,
and no test split.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from lengths import stranger
from rows import read
from small_sets import measure, run_or_table, small_sets

from tszoo.data import Dataset, choose_preprocessing
from tszoo.readout.features import extract
from tszoo.readout.head import fit_stage_features
from tszoo.readout.spread import Prior, prior_of

COLUMNS = ("dataset", "per_class", "draw", "damped", "accuracy", "error")
SIZES, DRAWS, MOST_ASKED = (1, 3, 5), 4, 150
MOST_SERIES, MOST_POINTS = 500, 2e5
TABLE = Path(__file__).with_suffix(".csv")


def main() -> None:
    run_or_table(__doc__, run, table)


def run(options: argparse.Namespace) -> None:
    sets = small_sets(options.archive, is_small)
    measure(TABLE, COLUMNS, sets, scores, options.minutes)


def is_small(target: Dataset) -> bool:
    return target.n_series <= MOST_SERIES and target.n_series * target.length <= MOST_POINTS


def scores(target: Dataset) -> Iterator[list[object]]:
    """Score heads on one data set, with and without damping."""
    network = stranger(target.name)
    network.resampled = network.config.resampled
    prior = prior_of(network, 1)
    features = extract(network, target, choose_preprocessing(target)).stages
    labels = target.require_labels()
    smallest = np.bincount(labels).min()
    for size in SIZES:
        for draw in range(DRAWS if smallest >= size + 2 else 0):
            drawn, asked = draw_series(labels, size, draw)
            for damped, known in both(prior):
                fit, _, _ = fit_stage_features(
                    features[drawn], labels[drawn], target.n_classes, known
                )
                values = features[asked] @ fit.weight.T + fit.bias
                yield [size, draw, damped, *judged(values, labels[asked])]
    if smallest >= 2:
        for damped, known in both(prior):
            fit, _, _ = fit_stage_features(features, labels, target.n_classes, known)
            yield ["all", 0, damped, *judged(fit.left_out, labels)]


def both(prior: Prior) -> list[tuple[str, Prior]]:
    return [("no", replace(prior, nuisance=None)), ("yes", prior)]


def draw_series(labels: np.ndarray, size: int, draw: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw so many series of each class, and some of the others to judge by."""
    lots = np.random.default_rng(1000 * size + draw)
    classes = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    drawn = np.sort(np.concatenate([lots.permutation(some)[:size] for some in classes]))
    left = np.setdiff1d(np.arange(len(labels)), drawn)
    return drawn, lots.permutation(left)[:MOST_ASKED]


def judged(values: np.ndarray, labels: np.ndarray) -> list[str]:
    """Return the accuracy and the Brier score of decision values."""
    accuracy = (values.argmax(axis=1) == labels).mean()
    shares = np.clip((values + 1) / 2, 0, 1)
    error = np.square(shares - np.eye(values.shape[1])[labels]).sum(axis=1).mean()
    return [f"{accuracy:.6f}", f"{error:.6f}"]


def table(_options: argparse.Namespace) -> None:
    print("| series a class | sets | accuracy | damped | gain | less error, more |")
    print("|---|---|---|---|---|---|")
    for size, plain, damped in both_ways(TABLE, "damped"):
        print(f"| {size} | {means_of(plain, damped)} | {errors_of(plain, damped)} |")


def both_ways(path: Path, column: str) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield each size with the mean accuracy and error of every data set, without and with."""
    cells: dict[str, dict[str, dict[str, list[tuple[float, float]]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for row in read(path):
        scored = float(row["accuracy"]), float(row["error"])
        cells[row["per_class"]][row["dataset"]][row[column]].append(scored)
    for size, sets in cells.items():
        plain, changed = (
            np.array([np.mean(scored[way], axis=0) for scored in sets.values()])
            for way in ("no", "yes")
        )
        yield size, plain, changed


def means_of(plain: np.ndarray, changed: np.ndarray) -> str:
    """Say how many sets there are, both mean accuracies, and the gain in points."""
    gains = 100 * (changed - plain)[:, 0]
    spread = gains.std(ddof=1) / np.sqrt(len(gains))
    return (
        f"{len(gains)} | {plain[:, 0].mean():.4f} | {changed[:, 0].mean():.4f} | "
        f"{gains.mean():+.1f} ± {spread:.1f}"
    )


def errors_of(plain: np.ndarray, changed: np.ndarray) -> str:
    """Say on how many sets the error is less, and on how many it is more."""
    return f"{(changed[:, 1] < plain[:, 1]).sum()}, {(changed[:, 1] > plain[:, 1]).sum()}"


if __name__ == "__main__":
    main()
