"""Fixtures of the tests that take the whole of tszoo."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.toys import make_toy
from tszoo.data import Dataset, save_dataset


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that README and docs/ speak of."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TSZOO_ZOO", raising=False)
    for name, seed in (("my", 1), ("held-out", 2)):
        toy = make_toy(seed=seed)
        labels = [("walk", "run")[label] for label in toy.labels]
        save_dataset(Dataset.from_arrays(toy.series, labels, name=name), tmp_path / f"{name}.csv")
    save_dataset(Dataset.from_arrays(make_toy(seed=3).series, name="new"), tmp_path / "new.csv")
    return tmp_path
