"""Measure prediction: series a second, beside other runtimes and libraries, and memory.

    python benchmarks/predict.py speed [--model inception.GunPoint] [--lengths 24 150 1000]
    python benchmarks/predict.py memory [--series 10000 1000000]

"speed" takes one member of a model, one InceptionTime network, and predicts series of random walk
of several lengths: with tszoo, with its file for onnxruntime, and with the InceptionTime networks
of tsai and aeon, of the same size and with random weights, where these packages can be imported. A
length is repeated until seconds have passed; the best repeat counts. tszoo and
onnxruntime have one thread: on a busy machine threads wait for each other's cores.

"memory" runs ``tszoo predict`` on tables of short series in a process of its own, with a network of
a few filters that is trained for one epoch, and prints the most memory that it held.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import tszoo
from tszoo.data import Dataset, save_dataset
from tszoo.exporting.export import export_model
from tszoo.exporting.onnx_file import OnnxFile
from tszoo.exporting.samples import Sample
from tszoo.models.member_subset import first_members
from tszoo.models.model import Model

Predict = Callable[[NDArray[np.float32]], Any]

POINTS = 2**14  # of all series of a length
SHORT = 24
A_BATCH = 64


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    speed = commands.add_parser("speed")
    speed.add_argument("--model", default="inception.GunPoint")
    speed.add_argument("--lengths", type=int, nargs="+", default=[24, 150, 1000])
    speed.add_argument("--seconds", type=float, default=5)
    memory = commands.add_parser("memory")
    memory.add_argument("--series", type=int, nargs="+", default=[10_000, 1_000_000])
    args = parser.parse_args()
    if args.command == "speed":
        compare_speeds(args.model, args.lengths, args.seconds)
    else:
        measure_memory(args.series)


def compare_speeds(name: str, lengths: list[int], seconds: float) -> None:
    torch.set_num_threads(1)
    member = first_members(tszoo.Model.load(name), 1)
    print("| length | series | tszoo | onnxruntime | tsai | aeon |\n|---|---:|---:|---:|---:|---:|")
    for length in lengths:
        model = replace(member, config=replace(member.config, length=length))
        shape = (max(16, POINTS // length), 1, length)
        X = np.random.default_rng(0).standard_normal(shape).cumsum(axis=2).astype(np.float32)
        makers = (of_tszoo, of_onnxruntime, of_tsai, of_aeon)
        told = [speed_of(make, model, X, seconds) for make in makers]
        print(f"| {length} | {len(X)} | {' | '.join(told)} |", flush=True)


def speed_of(
    make: Callable[[Model], Predict], model: Model, X: NDArray[np.float32], seconds: float
) -> str:
    """Say how many series a second are predicted."""
    try:
        predict = make(model)
    except ImportError:
        return "not installed"
    predict(X[:A_BATCH])
    best, end = np.inf, time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        predict(X)
        best = min(best, time.perf_counter() - start)
    return f"{len(X) / best:.0f}"


def of_tszoo(model: Model) -> Predict:
    return model.predict_proba


def of_onnxruntime(model: Model) -> Predict:
    with tempfile.TemporaryDirectory() as folder:
        path = export_model(model, Path(folder) / "model.onnx").path
        file = OnnxFile(path.read_bytes(), threads=1)
    return lambda X: [file(Sample(some, None, np.empty(0))) for some in batches(X)]


def of_tsai(model: Model) -> Predict:
    from tsai.models.InceptionTime import InceptionTime

    network = InceptionTime(1, model.config.n_classes).eval()

    def predict(X: NDArray[np.float32]) -> list[Any]:
        with torch.inference_mode():
            return [network(torch.from_numpy(some)).softmax(dim=1) for some in batches(X)]

    return predict


def of_aeon(model: Model) -> Predict:
    from aeon.classification.deep_learning import IndividualInceptionClassifier

    classifier = IndividualInceptionClassifier()
    network = classifier.build_model((model.config.length, 1), model.config.n_classes)
    return lambda X: network.predict(X.transpose(0, 2, 1), batch_size=A_BATCH, verbose=0)


def batches(X: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    for start in range(0, len(X), A_BATCH):
        yield X[start : start + A_BATCH]


def measure_memory(counts: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model"
        train(model)
        print(f"| series of {SHORT} points | table, MB | seconds | most memory, MB |")
        print("|---:|---:|---:|---:|")
        for count in counts:
            table = Path(folder) / "new.csv"
            write_table(table, count)
            start = time.perf_counter()
            most = predict_in_a_process(model, table, Path(folder) / "labels.csv")
            seconds = time.perf_counter() - start
            size = table.stat().st_size / 1e6
            print(f"| {count:,} | {size:.0f} | {seconds:.0f} | {most:.0f} |", flush=True)


def train(out: Path) -> None:
    rng = np.random.default_rng(0)
    labels = [str(k % 2) for k in range(40)]
    X = rng.standard_normal((40, SHORT)) + np.arange(SHORT) * np.array(labels, float)[:, None] / 9
    data = out.with_name("train.csv")
    save_dataset(Dataset.from_arrays(X, labels, name="Made"), data)
    settings = ("--arch", "fcn", "--set", "filters=[8,8]", "--set", "kernel_lengths=[8,5]")
    options = ("--source", "none", "--recipe", "fast", "--epochs", "1", "--quiet")
    run("finetune", data, "--out", out, *options, *settings)


def write_table(path: Path, count: int) -> None:
    rng = np.random.default_rng(1)
    with path.open("w") as file:
        for start in range(0, count, 10_000):
            rows = rng.standard_normal((min(10_000, count - start), SHORT)).round(3)
            file.writelines(",".join(map(str, row)) + "\n" for row in rows.tolist())


def predict_in_a_process(model: Path, table: Path, out: Path) -> float:
    """Predict, and return the most memory that the process held, in MB."""
    command = ["-m", "tszoo", "predict", str(model), str(table), "--out", str(out), "--quiet"]
    process = subprocess.Popen([sys.executable, *command], stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit("tszoo predict failed.")
    return used.ru_maxrss / 1024


def run(*arguments: object) -> None:
    command = [sys.executable, "-m", "tszoo", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)


if __name__ == "__main__":
    main()
