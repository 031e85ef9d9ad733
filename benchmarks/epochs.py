"""How many epochs fine-tuning takes by default: chosen by cross-validation on training splits.

    python benchmarks/epochs.py --archive UCRArchive_2018 [--epochs 50 100 200] [--seeds 3]

For each data set, stratified two-fold cross-validation of its training split: one network, fine-tuned from the nearest
source of the embedded zoo that is not the data set itself. No test split is read. Rows that the CSV has are kept.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from rows import append, read
from sklearn.model_selection import StratifiedKFold

import tszoo

SETS = (
    "Chinatown", "SonyAIBORobotSurface1", "ItalyPowerDemand", "MoteStrain", "TwoLeadECG", "CBF", "GunPoint", "Coffee",
    "FaceFour", "FreezerSmallTrain", "ECG200", "PickupGestureWiimoteZ",
)  # fmt: skip
COLUMNS = ("set", "epochs", "seed", "accuracy", "seconds")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--epochs", type=int, nargs="+", default=(50, 100, 200))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".csv"))
    options = parser.parse_args()
    done = {(row["set"], int(row["epochs"]), int(row["seed"])) for row in read(options.out)}
    for name in options.sets:
        dataset = tszoo.load_dataset(name, archive=options.archive, split="train")
        for seed in range(options.seeds):
            for epochs in options.epochs:
                if (name, epochs, seed) not in done:
                    started = time.perf_counter()
                    accuracy = cross_validate(dataset, epochs, seed)
                    seconds = time.perf_counter() - started
                    append(options.out, COLUMNS, [(name, epochs, seed, f"{accuracy:.4f}", f"{seconds:.1f}")])
                    print(name, epochs, seed, f"{accuracy:.4f}", f"{seconds:.0f} s", flush=True)
    print(table(read(options.out)))


def cross_validate(dataset: tszoo.Dataset, epochs: int, seed: int) -> float:
    right = 0
    folds = StratifiedKFold(2, shuffle=True, random_state=seed).split(dataset.labels, dataset.labels)
    for fit, judge in folds:
        train, held_out = dataset.take(fit), dataset.take(judge)
        source = tszoo.recommend(train, top=1, exclude=[dataset.name])[0].model
        model = tszoo.finetune(train, source, epochs=epochs, members=1, seed=seed)
        right += int((model.predict_proba(held_out).argmax(axis=1) == held_out.labels).sum())
    return right / dataset.n_series


def table(rows: list[dict[str, str]]) -> str:
    scores: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        scores[row["set"]][row["epochs"]].append(float(row["accuracy"]))
    columns = sorted({row["epochs"] for row in rows}, key=int)
    lines = [f"| set | {' | '.join(f'{c} epochs' for c in columns)} |", "|---" * (len(columns) + 1) + "|"]
    for name, by_epochs in scores.items():
        lines.append(f"| {name} | {' | '.join(f'{np.mean(by_epochs[c]):.3f}' for c in columns)} |")
    means = [np.mean([np.mean(by_epochs[c]) for by_epochs in scores.values()]) for c in columns]
    return "\n".join([*lines, f"| **mean** | {' | '.join(f'{mean:.4f}' for mean in means)} |"])


if __name__ == "__main__":
    main()
