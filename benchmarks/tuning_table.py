"""The tables of universal_tuning.py: training on beside from scratch, over targets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from tszoo.evaluation.compare import compare

Rows = Sequence[Mapping[str, str]]
# accuracies of the seeds, by target
Accuracies = dict[str, dict[int, float]]


def print_tables(rows: Rows, zoo: Rows, n_seeds: int) -> None:
    print("| series | beside | targets | seeds | there | trained on | better | worse | p |")
    print("|---|---|---|---|---|---|---|---|---|")
    for subset in ("five", "full"):
        on = collect(rows, subset, "trained on")
        scratch = collect(rows, subset, "from scratch")
        if subset == "full":
            scratch = from_zoo(zoo, n_seeds)
        print_comparison(subset, "from scratch", scratch, on)
        print_comparison(subset, "readout", collect(rows, subset, "readout"), on)
    print()
    print_seconds(rows)


def collect(rows: Rows, subset: str, way: str) -> Accuracies:
    collected: Accuracies = defaultdict(dict)
    for row in rows:
        if (row["subset"], row["way"]) == (subset, way):
            collected[row["dataset"]][int(row["seed"])] = float(row["accuracy"])
    return collected


def from_zoo(zoo: Rows, n_seeds: int) -> Accuracies:
    """Take the first networks of each model as the first seeds."""
    return {
        row["dataset"]: dict(enumerate(map(float, row["member_accuracy"].split()[:n_seeds])))
        for row in zoo
    }


def print_comparison(subset: str, beside: str, there: Accuracies, on: Accuracies) -> None:
    """Compare means over the seeds that both have, target by target."""
    pairs, n_seeds = [], set()
    for name, of_seeds in on.items():
        seeds = sorted(of_seeds.keys() & there.get(name, {}).keys())
        if seeds:
            n_seeds.add(len(seeds))
            pairs.append([np.mean([a[name][k] for k in seeds]) for a in (there, on)])
    if not pairs:
        return
    values = np.array(pairs)
    paired = compare(values[:, 1], values[:, 0])
    p = 1.0
    if paired.p is not None:
        p = paired.p
    counts = sorted(n_seeds)
    spread = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else counts[0]
    print(
        f"| {subset} | {beside} | {paired.n} | {spread} | {paired.other_mean:.4f} | "
        f"{paired.mean:.4f} | {paired.wins} | {paired.losses} | {p:.2g} |"
    )


def print_seconds(rows: Rows) -> None:
    """Compare the seconds of rows that have both ways."""
    seconds = {
        (row["dataset"], row["subset"], row["seed"], row["way"]): float(row["seconds"])
        for row in rows
    }
    for subset in ("five", "full"):
        ratios = [
            seconds[(*key[:3], "trained on")] / value
            for key, value in seconds.items()
            if key[1] == subset and key[3] == "from scratch" and (*key[:3], "trained on") in seconds
        ]
        if ratios:
            print(
                f"{subset}: training on took {np.exp(np.mean(np.log(ratios))):.2f} of the seconds "
                f"from scratch (geometric mean of {len(ratios)}; at most {max(ratios):.2f})"
            )
