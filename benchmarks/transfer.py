"""Scratch against the recommended source at the same small budget, on targets that are no sources.

    python benchmarks/transfer.py --archive UCRArchive_2018 [--epochs 10 37] [--seeds 3]

For each target: the same network, epochs, steps and seeds, once from scratch (recipe `fast`) and once from the source
that `tszoo recommend` puts first (recipe `finetune`, of another learning rate); the test split is read once, to
report. Rows that the CSV has are kept, so the run can be stopped and started again.

The default targets are the ten smallest training sets of the archive folder that have a test split and are not in
the embedded zoo, so nobody picked them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from rows import append, read
from scipy.stats import wilcoxon

import tszoo
from tszoo.data.load import load_test_split
from tszoo.zoo.local import open_zoo

TARGETS = (
    "Fungi", "BME", "DiatomSizeReduction", "DodgerLoopWeekend", "ArrowHead", "ShapeletSim", "InsectEPGSmallTrain",
    "BirdChicken", "ToeSegmentation1", "Beef",
)  # fmt: skip
RECIPES = {"scratch": "fast", "recommended": "finetune"}
COLUMNS = ("target", "start", "source", "recipe", "epochs", "seed", "accuracy", "seconds")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--zoo", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".csv"))
    parser.add_argument("--epochs", type=int, nargs="+", default=(10, 37))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--targets", nargs="+", default=TARGETS)
    options = parser.parse_args()
    for epochs in options.epochs:
        run(options, epochs)
    for epochs in options.epochs:
        print(f"\n{epochs} epochs\n")
        summarize([r for r in read(options.out) if r["target"] in options.targets and r["epochs"] == str(epochs)])


def run(options: argparse.Namespace, epochs: int) -> None:
    done = {(row["target"], row["start"]) for row in read(options.out) if row["epochs"] == str(epochs)}
    for name in options.targets:
        target = tszoo.load_dataset(name, archive=options.archive)
        test = load_test_split(name, archive=options.archive)
        sources = [entry.model for entry in open_zoo(options.zoo).entries if entry.dataset == name]
        if sources:
            raise SystemExit(f"{name} is itself a source ({sources[0]}); choose targets outside the zoo")
        for start in ("scratch", "recommended"):
            if (name, start) in done:
                continue
            source = "none"
            if start == "recommended":
                source = tszoo.recommend(target, options.zoo, top=1)[0].model
            model = tszoo.finetune(
                target, source, zoo=options.zoo, test=test, recipe=RECIPES[start], epochs=epochs, members=options.seeds
            )
            results, seconds = model.config.results, model.config.training["seconds"] / options.seeds
            rows = [
                (name, start, source, RECIPES[start], epochs, seed, f"{accuracy:.4f}", f"{seconds:.1f}")
                for seed, accuracy in enumerate(results["member_accuracy"])
            ]
            append(options.out, COLUMNS, rows)
            print(*rows, sep="\n", flush=True)


def summarize(rows: list[dict[str, str]]) -> None:
    targets = list(dict.fromkeys(row["target"] for row in rows))
    means: dict[str, list[float]] = {"scratch": [], "recommended": []}
    seconds: dict[str, list[float]] = {"scratch": [], "recommended": []}
    print("| target | source | scratch | recommended | seconds |\n|---|---|---|---|---|")
    for target in targets:
        cells, source = [], ""
        for start in ("scratch", "recommended"):
            own = [row for row in rows if row["target"] == target and row["start"] == start]
            accuracy = np.array([float(row["accuracy"]) for row in own])
            means[start].append(accuracy.mean())
            seconds[start].append(float(own[0]["seconds"]))
            cells.append(f"{accuracy.mean():.3f} ± {accuracy.std(ddof=1):.3f}")
            source = own[0]["source"]
        print(f"| {target} | {source} | {cells[0]} | {cells[1]} | {seconds['scratch'][-1]:.0f}, "
              f"{seconds['recommended'][-1]:.0f} |")  # fmt: skip
    scratch, recommended = np.array(means["scratch"]), np.array(means["recommended"])
    total = ", ".join(f"{sum(seconds[start]):.0f}" for start in ("scratch", "recommended"))
    print(f"| **mean** (seconds: sum) | | {scratch.mean():.4f} | {recommended.mean():.4f} | {total} |")
    even = np.isclose(recommended, scratch)
    better, worse = int((recommended > scratch)[~even].sum()), int((recommended < scratch)[~even].sum())
    print(f"recommended against scratch: {better} wins, {len(targets) - better - worse} ties, {worse} losses")
    if (recommended != scratch).any():
        print(f"Wilcoxon signed-rank p = {wilcoxon(recommended, scratch).pvalue:.3f}")


if __name__ == "__main__":
    main()
