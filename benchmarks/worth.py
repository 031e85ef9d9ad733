"""Measure what the zoo's sources are worth to small targets they have no kin among.

    python benchmarks/worth.py --archive UCRArchive_2018 [--minutes 12]

A body stays frozen, and its features of a target's training series are scored by the error of
leaving out one series at a time, as `tszoo recommend` probes: with all the series (``full``, at
most 8,000 points of them), and with five of each class, drawn three times. A source that learnt the
target or kin of it is passed over. Rows go to `worth.csv` as they are measured, and what is there
is not measured again. At the end, what each source was worth on all targets that are complete is
written to `tszoo/recommendation/worth.csv`. Test splits are never read.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import numpy as np
from rows import append, read

import tszoo
from tszoo.data import Dataset
from tszoo.data.preprocess import choose_preprocessing
from tszoo.data.ucr.table import is_kin
from tszoo.models.load import load_networks
from tszoo.nets.network import Network
from tszoo.readout.features import extract
from tszoo.readout.score import ridge_leave_one_out
from tszoo.recommendation import prior
from tszoo.recommendation.prior import LEAST_ERROR, Worth
from tszoo.recommendation.probe import RANDOM, random_network
from tszoo.recommendation.sample import sample_series
from tszoo.zoo.entry import CatalogueEntry
from tszoo.zoo.find import find_model, open_zoo

# Small, of many kinds, and no two of them kin; in an order in which a run cut short covers many.
TARGETS = (
    "ItalyPowerDemand",
    "GunPoint",
    "CBF",
    "ECG200",
    "SonyAIBORobotSurface1",
    "Coffee",
    "SmoothSubspace",
    "MedicalImages",
    "SyntheticControl",
    "TwoLeadECG",
    "MiddlePhalanxTW",
    "MoteStrain",
    "ArrowHead",
    "MelbournePedestrian",
    "BME",
    "Chinatown",
    "FaceFour",
    "Symbols",
)
MOST_SERIES, MOST_POINTS = 300, 8000
PER_CLASS, DRAWS = 5, 3
SUBSETS = ("full", *(f"five {k}" for k in range(DRAWS)))
COLUMNS = ("target", "source", "series", *SUBSETS)
# A target has been measured by more sources than these, or it was cut short.
LEAST_SOURCES = 50
ROWS = Path(__file__).with_suffix(".csv")
TABLE = Path(prior.__file__).with_name("worth.csv")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=12)
    options = parser.parse_args()
    end = time.monotonic() + 60 * options.minutes
    entries = [entry for entry in open_zoo().models if entry.n_channels == 1]
    networks = {entry.model: load_networks(find_model(entry.model), 1)[0] for entry in entries}
    for name in TARGETS:
        series = training_series(name, options.archive)
        sources = {RANDOM: random_network(series, 0)}
        sources |= {e.model: networks[e.model] for e in entries if not knows(e, name)}
        measure(name, series, sources, end)
        if time.monotonic() > end:
            break
    write_table(centred(read_errors(ROWS), "full"))


def training_series(name: str, archive: Path) -> Dataset:
    """Read a target's training series, a sample of them where there are many."""
    return sample_series(tszoo.load_dataset(name, archive=archive), MOST_SERIES, MOST_POINTS)


def knows(entry: CatalogueEntry, target: str) -> bool:
    """Tell whether a model learnt a target, or a data set that is kin of it."""
    learnt = [part.dataset for part in entry.parts] or [entry.dataset]
    return any(is_kin(target, name) for name in learnt)


def draws_of(series: Dataset) -> list[np.ndarray]:
    """Draw the rows of five series a class, or of all that a class has."""
    labels, draws = series.require_labels(), []
    for draw in range(DRAWS):
        generator = np.random.default_rng(draw)
        classes = [np.flatnonzero(labels == k) for k in np.unique(labels)]
        chosen = [generator.permutation(members)[:PER_CLASS] for members in classes]
        draws.append(np.sort(np.concatenate(chosen)))
    return draws


def measure(name: str, series: Dataset, sources: dict[str, Network], end: float) -> None:
    """Append a row for each source that has none yet, until the time is over."""
    done = {row["source"] for row in read(ROWS) if row["target"] == name}
    preprocessing, labels = choose_preprocessing(series), series.require_labels()
    subsets = [np.arange(series.n_series), *draws_of(series)]
    started = time.monotonic()
    for source, network in sources.items():
        if source in done:
            continue
        if time.monotonic() > end:
            return
        stages = extract(network, series, preprocessing).stages
        errors = [
            ridge_leave_one_out(stages[rows], labels[rows], series.n_classes).error
            for rows in subsets
        ]
        row = (name, source, series.n_series, *(f"{error:.5f}" for error in errors))
        append(ROWS, COLUMNS, [row])
    print(f"{name}: {series.n_series} series, {time.monotonic() - started:.0f} s", flush=True)


def read_errors(path: Path) -> dict[str, dict[str, dict[str, float]]]:
    """Read errors by target, source and subset; targets that were cut short are left out."""
    errors: dict[str, dict[str, dict[str, float]]] = {}
    for row in read(path):
        values = {column: float(row[column]) for column in SUBSETS}
        errors.setdefault(row["target"], {})[row["source"]] = values
    return {target: sources for target, sources in errors.items() if len(sources) > LEAST_SOURCES}


def centred(
    errors: dict[str, dict[str, dict[str, float]]], subset: str
) -> dict[str, dict[str, float]]:
    """Return by target and source the log error less that of the mean source."""
    logs = {}
    for target, sources in errors.items():
        of_target = {
            source: math.log(max(values[subset], LEAST_ERROR)) for source, values in sources.items()
        }
        mean = np.mean([log for source, log in of_target.items() if source != RANDOM])
        logs[target] = {source: log - float(mean) for source, log in of_target.items()}
    return logs


def worth_of(logs: dict[str, dict[str, float]]) -> dict[str, Worth]:
    """Average what each source was worth over targets."""
    by_source: dict[str, list[float]] = {}
    for sources in logs.values():
        for source, log in sources.items():
            by_source.setdefault(source, []).append(log)
    return {
        source: Worth(float(np.mean(values)), len(values)) for source, values in by_source.items()
    }


def write_table(logs: dict[str, dict[str, float]]) -> None:
    """Write what the zoo's models were worth, by name."""
    worth = {source: w for source, w in worth_of(logs).items() if source != RANDOM}
    rows = [(source, f"{w.log_error:.4f}", w.targets) for source, w in sorted(worth.items())]
    TABLE.unlink(missing_ok=True)
    append(TABLE, ("model", "worth", "targets"), rows)
    print(f"{TABLE}: {len(rows)} models, {len(logs)} targets")


if __name__ == "__main__":
    main()
