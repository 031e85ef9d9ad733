"""Predicting needs no numba."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.data import Dataset, Preprocessing, save_dataset

BLOCKED = """
import sys
sys.modules["numba"] = sys.modules["llvmlite"] = None
from tszoo.cli import main
main()
"""


def test_series_of_other_lengths_with_gaps_are_predicted_without_numba(tmp_path):
    toy = make_toy()
    # one that takes series of any length
    make_model(toy, preprocessing=Preprocessing(unequal=True)).save(tmp_path / "model")
    rows = [series[:, : toy.length - k % 3].copy() for k, series in enumerate(toy.series)]
    rows[0][0, 3] = np.nan
    labels = [toy.classes[k] for k in toy.labels]
    save_dataset(Dataset.from_arrays(rows, labels, name="Mine"), tmp_path / "mine.ts")
    save_dataset(Dataset.from_arrays(toy.series, labels, name="Toy"), tmp_path / "toy.csv")
    words = ["predict", "model", "toy.csv", "mine.ts", "--proba", "--jobs", "1", "--out", "out"]
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED, *words], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    for name in ("toy.csv", "mine.csv"):
        assert len((tmp_path / "out" / name).read_text().splitlines()) == toy.n_series + 1
