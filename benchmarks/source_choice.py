"""Judge every way to choose a start by what `source_matrix.py` found each start to be worth.

    # hours; the rows are kept
    python benchmarks/source_matrix.py --archive UCRArchive_2018
    python benchmarks/source_matrix.py --archive UCRArchive_2018 --head ridge
    python benchmarks/source_choice.py --archive UCRArchive_2018 --cache probes/

For every case of the matrix the choice is made from the training series alone, by the code that a
user runs; the accuracy of what was chosen, a mean over three seeds of one network each, is then
looked up. Printed: the mean accuracy of each way to choose, and how `auto` compares with it (wins,
ties, losses, Wilcoxon signed-rank test, and for the three that it has to beat p after Holm's
correction); then how each signal's order of the sources agrees with the order of what they were
worth.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
from rows import read
from scipy.stats import spearmanr
from scores.sources import SCORES, score_source
from source_matrix import cases, training_series

from tszoo.evaluation.compare import Paired, compare, holm
from tszoo.recommendation import advise, recommend
from tszoo.recommendation.probe import probe_random
from tszoo.training.run import Run
from tszoo.transfer.matrix_csv import NONE
from tszoo.zoo.find import open_zoo

LOWER_IS_BETTER = ("ridge_error", "last_ridge_error")
EVEN = 1e-9
BASELINES = ("from scratch", "random source", "dtw: nearest source")
Worth = dict[tuple[str, str], float]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--zoo", type=Path)
    parser.add_argument(
        "--matrix", type=Path, default=Path(__file__).with_name("source_matrix.csv")
    )
    parser.add_argument("--cache", type=Path, required=True, help="folder for what probing found")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".csv"))
    options = parser.parse_args()
    worth = read_worth(options.matrix)
    sources = [entry.model for entry in open_zoo(options.zoo).models if entry.n_channels == 1]
    whole = [case for case in cases() if len(worth[case]) == 2 * (1 + len(sources))]
    print(
        f"{len(whole)} cases of {len({target for target, _ in whole})} targets, {len(sources)} "
        "sources\n"
    )
    rows, order = [], defaultdict(list)
    for name, subset in whole:
        rows.append(choose(options, name, subset, sources, worth[name, subset], order))
        print(name, subset, rows[-1]["auto: start"], rows[-1]["auto: head"], flush=True)
    with options.out.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {k: f"{v:.4f}" if isinstance(v, float) else v for k, v in row.items()} for row in rows
        )
    summarize(rows)
    print(
        "\n| signal | Spearman with accuracy after fine-tuning | with accuracy of a ridge head "
        "|\n|---|---|---|"
    )
    for signal, found in order.items():
        print(
            f"| {signal} | {np.mean([one for one, _ in found]):.3f} | "
            f"{np.mean([one for _, one in found]):.3f} |"
        )


def read_worth(path: Path) -> dict[tuple[str, str], Worth]:
    """By case, then by head and start: the mean accuracy over seeds."""
    seen: dict[tuple[str, str], dict[tuple[str, str], list[float]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for row in read(path):
        seen[row["target"], row["subset"]][row["head"], row["start"]].append(float(row["accuracy"]))
    return defaultdict(dict) | {
        case: {start: float(np.mean(found)) for start, found in own.items()}
        for case, own in seen.items()
    }


def choose(
    options: argparse.Namespace,
    name: str,
    subset: str,
    sources: list[str],
    worth: Worth,
    order: dict[str, list[tuple[float, float]]],
) -> dict[str, object]:
    train = training_series(name, subset, options.archive)
    run = Run(device="cpu", cache=options.cache)
    advice = advise(train, options.zoo, run=run)
    best, trained = advice.best(), advice.best(head="softmax")
    nearest = [source.model for source in recommend(train, options.zoo, method="dtw")]
    scores = {source: score_source(train, source, options.zoo, run.cache) for source in sources}
    add_orders(order, scores, nearest, worth)
    probed = min(sources, key=lambda source: scores[source].get("ridge_error", np.inf))
    tuned, frozen = (
        np.array([worth[head, source] for source in sources]) for head in ("softmax", "ridge")
    )
    return {
        "target": name,
        "subset": subset,
        "n_series": train.n_series,
        "untrained: ridge error": probe_random(train, run=run).ridge_error,
        "auto: start": best.source or NONE,
        "auto: head": best.head,
        "auto": worth[best.head, best.source or NONE],
        "auto, softmax head only": worth["softmax", trained.source or NONE],
        "from scratch": worth["softmax", NONE],
        "random source": float(tuned.mean()),
        "dtw: nearest source": worth["softmax", nearest[0]],
        "probe: best error left out": worth["softmax", probed],
        "best source in hindsight": float(tuned.max()),
        "ridge head, untrained body": worth["ridge", NONE],
        "ridge head, random source": float(frozen.mean()),
        "ridge head, nearest source": worth["ridge", nearest[0]],
        "ridge head, best source in hindsight": float(frozen.max()),
    }


def add_orders(
    order: dict[str, list[tuple[float, float]]],
    scores: dict[str, dict[str, float]],
    nearest: list[str],
    worth: Worth,
) -> None:
    sources = list(scores)
    signals = {"dtw: nearness": [-float(nearest.index(source)) for source in sources]}
    for name in SCORES:
        if not all(name in of_source for of_source in scores.values()):
            continue
        sign = -1.0 if name in LOWER_IS_BETTER else 1.0
        values = [sign * of_source[name] for of_source in scores.values()]
        if np.ptp(values) > 0:
            signals[name] = values
    for signal, values in signals.items():
        pair = []
        for head in ("softmax", "ridge"):
            accuracy = [worth[head, source] for source in sources]
            pair.append(
                float(spearmanr(values, accuracy).statistic) if np.ptp(accuracy) > EVEN else 0.0
            )
        order[signal].append((pair[0], pair[1]))


def summarize(rows: list[dict]) -> None:
    ways = [
        way
        for way in rows[0]
        if way not in ("target", "subset", "n_series")
        and not way.endswith(("start", "head", "ridge error"))
    ]
    auto = [row["auto"] for row in rows]
    pairs = {way: compare(auto, [row[way] for row in rows], digits=9) for way in ways}
    tests = {
        way: pair.p for way, pair in pairs.items() if pair.p is not None and "hindsight" not in way
    }
    beaten = [way for way in BASELINES if way in tests]
    corrected = dict(zip(beaten, holm([tests[way] for way in beaten]), strict=True))
    print(
        "\n| way | mean accuracy | auto wins, ties, losses | Wilcoxon p | after Holm "
        "|\n|---|---|---|---|---|"
    )
    for way, pair in pairs.items():
        p, after = (f"{found[way]:.4f}" if way in found else "" for found in (tests, corrected))
        print(f"| {way} | {pair.other_mean:.4f} | {counts_of(way, pair)} | {p} | {after} |")


def counts_of(way: str, pair: Paired) -> str:
    """Write auto's wins, ties and losses; nothing beside itself."""
    if way == "auto":
        return ""
    return f"{pair.wins}, {pair.ties}, {pair.losses}"


if __name__ == "__main__":
    main()
