"""Measure how readouts and trained networks vote best, by cross-validation on training splits.

    python benchmarks/joining.py --archive UCRArchive_2018 --zoo ZOO ECG200 Beef ArrowHead ...

Three stratified folds (two where a class has two series). On each: ridge heads on five sources that
do not know the set or its kin, joint ones first, the others drawn; and networks from scratch with
the `fast` recipe, five of them up to 15,000 points and three above. The left-out series are then
predicted by the mean of the readouts' probabilities, with so many times their logits (`sharper`),
and that of the trained networks', which has this `share` of the vote.

A row a set and combination, with the accuracy and the log loss over all series; sets that the CSV
has are kept.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from archive import compared, without_kin
from numpy.typing import NDArray
from rows import append, read

from tszoo.data import Dataset, load_dataset
from tszoo.models.member_subset import first_members
from tszoo.models.model import Model
from tszoo.readout.temperature import softmax
from tszoo.transfer.finetune import finetune
from tszoo.zoo.find import open_zoo
from tszoo.zoo.zoo import Zoo

SOURCES, FEW_POINTS = 5, 15_000
SHARPER, SHARES = (1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0), (0.0, 0.2, 0.33, 0.4, 0.5, 0.67, 1.0)
COLUMNS = ("dataset", "n_series", "sharper", "share", "accuracy", "log_loss")


class Fold(NamedTuple):
    """Left-out series.

    Their labels, and the probabilities (members, series, classes) of both halves' members.
    """

    labels: NDArray[np.int64]
    frozen: NDArray[np.float64]
    trained: NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--zoo", type=Path, help="default: the embedded zoo")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".csv"))
    parser.add_argument("datasets", nargs="*")
    options = parser.parse_args()
    for name in options.datasets:
        if name in {row["dataset"] for row in read(options.out)}:
            continue
        train = load_dataset(name, split="train", archive=options.archive)
        fitted = list(measure(train, without_kin(open_zoo(options.zoo), name)))
        append(options.out, COLUMNS, judged(name, fitted))
        print(name, flush=True)
    show(options.out)


def measure(train: Dataset, zoo: Zoo) -> Iterator[Fold]:
    """Fit both halves to all but each fold."""
    labels, rng = train.require_labels(), np.random.default_rng(7)
    joint = [entry.model for entry in zoo.models if entry.parts]
    others = [entry.model for entry in zoo.models if not entry.parts and entry.members == SOURCES]
    sources = [*joint, *rng.choice(others, SOURCES - len(joint), replace=False)]
    n_folds = 3 if np.bincount(labels).min() >= 3 else 2
    fold = folds(labels, n_folds)
    n_trained = 5 if train.n_series * train.length <= FEW_POINTS else 3
    for k in range(n_folds):
        seen, left = train.take(fold != k), train.take(fold == k)
        frozen = finetune(seen, source=sources, zoo=zoo, head="ridge")
        trained = finetune(seen, source="none", recipe="fast", members=n_trained)
        yield Fold(labels[fold == k], of_members(frozen, left), of_members(trained, left))


def folds(labels: NDArray[np.int64], n_folds: int) -> NDArray[np.int64]:
    """Deal the series of each class, in an order that is drawn, to the folds in turn."""
    fold = np.empty(len(labels), dtype=np.int64)
    order = np.argsort(labels + np.random.default_rng(0).random(len(labels)) / 2, kind="stable")
    fold[order] = np.arange(len(labels)) % n_folds
    return fold


def of_members(model: Model, dataset: Dataset) -> NDArray[np.float64]:
    """Compute each member's probabilities, with the data set's classes in its order."""
    labels = [str(label) for label in model.classes]
    order = [labels.index(str(label)) for label in dataset.classes]
    counts = range(1, model.config.members + 1)
    sums = np.stack([n * first_members(model, n).predict_proba(dataset)[:, order] for n in counts])
    each: NDArray[np.float64] = np.diff(sums, axis=0, prepend=0).clip(min=0)
    return each


def judged(name: str, fitted: list[Fold]) -> Iterator[list[object]]:
    """Vote in every way; the rows of the CSV."""
    labels = np.concatenate([fold.labels for fold in fitted])
    for sharper in SHARPER:
        for share in SHARES:
            voted = np.concatenate([vote(fold, sharper, share) for fold in fitted])
            right = voted[np.arange(len(labels)), labels].clip(min=1e-6)
            accuracy, loss = (voted.argmax(axis=1) == labels).mean(), -np.log(right).mean()
            yield [name, len(labels), sharper, share, f"{accuracy:.6f}", f"{loss:.6f}"]


def vote(fold: Fold, sharper: float, share: float) -> NDArray[np.float64]:
    """Put the halves together."""
    logits = sharper * np.log(fold.frozen.clip(min=1e-12))
    frozen = np.mean([softmax(member) for member in logits], axis=0)
    return (1 - share) * frozen + share * fold.trained.mean(axis=0)


def show(path: Path) -> None:
    """Print the means over the sets, and compare a few ways with the plain mean of both halves."""
    rows = read(path)
    names = sorted({row["dataset"] for row in rows})
    value = {(row["dataset"], float(row["sharper"]), float(row["share"])): row for row in rows}

    def column(key: str, sharper: float, share: float) -> NDArray[np.float64]:
        return np.array([float(value[name, sharper, share][key]) for name in names])

    print(f"\n{len(names)} sets: mean accuracy / mean log loss\n")
    print(
        "| sharper | "
        + " | ".join(f"share {share:g}" for share in SHARES)
        + " |\n|"
        + "---|" * (len(SHARES) + 1)
    )
    for sharper in SHARPER:
        means = [
            (column("accuracy", sharper, s).mean(), column("log_loss", sharper, s).mean())
            for s in SHARES
        ]
        print(
            f"| {sharper:g} | "
            + " | ".join(f"{accuracy:.4f} / {loss:.3f}" for accuracy, loss in means)
            + " |"
        )
    print(
        "\nagainst the plain mean of both: wins, ties, losses | p (accuracy; log loss, where less "
        "is a loss)"
    )
    for sharper, share in ((1.5, 0.5), (2.0, 0.5), (1.0, 0.33), (1.0, 0.0), (1.0, 1.0)):
        cells = [
            compared(column(key, sharper, share), column(key, 1.0, 0.5))
            for key in ("accuracy", "log_loss")
        ]
        print(f"sharper {sharper:g}, share {share:g}: " + "; ".join(cells))


if __name__ == "__main__":
    main()
