"""Tables of accuracies."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tszoo.evaluation.results import Result, ResultTable, tabulate


def table_of(accuracy: Sequence[Sequence[float]], names: str = "ABCDEFGH") -> ResultTable:
    """A row for each data set (0, 1, ...) and a column for each classifier (A, B, ...)."""
    return tabulate(
        Result(name, f"{k}", share)
        for k, row in enumerate(accuracy)
        for name, share in zip(names, row, strict=False)
    )


def random_table(n_datasets: int, n_classifiers: int, seed: int = 0) -> ResultTable:
    """Accuracies with ties: percentages, which differ by data set and by classifier."""
    rng = np.random.default_rng(seed)
    level = rng.uniform(0.5, 0.8, (n_datasets, 1)) + np.arange(n_classifiers) / 60
    shares = np.round(level + rng.normal(0, 0.03, (n_datasets, n_classifiers)), 2).clip(0, 1)
    return table_of(shares.tolist(), "".join(chr(65 + k) for k in range(n_classifiers)))


def reference_tables() -> Path:
    """The folder of published tables that lies beside the archive; skips where there is none."""
    folder = Path(os.environ.get("TSZOO_ARCHIVE") or "missing").parent.parent / "reference"
    if not folder.is_dir():
        pytest.skip("no published tables beside TSZOO_ARCHIVE")
    return folder
