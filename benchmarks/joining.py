"""Measure how readouts and trained networks vote best, by cross-validation on training splits.

    python benchmarks/joining.py --archive UCRArchive_2018 ECG200 CricketX ArrowHead ...

Three stratified folds (two where a class has two series). On each: ridge heads on the first two
universal bodies that know neither the set nor its kin; a network from scratch with the `fast`
recipe; and the first of those bodies trained on. The left-out series are then predicted by the mean
of the readouts' probabilities, with so many times their logits (`sharper`), and that of the trained
network, which has this `share` of the vote.

A row a set, trained network and combination, with the accuracy and the log loss over all series,
and the share of the whole training split that the readouts get right, each series left out in turn
(`left_out`); sets that the CSV has are kept.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from archive import compared, knows
from numpy.typing import NDArray
from rows import append, read

from tszoo.data import Dataset, load_dataset
from tszoo.models.member_subset import first_members
from tszoo.models.model import Model
from tszoo.readout.temperature import softmax
from tszoo.transfer.combined import SHARPER
from tszoo.transfer.finetune import finetune
from tszoo.transfer.planning import NOTHING_TO_MEND
from tszoo.zoo.find import open_zoo

SCRATCH, CONTINUED = "from scratch", "trained on"
TIMES, SHARES = (1.0, 1.25, 1.5, 2.0), (0.0, 0.2, 0.33, 0.5, 1.0)
COLUMNS = (
    "dataset", "n_series", "left_out", "trained", "sharper", "share", "accuracy", "log_loss",
)  # fmt: skip


class Fold(NamedTuple):
    """Left-out series.

    Their labels, and the probabilities (members, series, classes) of the readouts, and (series,
    classes) of each trained network by its start.
    """

    labels: NDArray[np.int64]
    frozen: NDArray[np.float64]
    trained: dict[str, NDArray[np.float64]]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".csv"))
    parser.add_argument("datasets", nargs="*")
    options = parser.parse_args()
    for name in options.datasets:
        if name in {row["dataset"] for row in read(options.out)}:
            continue
        train = load_dataset(name, split="train", archive=options.archive)
        sources = strangers(name)
        whole = finetune(train, source=sources, head="ridge").config.results
        fitted = list(measure(train, sources))
        append(options.out, COLUMNS, judged(name, whole.left_out_accuracy or 0.0, fitted))
        print(name, flush=True)
    show(options.out)


def strangers(name: str) -> list[str]:
    """Name the first two universal bodies that know neither a set nor its kin."""
    bodies = [entry for entry in open_zoo(None).models if entry.is_universal]
    return sorted(entry.name for entry in bodies if not knows(entry, name))[:2]


def measure(train: Dataset, sources: list[str]) -> Iterator[Fold]:
    """Fit the readouts and the networks to all but each fold."""
    labels = train.require_labels()
    n_folds = 3 if np.bincount(labels).min() >= 3 else 2
    fold = folds(labels, n_folds)
    for k in range(n_folds):
        seen, left = train.take(fold != k), train.take(fold == k)
        frozen = finetune(seen, source=sources, head="ridge")
        scratch = finetune(seen, source="none", recipe="fast", members=1)
        continued = finetune(seen, source=sources[0], head="softmax", members=1)
        trained = {SCRATCH: of_members(scratch, left)[0], CONTINUED: of_members(continued, left)[0]}
        yield Fold(labels[fold == k], of_members(frozen, left), trained)


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


def judged(name: str, left_out: float, fitted: list[Fold]) -> Iterator[list[object]]:
    """Vote in every way; the rows of the CSV."""
    labels = np.concatenate([fold.labels for fold in fitted])
    ways = [
        (start, times, share) for start in fitted[0].trained for times in TIMES for share in SHARES
    ]
    for start, times, share in ways:
        voted = np.concatenate([vote(fold, start, times, share) for fold in fitted])
        right = voted[np.arange(len(labels)), labels].clip(min=1e-6)
        accuracy, loss = (voted.argmax(axis=1) == labels).mean(), -np.log(right).mean()
        figures = f"{accuracy:.6f}", f"{loss:.6f}"
        yield [name, len(labels), f"{left_out:.6f}", start, times, share, *figures]


def vote(fold: Fold, start: str, times: float, share: float) -> NDArray[np.float64]:
    """Put the halves together."""
    logits = times * np.log(fold.frozen.clip(min=1e-12))
    frozen = np.mean([softmax(member) for member in logits], axis=0)
    return (1 - share) * frozen + share * fold.trained[start]


def show(path: Path) -> None:
    """Print the means over the sets that the readouts nearly solve, and over the others."""
    rows = read(path)
    solved = {row["dataset"]: float(row["left_out"]) >= NOTHING_TO_MEND for row in rows}
    value = {
        (row["dataset"], row["trained"], float(row["sharper"]), float(row["share"])): row
        for row in rows
    }
    print(
        "| readouts get right, left out | sets | the network starts | its share"
        " | accuracy / log loss | better, as good, worse than readouts; p |"
        "\n|---|---|---|---|---|---|"
    )
    for is_solved, title in ((True, "99 % or more"), (False, "less")):
        names = [name for name in solved if solved[name] == is_solved]
        if not names:
            continue
        for start in (SCRATCH, CONTINUED):
            for share in SHARES:
                figures = np.array([
                    [float(value[name, start, SHARPER, s][key]) for key in ("accuracy", "log_loss")]
                    for name in names for s in (share, 0.0)
                ]).reshape(len(names), 2, 2)  # fmt: skip
                accuracy, loss = figures[:, 0].mean(axis=0)
                beside = compared(figures[:, 0, 0], figures[:, 1, 0])
                cells = f"{len(names)} | {start} | {share:g} | {accuracy:.4f} / {loss:.3f}"
                print(f"| {title} | {cells} | {beside.replace(' | ', '; ')} |")


if __name__ == "__main__":
    main()
