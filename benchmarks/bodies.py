"""Which frozen bodies a readout should have, by the error of leaving series out.

    python benchmarks/bodies.py run --archive UCRArchive_2018 --zoo cards [--minutes 10]
    python benchmarks/bodies.py table

`run` appends a row a data set and way to bodies.csv, the smallest data sets first, and goes on
where it stopped. Universal bodies are those of the zoo that have learnt neither the set nor its
kin, in the order of their names; U1 is the first of them, U2 the second. R1 and R2 are untrained
bodies, S1 and S2 the zoo's other models with the least left-out error on the set that are no kin of
it (not with --without-sources). "U1, U2" has a ridge head for each, whose probabilities are
averaged, as `tszoo finetune` does; "U1+U2" has one head that reads both. The ways behind U1 leave
out one kind of pooling. Only training splits of at most 210 series of equal lengths are read.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from archive import knows
from lengths import is_small
from numpy.typing import NDArray
from rows import read
from small_sets import measure, run_or_table, small_sets

from tszoo.data import Dataset, choose_preprocessing
from tszoo.evaluation.compare import compare
from tszoo.models.load import load_folder
from tszoo.nets.network import Network
from tszoo.nets.stages import POOLINGS
from tszoo.readout.features import extract
from tszoo.readout.head import fit_stage_features
from tszoo.readout.spread import Prior, feature_kinds
from tszoo.readout.temperature import softmax
from tszoo.recommendation.probe import random_network
from tszoo.zoo.entry import CatalogueEntry
from tszoo.zoo.find import open_zoo

COLUMNS = ("dataset", "way", "accuracy", "error")
BODIES = ("U1", "U2", "R1", "R2", "S1", "S2")
WAYS = (
    "U1",
    "U2",
    "R1",
    "U1, U2",
    "U1+U2",
    "U1, R1",
    "U1+R1",
    "U1, U2, R1",
    "U1, U2, R1, R2",
    "R1, R2",
    "U1, S1",
    "U1, U2, S1",
    "U1, U2, S1, S2",
    "S1, S2",
)
POOLED = ("positive share", "positive mean", "maximum", "mean")
SOURCES_TRIED = 12
TABLE = Path(__file__).with_suffix(".csv")

Features = NDArray[np.float32]


def main() -> None:
    run_or_table(__doc__, run, table, add_options)


def add_options(running: argparse.ArgumentParser) -> None:
    running.add_argument("--zoo", type=Path, required=True)
    running.add_argument("--without-sources", action="store_true")


def run(options: argparse.Namespace) -> None:
    def rows_of(target: Dataset) -> Iterator[list[object]]:
        bodies = features_of(target, options)
        for way in ways_of(bodies):
            yield [way, *judge(bodies, way, target)]

    sets = small_sets(options.archive, is_small)
    measure(TABLE, COLUMNS, sets, rows_of, options.minutes)


def features_of(target: Dataset, options: argparse.Namespace) -> dict[str, Body]:
    """Compute the features of every body that is there, by what the ways call it."""
    strangers = [entry for entry in open_zoo(options.zoo).models if not knows(entry, target.name)]
    universal = [entry.name for entry in strangers if entry.is_universal]
    bodies = {
        f"U{k}": Body.of(load_folder(options.zoo / name).networks[0], target)
        for k, name in enumerate(sorted(universal), start=1)
    }
    bodies |= {f"R{k}": Body.of(random_network(target, seed=k), target) for k in (1, 2)}
    if not options.without_sources:
        sources = [entry for entry in strangers if not entry.is_universal]
        bodies |= dict(best_sources(sources, target, options.zoo))
    return bodies


class Body:
    """A body's features of the training series, and how many each kind has."""

    def __init__(self, features: Features, kinds: list[int]) -> None:
        self.features, self.kinds = features, kinds

    @classmethod
    def of(cls, network: Network, target: Dataset) -> Body:
        network.set_head(target.n_classes, "stages")
        stages = extract(network, target, choose_preprocessing(target)).stages
        return cls(stages, list(feature_kinds(network, target.n_channels)))

    def beside(self, other: Body) -> Body:
        both = np.concatenate([self.features, other.features], axis=1)
        return Body(both, self.kinds + other.kinds)

    def without(self, pooling: int) -> Body:
        """Leave out one kind of pooling; kinds come stage by stage, pooling by pooling."""
        ends = np.cumsum(self.kinds)
        parts = [slice(end - n, end) for end, n in zip(ends, self.kinds, strict=True)]
        kept = [part for k, part in enumerate(parts) if k % POOLINGS != pooling]
        features = np.concatenate([self.features[:, part] for part in kept], axis=1)
        return Body(features, [part.stop - part.start for part in kept])

    def left_out(self, target: Dataset) -> NDArray[np.float64]:
        labels = target.require_labels()
        prior = Prior(self.kinds)
        fit, temperature, _ = fit_stage_features(self.features, labels, target.n_classes, prior)
        return softmax(fit.left_out / temperature)


def best_sources(
    sources: list[CatalogueEntry], target: Dataset, zoo: Path
) -> Iterator[tuple[str, Body]]:
    """Yield the two of a sample of sources that have the least left-out error."""
    lots = np.random.default_rng(len(target.name)).permutation(len(sources))[:SOURCES_TRIED]
    tried = []
    for k in lots:
        body = Body.of(load_folder(zoo / sources[k].name).networks[0], target)
        tried.append((error_of(body.left_out(target), target), len(tried), body))
    for k, (_, _, body) in enumerate(sorted(tried)[:2], start=1):
        yield f"S{k}", body


def ways_of(bodies: Mapping[str, Body]) -> list[str]:
    ways = [way for way in WAYS if all(part in bodies for part in parts_of(way))]
    return [*ways, *(f"U1 without {pooled}" for pooled in POOLED)]


def parts_of(way: str) -> list[str]:
    return way.replace("+", ", ").split(", ")


def judge(bodies: Mapping[str, Body], way: str, target: Dataset) -> tuple[str, str]:
    """Return the left-out accuracy and Brier score of one way."""
    heads = []
    for part in way.split(", "):
        first, _, pooled = part.partition(" without ")
        first, _, second = first.partition("+")
        body = bodies[first]
        if second:
            body = body.beside(bodies[second])
        if pooled:
            body = body.without(POOLED.index(pooled))
        heads.append(body.left_out(target))
    probabilities = np.mean(heads, axis=0)
    right = (probabilities.argmax(axis=1) == target.require_labels()).mean()
    return f"{right:.6f}", f"{error_of(probabilities, target):.6f}"


def error_of(probabilities: NDArray[np.float64], target: Dataset) -> float:
    labelled = np.eye(target.n_classes)[target.require_labels()]
    return float(np.square(probabilities - labelled).sum(axis=1).mean())


def table(_: argparse.Namespace) -> None:
    rows = read(TABLE)
    by_way: dict[str, dict[str, tuple[float, float]]] = {}
    for row in rows:
        score = float(row["accuracy"]), float(row["error"])
        by_way.setdefault(row["way"], {})[row["dataset"]] = score
    first = by_way["U1"]
    print(f"{len(first)} data sets\n")
    print("| bodies | accuracy | error | less error than U1 alone, more | p |")
    print("|---|---|---|---|---|")
    for way, scores in by_way.items():
        accuracy, error = np.mean([scores[name] for name in first], axis=0)
        gaps = np.array([scores[name][1] - first[name][1] for name in first])
        p = "–"
        if way != "U1":
            ours, theirs = ([-some[name][1] for name in first] for some in (scores, first))
            p = f"{compare(ours, theirs).p:.2g}"
        counts = f"{int((gaps < 0).sum())}, {int((gaps > 0).sum())}"
        print(f"| {way} | {accuracy:.4f} | {error:.4f} | {counts} | {p} |")


if __name__ == "__main__":
    main()
