"""Time probing sources for a target: in all, from the cache, and score by score.

    python benchmarks/probe.py [--sources 10] [--series 100] [--length 300] [--classes 5]
        [--repeats 3]

The target is made up of random walks; the sources are the embedded zoo's first ones. Times are of
one process that has PyTorch loaded already, with as many threads as it takes by itself
(OMP_NUM_THREADS says otherwise), the best of the repeats. CPU seconds count all threads, so they
hold on a busy machine too.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from scores import h_score, knn_leave_one_out, leep, log_me, nce

from tszoo.data import Dataset, Preprocessing
from tszoo.readout.features import extract
from tszoo.readout.score import ridge_leave_one_out
from tszoo.recommendation.probe import probe_random, probe_sources
from tszoo.training.run import Run
from tszoo.zoo.find import load_model, open_zoo


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, default in (
        ("sources", 10),
        ("series", 100),
        ("length", 300),
        ("classes", 5),
        ("repeats", 3),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    names = [entry.model for entry in open_zoo().models][: options.sources]
    target = random_walks(options.series, options.length, options.classes)
    n = len(names)
    print(
        f"{n} sources, {target.n_series} series of {target.length} points, "
        f"{torch.get_num_threads()} thread(s)\n"
    )
    print("| what | seconds | CPU seconds |\n|---|---|---|")
    here = Run(device="cpu")
    probe_sources(target, names[:1], run=here)  # whatever is compiled or loaded once

    def report(what: str, function: Callable[[], object]) -> None:
        wall, cpu = best(function, options.repeats)
        print(f"| {what} | {wall:.4f} | {cpu:.4f} |", flush=True)

    report(f"{n} sources", lambda: probe_sources(target, names, run=here))
    with tempfile.TemporaryDirectory() as folder:
        cached = Run(device="cpu", cache=Path(folder))
        probe_sources(target, names, run=cached)
        report(f"{n} sources, cached", lambda: probe_sources(target, names, run=cached))
    report("the untrained body", lambda: probe_random(target, run=here))
    report_parts(target, names[0], report)


def report_parts(
    target: Dataset, name: str, report: Callable[[str, Callable[[], object]], None]
) -> None:
    """One source, step by step."""
    network = load_model(name).networks[0]
    labels, n_classes = target.require_labels(), target.n_classes
    extracted = extract(network, target, Preprocessing())
    theta = torch.from_numpy(extracted.logits).double().softmax(dim=1).numpy()
    report("one source: load", lambda: load_model(name))
    report("one source: features", lambda: extract(network, target, Preprocessing()))
    for which, x in (("stages", extracted.stages), ("last", extracted.last)):
        of = f"of {x.shape[1]} features ({which})"
        report(f"knn {of}", lambda x=x: knn_leave_one_out(x, labels))
        report(f"ridge {of}", lambda x=x: ridge_leave_one_out(x, labels, n_classes))
        report(f"log_me {of}", lambda x=x: log_me(x, labels))
        report(f"h_score {of}", lambda x=x: h_score(x, labels))
    report("leep", lambda: leep(theta, labels))
    report("nce", lambda: nce(theta.argmax(axis=1), labels))


def random_walks(n_series: int, length: int, n_classes: int) -> Dataset:
    walks = np.cumsum(np.random.default_rng(0).standard_normal((n_series, length)), axis=1)
    return Dataset.from_arrays(walks, (np.arange(n_series) % n_classes).tolist(), name="walks")


def best(function: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Least wall and CPU seconds of several calls."""
    walls, cpus = [], []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        function()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return min(walls), min(cpus)


if __name__ == "__main__":
    main()
