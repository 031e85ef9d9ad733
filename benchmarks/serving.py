"""Measure a server: requests a second and how long clients wait, with PyTorch and onnxruntime.

    python benchmarks/serving.py [MODEL] [--clients 1 8 64] [--seconds 5] [--csv FILE]
    python benchmarks/serving.py [MODEL] --load [--clients 200] [--seconds 60]

Both servers run beside each other in one run, and are asked in turn. Each client asks for the label
of one series of random walk, as CSV, again as soon as it is answered. An answer that is not the one
that ``tszoo predict`` gives is lost. "together" is how many requests shared a forward pass on
average. With --load, PyTorch's server alone is asked, by 200 clients for a minute.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.request import urlopen

import numpy as np
from clients import ask

import tszoo

N_SERIES = 64


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", nargs="?", default="inception.GunPoint")
    parser.add_argument("--clients", type=int, nargs="+")
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--load", action="store_true")
    parser.add_argument("--csv", type=Path)
    args = parser.parse_args()
    backends = ("torch",) if args.load else ("torch", "onnx")
    clients = args.clients or ([200] if args.load else [1, 8, 64])
    seconds = args.seconds or (60 if args.load else 5)
    bodies, answers = questions(args.model)
    rows = []
    with ExitStack() as stack:
        ports = {name: stack.enter_context(server(args.model, name)) for name in backends}
        for n in clients:
            for name, port in ports.items():
                ask(port, bodies, answers, n, 0.5)  # warm
                before = shared(port)
                waited = ask(port, bodies, answers, n, seconds)
                told = {"backend": name, "clients": str(n), **waited.row()}
                rows.append({**told, "together": together(before, shared(port))})
    print(f"{args.model}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    say(rows)
    if args.csv is not None:
        with args.csv.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def questions(name: str) -> tuple[list[bytes], list[bytes]]:
    """Make series up, each a CSV of one line, and what the model says of them."""
    model = tszoo.Model.load(name)
    shape = (N_SERIES, model.config.n_channels, model.config.length)
    if shape[1] != 1 or model.config.preprocessing.unequal:
        sys.exit(f"{name}: give a model of one channel and one length.")
    X = np.random.default_rng(0).standard_normal(shape).cumsum(axis=2).astype(np.float32)
    bodies = [",".join(map(str, series[0].tolist())).encode() for series in X]
    return bodies, [f"{label}\n".encode() for label in model.predict(X)]


@contextmanager
def server(model: str, backend: str) -> Iterator[int]:
    """Start a server at a free port; SIGTERM ends it."""
    command = ["-m", "tszoo", "serve", model, "--backend", backend, "--port", "0", "--json"]
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = ""
    while not said.endswith("\n}\n"):
        line = process.stdout.readline()
        if not line:
            sys.exit("the server did not start.")
        said += line
    try:
        yield int(json.loads(said)["url"].rsplit(":", 1)[1])
    finally:
        process.terminate()
        if process.wait() != 0:
            sys.exit(f"the server ended with status {process.returncode}.")


def shared(port: int) -> tuple[float, float]:
    """Read how many requests were computed so far, and in how many passes."""
    with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        text = answer.read().decode()
    sums = re.findall(r"^tszoo_requests_together_(?:sum|count) (\S+)$", text, re.MULTILINE)
    count, total = map(float, sums)
    return total, count


def together(before: tuple[float, float], after: tuple[float, float]) -> str:
    return f"{(after[0] - before[0]) / max(1.0, after[1] - before[1]):.1f}"


def say(rows: list[dict[str, str]]) -> None:
    print("| " + " | ".join(rows[0]) + " |")
    print("|---" + "|---:" * (len(rows[0]) - 1) + "|")
    for row in rows:
        print("| " + " | ".join(row.values()) + " |")


if __name__ == "__main__":
    main()
