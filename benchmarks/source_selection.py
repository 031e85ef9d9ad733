"""Judge ways to choose a source by the transfers that the 2018 transfer paper released.

    python benchmarks/source_selection.py --archive UCRArchive_2018 --reference reference/ --cache
    prototypes/

The matrix holds the test accuracy of an FCN that was pre-trained on each source and fine-tuned on
each target, one run each. For every target a source is chosen, without its column and without any
test split: by the released neighbours (the paper's Algorithm 1), by the best mean rank on the other
targets, and by `experience.py`, which carries accuracies on other targets over to
this one by how alike the training series are; with a cache also by Algorithm 1 as it stands here,
and with what it leaves open set in other ways. Only sources whose data are in the archive folder
are chosen from; a target is no source of itself.

Printed: the mean accuracy of each choice, beside that of a random source and of the best in
hindsight, the share of the gap between these two that it captures, and on how many targets it beats
the mean over all sources.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
from experience import Experience, normal_scores, with_nearness
from neighbours import cached_prototypes
from scipy.stats import spearmanr
from traits import traits

import tszoo
from tszoo.evaluation.compare import compare
from tszoo.similarity import Comparison, PrototypePool, search

EVEN = 1e-9
# How prototypes are compared, and how many a class has. A window is a share of the target's length.
VARIANTS = {
    "Algorithm 1": ({}, 1),
    "window of 10 %": ({"window": 0.1}, 1),
    "path-length-normalised": ({"normalized": True}, 1),
    "resampled to 256": ({"length": 256}, 1),
    "three prototypes a class": ({}, 3),
    "all four": ({"window": 0.1, "normalized": True, "length": 256}, 3),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--archive", type=Path, required=True, help="folder of the UCR archive of 2018"
    )
    parser.add_argument(
        "--reference",
        type=Path,
        required=True,
        help="folder of fcn-transfer-accuracy.csv and the others",
    )
    parser.add_argument(
        "--cache", type=Path, help="folder for prototypes; without it Algorithm 1 is not run anew"
    )
    parser.add_argument("--jobs", type=int, default=-1, help="threads")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".csv"))
    options = parser.parse_args()
    names, targets, accuracy = read_matrix(options.reference / "fcn-transfer-accuracy.csv")
    here = [
        k
        for k, name in enumerate(names)
        if (options.archive / name / f"{name}_TRAIN.tsv").is_file()
    ]
    sources, accuracy = [names[k] for k in here], accuracy[here]
    for j, target in enumerate(targets):
        if target in sources:
            accuracy[sources.index(target), j] = np.nan
    traits_of = {
        name: traits(tszoo.load_dataset(name, archive=options.archive)) for name in sources
    }
    neighbours = read_neighbours(options.reference / "fcn-dtw-neighbours.csv")
    scores = {
        "released neighbours": by_neighbours(sources, targets, neighbours),
        "best mean rank elsewhere": by_rank(accuracy),
        "experience": by_experience(sources, targets, accuracy, traits_of),
    }
    if options.cache is not None:
        options.cache.mkdir(parents=True, exist_ok=True)
        scores |= {
            name: by_nearness(options, sources, targets, *how) for name, how in VARIANTS.items()
        }
        for name in ("Algorithm 1", "all four"):
            scores[f"experience and nearness ({name})"] = joined(
                sources, accuracy, scores["experience"], scores[name]
            )
    report(options.out, sources, targets, accuracy, scores)


def read_matrix(path: Path) -> tuple[list[str], list[str], np.ndarray]:
    with path.open(newline="") as file:
        (_, *targets), *rows = csv.reader(file)
    return (
        [row[0] for row in rows],
        targets,
        np.array([[float(cell or "nan") for cell in row[1:]] for row in rows]),
    )


def read_neighbours(path: Path) -> dict[str, list[str]]:
    with path.open(newline="") as file:
        return {row[0]: row[1:] for row in list(csv.reader(file))[1:]}


def by_neighbours(
    sources: list[str], targets: list[str], neighbours: dict[str, list[str]]
) -> np.ndarray:
    places = [{name: place for place, name in enumerate(neighbours[target])} for target in targets]
    return np.array(
        [[-float(place.get(source, len(sources) * 2)) for place in places] for source in sources]
    )


def by_nearness(
    options: argparse.Namespace,
    sources: list[str],
    targets: list[str],
    how: dict[str, float],
    per_class: int,
) -> np.ndarray:
    """Minus the distance of each source (rows) from each target.

    NaN for a target whose data are not here.
    """
    prototypes = {
        name: cached_prototypes(name, options.archive, options.cache, options.jobs, per_class)
        for name in sources
    }
    pool, scores = PrototypePool.of(prototypes), np.full((len(sources), len(targets)), np.nan)
    for column, target in zip(scores.T, targets, strict=True):
        if target in prototypes:
            length = how.get("length") or max(
                series.shape[1] for series in prototypes[target].series
            )
            window = None if "window" not in how else round(how["window"] * length)
            ranking = search(
                prototypes[target],
                pool,
                Comparison(**{**how, "window": window}),
                n_jobs=options.jobs,
            )
            column[ranking.sources] = -ranking.distances
    return scores


def joined(
    sources: list[str], accuracy: np.ndarray, predicted: np.ndarray, nearness: np.ndarray
) -> np.ndarray:
    """Let past transfers and nearness decide together, among the sources that a target may have."""
    scores = np.full(predicted.shape, np.nan)
    for j in range(predicted.shape[1]):
        usable = [i for i in range(len(sources)) if np.isfinite(accuracy[i, j])]
        near = sorted(
            (i for i in usable if np.isfinite(nearness[i, j])), key=lambda i: -nearness[i, j]
        )
        together = with_nearness(
            {sources[i]: predicted[i, j] for i in usable}, [sources[i] for i in near]
        )
        for i in usable:
            scores[i, j] = together[sources[i]]
    return scores


def by_rank(accuracy: np.ndarray) -> np.ndarray:
    others = normal_scores(accuracy)
    return np.stack(
        [np.nanmean(np.delete(others, j, axis=1), axis=1) for j in range(accuracy.shape[1])], axis=1
    )


def by_experience(
    sources: list[str], targets: list[str], accuracy: np.ndarray, traits_of: dict[str, np.ndarray]
) -> np.ndarray:
    described = [j for j, target in enumerate(targets) if target in traits_of]
    whole = Experience(
        tuple(sources),
        tuple(targets[j] for j in described),
        accuracy[:, described],
        np.array([traits_of[source] for source in sources]),
        np.array([traits_of[targets[j]] for j in described]),
    )
    columns = []
    for target in targets:
        predicted = whole.without(target).predict(traits_of.get(target), dict.fromkeys(sources))
        columns.append([predicted[source] for source in sources])
    return np.array(columns).T


def report(
    path: Path,
    sources: list[str],
    targets: list[str],
    accuracy: np.ndarray,
    scores: dict[str, np.ndarray],
) -> None:
    mean, best = np.nanmean(accuracy, axis=0), np.nanmax(accuracy, axis=0)
    constant = np.nanmean(accuracy - mean, axis=1)
    print(f"{len(targets)} targets, {len(sources)} sources")
    print(
        "| choice | mean accuracy | share of the gap | wins, ties, losses against the mean | "
        "Wilcoxon p | Spearman |"
    )
    print("|---|---|---|---|---|---|")
    print(f"| random source | {mean.mean():.4f} | 0.0 % | | | |")
    rows = [
        [
            "target",
            "random",
            "best",
            *(f"{name}{what}" for name in scores for what in (": source", ": accuracy")),
        ]
    ]
    rows += [[target, f"{mean[j]:.4f}", f"{best[j]:.4f}"] for j, target in enumerate(targets)]
    for name, score in scores.items():
        usable = np.where(np.isfinite(accuracy) & np.isfinite(score), score, -np.inf)
        chosen = usable.argmax(axis=0)
        told = np.isfinite(usable).any(axis=0)  # any source, where nothing is known of the target
        reached = np.where(told, accuracy[chosen, np.arange(len(targets))], mean)
        pair = compare(reached, mean, digits=9)
        share = (reached.mean() - mean.mean()) / (best.mean() - mean.mean())
        p = 1.0 if pair.p is None else pair.p
        against = f"{pair.wins}, {pair.ties}, {pair.losses}"
        order = mean_spearman(score, accuracy)
        print(
            f"| {name} | {reached.mean():.4f} | {share:.1%} | {against} | {p:.3f} | {order:.3f} |"
        )
        for row, source, value in zip(rows[1:], chosen, reached, strict=True):
            row += [sources[source], f"{value:.4f}"]
    top = int(constant.argmax())
    print(
        f"| best constant source in hindsight ({sources[top]}) | {mean.mean() + constant[top]:.4f} "
        f"| {constant[top] / (best.mean() - mean.mean()):.1%} | | | |"
    )
    print(f"| best source in hindsight | {best.mean():.4f} | 100.0 % | | | |")
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def mean_spearman(score: np.ndarray, accuracy: np.ndarray) -> float:
    """Average the rank correlation of score and accuracy over targets.

    Targets on which all sources are even are left out.
    """
    correlations = []
    for scores, reached in zip(score.T, accuracy.T, strict=True):
        usable = np.isfinite(reached) & np.isfinite(scores)
        if usable.any() and np.ptp(reached[usable]) > EVEN:
            correlations.append(spearmanr(scores[usable], reached[usable]).statistic)
    return float(np.mean(correlations))


if __name__ == "__main__":
    main()
