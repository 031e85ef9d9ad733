"""Time reading a large table, with pyarrow's parser and with NumPy's.

    OMP_NUM_THREADS=1 python benchmarks/table.py [--megabytes 200] [--length 1000] [--repeats 3]

CPU seconds, which hold on a busy machine too, of the best repeat. pyarrow has to be installed. The
table is of random walks with six digits behind the point, and is removed afterwards.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from unittest import mock

import numpy as np

from tszoo.data import load_dataset
from tszoo.data.readers import numbers


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--length", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "walks.csv"
        write_walks(path, options.megabytes * 10**6, options.length)
        seconds, digest = best(path, options.repeats)
        with mock.patch.object(numbers, "parse_quickly", return_value=None):
            plain_seconds, plain_digest = best(path, options.repeats)
    print("| parser | CPU seconds |\n|---|---:|")
    print(f"| pyarrow | {seconds:.2f} |\n| NumPy | {plain_seconds:.2f} |")
    print(f"\nThe same numbers: {digest == plain_digest}.")


def write_walks(path: Path, n_bytes: int, length: int) -> None:
    """Write random walks of three classes until the file is as large as asked for."""
    random = np.random.default_rng(0)
    with path.open("w", encoding="ascii") as file:
        file.write(",".join(["label", *(f"t{i}" for i in range(length))]) + "\n")
        while file.tell() < n_bytes:
            walk = random.normal(size=length).cumsum()
            label = "abc"[int(random.integers(3))]
            file.write(",".join([label, *(f"{value:.6f}" for value in walk)]) + "\n")


def best(path: Path, repeats: int) -> tuple[float, str]:
    """Read a table several times; return the least CPU seconds, and the digest of its numbers."""
    seconds = []
    for _ in range(repeats):
        began = time.process_time()
        digest = load_dataset(path).sha256
        seconds.append(time.process_time() - began)
    return min(seconds), digest


if __name__ == "__main__":
    main()
