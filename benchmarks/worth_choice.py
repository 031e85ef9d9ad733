"""Judge how to choose a source for a target of five series a class, by the rows of `worth.csv`.

    python benchmarks/worth_choice.py --archive UCRArchive_2018

Each choice is made for three draws of five series a class. What it is judged by is the left-out
error of the source with all the training series, in standard deviations over all sources of the
target: 0 is a source drawn from all of them, and negative is better. What sources did elsewhere is
computed without the target, and without sources' kin. The variances that
`tszoo.recommendation.prior` holds are printed, too; for a target they are those of the others.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from worth import DRAWS, ROWS, centred, draws_of, read_errors, training_series, worth_of

from tszoo.recommendation.nearest import rank_sources
from tszoo.recommendation.prior import Worth, posterior_log_errors
from tszoo.recommendation.probe import RANDOM
from tszoo.similarity import compute_prototypes
from tszoo.zoo.find import open_zoo

SHORTLISTS = (15, None)
Logs = dict[str, dict[str, float]]
Choose = Callable[["Case", Sequence[str]], Sequence[str]]


@dataclass(frozen=True)
class Case:
    """A target with five series a class: what is known of it, and what is judged by.

    ``nearest`` are its sources by DTW, nearest first; ``probed`` the errors of a draw; ``truth``
    the centred log errors with all series, and ``untrained`` that of the untrained body.
    """

    nearest: tuple[str, ...]
    probed: dict[str, float]
    truth: dict[str, float]
    untrained: float
    elsewhere: dict[str, Worth]
    weight: float


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--archive", type=Path, required=True)
    options = parser.parse_args()
    errors = read_errors(ROWS)
    full = centred(errors, "full")
    fives = [centred(errors, f"five {draw}") for draw in range(DRAWS)]
    draws = {name: draws_of(training_series(name, options.archive)) for name in errors}
    sizes = {name: len(rows[0]) for name, rows in draws.items()}
    spread, noise = variances(full, fives, sizes)
    print(f"variances: {spread:.4f} about the prior, {noise:.3f} of a probe of one series")
    cases: dict[str, list[Case]] = {}
    for name in errors:
        rest = {target: logs for target, logs in full.items() if target != name}
        spread, noise = variances(rest, fives, sizes)
        weight = spread / (spread + noise / sizes[name])
        series = training_series(name, options.archive)
        truth = dict(full[name])
        untrained = truth.pop(RANDOM)
        for draw, rows in enumerate(draws[name]):
            probed = {source: errors[name][source][f"five {draw}"] for source in truth}
            prototypes = compute_prototypes(series.take(rows))
            pool = open_zoo().pool(list(truth))
            nearest = tuple(each.name for each in rank_sources(prototypes, pool))
            case = Case(nearest, probed, truth, untrained, worth_of(rest), weight)
            cases.setdefault(name, []).append(case)
    report(cases)


def variances(full: Logs, fives: Sequence[Logs], sizes: dict[str, int]) -> tuple[float, float]:
    """Estimate the variance of log errors about what sources did elsewhere, and of a probe.

    The latter is that of a probe of one series: the variance of n series, times n.
    """
    about, noise = [], []
    for name, truth in full.items():
        elsewhere = worth_of({target: logs for target, logs in full.items() if target != name})
        sources = [source for source in truth if source in elsewhere and source != RANDOM]
        about.append(np.mean([(truth[s] - elsewhere[s].shrunk) ** 2 for s in sources]))
        for logs in fives:
            off = [(logs[name][s] - truth[s]) ** 2 for s in sources]
            noise.append(sizes[name] * np.mean(off))
    return float(np.mean(about)), float(np.mean(noise))


def by_probe(case: Case, sources: Sequence[str]) -> list[str]:
    return [min(sources, key=case.probed.__getitem__)]


def by_elsewhere(case: Case, sources: Sequence[str]) -> list[str]:
    return [min(sources, key=lambda source: case.elsewhere[source].shrunk)]


def by_both(case: Case, sources: Sequence[str]) -> list[str]:
    errors = {source: case.probed[source] for source in sources}
    scores = posterior_log_errors(errors, case.weight, case.elsewhere)
    return [min(scores, key=scores.__getitem__)]


CHOICES: dict[str, Choose] = {
    "at random": lambda _, sources: sources,
    "nearest by DTW": lambda _, sources: sources[:1],
    "static: what sources did elsewhere": by_elsewhere,
    "probe": by_probe,
    "probe and what sources did elsewhere": by_both,
    "best in hindsight": lambda case, sources: [min(sources, key=case.truth.__getitem__)],
}


def report(cases: dict[str, list[Case]]) -> None:
    """Print a line a choice: means over targets, with the standard error between targets."""
    print("| chosen | of the 15 nearest | of all |\n|---|---|---|")
    for label, choose in CHOICES.items():
        cells = [
            shown([mean_of(draws, choose, top) for draws in cases.values()]) for top in SHORTLISTS
        ]
        print(f"| {label} | {' | '.join(cells)} |")
    body = [draws[0].untrained / deviation(draws[0]) for draws in cases.values()]
    print(f"| an untrained body | {shown(body)} | {shown(body)} |")
    for label in ("probe", "static: what sources did elsewhere"):
        for top in SHORTLISTS:
            less = [
                mean_of(draws, by_both, top) - mean_of(draws, CHOICES[label], top)
                for draws in cases.values()
            ]
            wins, losses = sum(d < 0 for d in less), sum(d > 0 for d in less)
            print(f"both less {label}, top {top}: {shown(less)}, {wins} better, {losses} worse")


def mean_of(draws: Sequence[Case], choose: Choose, top: int | None) -> float:
    """Average over a target's draws the errors of the sources chosen of the nearest."""
    chosen = [(case, choose(case, case.nearest[:top])) for case in draws]
    means = [np.mean([case.truth[s] for s in sources]) for case, sources in chosen]
    return float(np.mean(means)) / deviation(draws[0])


def deviation(case: Case) -> float:
    return float(np.std(list(case.truth.values())))


def shown(values: Sequence[float]) -> str:
    error = np.std(values, ddof=1) / len(values) ** 0.5
    return f"{np.mean(values):+.2f} ± {error:.2f}"


if __name__ == "__main__":
    main()
