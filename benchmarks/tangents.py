"""What a head gains that is blind to a little bending of time, on training splits.

    python benchmarks/tangents.py run --archive UCRArchive_2018 [--minutes 10]
    python benchmarks/tangents.py table

`run` appends rows of a data set to tangents.csv, the smallest data sets first, and goes on where it
stopped. The body is the embedded universal one that has learnt neither the set nor its kin, and the
head that of `tszoo finetune --head ridge`, with its tangents and without; see
`tszoo.readout.tangents`. Draws, sizes and sets are those of nuisance.py: with 1, 3 or 5 series a
class, drawn four times, the other training series judge the head, at most 150; with all, each
series is left out in turn. No test split is read.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from lengths import stranger
from nuisance import (
    DRAWS,
    SIZES,
    both_ways,
    draw_series,
    errors_of,
    is_small,
    judged,
    means_of,
)
from small_sets import measure, run_or_table, small_sets

from tszoo.data import Dataset, choose_preprocessing
from tszoo.evaluation.compare import compare
from tszoo.readout.features import extract
from tszoo.readout.head import fit_stage_features
from tszoo.readout.spread import prior_of
from tszoo.readout.tangents import with_tangents

COLUMNS = ("dataset", "per_class", "draw", "tangents", "accuracy", "error")
TABLE = Path(__file__).with_suffix(".csv")


def main() -> None:
    run_or_table(__doc__, run, table)


def run(options: argparse.Namespace) -> None:
    measure(TABLE, COLUMNS, small_sets(options.archive, is_small), scores, options.minutes)


def scores(target: Dataset) -> Iterator[list[object]]:
    """Score heads on one data set, with and without tangents."""
    network = stranger(target.name)
    network.resampled = network.config.resampled
    plain, preprocessing = prior_of(network, target.n_channels), choose_preprocessing(target)
    features = extract(network, target, preprocessing).stages
    labels = target.require_labels()
    smallest = np.bincount(labels).min()
    for size in SIZES:
        for draw in range(DRAWS if smallest >= size + 2 else 0):
            drawn, asked = draw_series(labels, size, draw)
            some = features[drawn]
            bent = with_tangents(plain, network, target.take(drawn), preprocessing, some, "cpu")
            for blind, prior in (("no", plain), ("yes", bent)):
                fit, _, _ = fit_stage_features(some, labels[drawn], target.n_classes, prior)
                values = features[asked] @ fit.weight.T + fit.bias
                yield [size, draw, blind, *judged(values, labels[asked])]
    if smallest >= 2:
        bent = with_tangents(plain, network, target, preprocessing, features, "cpu")
        for blind, prior in (("no", plain), ("yes", bent)):
            fit, _, _ = fit_stage_features(features, labels, target.n_classes, prior)
            yield ["all", 0, blind, *judged(fit.left_out, labels)]


def table(_options: argparse.Namespace) -> None:
    print("| series a class | sets | accuracy | with tangents | gain | p | less error, more | p |")
    print("|---|---|---|---|---|---|---|---|")
    for size, plain, bent in both_ways(TABLE, "tangents"):
        chances = [f"{compare(list(bent[:, k]), list(plain[:, k])).p:.2g}" for k in (0, 1)]
        means, errors = means_of(plain, bent), errors_of(plain, bent)
        print(f"| {size} | {means} | {chances[0]} | {errors} | {chances[1]} |")


if __name__ == "__main__":
    main()
