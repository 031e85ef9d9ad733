"""Which source to choose, judged by the transfers that the authors of the 2018 transfer paper released.

    python benchmarks/source_selection.py --archive UCRArchive_2018 --reference reference/

The matrix holds the test accuracy of an FCN that was pre-trained on each source and fine-tuned on each target, one run
each. For every target a source is chosen, without its column and without any test split: by the released neighbours
(the paper's Algorithm 1), by the best mean rank on the other targets, and by `tszoo.recommendation.experience`, which
carries accuracies on other targets over to this one by how alike the training series are. Only sources whose data
are in the archive folder are chosen from; a target is no source of itself.

Printed: the mean accuracy of each choice, beside that of a random source and of the best in hindsight, the share of the
gap between these two that it captures, and on how many targets it beats the mean over all sources.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr, wilcoxon

import tszoo
from tszoo.recommendation.experience import Experience, normal_scores
from tszoo.similarity.traits import traits

EVEN = 1e-9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archive", type=Path, required=True, help="folder of the UCR archive of 2018")
    parser.add_argument(
        "--reference", type=Path, required=True, help="folder of fcn-transfer-accuracy.csv and the others"
    )
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".csv"))
    options = parser.parse_args()
    names, targets, accuracy = read_matrix(options.reference / "fcn-transfer-accuracy.csv")
    here = [k for k, name in enumerate(names) if (options.archive / name / f"{name}_TRAIN.tsv").is_file()]
    sources, accuracy = [names[k] for k in here], accuracy[here]
    for j, target in enumerate(targets):
        if target in sources:
            accuracy[sources.index(target), j] = np.nan
    known = {name: traits(tszoo.load_dataset(name, archive=options.archive)) for name in sources}
    neighbours = read_neighbours(options.reference / "fcn-dtw-neighbours.csv")
    scores = {
        "released neighbours": by_neighbours(sources, targets, neighbours),
        "best mean rank elsewhere": by_rank(accuracy),
        "experience": by_experience(sources, targets, accuracy, known),
    }
    report(options.out, sources, targets, accuracy, scores)


def read_matrix(path: Path) -> tuple[list[str], list[str], np.ndarray]:
    with path.open(newline="") as file:
        (_, *targets), *rows = csv.reader(file)
    return [row[0] for row in rows], targets, np.array([[float(cell or "nan") for cell in row[1:]] for row in rows])


def read_neighbours(path: Path) -> dict[str, list[str]]:
    with path.open(newline="") as file:
        return {row[0]: row[1:] for row in list(csv.reader(file))[1:]}


def by_neighbours(sources: list[str], targets: list[str], neighbours: dict[str, list[str]]) -> np.ndarray:
    places = [{name: place for place, name in enumerate(neighbours[target])} for target in targets]
    return np.array([[-float(place.get(source, len(sources) * 2)) for place in places] for source in sources])


def by_rank(accuracy: np.ndarray) -> np.ndarray:
    others = normal_scores(accuracy)
    return np.stack([np.nanmean(np.delete(others, j, axis=1), axis=1) for j in range(accuracy.shape[1])], axis=1)


def by_experience(
    sources: list[str], targets: list[str], accuracy: np.ndarray, known: dict[str, np.ndarray]
) -> np.ndarray:
    described = [j for j, target in enumerate(targets) if target in known]
    whole = Experience(
        tuple(sources),
        tuple(targets[j] for j in described),
        accuracy[:, described],
        np.array([known[source] for source in sources]),
        np.array([known[targets[j]] for j in described]),
    )
    columns = []
    for target in targets:
        predicted = whole.without(target).predict(known.get(target), dict.fromkeys(sources))
        columns.append([predicted[source] for source in sources])
    return np.array(columns).T


def report(
    path: Path, sources: list[str], targets: list[str], accuracy: np.ndarray, scores: dict[str, np.ndarray]
) -> None:
    mean, best = np.nanmean(accuracy, axis=0), np.nanmax(accuracy, axis=0)
    constant = np.nanmean(accuracy - mean, axis=1)
    print(f"{len(targets)} targets, {len(sources)} sources")
    print("| choice | mean accuracy | share of the gap | wins, ties, losses against the mean | Wilcoxon p | Spearman |")
    print("|---|---|---|---|---|---|")
    print(f"| random source | {mean.mean():.4f} | 0.0 % | | | |")
    rows = [["target", "random", "best", *(f"{name}{what}" for name in scores for what in (": source", ": accuracy"))]]
    rows += [[target, f"{mean[j]:.4f}", f"{best[j]:.4f}"] for j, target in enumerate(targets)]
    for name, score in scores.items():
        usable = np.where(np.isfinite(accuracy), score, -np.inf)
        chosen = usable.argmax(axis=0)
        reached = accuracy[chosen, np.arange(len(targets))]
        wins, losses = int((reached > mean + EVEN).sum()), int((reached < mean - EVEN).sum())
        share = (reached.mean() - mean.mean()) / (best.mean() - mean.mean())
        p = wilcoxon(reached, mean).pvalue
        against = f"{wins}, {len(targets) - wins - losses}, {losses}"
        order = mean_spearman(score, accuracy)
        print(f"| {name} | {reached.mean():.4f} | {share:.1%} | {against} | {p:.3f} | {order:.3f} |")
        for row, source, value in zip(rows[1:], chosen, reached, strict=True):
            row += [sources[source], f"{value:.4f}"]
    top = int(constant.argmax())
    print(f"| best constant source in hindsight ({sources[top]}) | {mean.mean() + constant[top]:.4f} | "
          f"{constant[top] / (best.mean() - mean.mean()):.1%} | | | |")  # fmt: skip
    print(f"| best source in hindsight | {best.mean():.4f} | 100.0 % | | | |")
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def mean_spearman(score: np.ndarray, accuracy: np.ndarray) -> float:
    """Mean over targets of the rank correlation of score and accuracy, without those on which all sources are even."""
    found = []
    for own, reached in zip(score.T, accuracy.T, strict=True):
        usable = np.isfinite(reached)
        if np.ptp(reached[usable]) > EVEN:
            found.append(spearmanr(own[usable], reached[usable]).statistic)
    return float(np.mean(found))


if __name__ == "__main__":
    main()
