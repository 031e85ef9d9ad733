"""Compare five ratios of speed with stored bands: a change that makes something slow is found.

    python benchmarks/check.py            # status 1, and a line for each ratio outside its band
    python benchmarks/check.py --update   # write the bands anew: half to twice what is measured

Both sides of a ratio run in this process, in turns, on the same made-up data and in one thread. A
ratio says how many times as fast tszoo's way is: the median over the rounds. Processor time is what
counts, so that other work on the machine matters little. The bands stand in bands.csv. The whole
check takes less than three minutes of one core.
"""

from __future__ import annotations

import argparse
import csv
import os
import platform
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from statistics import median

BANDS = Path(__file__).with_name("bands.csv")
ROUNDS = 5
LEAST_SECONDS = 0.1  # that a turn takes; shorter work is repeated
LOWEST, HIGHEST = 0.5, 2.0  # of a band, as parts of what was measured


@dataclass(frozen=True)
class Band:
    """Holds the range that a ratio should lie in, and where and when it was measured."""

    name: str
    low: float
    high: float
    measured: float
    date: str
    machine: str

    @classmethod
    def around(cls, name: str, measured: float, day: str, machine: str) -> Band:
        """Make the band from half to twice a measured ratio."""
        low, high = round(LOWEST * measured, 3), round(HIGHEST * measured, 3)
        return cls(name, low, high, round(measured, 3), day, machine)


@dataclass(frozen=True)
class Pair:
    """Holds two ways to do the same work: a plain one, and tszoo's."""

    plain: Callable[[], object]
    ours: Callable[[], object]


def ratio(pair: Pair, rounds: int = ROUNDS) -> float:
    """Measure how many times as fast as the plain way ours is, in the median of the rounds."""
    pair.plain()  # the first calls compile, and are not counted
    pair.ours()
    return median(seconds(pair.plain) / seconds(pair.ours) for _ in range(rounds))


def seconds(work: Callable[[], object]) -> float:
    """Time some work, in seconds of the processor: the mean of as many runs as fill a turn."""
    started, runs, taken = time.process_time(), 0, 0.0
    while taken < LEAST_SECONDS:
        work()
        runs += 1
        taken = time.process_time() - started
    return taken / runs


# --- the bands


def read_bands(path: Path) -> dict[str, Band]:
    """Read stored bands by their names; SystemExit if the file is none of bands."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            bands = [_band(row) for row in csv.DictReader(file)]
    except (OSError, KeyError, TypeError, ValueError) as error:
        msg = f"{path}: cannot be read as bands ({error!r}). Make it anew with --update."
        raise SystemExit(msg) from error
    return {band.name: band for band in bands}


def _band(row: Mapping[str, str]) -> Band:
    numbers = {key: float(row[key]) for key in ("low", "high", "measured")}
    return Band(name=row["name"], date=row["date"], machine=row["machine"], **numbers)


def write_bands(path: Path, bands: Sequence[Band]) -> None:
    """Write bands as CSV, one row each."""
    with path.open("w", encoding="utf-8", newline="") as file:
        columns = [field.name for field in fields(Band)]
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(band) for band in bands)


def complaints(ratios: Mapping[str, float], bands: Mapping[str, Band]) -> list[str]:
    """Write a line for each ratio that lies outside its band, and for each that has none."""
    lines = []
    for name, value in ratios.items():
        band = bands.get(name)
        if band is None:
            lines.append(f"{name}: {value:.2f}, but no band is stored. Run with --update.")
        elif not band.low <= value <= band.high:
            side = "below" if value < band.low else "above"
            lines.append(
                f"{name}: {value:.2f} is {side} its band, {band.low:g} to {band.high:g} "
                f"({band.measured:g} on {band.date}, {band.machine})."
            )
    return lines


# --- the ratios


def dtw_distances() -> Pair:
    """Compare all series of a set by DTW, with tslearn and with tszoo."""
    import numpy as np
    from tslearn.metrics import cdist_dtw as tslearn_cdist_dtw

    from tszoo.similarity import cdist_dtw

    series = np.random.default_rng(0).standard_normal((60, 1, 128))
    swapped = np.ascontiguousarray(series.transpose(0, 2, 1))
    return Pair(lambda: tslearn_cdist_dtw(swapped), lambda: cdist_dtw(series))


def prototypes() -> Pair:
    """Average series by ten iterations of DBA, with tslearn and with tszoo."""
    import numpy as np
    from tslearn.barycenters import dtw_barycenter_averaging_petitjean

    from tszoo.similarity import dba

    series = np.random.default_rng(0).standard_normal((30, 1, 128)).cumsum(axis=2)
    swapped = np.ascontiguousarray(series.transpose(0, 2, 1))

    def by_tslearn() -> object:
        start = swapped[0]
        return dtw_barycenter_averaging_petitjean(
            swapped, init_barycenter=start, max_iter=10, tol=-1.0
        )

    return Pair(by_tslearn, lambda: dba(series, series[0], 10))


def training_epochs() -> Pair:
    """Train InceptionTime's network for four epochs, of plain layers and of tszoo's fused ones."""
    from training_step import Task, make_plain, make_tszoo

    task = Task("32x1x96", 16)
    plain, ours = make_plain(task, ""), make_tszoo(task, "")
    return Pair(lambda: plain.epochs(4), lambda: ours.epochs(4))


def members() -> Pair:
    """Train five members on small batches, one after another and side by side."""
    import torch
    from members import MEMBERS, random_data
    from members import seconds as train

    data = random_data(10, 24)
    return Pair(
        lambda: train(data, torch.float32, 1, 5), lambda: train(data, torch.float32, MEMBERS, 5)
    )


def nearest_sources() -> Pair:
    """Find the five nearest sources of the embedded zoo, by all distances and by tszoo's search."""
    import numpy as np

    from tszoo.similarity import Prototypes, cdist_dtw, search
    from tszoo.similarity.pool import PrototypePool
    from tszoo.zoo.find import open_zoo

    zoo = open_zoo()
    univariate = [entry.model for entry in zoo.models if entry.n_channels == 1]
    prototypes = {name: zoo.prototypes(name) for name in univariate}
    sources = {name: some for name, some in prototypes.items() if some.series}
    pool = PrototypePool.of(sources)
    noise = np.random.default_rng(0).standard_normal((3, 1, 150)).cumsum(axis=2)
    standard = (noise - noise.mean(axis=2, keepdims=True)) / noise.std(axis=2, keepdims=True)
    target = Prototypes(("a", "b", "c"), tuple(standard.astype(np.float32)))

    def by_all_distances() -> list[str]:
        least = {
            name: float(cdist_dtw(target.series, source.series).min())
            for name, source in sources.items()
        }
        return sorted(least, key=lambda name: (least[name], name))[:5]

    def by_search() -> list[str]:
        return [pool.names[place] for place in search(target, pool, top=5).sources]

    return Pair(by_all_distances, by_search)


PAIRS: dict[str, Callable[[], Pair]] = {
    "DTW distances, tslearn by tszoo": dtw_distances,
    "DBA, tslearn by tszoo": prototypes,
    "training epoch, plain by fused layers": training_epochs,
    "members, one after another by side by side": members,
    "nearest sources, all distances by search": nearest_sources,
}


def measure() -> dict[str, float]:
    """Measure all ratios in one thread, and print each."""
    import torch

    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")  # peers warn of costs that no longer fall, and of copies
    ratios = {}
    for name, pair in PAIRS.items():
        ratios[name] = ratio(pair())
        print(f"{name}: {ratios[name]:.2f}", flush=True)
    return ratios


def machine() -> str:
    """Name the processor and the Python that a ratio was measured with."""
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def main() -> int:
    """Measure, and compare with the bands or write them; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--update", action="store_true", help="write the bands anew from what is measured"
    )
    parser.add_argument("--bands", type=Path, default=BANDS, help="default: bands.csv beside this")
    options = parser.parse_args()
    bands = {}
    if not options.update:
        bands = read_bands(options.bands)
    ratios = measure()
    if options.update:
        today, here = date.today().isoformat(), machine()
        write_bands(
            options.bands, [Band.around(name, value, today, here) for name, value in ratios.items()]
        )
        return 0
    lines = complaints(ratios, bands)
    print("\n".join(lines) or f"all {len(ratios)} ratios lie in their bands")
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main())
