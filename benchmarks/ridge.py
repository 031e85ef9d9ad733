"""Time the ridge fit beside scikit-learn's, on features of an embedded network, and compare both.

    TSZOO_ARCHIVE=path/to/UCRArchive_2018 OMP_NUM_THREADS=1 python benchmarks/ridge.py
        [--source inception.universalA] [--repeats 3] [DATA …]

Both standardise the same float32 features in float64, choose among the same penalties by leaving
one series out, and give the left-out errors. The best of the repeats is shown.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import RidgeClassifierCV

from tszoo.data import load_dataset
from tszoo.readout.features import extract
from tszoo.readout.ridge import CONSTANT, PENALTIES, fit_ridge
from tszoo.zoo.find import load_model

SETS = ("ArrowHead", "GunPoint", "Fish", "MiddlePhalanxTW", "Adiac", "SwedishLeaf")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", nargs="*", default=SETS)
    parser.add_argument("--source", default="inception.universalA")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    model = load_model(options.source)
    print(
        "| data | series x features, classes | own, s | scikit-learn, s | penalty | "
        "scikit-learn's | largest gap of left-out errors |\n|---|---|---:|---:|---:|---:|---:|"
    )
    for name in options.data:
        target = load_dataset(name, archive=os.environ.get("TSZOO_ARCHIVE"))
        stages = extract(model.networks[0], target, model.config.preprocessing).stages
        print(row(name, stages, target.require_labels(), options.repeats), flush=True)


def row(name: str, features: NDArray[np.float32], labels: NDArray[np.int64], repeats: int) -> str:
    """Fit both, and write a row of the table."""
    n_classes = int(labels.max()) + 1
    seconds, fit = best(lambda: fit_ridge(features, labels, n_classes), repeats)
    their_seconds, (penalty, errors) = best(lambda: fit_theirs(features, labels), repeats)
    targets = np.where(labels[:, None] == np.arange(n_classes), 1.0, -1.0)
    own_errors = np.square(targets - fit.left_out)[:, -errors.shape[1] :]
    return (
        f"| {name} | {len(features)} x {features.shape[1]}, {n_classes} | {seconds:.3f} | "
        f"{their_seconds:.3f} | {fit.penalty:.4g} | {penalty:.4g} | "
        f"{np.abs(own_errors - errors).max():.0e} |"
    )


def fit_theirs(
    features: NDArray[np.float32], labels: NDArray[np.int64]
) -> tuple[float, NDArray[np.float64]]:
    """Fit scikit-learn's classifier; return its penalty and squared left-out errors.

    The errors have a column for each class, or one for two classes.
    """
    wide = features.astype(np.float64)
    centre, spread = wide.mean(axis=0), wide.std(axis=0)
    constant = spread <= CONSTANT * np.abs(centre)
    wide -= centre
    wide *= np.where(constant, 0.0, 1 / np.where(constant, 1.0, spread))
    theirs = RidgeClassifierCV(alphas=PENALTIES, store_cv_results=True).fit(wide, labels)
    penalty = float(theirs.alpha_)
    errors = theirs.cv_results_[..., PENALTIES.index(penalty)]
    return penalty, errors.reshape(len(labels), -1)


def best(function: Callable[[], object], repeats: int) -> tuple[float, object]:
    """Call several times; return the least seconds and the last result."""
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        result = function()
        seconds.append(time.perf_counter() - began)
    return min(seconds), result


if __name__ == "__main__":
    main()
