"""What a zoo of thousands of models costs, and millions of series to predict.

    OMP_NUM_THREADS=1 python benchmarks/scale.py zoo [--models 1000 10000]
    OMP_NUM_THREADS=1 python benchmarks/scale.py predict [--model NAME] [--series 1000 10000]
    OMP_NUM_THREADS=1 python benchmarks/scale.py memory [--series 25000 100000 200000]

`zoo` makes zoos of made-up models (`made_zoo.py`), writes their catalogues, and runs `tszoo list`
and `tszoo recommend --method dtw`. `predict` predicts series by `tszoo predict`, and by the model's
ONNX file with onnxruntime alone; the last row goes on in a straight line through the two sizes, as
that of `zoo` does. `memory` has more series, of 60 points, and a network of one filter, which takes
hardly any time. Each figure is of a process with one thread: CPU seconds of all of it, which hold
on a busy machine too, and its largest resident memory. Everything lies in a temporary folder, and
is removed afterwards.

This process loads nothing large: a new process's largest memory is at least that of its parent.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

MAKE_ZOO = (sys.executable, Path(__file__).with_name("made_zoo.py"))
TSZOO = (sys.executable, "-m", "tszoo")
REBUILD = """
import sys
from tszoo.zoo.folder import rebuild_catalogue
rebuild_catalogue(sys.argv[1])
"""
# a part of 1024 series at a time, as tszoo predict has it
ONNX = """
import sys
import numpy as np, onnxruntime
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
series = np.load(sys.argv[2], mmap_mode="r")
for start in range(0, len(series), 1024):
    session.run(None, {"series": np.ascontiguousarray(series[start : start + 1024])})
"""
MANY_MODELS, MANY_SERIES = 10**5, 10**8
MIB = 2**20


class Cost(NamedTuple):
    """What a process took."""

    seconds: float
    mebibytes: float


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    kinds = parser.add_subparsers(required=True)
    zoo = kinds.add_parser("zoo")
    zoo.add_argument("--models", type=int, nargs=2, default=[1000, 10000])
    zoo.set_defaults(measure=measure_zoos)
    predict = kinds.add_parser("predict")
    predict.add_argument("--model", default="inception.ItalyPowerDemand")
    predict.add_argument("--series", type=int, nargs=2, default=[1000, 10000])
    predict.set_defaults(measure=measure_predictions)
    memory = kinds.add_parser("memory")
    memory.add_argument("--series", type=int, nargs="+", default=[25_000, 100_000, 200_000])
    memory.set_defaults(measure=measure_memory)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        options.measure(options, Path(folder))


def cost(*command: str | Path) -> Cost:
    """Run a command to its end."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(map(str, command))}: failed")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / MIB)


def measure_zoos(options: argparse.Namespace, folder: Path) -> None:
    target = folder / "target.csv"
    rng = np.random.default_rng(0)
    write_series(target, rng.normal(size=(60, 300)).cumsum(axis=1), labels=np.arange(60) % 4)
    rows = [measure_zoo(folder / str(n), n, target) for n in options.models]
    print("| models | catalogue.json | catalogue.safetensors | written | | list | | recommend | |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for n, row in zip(options.models, rows, strict=True):
        print_zoo(f"{n:,}", row)
    print_zoo(f"{MANY_MODELS:,}, by a line", onwards(options.models, rows, MANY_MODELS))


def measure_zoo(root: Path, n_models: int, target: Path) -> list[float]:
    """Return the sizes of both files in MiB, then seconds and MiB of each step."""
    cost(*MAKE_ZOO, root, str(n_models))
    steps = [cost(sys.executable, "-c", REBUILD, root), cost(*TSZOO, "list", "--zoo", root)]
    steps.append(cost(*TSZOO, "recommend", target, "--method", "dtw", "--zoo", root))
    names = ("catalogue.json", "catalogue.safetensors")
    sizes = [(root / name).stat().st_size / MIB for name in names]
    return [*sizes, *(number for step in steps for number in step)]


def print_zoo(name: str, row: Sequence[float]) -> None:
    document, packed, *steps = row
    cells = [f"{document:.1f} MiB", f"{packed:.0f} MiB"]
    for seconds, mebibytes in zip(steps[::2], steps[1::2], strict=True):
        cells += [f"{seconds:.1f} s", f"{mebibytes:.0f} MiB"]
    print(f"| {name} | {' | '.join(cells)} |")


def measure_predictions(options: argparse.Namespace, folder: Path) -> None:
    cost(*TSZOO, "export", options.model, "--out", folder / "model.onnx")
    about = facts(options.model)
    print(f"{options.model}: {about['members']} members, {about['length']} points")
    print("| by | series | seconds | memory | series a second | core hours for 10^8 |")
    print("|---|---:|---:|---:|---:|---:|")
    ways: dict[str, Callable[[Path], Cost]] = {
        "tszoo predict": lambda at: cost(
            *TSZOO, "predict", options.model, at.with_suffix(".csv"), "--out", folder / "out.csv"
        ),
        "onnxruntime": lambda at: cost(
            sys.executable, "-c", ONNX, folder / "model.onnx", at.with_suffix(".npy")
        ),
    }
    files = [write_walks(folder / str(n), n, about["length"]) for n in options.series]
    for name, way in ways.items():
        costs = [way(file) for file in files]
        (seconds,) = onwards(options.series, [[each.seconds] for each in costs], MANY_SERIES)
        for n, each in zip(options.series, costs, strict=True):
            print(f"| {name} | {n:,} | {each.seconds:.1f} | {each.mebibytes:.0f} MiB | | |")
        print(f"| | by a line | | | {MANY_SERIES / seconds:.0f} | {seconds / 3600:.0f} |")


def measure_memory(options: argparse.Namespace, folder: Path) -> None:
    few, model = folder / "few.csv", folder / "model"
    walks = np.random.default_rng(0).normal(size=(5000, 60)).cumsum(axis=1)
    write_series(few, walks[:40], labels=np.arange(40) % 2)
    network = ("--source", "none", "--set", "depth=1", "--set", "filters=1", "--members", "1")
    cost(*TSZOO, "finetune", few, *network, "--epochs", "1", "--out", model)
    print("| series | megabytes | seconds | memory |\n|---:|---:|---:|---:|")
    for n in options.series:
        many = folder / f"{n}.csv"
        write_series(many, np.resize(walks, (n, 60)))
        each = cost(*TSZOO, "predict", model, many, "--out", folder / "out.csv")
        size = many.stat().st_size / 10**6
        print(f"| {n:,} | {size:.0f} | {each.seconds:.1f} | {each.mebibytes:.0f} MiB |")


def facts(model: str) -> dict[str, int]:
    """Return what the embedded zoo's catalogue says of a model."""
    command = [*TSZOO, "list", "--json", "--filter", model]
    listed = subprocess.run(command, capture_output=True, check=True).stdout
    return json.loads(listed)["models"][0]


def write_walks(path: Path, n_series: int, length: int) -> Path:
    """Write the same series as a table and as an array."""
    walks = np.random.default_rng(0).normal(size=(n_series, length)).cumsum(axis=1)
    np.save(path.with_suffix(".npy"), walks[:, None].astype(np.float32))
    write_series(path.with_suffix(".csv"), walks)
    return path


def write_series(
    path: Path, series: np.ndarray, labels: Sequence[int] | np.ndarray | None = None
) -> None:
    columns = [f"t{k}" for k in range(series.shape[1])]
    if labels is not None:
        columns, series = ["label", *columns], np.column_stack([labels, series])
    np.savetxt(path, series, "%.6g", ",", header=",".join(columns), comments="")


def onwards(sizes: Sequence[int], rows: Sequence[Sequence[float]], size: int) -> tuple[float, ...]:
    """Continue each column in a straight line."""
    (before, after), (first, second) = sizes, rows
    steps = (size - after) / (after - before)
    return tuple(b + (b - a) * steps for a, b in zip(first, second, strict=True))


if __name__ == "__main__":
    main()
